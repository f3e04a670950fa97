"""The end of a check-in, and sessions with one signer or with drawn codes."""

from pathlib import Path

import pytest

from ballot.crypto.encoding import loads
from ballot.crypto.errors import Invalid
from ballot.demo.rounds import Casting
from tests.patience import until
from tests.services.session import Live, Tablet, live_session, problem_of

SLOT = "projects-1"
MARKS = ["YYN"] * 4 + ["YNA"] * 2


def test_what_was_issued_stays_issued_and_nothing_is_after_the_halt(tmp_path: Path) -> None:
    with live_session(tmp_path, deputies=9) as live:
        deputies = live.stage.plan.deputies
        live.open_check_in()
        tablets = [Tablet(live, who) for who in deputies[:7]]
        for tablet in tablets[:6]:
            tablet.check_in()
        answers = [tablet.issue() for tablet in tablets[:5]]
        assert {answer.status_code for answer in answers} == {200}
        _orders_of_others_change_nothing(live)
        order = live.order("halt_check_in", SLOT, "clerk")
        halted = live.post(live.registrar, "/api/orders", order)
        body = loads(halted.content)
        assert body["present"] == 7  # one more came for an order's sake
        assert body["issued"] == [{"paper": 0, "signers": [5, 5], "slot": SLOT, "tablet": 5}]
        assert live.post(live.registrar, "/api/orders", order).content == halted.content
        for restart in (False, True):
            if restart:
                live.stop()
                live.start()
            # Attacks B13, B21, E7: the same request at any time, another or a later one never.
            for tablet, answer in zip(tablets, answers, strict=False):
                assert tablet.issue().content == answer.content
            assert problem_of(tablets[0].issue(tablets[0].draw()))[1] == "issue.closed"
            assert problem_of(tablets[5].issue()) == (409, "issue.closed")
            assert problem_of(tablets[6].check_in()) == (409, "issue.closed")
            with pytest.raises(Invalid, match=r"issue\.closed"):
                live.take_paper(deputies[7])
        _the_closing_states_what_is_true(live, body)


def _orders_of_others_change_nothing(live: Live) -> None:
    early = live.post(
        live.registrar, "/api/orders", live.order("halt_round", SLOT, "presiding_officer")
    )
    assert problem_of(early) == (409, "round.not_open")
    for kind, role in (("halt_check_in", "teller"), ("fetch_box", "scrutineer")):
        answer = live.post(live.registrar, "/api/orders", live.order(kind, SLOT, role))
        assert answer.status_code in (403, 400)
        problem_of(answer)
    good = live.order("halt_check_in", SLOT, "clerk")
    for wrong in (good[:-9] + b'0"' + good[-7:], good.replace(SLOT.encode(), b"projects-9"), b"{}"):
        assert live.post(live.registrar, "/api/orders", wrong).status_code in (400, 403)
        assert live.post(live.signer, "/orders", wrong).status_code in (400, 403)
    tablet = Tablet(live, live.stage.plan.deputies[8])
    assert tablet.check_in().status_code == 200  # still open
    live.service.registrar.grant(live.stage.plan.deputies[8])


def _the_closing_states_what_is_true(live: Live, body: dict[str, object]) -> None:
    """Attacks E27, E35: too few tablets, and counts of the signers that differ."""
    both = {**live.stage.one("clerk"), **live.stage.one("chief_scrutineer")}
    attendance = {"attendance": "00" * 32}
    few = live.draft("check_in_closed", {**attendance, **body}, both)
    assert problem_of(live.post(live.registrar, "/api/events", few)) == (409, "event.few_issued")
    entry = {"paper": 0, "signers": [6, 5], "slot": SLOT, "tablet": 6}
    unequal = live.draft("check_in_closed", {**attendance, **body, "issued": [entry]}, both)
    answer = live.post(live.registrar, "/api/events", unequal)
    assert problem_of(answer) == (409, "numbers.signers")


@pytest.mark.parametrize("signers", [("clerk",), ()], ids=["one signer", "drawn codes"])
def test_a_session_without_a_second_signer_comes_to_its_record(
    signers: tuple[str, ...], tmp_path: Path
) -> None:
    with live_session(tmp_path, signers=signers) as live:
        live.check_in(6)
        Casting(live.stage, SLOT).play(MARKS)
        from tests.plays import end

        end(live.stage)
        until(lambda: live.hallway.results is not None or bool(live.hallway.trouble))
        assert live.hallway.trouble == ""
        assert live.registrar.get("/record.zip").status_code == 200
        assert live.registrar.get("/").status_code == 200


def test_with_drawn_codes_a_slip_is_all_that_the_roll_knows(tmp_path: Path) -> None:
    with live_session(tmp_path, signers=()) as live:
        live.stage.publish("check_in_opened", {"slots": [SLOT]}, live.stage.one("clerk"))
        who = live.stage.plan.deputies[0]
        live.service.registrar.take_slip(who)
        assert live.service.registrar.counts().tablet == {SLOT: 1}
        with pytest.raises(Invalid, match=r"issue\.other_channel"):
            live.take_paper(who)
        tablet = Tablet(live, who)
        tablet.check_in()
        answer = tablet.issue()
        assert answer.status_code in (400, 403)
        problem_of(answer)
        assert live.rows("registrar", "SELECT * FROM request") == []
