"""Many secrets behind one passphrase: a data key in a key file, the secrets under the data key.

One scrypt per start of the service, however many slots there are. A sealed secret is
``nonce (12 bytes) ‖ AES-256-GCM(data key, nonce, secret)``; its owner, name and public part are
authenticated with it, so that two of them cannot be exchanged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ballot.crypto import keyfile
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import signed_bytes

Random = Callable[[int], bytes]

_KEY_SIZE, _NONCE_SIZE = 32, 12


@dataclass(frozen=True, repr=False)
class Vault:
    """An open vault of the signer ``owner``."""

    owner: str
    data_key: bytes

    @classmethod
    def make(cls, owner: str, passphrase: str, random: Random) -> tuple[Self, bytes]:
        """A fresh vault and the key file that opens it again."""
        data_key = random(_KEY_SIZE)
        header = keyfile.KeyHeader("slot", owner, "vault", None)
        return cls(owner, data_key), keyfile.lock(header, data_key, passphrase, random)

    @classmethod
    def open(cls, data: bytes, passphrase: str) -> Self:
        """The vault behind a key file; raises as :func:`keyfile.unlock`."""
        header, data_key = keyfile.unlock(data, passphrase, purpose="slot", session=None)
        return cls(header.owner, data_key)

    def seal(self, name: str, public: str, secret: bytes, random: Random) -> bytes:
        """The secret called ``name``, encrypted."""
        nonce = random(_NONCE_SIZE)
        return nonce + AESGCM(self.data_key).encrypt(nonce, secret, self._bound(name, public))

    def unseal(self, name: str, public: str, sealed: bytes) -> bytes:
        """The secret again; ``key.damaged`` if anything about it was changed."""
        nonce, rest = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
        try:
            return AESGCM(self.data_key).decrypt(nonce, rest, self._bound(name, public))
        except (InvalidTag, ValueError):
            raise Invalid("key.damaged", f"the secret of {name} was altered") from None

    def _bound(self, name: str, public: str) -> bytes:
        document = {"name": name, "owner": self.owner, "public": public}
        return signed_bytes("vault_entry", document)
