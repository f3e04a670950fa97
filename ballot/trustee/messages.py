"""Belenios' messages of one trustee, each read and checked when it arrives (format §5.2, §9).

:func:`~ballot.crypto.threshold.verify_trustees` checks the whole at the end; here a wrong part is
found while it can still be said whose it is. Codes ``ceremony.…``, ``proof.…``, ``element.…``.
"""

from collections.abc import Sequence
from typing import Any

from ballot.crypto import proofs, threshold
from ballot.crypto.encoding import compact, loads_compact
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group
from ballot.crypto.threshold import TrusteeSecret
from ballot.trustee.seed import expand

Message = dict[str, Any]


def text_of(message: Any) -> str:
    """Belenios' bytes as the string in which they travel."""
    return compact(message).decode()


def read(text: str, *names: str) -> Message:
    """The object of exactly these members in this order, from its compact bytes."""
    value = loads_compact(text.encode())
    if not isinstance(value, dict) or list(value) != list(names):
        raise Invalid("ceremony.document", f"not {', '.join(names)}")
    return value


def _read_signed(text: str, *names: str) -> tuple[Message, Message]:
    signed = read(text, "message", "signature")
    if not isinstance(signed["message"], str):
        raise Invalid("ceremony.document", "message is not a text")
    return signed, read(signed["message"], *names)


def read_certificate(group: Group, text: str, context: Message) -> tuple[Message, Element, Element]:
    """(signed message, verification key, encryption key) of a certificate for that context."""
    signed, message = _read_signed(text, "context", "verification", "encryption")
    if text_of(message["context"]) != text_of(context):
        raise Invalid("ceremony.document", "a certificate of another ceremony or place")
    verification = group.parse_key(message["verification"])
    encryption = group.parse_key(message["encryption"])
    proof = proofs.decode_proof(group, signed["signature"])
    proofs.verify_message(group, verification, signed["message"], proof)
    return signed, verification, encryption


def read_coefficients(
    group: Group, text: str, verification: Element, degree: int
) -> tuple[Message, list[str]]:
    """(signed message, A_0 … A_{t-1} as texts), signed under that verification key."""
    signed, message = _read_signed(text, "coefexps")
    proof = proofs.decode_proof(group, signed["signature"])
    proofs.verify_message(group, verification, signed["message"], proof)
    elements = message["coefexps"]
    if not isinstance(elements, list) or len(elements) != degree:
        raise Invalid("ceremony.document", "a polynomial of another degree")
    for element in elements:
        group.parse(element)
    return signed, elements


def check_certificates_signature(
    group: Group,
    text: str,
    verification: Element,
    certificates: Sequence[Message],
    coefficients: Sequence[str],
) -> Message:
    """The signature over all certificates and the own coefficients (A12)."""
    value = read(text, "challenge", "response")
    body = text_of({"certs": list(certificates), "coefexps": list(coefficients)})
    proof = proofs.decode_proof(group, value)
    proofs.verify_message(group, verification, f"certs_sig|{body}", proof)
    return value


def encrypt_share(group: Group, seed: bytes, secret: TrusteeSecret, to: Element, index: int) -> str:
    """f(index), for the owner of that encryption key alone."""
    plain = text_of({"secret": str(threshold.share_for(group, secret, index))})
    random = expand(seed, "share", group.ser(to).encode(), plain.encode())
    return text_of(threshold.encrypt_message(group, to, plain, random))


def decrypt_share(group: Group, secret: TrusteeSecret, text: str) -> int:
    """What :func:`encrypt_share` wrote; that it is the right number is checked elsewhere."""
    message = read(text, "alpha", "beta", "data")
    if not isinstance(message["data"], str):
        raise Invalid("ceremony.document", "data is not a text")
    plain = read(threshold.decrypt_message(group, secret.decryption, message), "secret")
    return group.parse_scalar(plain["secret"])


def read_key(group: Group, text: str, verification: Element, name: str) -> tuple[Message, Element]:
    """(the public key's object, X), with proof of knowledge and signature."""
    value = read(text, "pok", "public_key", "signature", "name")
    if value["name"] != name:
        raise Invalid("ceremony.document", "another name than in the definition")
    key = group.parse_key(value["public_key"])
    proofs.verify_knowledge(group, key, proofs.decode_proof(group, value["pok"]))
    signature = proofs.decode_proof(group, value["signature"])
    proofs.verify_message(group, verification, value["public_key"], signature)
    return value, key
