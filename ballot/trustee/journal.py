"""The seal journal: the one root per round that this device ever sealed or decrypted (E2, E22).

Canonical JSON beside the key, signed by nobody: it protects its owner from being led to sign
twice. ``restored`` lists the rounds that were open or closed when the key was restored from its
copy; another device may have sealed them, so this one never does (protocol §8).
"""

from dataclasses import asdict, dataclass, replace

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.tally.state import Seal, State

_FIELDS = "kind owner restored rounds session version"


@dataclass(frozen=True)
class Entry:
    """One round; ``minute`` of the own seal, None where the box was only decrypted here."""

    slot: str
    fingerprint: str
    size: int
    root: str
    minute: str | None

    @property
    def seal(self) -> Seal:
        """What it says of the box."""
        return Seal(self.fingerprint, self.size, self.root)


@dataclass(frozen=True)
class Journal:
    """Of one trustee in one session. ``restored`` is None on the device that made the key."""

    session: str
    owner: str
    restored: tuple[str, ...] | None = None
    rounds: tuple[Entry, ...] = ()

    def entry(self, slot: str) -> Entry | None:
        """What was ever done in that round."""
        return next((entry for entry in self.rounds if entry.slot == slot), None)

    def require_may_seal(self, slot: str) -> None:
        """Refuse (``seal.restored``) a round that was under way when the key was restored."""
        if slot in (self.restored or ()):
            raise Invalid("seal.restored", f"{slot} was open or closed when the key was restored")

    def admit(self, slot: str, seal: Seal, minute: str | None) -> "Journal":
        """The journal with that round; ``minute`` None for a decryption.

        The same box again changes nothing, except that a box decrypted may still be sealed.
        Raises ``seal.second`` with both roots for any other box of the round, ever.
        """
        known = self.entry(slot)
        if known is None:
            added = Entry(slot, seal.fingerprint, seal.size, seal.root, minute)
            return replace(self, rounds=(*self.rounds, added))
        if known.seal != seal:
            both = f"{known.root} of {known.size} ballots, now {seal.root} of {seal.size}"
            raise Invalid("seal.second", f"{slot}: {both}")
        if known.minute is not None or minute is None:
            return self
        others = tuple(entry for entry in self.rounds if entry != known)
        return replace(self, rounds=(*others, replace(known, minute=minute)))


def from_events(journal: Journal, state: State) -> Journal:
    """The journal with the own seals that the events tell of; ``seal.second`` where they tell of
    another box: somebody else uses this key.
    """
    for one in state.rounds.values():
        if journal.owner in one.seals:
            known = journal.entry(one.slot)
            minute = known.minute if known else None
            journal = journal.admit(one.slot, one.seals[journal.owner], minute)
    return journal


def under_way(state: State) -> tuple[str, ...]:
    """The rounds that are open or closed, whatever came of them: see ``restored``."""
    return tuple(one.slot for one in state.rounds.values() if one.opened)


def encode(journal: Journal) -> bytes:
    """The file's bytes."""
    return encoding.dumps(
        {
            "kind": "seal_journal",
            "owner": journal.owner,
            "restored": None if journal.restored is None else list(journal.restored),
            "rounds": [asdict(entry) for entry in journal.rounds],
            "session": journal.session,
            "version": 1,
        }
    )


def decode(data: bytes, session: str, owner: str) -> Journal:
    """The journal of that trustee in that session, or ``seal.journal``."""
    try:
        value = shapes.fields(encoding.loads(data), _FIELDS, "journal")
        shapes.choice(value["kind"], ["seal_journal"], "kind")
        shapes.integer(value["version"], "version", 1, 1)
        shapes.choice(value["session"], [session], "session")
        shapes.choice(value["owner"], [owner], "owner")
        rounds = shapes.array(value["rounds"], _entry, "rounds")
        shapes.distinct([entry.slot for entry in rounds], "rounds: slot")
        restored = shapes.optional(value["restored"], _slots, "restored")
    except Invalid as error:
        raise Invalid("seal.journal", error.detail) from None
    return Journal(session, owner, restored, rounds)


def _slots(value: object, where: str) -> tuple[str, ...]:
    return shapes.array(value, shapes.identifier, where)


def _entry(value: object, where: str) -> Entry:
    found = shapes.fields(value, "fingerprint minute root size slot", where)
    encoding.unb64(shapes.text(found["fingerprint"], f"{where}.fingerprint", 1, 100), 32)
    return Entry(
        slot=shapes.identifier(found["slot"], f"{where}.slot"),
        fingerprint=found["fingerprint"],
        size=shapes.integer(found["size"], f"{where}.size"),
        root=shapes.hexadecimal(found["root"], f"{where}.root"),
        minute=shapes.optional(found["minute"], shapes.minute, f"{where}.minute"),
    )
