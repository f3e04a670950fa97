"""Any marks → encrypt → sum → decrypt = plain count, for every style and both groups."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballot.crypto.group import GROUPS
from ballot.tally import aggregate, styles
from ballot.tally.admission import check_envelope
from ballot.tally.casting import encrypt, reopen_test_ballot
from ballot.tally.envelope import tracker
from ballot.tally.marks import LETTERS
from tests.gates import Round, make_envelope, make_round, make_wallet

ITEMS, CAP = 3, 2
ROUNDS = {
    (name, style): make_round(group, style, ITEMS, CAP)
    for name, group in GROUPS.items()
    for style in ("three_way", "approve", "grades", "motion")
}
WALLETS = {
    name: [make_wallet(ROUNDS[name, "three_way"].gate, n) for n in range(4)] for name in GROUPS
}


def marks_of(style: str) -> st.SearchStrategy[str]:
    """Ballots that a tablet allows."""
    texts = st.text(alphabet=LETTERS[style], min_size=ITEMS, max_size=ITEMS)
    capped = style in ("three_way", "approve")
    return texts.filter(lambda marks: marks.count("Y") <= CAP) if capped else texts


def decrypt(played: Round, sums: aggregate.Sums, ballots: int) -> list[list[int]]:
    """The result under the whole key x."""
    group = played.gate.group
    factors = tuple(tuple(group.power(c.alpha, played.x) for c in row) for row in sums)
    return aggregate.totals(group, sums, factors, ballots)


@pytest.mark.parametrize(("name", "style"), list(ROUNDS))
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_the_decrypted_sum_is_the_plain_count(name: str, style: str, data: st.DataObject) -> None:
    played = ROUNDS[name, style]
    gate = played.gate
    pile = data.draw(st.lists(marks_of(style), max_size=4))
    sums = aggregate.empty_sums(gate.group, [q.width for q in gate.election.questions])
    for marks, wallet in zip(pile, WALLETS[name], strict=False):
        admitted = check_envelope(gate, make_envelope(gate, marks, wallet))
        sums = aggregate.add(gate.group, sums, admitted.opened.ciphertexts)
    found = styles.totals_of(style, decrypt(played, sums, len(pile)), len(pile))
    letters = LETTERS[style] if style != "approve" else "Y"
    plain = tuple(
        tuple(sum(marks[i] == letter for marks in pile) for letter in letters) for i in range(ITEMS)
    )
    assert found == plain


@pytest.mark.parametrize("name", list(GROUPS))
def test_a_test_ballot_reopens_to_its_tracker_and_to_no_other(name: str) -> None:
    gate, wallet = ROUNDS[name, "three_way"].gate, WALLETS[name][0]
    seed, e = b"\x07" * 32, b"\x08" * 32
    shown = tracker(encrypt(gate, "YNA", wallet.credential, seed).digest, e)
    assert reopen_test_ballot(gate, "YNA", wallet.credential, seed, e) == shown
    others = [
        ("NNA", wallet.credential, seed, e),
        ("YNA", WALLETS[name][1].credential, seed, e),
        ("YNA", wallet.credential, b"\x09" * 32, e),
        ("YNA", wallet.credential, seed, b"\x09" * 32),
    ]
    for marks, credential, other_seed, other_e in others:
        assert reopen_test_ballot(gate, marks, credential, other_seed, other_e) != shown


def test_another_seed_changes_every_alpha() -> None:
    gate, wallet = ROUNDS["Ed25519", "three_way"].gate, WALLETS["Ed25519"][0]
    ballots = [encrypt(gate, "YNA", wallet.credential, bytes([n]) * 32).fields for n in range(4)]
    alphas = [c["alpha"] for b in ballots for a in b["answers"] for c in a["choices"]]
    assert len(set(alphas)) == len(alphas) == 4 * ITEMS * 2
