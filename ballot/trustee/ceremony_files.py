"""What a trustee's device keeps of the ceremony on one board.

::

    seed.json          the seed (key file); there as long as the ceremony is under way
    seen.json          digests of the documents accepted so far
    4-drill-3.json     the own drill, to be shown again
    0-renewal-3.json   the own renewal: this device gave the board up

They lie in the session's folder, from the second board on in ``board-N``. Each is written before
anything that depends on it leaves the device (attack A12).
"""

from pathlib import Path
from typing import Any

from ballot.crypto import encoding, shapes
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import KeyHeader, lock, unlock
from ballot.crypto.proofs import Random
from ballot.tally.session import Definition
from ballot.trustee import documents
from ballot.trustee.boards import folder_name
from ballot.trustee.documents import Place, file_name
from ballot.trustee.files import MAX_JOURNAL, create, load, read, replace
from ballot.trustee.seed import secret_of


class CeremonyFiles:
    """The files of the board of that ``number``."""

    def __init__(self, session: Path, definition: Definition, number: int, random: Random) -> None:
        self.folder, self.number = session / folder_name(number), number
        self._definition, self._random = definition, random

    @property
    def _seed_file(self) -> Path:
        return self.folder / "seed.json"

    @property
    def has_seed(self) -> bool:
        """Whether the ceremony was begun here, and is not over."""
        return self._seed_file.exists()

    def seed(self, place: Place, passphrase: str) -> bytes:
        """The seed of the ceremony; drawn when it is first asked for."""
        session = place.definition.session
        if not self.has_seed:
            seed = self._random(32)
            header = KeyHeader("trustee", place.id, _mark(place, seed), session)
            create(self._seed_file, lock(header, seed, passphrase, self._random))
        data = load(self._seed_file)
        header, seed = unlock(data, passphrase, purpose="trustee", session=session)
        if header.owner != place.id or header.public != _mark(place, seed):
            raise Invalid("key.damaged", "the seed is of another trustee")
        return seed

    def seen(self) -> dict[str, str]:
        """File name → digest of the ceremony documents accepted so far."""
        file = self.folder / "seen.json"
        if not file.exists():
            return {}
        try:
            found = shapes.array(encoding.loads(read(file, MAX_JOURNAL)), _seen, "seen")
        except Invalid as error:
            raise Invalid("ceremony.seen", error.detail) from None
        return dict(found)

    def save_seen(self, seen: dict[str, str]) -> None:
        """Before the own documents leave (attack A12)."""
        value = [{"digest": digest, "name": name} for name, digest in sorted(seen.items())]
        replace(self.folder / "seen.json", encoding.dumps(value))

    def drill(self, name: str) -> bytes | None:
        """The own drill, once it was made."""
        file = self.folder / name
        return read(file, MAX_JOURNAL) if file.exists() else None

    def save_drill(self, name: str, data: bytes) -> None:
        """A second one would be another document: it is never written over."""
        create(self.folder / name, data)

    def renewal(self) -> bytes | None:
        """The own renewal; None: this device has not given the board up."""
        found = sorted(self.folder.glob("0-renewal-*.json"))
        return read(found[0], documents.MAX_DOCUMENT) if found else None

    def give_up(self, place: Place) -> bytes:
        """The renewal, kept before it leaves; the same again gives the same bytes."""
        data = documents.write(place, "renewal", {"number": self.number})
        replace(self.folder / file_name("renewal", place.index), data)
        return data

    def erase(self) -> None:
        """All but the renewal; the seed last, which says that there was something to erase."""
        for file in (self.folder / "seen.json", *self.folder.glob("4-drill-*.json")):
            file.unlink(missing_ok=True)
        self.forget_seed()

    def forget_seed(self) -> None:
        """Nothing more can be made for this board."""
        self._seed_file.unlink(missing_ok=True)


def _mark(place: Place, seed: bytes) -> str:
    definition = place.definition
    group = definition.group
    secret = secret_of(group, seed, definition.session, place.index, definition.threshold)
    return group.ser(group.power_g(secret.signing))


def _seen(value: Any, where: str) -> tuple[str, str]:
    found = shapes.fields(value, "digest name", where)
    name = shapes.text(found["name"], f"{where}.name", 1, 100)
    return name, shapes.hexadecimal(found["digest"], f"{where}.digest")
