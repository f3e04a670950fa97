"""Signed orders: what an official has a service do before a fact can be signed as an event.

An order is a document like every other: {kind, role, session, signer, slot}, signed under its
kind. It may be sent twice: halting is final, and a halted box only ever answers the same.
``halt_check_in`` names a slot of the check-in that it ends, so that it ends no later one.
"""

from dataclasses import asdict, dataclass

from ballot.crypto import encoding, shapes, signing
from ballot.crypto.errors import Invalid
from ballot.tally.session import Definition
from ballot.tally.signatories import holds

ORDERS = {"halt_check_in": "clerk", "halt_round": "presiding_officer", "fetch_box": "trustee"}
"""Kind of order → the role in which it is signed."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order; ``signature`` is 128 hex digits."""

    kind: str
    session: str
    slot: str
    signer: str
    role: str
    signature: str


def sign_order(key: signing.SigningKey, kind: str, session: str, slot: str, signer: str) -> Order:
    """The order of an officer, in the one role that may give it."""
    unsigned = Order(kind, session, slot, signer, ORDERS[kind], "")
    return Order(
        kind, session, slot, signer, ORDERS[kind], signing.sign(key, kind, _document(unsigned))
    )


def encode_order(order: Order) -> bytes:
    """The canonical bytes of an order with its signature."""
    return encoding.dumps(asdict(order))


def decode_order(data: bytes) -> Order:
    """The order with exactly these bytes; everything else is ``order.malformed``."""
    try:
        value = shapes.fields(
            encoding.loads(data), "kind role session signature signer slot", "order"
        )
        return Order(
            kind=shapes.choice(value["kind"], ORDERS, "kind"),
            session=shapes.hexadecimal(value["session"], "session"),
            slot=shapes.identifier(value["slot"], "slot"),
            signer=shapes.identifier(value["signer"], "signer"),
            role=shapes.choice(value["role"], [ORDERS[value["kind"]]], "role"),
            signature=shapes.hexadecimal(value["signature"], "signature", 64),
        )
    except Invalid as error:
        raise Invalid("order.malformed", error.detail) from None


def check_order(definition: Definition, order: Order, *kinds: str) -> None:
    """Refuse an order that is not one of ``kinds``, or not signed by who may give it.

    Codes: ``order.kind``, ``order.session``, ``order.slot``, ``order.unknown_signer``,
    ``order.role``, ``order.signature``.
    """
    if order.kind not in kinds:
        raise Invalid("order.kind", f"{order.kind} is not for this service")
    if order.session != definition.session:
        raise Invalid("order.session", "an order of another session")
    try:
        definition.slot(order.slot)
    except Invalid as error:
        raise Invalid("order.slot", error.detail) from None
    try:
        officer = definition.officer(order.signer)
    except Invalid:
        raise Invalid("order.unknown_signer", order.signer) from None
    if order.role != ORDERS[order.kind] or not holds(definition, officer.id, order.role):
        raise Invalid("order.role", f"{order.signer} as {order.role}: may not order {order.kind}")
    try:
        signing.verify(officer.public_key, order.kind, _document(order), order.signature)
    except Invalid as error:
        raise Invalid("order.signature", error.detail) from None


def _document(order: Order) -> dict[str, str]:
    """What the signature covers."""
    return {name: value for name, value in asdict(order).items() if name != "signature"}
