"""The certificate of a round as a value: its codes, and who signed it."""

from dataclasses import dataclass

from ballot.crypto import encoding
from ballot.web.rounds import Document
from ballot.web.words import Words

_SIGNING_ROLES = ("teller", "scrutineer", "chief_scrutineer", "presidium")


@dataclass(frozen=True)
class Signed:
    """Who signed in one role; ``held`` people hold it, ``needed`` had to sign."""

    role: str
    label: str
    names: tuple[str, ...]
    held: int
    needed: int

    @property
    def missing(self) -> int:
        """How many must still sign."""
        return max(0, self.needed - len(self.names))


@dataclass(frozen=True, kw_only=True)
class CertificateView:
    """The certificate of a round: its codes, the full digest, and who signed it when."""

    code: str
    digest: str
    ballot_code: str
    seal_code: str
    signed: tuple[Signed, ...]
    minute: str


def certificate_view(words: Words, definition: Document, content: Document) -> CertificateView:
    """What a page shows of ``content``: a certificate and its signatures."""
    certificate = content["certificate"]
    officers = {officer["id"]: officer for officer in definition["officers"]}
    quorum = definition["presidium_quorum"]
    needed = {"teller": 2, "scrutineer": 2, "chief_scrutineer": 1, "presidium": quorum}
    fingerprint, sealed = certificate["fingerprint"], certificate["sealed"]
    return CertificateView(
        code=encoding.code_of_hex(encoding.digest(certificate)),
        digest=encoding.digest(certificate),
        ballot_code=encoding.code(encoding.unb64(fingerprint, 32)) if fingerprint else "",
        seal_code=encoding.code_of_hex(sealed["root"]) if sealed else "",
        signed=tuple(
            Signed(
                role,
                words(f"role.{role}"),
                tuple(
                    officers[signature["signer"]]["name"]
                    for signature in content["signatures"]
                    if signature["role"] == role
                ),
                sum(role in officer["roles"] for officer in definition["officers"]),
                needed[role],
            )
            for role in _SIGNING_ROLES
        ),
        minute=words.minute(certificate["minute"]),
    )
