"""Simulated officials: each holds the own keys, as real ones do on their own devices."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ballot.crypto import proofs, threshold
from ballot.crypto.encoding import compact, loads_compact
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group
from ballot.crypto.keyfile import KeyHeader, lock, unlock
from ballot.crypto.proofs import Random, random_scalar
from ballot.crypto.signing import SigningKey
from ballot.demo.sample import Person
from ballot.tally.events import Event, Signature, sign_event
from ballot.tally.session import Definition


@dataclass
class Official:
    """One person with one key and one or more roles."""

    id: str
    name: str
    roles: list[str]
    key: SigningKey

    def sign(self, event: Event, role: str) -> Signature:
        """The signature under a draft, in one of the own roles."""
        return sign_event(self.key, event, self.id, role)

    def encode(self) -> dict[str, Any]:
        """The entry in the definition."""
        return {
            "id": self.id,
            "name": self.name,
            "roles": sorted(self.roles),
            "public_key": self.key.public,
        }


def appoint(people: Iterable[Person], random: Random) -> list[Official]:
    """Everyone named; one person with two roles is one official."""
    officials: dict[str, Official] = {}
    numbers: dict[str, int] = {}
    for person in people:
        who = person.deputy or f"{person.role}/{person.name}"
        if who in officials:
            officials[who].roles.append(person.role)
            continue
        numbers[person.role] = numbers.get(person.role, 0) + 1
        name = person.role.replace("_", "-")
        single = person.role in ("clerk", "presiding_officer", "chief_scrutineer")
        official_id = name if single else f"{name}-{numbers[person.role]}"
        key = SigningKey(random(32))
        officials[who] = Official(official_id, person.name, [person.role], key)
    return list(officials.values())


@dataclass
class Trustee:
    """A scrutineer's device in the key ceremony, the seal and the decryption."""

    official: Official
    group: Group
    random: Random
    secret: threshold.TrusteeSecret
    share: int = 0
    copy: bytes = field(default=b"", repr=False)

    def export(self, session: str, passphrase: str) -> None:
        """Write the exported copy: an encrypted key file with the share."""
        public = self.group.ser(self.group.power_g(self.share))
        header = KeyHeader("trustee", self.official.id, public, session)
        self.copy = lock(header, self.share.to_bytes(32, "big"), passphrase, self.random)

    def drill(self, session: str, passphrase: str) -> dict[str, str]:
        """Decrypt the drill element with the share read back from the exported copy."""
        _, secret = unlock(self.copy, passphrase, purpose="trustee", session=session)
        w = random_scalar(self.group, self.random)
        share = int.from_bytes(secret, "big")
        factor, proof = proofs.prove_drill(self.group, session, self.secret.index, share, w)
        return {"factor": self.group.ser(factor), **proof.encode()}


@dataclass(frozen=True)
class Ceremony:
    """What the ceremony leaves: the ``trustees`` bytes and the coefficient hashes."""

    trustees: bytes
    commitments: list[str]


def hold_ceremony(definition: Definition, devices: list[Trustee]) -> Ceremony:
    """Pedersen key generation among the devices (format §5.2, §9; attacks A11, A12, E21).

    Each device checks what it receives; the private shares travel encrypted to their
    recipients' keys.
    """
    group, m = definition.group, len(devices)
    certificates = [threshold.certificate(group, d.secret, m, d.random) for d in devices]
    messages = [threshold.coefficient_message(group, d.secret, d.random) for d in devices]
    # Hashes of all coefficient messages are known before any message is shown.
    commitments = [threshold.commitment(message) for message in messages]
    keys = [group.power_g(d.secret.decryption) for d in devices]
    mail = [
        [
            threshold.encrypt_message(
                group,
                keys[j],
                compact({"secret": str(threshold.share_for(group, d.secret, j + 1))}).decode(),
                d.random,
            )
            for j in range(m)
        ]
        for d in devices
    ]
    signatures = [
        threshold.sign_certificates(group, d.secret, certificates, messages[i], d.random)
        for i, d in enumerate(devices)
    ]
    for j, device in enumerate(devices):
        if [threshold.commitment(message) for message in messages] != commitments:
            raise Invalid("ceremony.commitment", "a message changed after its hash was shown")
        shares = [
            int(
                loads_compact(
                    threshold.decrypt_message(group, device.secret.decryption, box[j]).encode()
                )["secret"]
            )
            for box in mail
        ]
        device.share = threshold.combine_shares(group, j + 1, shares, messages)
    verification = [
        threshold.verification_key(group, d.secret, d.share, d.random, d.official.name)
        for d in devices
    ]
    trustees = threshold.encode_trustees(
        definition.threshold, certificates, messages, signatures, verification
    )
    threshold.verify_trustees(group, trustees)
    return Ceremony(trustees, commitments)
