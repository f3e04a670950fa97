"""The ceremony's documents: canonical JSON, signed by the official who is the trustee.

docs/record.md, "Ceremony documents". Each states kind, session, place among the trustees and,
from the second step on, ``base``: a digest of everything the signer had seen of the step before.
Who was shown something else is found out at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ballot.crypto import encoding, shapes, signing
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey
from ballot.tally.session import Definition

CONTENTS = {
    "renewal": "number",
    "certificate": "certificate commitment",
    "coefficients": "base certificates_signature coefficients shares",
    "key": "base key",
    "drill": "base challenge factor minute response",
}
"""Step → the members of its document beside the common ones. A renewal is no step: it gives up the
board of that ``number``, which is begun anew once every trustee has signed one.
"""
STEPS = (*CONTENTS, "ready")
MAX_DOCUMENT = 1024 * 1024
_COMMON = "index kind role session signature signer slot"


def file_name(step: str, index: int) -> str:
    """The name of a document in the folder: ``2-coefficients-3.json``."""
    return f"{STEPS.index(step)}-{step}-{index}.json"


def named(definition: Definition, name: str) -> tuple[str, int]:
    """Step and trustee of a file name of that session; ``ceremony.name`` for every other name."""
    size = len(definition.trustees)
    known = {file_name(step, i): (step, i) for step in STEPS for i in range(1, size + 1)}
    if name not in known:
        raise Invalid("ceremony.name", name[:40])
    return known[name]


@dataclass(frozen=True)
class Place:
    """One trustee of a session: number from 1, and the official's own signing key."""

    definition: Definition
    index: int
    key: SigningKey

    @property
    def id(self) -> str:
        """The officer's id."""
        return self.definition.trustees[self.index - 1]


def place_of(definition: Definition, officer_id: str, key: SigningKey) -> Place:
    """The place of an officer whose key the definition names.

    Raises ``trustee.not_named`` (no trustee of this session) or ``trustee.other_key``.
    """
    if officer_id not in definition.trustees:
        raise Invalid("trustee.not_named", officer_id)
    if definition.officer(officer_id).public_key != key.public:
        raise Invalid("trustee.other_key", officer_id)
    return Place(definition, definition.trustees.index(officer_id) + 1, key)


def write(place: Place, step: str, contents: Mapping[str, Any]) -> bytes:
    """The signed document of one's own step; the same contents give the same bytes."""
    kind = f"ceremony_{step}"
    document = {
        **contents,
        "index": place.index,
        "kind": kind,
        "role": "trustee",
        "session": place.definition.session,
        "signer": place.id,
        "slot": None,
    }
    signature = signing.sign(place.key, kind, document)
    return encoding.dumps({**document, "signature": signature})


def read(definition: Definition, step: str, index: int, data: bytes) -> dict[str, Any]:
    """The document of trustee ``index`` for ``step``, its common members and signature checked.

    Raises ``ceremony.document``, ``ceremony.session`` or ``ceremony.signature``.
    """
    kind, signer = f"ceremony_{step}", definition.trustees[index - 1]
    try:
        if len(data) > MAX_DOCUMENT:
            raise shapes.refuse(step, f"larger than {MAX_DOCUMENT} bytes")
        document = shapes.fields(encoding.loads(data), f"{_COMMON} {CONTENTS[step]}", step)
        shapes.hexadecimal(document["session"], "session")
        if (document["kind"], document["index"], document["slot"]) != (kind, index, None):
            raise shapes.refuse(step, "of another step or trustee")
        if (document["signer"], document["role"]) != (signer, "trustee"):
            raise shapes.refuse(step, "of another signer or role")
        for name in CONTENTS[step].split():
            if name == "number":
                shapes.integer(document[name], name, 1)
            elif name != "shares":
                shapes.text(document[name], name, 1, MAX_DOCUMENT)
        if "shares" in document:
            size = len(definition.trustees)
            shapes.array(document["shares"], _share, "shares", size, size)
        for name in {"base", "commitment"} & set(document):
            shapes.hexadecimal(document[name], name)
        if "minute" in document:
            shapes.minute(document["minute"], "minute")
    except Invalid as error:
        raise Invalid("ceremony.document", error.detail) from None
    if document["session"] != definition.session:
        raise Invalid("ceremony.session", "made for another session")
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    try:
        signing.verify(
            definition.officer(signer).public_key,
            kind,
            unsigned,
            shapes.hexadecimal(document["signature"], "signature", 64),
        )
    except Invalid as error:
        raise Invalid("ceremony.signature", error.detail) from None
    return document


def _share(value: Any, where: str) -> str:
    return shapes.text(value, where, 1, 16_384)


def digest_of(documents: Sequence[bytes]) -> str:
    """``base``: the digest of the digests of all documents of a step, in the trustees' order."""
    return encoding.digest([encoding.sha256(data).hex() for data in documents])
