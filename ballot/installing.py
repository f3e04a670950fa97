"""Making a service's keys before a session is adopted, and installing the adopted session.

Each service makes its own secrets on its own machine; what leaves it are public keys, which the
definition then names (protocol §3, §13).
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random
from ballot.crypto.shapes import array, fields, hexadecimal, text
from ballot.crypto.signing import SigningKey
from ballot.crypto.slotkey import generate_slot_key
from ballot.settings import read_secret
from ballot.store.board import BoardStore
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.store.roll import Deputy, RollStore
from ballot.store.schema import SERVICES, check_version, upgrade
from ballot.tally.definition import decode_definition
from ballot.tally.session import Definition, list_digest
from ballot.tls import write_private

MAX_DEPUTIES = 25_000


@dataclass(frozen=True)
class Roll:
    """The roll as a file hands it over: deputies and the salt of the roll's digest."""

    deputies: tuple[Deputy, ...]
    salt: bytes

    @property
    def digest(self) -> str:
        """The ``roll_digest`` of a definition for this roll."""
        return list_digest(self.salt, [deputy.number for deputy in self.deputies])

    def encode(self) -> bytes:
        """Canonical JSON: {``deputies``: [{``name``, ``number``}], ``salt``: hex}."""
        deputies = [{"name": one.name, "number": one.number} for one in self.deputies]
        return dumps({"deputies": deputies, "salt": self.salt.hex()})


def decode_roll(data: bytes) -> Roll:
    """The roll of a file; raises ``roll.malformed``."""
    try:
        value = loads(data)
        fields(value, "deputies salt", "roll")
        deputies = array(value["deputies"], _deputy, "deputies", 1, MAX_DEPUTIES)
        return Roll(deputies, bytes.fromhex(hexadecimal(value["salt"], "salt")))
    except Invalid as error:
        raise Invalid("roll.malformed", error.detail) from None


def _deputy(value: Any, where: str) -> Deputy:
    fields(value, "name number", where)
    number = text(value["number"], f"{where}.number", 1, 64)
    return Deputy(number, text(value["name"], f"{where}.name", 1, 64))


def make_secret(path: Path) -> str:
    """A fresh secret in a file that its owner alone can read; what is there already stays."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, secrets.token_urlsafe(32).encode())
    return read_secret(path)


def prepare_signer(
    database: Database,
    service: str,
    owner: str,
    slots: Sequence[str],
    passphrase: str,
    random: Random,
    step: Callable[[int, int], None],
) -> dict[str, str]:
    """A slot key for every slot, kept in the database; slot → public key (hex).

    ``service`` is ``registrar`` or ``signer``, ``owner`` the signer's id in the definition.
    """
    upgrade(database, SERVICES[service])
    keys = {}
    for number, slot in enumerate(slots, 1):
        keys[slot] = generate_slot_key()
        step(number, len(slots))
    RollStore(database).put_keys(owner, keys, passphrase, random)
    return {slot: key.public.encode() for slot, key in keys.items()}


def prepare_box(database: Database, passphrase: str, random: Random) -> str:
    """The box key, kept in the database; its public part (hex)."""
    upgrade(database, SERVICES["box"])
    key = SigningKey(random(32))
    SqlBox(database).put_key(key, passphrase, random)
    return key.public


def install_definition(database: Database, service: str, raw: bytes) -> Definition:
    """Put the session's definition into a prepared database; the same bytes again are fine."""
    check_version(database, SERVICES[service])
    definition = decode_definition(raw)
    BoardStore(database).put_definition(raw)
    return definition


def install_roll(database: Database, definition: Definition, roll: Roll) -> None:
    """Put the roll beside it; raises ``roll.digest`` for another roll than the adopted one."""
    if roll.digest != definition.roll_digest:
        raise Invalid("roll.digest", "not the roll of this definition")
    RollStore(database).put_roll(roll.deputies, roll.salt)
