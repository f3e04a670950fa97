"""Signed orders: who may order what, and nothing else."""

from dataclasses import replace

import pytest

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import sign
from ballot.tally.orders import ORDERS, Order, check_order, decode_order, encode_order, sign_order
from tests.sessions import definition, key

SESSION = definition().session
GIVERS = {"halt_check_in": "clerk", "halt_round": "chair", "fetch_box": "scrutineer-3"}


def order(kind: str = "halt_round", signer: str | None = None) -> Order:
    name = signer or GIVERS[kind]
    return sign_order(key(name), kind, SESSION, "projects-1", name)


def refused(given: Order, code: str, *kinds: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_order(definition(), given, *(kinds or ORDERS))
    assert caught.value.code == code


@pytest.mark.parametrize("kind", ORDERS)
def test_an_order_holds_after_its_journey(kind: str) -> None:
    given = order(kind)
    data = encode_order(given)
    assert sorted(loads(data)) == ["kind", "role", "session", "signature", "signer", "slot"]
    assert decode_order(data) == given
    check_order(definition(), given, kind)
    refused(given, "order.kind", *(set(ORDERS) - {kind}))


@pytest.mark.parametrize("kind", ORDERS)
def test_nobody_else_may_give_it(kind: str) -> None:
    for name in ("clerk", "chair", "member-1", "chief", "scrutineer-1", "teller-1"):
        allowed = name == GIVERS[kind] or (kind == "fetch_box" and name.startswith("scrutineer"))
        if not allowed:
            refused(order(kind, name), "order.role")
    refused(replace(order(kind), signer="nobody"), "order.unknown_signer")
    refused(
        sign_order(key("teller-1"), kind, SESSION, "projects-1", GIVERS[kind]), "order.signature"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"session": "0" * 64}, "order.session"),
        ({"slot": "projects-9"}, "order.slot"),
        ({"slot": "projects-2"}, "order.signature"),
        ({"kind": "fetch_box"}, "order.role"),
        ({"role": "clerk"}, "order.role"),
        ({"signature": "0" * 128}, "order.signature"),
    ],
)
def test_a_changed_order_is_refused(changes: dict[str, str], code: str) -> None:
    refused(replace(order(), **changes), code)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "round_closed"},
        {"role": "clerk"},
        {"slot": None},
        {"slot": "Projects"},
        {"session": "0"},
        {"signature": "0"},
        {"more": 1},
    ],
)
def test_another_shape_is_refused_by_one_code(changes: dict[str, object]) -> None:
    for data in (dumps(loads(encode_order(order())) | changes), b"", b"[]", b"{}"):
        with pytest.raises(Invalid, match=r"order\.malformed"):
            decode_order(data)


def test_an_event_signature_is_no_order() -> None:
    # The kind stands before the signed bytes: an order is never the signature of an event.
    given = order()
    document = dict(loads(encode_order(given)))
    del document["signature"]
    forged = sign(key("chair"), "round_closed", document)
    refused(replace(given, signature=forged), "order.signature")
