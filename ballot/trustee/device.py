"""The files of one official's device: keys, what was seen of a ceremony, the seal journal.

::

    HOME/official.json            the signing key (key file)
    HOME/<会议码>/seed.json        the seed of a ceremony under way (key file)
    HOME/<会议码>/seen.json        digests of the ceremony documents accepted so far
    HOME/<会议码>/4-drill-3.json   the own drill, to be shown again
    HOME/<会议码>/trustee.json     the share of the decryption key (key file)
    HOME/<会议码>/seals.json       the seal journal

Everything is written for its owner alone, durably and in one piece, before anything that depends
on it leaves the device. Key files are never written over. The exported copy is the key files of
the official and the trustee as they are, one a line.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ballot.crypto import encoding, shapes
from ballot.crypto.encoding import code_of_hex
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import MAX_FILE, KeyHeader, lock, read_header, unlock
from ballot.crypto.proofs import Random
from ballot.crypto.signing import SEED_SIZE, SigningKey
from ballot.tally.session import Definition
from ballot.trustee import journal as journals
from ballot.trustee.documents import Place
from ballot.trustee.journal import Journal
from ballot.trustee.seed import secret_of

SHARE_SIZE = 32
MAX_JOURNAL = 16 * 1024 * 1024


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
        _create(self.official_file, lock(header, key.seed, passphrase, self._random))
        return key

    def keep_official(self, data: bytes) -> None:
        """Take over the key file of a copy."""
        _create(self.official_file, data)

    def official(self, passphrase: str) -> tuple[str, SigningKey]:
        """(officer id, signing key). Raises ``key.none``, ``key.…``."""
        return open_official(_load(self.official_file), passphrase)

    def session(self, definition: Definition) -> "SessionFiles":
        """The part of the folder that belongs to a session."""
        return SessionFiles(self.home / code_of_hex(definition.session), definition, self._random)


class SessionFiles:
    """What a trustee's device keeps of one session."""

    def __init__(self, folder: Path, definition: Definition, random: Random) -> None:
        self.folder, self._definition, self._random = folder, definition, random

    # The ceremony

    def seed(self, place: Place, passphrase: str) -> bytes:
        """The seed of the ceremony; drawn when it is first asked for."""
        file = self.folder / "seed.json"
        if not file.exists():
            seed = self._random(32)
            mark, session = self._mark(place, seed), place.definition.session
            header = KeyHeader("trustee", place.id, mark, session)
            _create(file, lock(header, seed, passphrase, self._random))
        header, seed = unlock(
            _load(file), passphrase, purpose="trustee", session=place.definition.session
        )
        if header.owner != place.id or header.public != self._mark(place, seed):
            raise Invalid("key.damaged", "the seed is of another trustee")
        return seed

    def _mark(self, place: Place, seed: bytes) -> str:
        definition = place.definition
        group = definition.group
        secret = secret_of(group, seed, definition.session, place.index, definition.threshold)
        return group.ser(group.power_g(secret.signing))

    def seen(self) -> dict[str, str]:
        """File name → digest of the ceremony documents accepted so far."""
        file = self.folder / "seen.json"
        if not file.exists():
            return {}
        try:
            found = shapes.array(encoding.loads(_read(file, MAX_JOURNAL)), _seen, "seen")
        except Invalid as error:
            raise Invalid("ceremony.seen", error.detail) from None
        return dict(found)

    def save_seen(self, seen: dict[str, str]) -> None:
        """Before the own documents leave (attack A12)."""
        value = [{"digest": digest, "name": name} for name, digest in sorted(seen.items())]
        _replace(self.folder / "seen.json", encoding.dumps(value))

    def drill(self, name: str) -> bytes | None:
        """The own drill, once it was made."""
        file = self.folder / name
        return _read(file, MAX_JOURNAL) if file.exists() else None

    def save_drill(self, name: str, data: bytes) -> None:
        """A second one would be another document: it is never written over."""
        _create(self.folder / name, data)

    def forget_ceremony(self) -> None:
        """The joint key is public and signed: the seed has done its work."""
        (self.folder / "seed.json").unlink(missing_ok=True)

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
            _create(self.share_file, data)
        elif self.share(place, passphrase) != share:
            raise Invalid("ceremony.share_kept", "the device keeps the share of another ceremony")

    def share(self, place: Place, passphrase: str) -> int:
        """The share of the device's own key file."""
        return open_share(_load(self.share_file), place, passphrase)

    def restore(self, place: Place, copy: bytes, journal: Journal, passphrase: str) -> None:
        """Take over the key file of a copy, with a journal that bars what it must (E2)."""
        open_share(copy, place, passphrase)
        if self.share_file.exists() or self.journal_file.exists():
            raise Invalid("key.exists", str(self.share_file))
        self.save_journal(journal)
        _create(self.share_file, copy)

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
        data = _read(self.journal_file, MAX_JOURNAL)
        return journals.decode(data, place.definition.session, place.id)

    def save_journal(self, journal: Journal) -> None:
        """Before a signature leaves."""
        _replace(self.journal_file, journals.encode(journal))

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
    return b"".join(_load(key) + b"\n" for key in keys)


def _seen(value: Any, where: str) -> tuple[str, str]:
    found = shapes.fields(value, "digest name", where)
    name = shapes.text(found["name"], f"{where}.name", 1, 100)
    return name, shapes.hexadecimal(found["digest"], f"{where}.digest")


def _load(file: Path) -> bytes:
    if not file.exists():
        raise Invalid("key.none", str(file))
    return _read(file, MAX_FILE)


def _read(file: Path, limit: int) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise Invalid("file.unreadable", f"{file}: {error.strerror or error}") from None
    if len(data) > limit:
        raise Invalid("file.too_big", str(file))
    return data


def _create(file: Path, data: bytes) -> None:
    """A new file; ``key.exists`` if there is one of that name."""
    if file.exists():
        raise Invalid("key.exists", str(file))
    _replace(file, data)


def _replace(file: Path, data: bytes) -> None:
    """The file with these bytes, complete or as it was before, on the disk when this returns."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
        _sync(file.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise Invalid("file.unwritable", f"{file}: {error.strerror or error}") from None


def _sync(folder: Path) -> None:
    """The folder's entry must survive a power cut too."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
