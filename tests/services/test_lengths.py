"""Lengths that say nothing: random ballots of every style, in a session with drawn codes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ballot.crypto.encoding import b64url, dumps, loads
from ballot.demo.desk import Wallet
from ballot.demo.rounds import Casting
from ballot.demo.sample import random_marks
from ballot.tally.envelope import pad
from tests.records import vote_plan
from tests.services.session import ANSWER, Live, live_session, problem_of

BALLOTS = 100
STYLES = ("three_way", "approve", "grades", "motion")


@pytest.fixture(scope="module")
def slips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A vote of each style; everyone has drawn a slip."""
    votes = [
        replace(
            vote_plan(style), id=style.replace("_", "-"), slots=(f"{style.replace('_', '-')}-1",)
        )
        for style in STYLES
    ]
    home = tmp_path_factory.mktemp("slips")
    with live_session(home, *votes, signers=(), deputies=BALLOTS + 2) as live:
        live.check_in(BALLOTS + 2)
        yield live


def marks_of(style: str, casting: Casting) -> str:
    """Random marks that a tablet allows."""
    random, items = casting.stage.random, casting.gate.items
    if style == "motion":
        return "YNA"[random(1)[0] % 3]
    return random_marks(style, items, 2, random)


def test_ballots_of_every_style_have_one_length_both_ways(slips: Live) -> None:
    # Attack B24: whatever is marked, the slot's length goes out and 1,024 bytes come back.
    for slot, style in zip(slips.stage.plan.slots, STYLES, strict=True):
        casting = slips.open_round(slot)
        gate, sent, bare = casting.gate, set(), set()
        for wallet in slips.stage.wallets[slot][:BALLOTS]:
            marks = marks_of(style, casting)
            envelope = slips.envelope(gate, marks, wallet)
            bare.add(len(envelope))
            answer = slips.cast(pad(gate, envelope))
            assert answer.status_code == 200, answer.text
            sent.add((len(answer.request.content), len(answer.content), len(str(answer.headers))))
        assert len(sent) == 1
        assert {(size, back) for size, back, _ in sent} == {(gate.length, ANSWER)}
        assert len(bare) > 1  # the padding hides something
        if style == STYLES[0]:
            _the_kind_of_token_is_the_sessions(slips, casting, *slips.stage.wallets[slot][-2:])
        casting.close()


def _the_kind_of_token_is_the_sessions(
    live: Live, casting: Casting, wallet: Wallet, other: Wallet
) -> None:
    """Attacks E8, E28: a listed credential alone opens the box, a signature beside it does not."""
    envelope = live.envelope(casting.gate, "YYN", wallet)
    value = loads(envelope)
    signed = dumps(value | {"token": [b64url(bytes(384))]})
    assert len(signed) > casting.gate.length  # there is no room for what is not wanted
    assert problem_of(live.cast(signed)) == (413, "body.too_large")
    assert live.cast(pad(casting.gate, envelope)).status_code == 200
    stranger = Wallet(*live.stranger(), ())
    unlisted = live.envelope(casting.gate, "YYN", stranger)
    assert problem_of(live.cast(pad(casting.gate, unlisted))) == (403, "token.invalid")
    assert problem_of(live.cast(live.body(casting.gate, "NNN", wallet))) == (409, "token.spent")
    assert live.cast(live.body(casting.gate, "NNN", other)).status_code == 200
