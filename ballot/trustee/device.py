"""The files of one official's device: keys, what was seen of a ceremony, the seal journal.

::

    HOME/official.json            the signing key (key file)
    HOME/<会议码>/seed.json …      a ceremony under way (:mod:`~ballot.trustee.ceremony_files`)
    HOME/<会议码>/board-2/ …       the same, begun anew
    HOME/<会议码>/trustee.json     the share of the decryption key (key file)
    HOME/<会议码>/seals.json       the seal journal

Everything is written for its owner alone, durably and in one piece, before anything that depends
on it leaves the device. Key files are never written over. The exported copy is the key files of
the official and the trustee as they are, one a line.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ballot.crypto.encoding import code_of_hex
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import KeyHeader, lock, read_header, unlock
from ballot.crypto.proofs import Random
from ballot.crypto.signing import SEED_SIZE, SigningKey
from ballot.tally.session import Definition
from ballot.trustee import journal as journals
from ballot.trustee.ceremony_files import CeremonyFiles
from ballot.trustee.documents import Place
from ballot.trustee.files import MAX_JOURNAL, create, load, read, replace
from ballot.trustee.journal import Journal

SHARE_SIZE = 32


class Device:
    """The folder of one official. ``random`` draws new keys, salts and nonces."""

    def __init__(self, home: Path, random: Random) -> None:
        self.home, self._random = home, random

    # The signing key

    @property
    def official_file(self) -> Path:
        """The key file of the signing key."""
        return self.home / "official.json"

    def make_official(self, owner: str, passphrase: str) -> SigningKey:
        """A new signing key; its public part goes into the definition. ``key.exists``."""
        key = SigningKey(self._random(SEED_SIZE))
        header = KeyHeader("official", owner, key.public, None)
        create(self.official_file, lock(header, key.seed, passphrase, self._random))
        return key

    def keep_official(self, data: bytes) -> None:
        """Take over the key file of a copy."""
        create(self.official_file, data)

    def official(self, passphrase: str) -> tuple[str, SigningKey]:
        """(officer id, signing key). Raises ``key.none``, ``key.…``."""
        return open_official(load(self.official_file), passphrase)

    def session(self, definition: Definition) -> "SessionFiles":
        """The part of the folder that belongs to a session."""
        return SessionFiles(self.home / code_of_hex(definition.session), definition, self._random)


class SessionFiles:
    """What a trustee's device keeps of one session."""

    def __init__(self, folder: Path, definition: Definition, random: Random) -> None:
        self.folder, self._definition, self._random = folder, definition, random

    # The ceremony

    def ceremony(self, number: int) -> CeremonyFiles:
        """What is kept of the ceremony on the board of that number."""
        return CeremonyFiles(self.folder, self._definition, number, self._random)

    def enter(self, number: int) -> CeremonyFiles:
        """Go over to the board of that number; what was made on the one before is erased, the
        seed last, so that after a crash it is done again. Raises as :meth:`require_before`.
        """
        self.require_before(number)
        if 0 < (begun := self._begun()) < number:
            self.share_file.unlink(missing_ok=True)
            self.journal_file.unlink(missing_ok=True)
            self.ceremony(begun).erase()
        return self.ceremony(number)

    def require_before(self, number: int) -> None:
        """Raises ``ceremony.renewed`` where this device did not give up a board before that one,
        and ``ceremony.old_folder`` when the device is on a later one.
        """
        begun = self._begun()
        if begun > number:
            raise Invalid("ceremony.old_folder", f"the device is on board {begun}")
        for old in range(begun or number, number):
            if self.ceremony(old).renewal() is None:
                raise Invalid("ceremony.renewed", f"board {old}")

    def _begun(self) -> int:
        """The number of the board for which there is a seed, 0: none."""
        found = [1] if self.ceremony(1).has_seed else []
        for folder in self.folder.glob("board-*"):
            number = folder.name.removeprefix("board-")
            if number.isascii() and number.isdigit() and self.ceremony(int(number)).has_seed:
                found.append(int(number))
        return max(found, default=0)

    def forget_ceremony(self) -> None:
        """The joint key is public and signed: the seed has done its work."""
        while begun := self._begun():
            self.ceremony(begun).forget_seed()

    # The share

    @property
    def share_file(self) -> Path:
        """The key file of the share."""
        return self.folder / "trustee.json"

    def keep_share(self, place: Place, share: int, passphrase: str) -> None:
        """The share's key file and an empty journal; the same share again changes nothing."""
        if not self.share_file.exists():
            group = place.definition.group
            public = group.ser(group.power_g(share))
            header = KeyHeader("trustee", place.id, public, place.definition.session)
            data = lock(header, share.to_bytes(SHARE_SIZE, "big"), passphrase, self._random)
            with self.journal_lock():
                if not self.journal_file.exists():
                    self.save_journal(Journal(place.definition.session, place.id))
            create(self.share_file, data)
        elif self.share(place, passphrase) != share:
            raise Invalid("ceremony.share_kept", "the device keeps the share of another ceremony")

    def share(self, place: Place, passphrase: str) -> int:
        """The share of the device's own key file."""
        return open_share(load(self.share_file), place, passphrase)

    def restore(self, place: Place, copy: bytes, journal: Journal, passphrase: str) -> None:
        """Take over the key file of a copy, with a journal that bars what it must (E2)."""
        open_share(copy, place, passphrase)
        if self.share_file.exists() or self.journal_file.exists():
            raise Invalid("key.exists", str(self.share_file))
        self.save_journal(journal)
        create(self.share_file, copy)

    # The journal

    @property
    def journal_file(self) -> Path:
        """The seal journal."""
        return self.folder / "seals.json"

    def journal(self, place: Place) -> Journal:
        """The journal; ``seal.journal`` where it is missing or damaged: then the key has to be
        restored from its copy, because nobody knows what it sealed.
        """
        if not self.journal_file.exists():
            raise Invalid("seal.journal", "the journal is missing")
        data = read(self.journal_file, MAX_JOURNAL)
        return journals.decode(data, place.definition.session, place.id)

    def save_journal(self, journal: Journal) -> None:
        """Before a signature leaves."""
        replace(self.journal_file, journals.encode(journal))

    @contextmanager
    def journal_lock(self) -> Iterator[None]:
        """Nobody else reads, decides and writes meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "seals.lock").open("ab") as file:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def open_official(data: bytes, passphrase: str) -> tuple[str, SigningKey]:
    """(officer id, signing key) of a key file; ``key.damaged`` where secret and public differ."""
    header, secret = unlock(data, passphrase, purpose="official", session=None)
    key = SigningKey(secret)
    if key.public != header.public:
        raise Invalid("key.damaged", "the secret is not that of the public key")
    return header.owner, key


def open_share(data: bytes, place: Place, passphrase: str) -> int:
    """The share in a key file of this trustee and session; ``key.owner`` for another's."""
    definition = place.definition
    group = definition.group
    header, secret = unlock(data, passphrase, purpose="trustee", session=definition.session)
    if header.owner != place.id:
        raise Invalid("key.owner", f"the key of {header.owner}, not of {place.id}")
    share = int.from_bytes(secret, "big")
    if len(secret) != SHARE_SIZE or group.ser(group.power_g(share)) != header.public:
        raise Invalid("key.damaged", "the secret is not that of the public key")
    return share


def read_copy(text: bytes) -> dict[str, bytes]:
    """Purpose → key file of an exported copy: its file, or what was scanned from its sheet.

    Blanks and line ends around the lines do not matter. Raises ``key.damaged``.
    """
    found: dict[str, bytes] = {}
    for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if line.strip():
            purpose = read_header(line.strip()).purpose
            if purpose in found or purpose not in ("official", "trustee"):
                raise Invalid("key.damaged", "not one key of the official and one of the trustee")
            found[purpose] = line.strip()
    if not found:
        raise Invalid("key.damaged", "empty")
    return found


def write_copy(device: Device, files: SessionFiles | None) -> bytes:
    """The exported copy: the signing key and, with a session, the share."""
    keys = [device.official_file] + ([files.share_file] if files else [])
    return b"".join(load(key) + b"\n" for key in keys)
