"""The box's checks C1–C8: each refusal by its code, nothing used up by it."""

from collections.abc import Callable

import pytest

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS
from ballot.crypto.signing import SigningKey, verify
from ballot.polling import MemoryBox, Receipt, cast, receipt_document
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import pad
from ballot.tally.gate import Gate
from tests.gates import SESSION, SLOT, make_envelope, make_round, make_wallet, stream

ED = GROUPS["Ed25519"]
GATE = make_round(ED).gate
APPROVE = make_round(ED, "approve", slot="approve-1").gate
WALLETS = [make_wallet(GATE, n) for n in range(3)]
KEY = SigningKey(b"\x01" * 32)
GOOD = make_envelope(GATE, "YNA", WALLETS[0])


@pytest.fixture
def box() -> MemoryBox:
    opened = MemoryBox()
    opened.set_open(SLOT, True)
    opened.set_open(APPROVE.slot, True)
    return opened


def put(box: MemoryBox, envelope: bytes, gate: Gate = GATE) -> Receipt:
    gates = {SLOT: GATE, APPROVE.slot: APPROVE}
    return cast(box, gates, KEY, envelope.ljust(gate.length, b" "))


def contents(box: MemoryBox) -> tuple[object, ...]:
    return box.sealed(SLOT), box.sealed(APPROVE.slot), box.spent(SLOT, WALLETS[0].credential)


def refused(box: MemoryBox, envelope: bytes, code: str, gate: Gate = GATE) -> None:
    before = contents(box)
    with pytest.raises(Invalid) as caught:
        put(box, envelope, gate)
    assert caught.value.code == code
    assert contents(box) == before


def edited(change: Callable[[dict], None], envelope: bytes = GOOD) -> bytes:
    value = loads(envelope)
    change(value)
    return dumps(value)


def ballot_edit(old: str, new: str) -> bytes:
    text = loads(GOOD)["ballot"]
    assert old in text
    return edited(lambda value: value.update(ballot=text.replace(old, new, 1)))


def test_a_good_ballot_gets_a_receipt_the_box_key_signed(box: MemoryBox) -> None:
    receipt = put(box, GOOD)
    document = receipt_document(SESSION, SLOT, receipt.tracker)
    verify(KEY.public, "receipt", document, receipt.signature)
    assert set(document) == {"kind", "session", "slot", "tracker"}


def test_the_same_envelope_gets_the_same_receipt_at_any_time(box: MemoryBox) -> None:
    first = put(box, GOOD)
    assert put(box, GOOD) == first
    box.set_open(SLOT, False)
    assert put(box, GOOD) == first
    assert len(box.sealed(SLOT)) == 1


def test_a_token_spends_once(box: MemoryBox) -> None:
    put(box, GOOD)
    refused(box, make_envelope(GATE, "NNN", WALLETS[0]), "token.spent")
    assert len(box.sealed(SLOT)) == 1


def test_a_refused_ballot_leaves_its_token_good(box: MemoryBox) -> None:
    refused(box, edited(lambda v: v.update(cap_proof=None)), "ballot.over_limit")
    put(box, GOOD)


def test_a_closed_round_takes_no_new_ballot(box: MemoryBox) -> None:
    box.set_open(SLOT, False)
    refused(box, GOOD, "round.not_open")


SHAPES: dict[str, Callable[[dict], None]] = {
    "another version": lambda v: v.update(version=2),
    "an unknown member": lambda v: v.update(extra=1),
    "a missing member": lambda v: v.pop("token"),
    "a text for a list": lambda v: v.update(token="x"),
    "padded base64": lambda v: v.update(token=[v["token"][0] + "=", v["token"][1]]),
    "a blank before the ballot": lambda v: v.update(ballot=" " + v["ballot"]),
    "a renamed member": lambda v: v.update(ballot=v["ballot"].replace("alpha", "Alpha", 1)),
    "a cap proof that is no list": lambda v: v.update(cap_proof={}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_c1_refuses_another_shape(box: MemoryBox, shape: str) -> None:
    refused(box, edited(SHAPES[shape]), "envelope.malformed")


def test_c1_refuses_other_padding_and_trailing_bytes(box: MemoryBox) -> None:
    for body in (pad(GATE, GOOD) + b" ", pad(GATE, GOOD)[:-1], GOOD.ljust(GATE.length, b"\n")):
        with pytest.raises(Invalid, match=r"envelope\.malformed"):
            cast(box, {SLOT: GATE}, KEY, body)
    refused(box, b"[" * 100_000, "envelope.malformed")


def test_c1_refuses_another_spelling_of_a_credential_or_number(box: MemoryBox) -> None:
    credential = WALLETS[0].credential
    refused(box, ballot_edit(credential, credential.upper()), "envelope.malformed")
    challenge = loads(GOOD)["ballot"].split('"challenge":"')[1].split('"')[0]
    for other in (f"0{challenge}", f"+{challenge}", str(int(challenge) + ED.q)):
        edit = ballot_edit(f'"challenge":"{challenge}"', f'"challenge":"{other}"')
        refused(box, edit, "envelope.malformed")


def test_an_unknown_slot_is_another_round(box: MemoryBox) -> None:
    refused(box, edited(lambda v: v.update(slot="projects-9")), "ballot.wrong_round")


def test_c3_refuses_a_ballot_for_another_document(box: MemoryBox) -> None:
    uuid = ballot_edit('"election_uuid":"1111', '"election_uuid":"2111')
    refused(box, uuid, "ballot.wrong_round")


def test_c4_refuses_missing_foreign_and_swapped_signatures(box: MemoryBox) -> None:
    foreign = make_wallet(GATE, 0, slot="projects-2")
    assert foreign.credential == WALLETS[0].credential
    refused(box, make_envelope(GATE, "YNA", foreign), "token.invalid")
    for token in ([], loads(GOOD)["token"][:1], loads(GOOD)["token"][::-1]):
        refused(box, edited(lambda v, t=token: v.update(token=t)), "token.invalid")


def test_c4_goes_by_the_sessions_token_kind_not_by_the_envelope() -> None:
    wallet = WALLETS[0]
    drawn = make_round(ED, drawn=frozenset({wallet.credential})).gate
    box = MemoryBox()
    box.set_open(SLOT, True)
    plain = seal_envelope(
        drawn, encrypt(drawn, "YNA", wallet.credential, b"1" * 32), wallet.s, [], stream(b"a")
    )
    signed = edited(lambda v: v.update(token=loads(GOOD)["token"]), plain)
    with pytest.raises(Invalid, match=r"token\.invalid"):
        cast(box, {SLOT: drawn}, KEY, pad(drawn, signed))
    cast(box, {SLOT: drawn}, KEY, pad(drawn, plain))
    other = make_wallet(drawn, 9)
    stranger = seal_envelope(
        drawn, encrypt(drawn, "YNA", other.credential, b"1" * 32), other.s, [], stream(b"b")
    )
    with pytest.raises(Invalid, match=r"token\.invalid"):
        cast(box, {SLOT: drawn}, KEY, pad(drawn, stranger))


def test_c6_refuses_identity_torsion_and_points_off_the_curve(box: MemoryBox) -> None:
    alpha = loads(GOOD)["ballot"].split('"alpha":"')[1].split('"')[0]
    order_two = "7f" + "ff" * 30 + "ec"
    for text in (ED.ser(ED.identity), order_two, "00" * 31 + "02"):
        refused(box, ballot_edit(f'"alpha":"{alpha}"', f'"alpha":"{text}"'), "ballot.bad_element")


def test_c7_refuses_every_changed_proof_and_a_foreign_signature(box: MemoryBox) -> None:
    for part in loads(GOOD)["ballot"].split('"response":"')[1::7]:
        number = part.split('"')[0]
        other = str((int(number) + 1) % ED.q)
        refused(
            box, ballot_edit(f'"response":"{number}"', f'"response":"{other}"'), "ballot.bad_proof"
        )
    thief = WALLETS[1]
    unsigned = encrypt(GATE, "YNA", WALLETS[0].credential, b"2" * 32)
    stolen = seal_envelope(GATE, unsigned, thief.s, WALLETS[0].token, stream(b"c"))
    refused(box, stolen, "ballot.bad_proof")


def test_c7_refuses_an_alpha_that_is_already_in_the_box(box: MemoryBox) -> None:
    seed = b"3" * 32
    for wallet, code in ((WALLETS[0], ""), (WALLETS[1], "ballot.bad_proof")):
        unsigned = encrypt(GATE, "YNA", wallet.credential, seed)
        envelope = seal_envelope(GATE, unsigned, wallet.s, wallet.token, stream(seed))
        if code:
            refused(box, envelope, code)
        else:
            put(box, envelope)
    put(box, make_envelope(GATE, "NYA", WALLETS[1]))  # the second token is still good


def test_c8_refuses_a_cap_proof_missing_borrowed_unwanted_or_for_a_larger_cap(
    box: MemoryBox,
) -> None:
    borrowed = loads(make_envelope(GATE, "YYN", WALLETS[1]))["cap_proof"]
    for proof in (None, borrowed, loads(GOOD)["cap_proof"][:-1]):
        refused(box, edited(lambda v, p=proof: v.update(cap_proof=p)), "ballot.over_limit")
    wide = make_round(ED, cap=3).gate
    assert wide.election == GATE.election
    refused(box, make_envelope(wide, "YYY", WALLETS[0]), "ballot.over_limit")
    wallet = make_wallet(APPROVE, 5)
    surplus = edited(
        lambda v: v.update(cap_proof=borrowed),
        make_envelope(APPROVE, "YNA".replace("N", "A"), wallet),
    )
    refused(box, surplus, "ballot.over_limit", APPROVE)


def test_a_tablet_cannot_build_an_over_marked_ballot() -> None:
    with pytest.raises(Invalid, match=r"marks\.over_limit"):
        encrypt(GATE, "YYY", WALLETS[0].credential, b"4" * 32)
    with pytest.raises(Invalid, match=r"marks\.over_limit"):
        encrypt(APPROVE, "YYY", WALLETS[0].credential, b"4" * 32)


def test_all_requests_of_a_slot_have_one_length() -> None:
    lengths = {
        len(pad(GATE, make_envelope(GATE, marks, wallet)))
        for marks in ("AAA", "YYN", "NNN")
        for wallet in WALLETS
    }
    assert lengths == {GATE.length}
