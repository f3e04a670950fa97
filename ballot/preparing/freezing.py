"""A frozen version: its keys, its roll, its definition; and its installation once adopted.

Every version has keys of its own. They lie sealed beside it and go into the services' databases
only when the presidium has adopted it: what was signed under an older version, and what was
issued in a practice, is worth nothing under a newer one.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ballot.crypto.credentials import draw_digits
from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.crypto.signing import SigningKey
from ballot.crypto.slotkey import SlotKey, generate_slot_key
from ballot.installing import Roll, decode_roll, install_definition, install_roll
from ballot.preparing.defining import Public, definition_bytes
from ballot.preparing.missing import Place, missing
from ballot.preparing.parts import SIGNERS, Preparation
from ballot.store.board import BoardStore
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.store.office import OfficeStore
from ballot.store.preparing import Frozen, PreparingStore
from ballot.store.roll import Deputy, RollStore
from ballot.tally.definition import decode_definition

Step = Callable[[int, int], None]
Keys = dict[str, dict[str, SlotKey]]
"""signer → slot → key, of the signers whose keys are made here."""


@dataclass(frozen=True)
class Service:
    """A service that runs here: its database, and the passphrase of its secrets."""

    database: Database
    passphrase: str


class Freezer:
    """Makes versions of the preparation in the registrar's database ``home``."""

    def __init__(self, home: Service, random: Random = secrets.token_bytes) -> None:
        self.store, self._random = PreparingStore(home.database), random
        self._vault = OfficeStore(home.database).vault(home.passphrase, random)

    def freeze(self, preparation: Preparation, practice: bool, place: Place, step: Step) -> Frozen:
        """Freeze a version of it; ``step(done, total)`` after each slot key.

        Raises ``prepare.missing`` while anything is missing, ``prepare.frozen``, and what a
        definition refuses.
        """
        if missing(preparation, practice, place):
            raise Invalid("prepare.missing", "something is missing")
        random, number, slots = self._random, self.store.next_number(), preparation.slots
        made = _make_keys(preparation, practice and place.signer_here, step)
        box = SigningKey(random(32)) if place.box_here else None
        deputies = tuple(Deputy(one.number, one.name) for one in preparation.roll)
        roll = Roll(deputies, random(32))
        signers = {owner: _public(keys) for owner, keys in made.items()}
        about, uuids = preparation.about, {slot: draw_digits(22, random) for slot in slots}
        if about.drawn:
            uuids = dict(preparation.slips.uuids)
        elif about.second_signer and len(signers) == 1:
            signers[SIGNERS[1]] = dict(preparation.signer)
        public = Public(
            box=box.public if box else preparation.box,
            signers=signers,
            uuids=uuids,
            salt=roll.salt,
        )
        raw = definition_bytes(preparation, practice, public)
        secret = _encode_keys(made, box)
        sealed = self._vault.seal(_name(number), "", secret, random)
        frozen = Frozen(number, raw, roll.encode(), sealed)
        self.store.freeze(frozen)
        return frozen

    def install(
        self, frozen: Frozen, lines: Sequence[bytes], services: Mapping[str, Service]
    ) -> None:
        """Install an adopted version into the services that run here; again changes nothing.

        The registrar's definition comes last: with it the session is there, and with it its
        first events are. Raises ``store.key_exists`` for a database of another session.
        """
        keys, box = _decode_keys(self._vault.unseal(_name(frozen.number), "", frozen.keys))
        roll = decode_roll(frozen.roll)
        if "box" in services and box is not None:
            _put_box_key(services["box"], box, self._random)
            install_definition(services["box"].database, "box", frozen.definition)
        if "signer" in services and SIGNERS[1] in keys:
            service = services["signer"]
            _put_keys(service, SIGNERS[1], keys[SIGNERS[1]], self._random)
            install_roll(service.database, decode_definition(frozen.definition), roll)
            install_definition(service.database, "signer", frozen.definition)
        service = services["registrar"]
        if SIGNERS[0] in keys:  # with drawn codes nobody signs tokens
            _put_keys(service, SIGNERS[0], keys[SIGNERS[0]], self._random)
        board = BoardStore(service.database)
        for number, line in enumerate(lines, 1):
            board.append(number, line)
        install_roll(service.database, decode_definition(frozen.definition), roll)
        install_definition(service.database, "registrar", frozen.definition)


def is_untouched(service: str, database: Database) -> bool:
    """Whether a database has no keys: one that was prepared by hand is installed by hand."""
    if service == "box":
        return not SqlBox(database).has_key()
    return not RollStore(database).has_keys()


def _make_keys(preparation: Preparation, both: bool, step: Step) -> Keys:
    if preparation.about.drawn:
        return {}
    second = both and preparation.about.second_signer
    owners, slots = SIGNERS if second else SIGNERS[:1], preparation.slots
    made: Keys = {owner: {} for owner in owners}
    for number, slot in enumerate(slots):
        for place, owner in enumerate(owners):
            made[owner][slot] = generate_slot_key()
            step(number * len(owners) + place + 1, len(slots) * len(owners))
    return made


def _public(keys: Mapping[str, SlotKey]) -> dict[str, str]:
    return {slot: key.public.encode() for slot, key in keys.items()}


def _name(number: int) -> str:
    return f"frozen-{number}"


def _encode_keys(made: Keys, box: SigningKey | None) -> bytes:
    return dumps(
        {
            "box": box.seed.hex() if box else "",
            "signers": [
                {
                    "keys": [{"key": k.encode().hex(), "slot": slot} for slot, k in keys.items()],
                    "owner": owner,
                }
                for owner, keys in made.items()
            ],
        }
    )


def _decode_keys(secret: bytes) -> tuple[Keys, SigningKey | None]:
    value = loads(secret)
    keys = {
        one["owner"]: {k["slot"]: SlotKey.decode(bytes.fromhex(k["key"])) for k in one["keys"]}
        for one in value["signers"]
    }
    return keys, SigningKey(bytes.fromhex(value["box"])) if value["box"] else None


def _put_box_key(service: Service, key: SigningKey, random: Random) -> None:
    box = SqlBox(service.database)
    if not box.has_key():
        box.put_key(key, service.passphrase, random)
    elif box.key(service.passphrase).public != key.public:
        raise Invalid("store.key_exists", "the box has a key of another session")


def _put_keys(service: Service, owner: str, keys: Mapping[str, SlotKey], random: Random) -> None:
    roll = RollStore(service.database)
    if not roll.has_keys():
        roll.put_keys(owner, keys, service.passphrase, random)
    elif _public(roll.keys(service.passphrase)) != _public(keys):
        raise Invalid("store.key_exists", f"there are slot keys of another session ({owner})")
