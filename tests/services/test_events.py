"""Events and orders over HTTP: signatures decide, and every service holds the same chain."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from ballot.crypto.encoding import dumps, loads
from ballot.demo import acts
from ballot.demo.rounds import Casting
from ballot.tally.events import Event, chain, encode
from tests.patience import SECONDS, until
from tests.records import vote_plan
from tests.services.session import NAMES, Live, live_session, problem_of, together

SLOT, SECOND = "projects-1", "projects-2"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Six tablets have checked in; no round is open."""
    home = tmp_path_factory.mktemp("events")
    with live_session(home, vote_plan(rounds=2), deputies=8) as live:
        live.check_in(6)
        live.followed()
        yield live


def kept(live: Live) -> list[list[tuple[Any, ...]]]:
    """The events in the three databases."""
    return [live.rows(name, "SELECT number, line FROM event ORDER BY number") for name in NAMES]


def objection(live: Live, role: str = "clerk") -> Any:
    return loads(live.draft("objection", {"text": "异议（样例）"}, live.stage.one(role)))


def changed(**values: Any) -> Callable[[Live], bytes]:
    return lambda live: dumps(objection(live) | values)


def opening(live: Live) -> bytes:
    """A round opened before its box was shown to be empty."""
    body = {
        "log": live.stage.board.log,
        "present": 6,
        "channels": ["tablet"],
        "fingerprint": "0" * 43,
        "issued_paper": None,
    }
    return live.draft("round_opened", body, live.stage.one("presiding_officer"), SLOT)


REFUSED: dict[str, tuple[int, str, Callable[[Live], bytes]]] = {
    "no signature": (409, "event.too_few_signatures", changed(signatures=[])),
    "another role's": (
        409,
        "event.role",
        lambda live: dumps(objection(live, "presiding_officer")),
    ),
    "another text": (409, "event.signature", changed(body={"text": "别的（样例）"})),
    "another minute": (409, "event.signature", changed(minute="2025-01-16T09:59Z")),
    "another session": (409, "event.session", changed(session="00" * 32)),
    "no such kind": (400, "event.malformed", changed(kind="amended")),
    "a second": (400, "event.malformed", changed(minute="2025-01-16T09:59:07Z")),
    "one member more": (400, "document.shape", changed(number=9)),
    "no JSON": (400, "document.malformed", lambda _: b"{"),
    "too early": (409, "event.order", opening),
    "a second time": (
        409,
        "event.order",
        lambda live: live.draft("adopted", {}, live.stage.presidium),
    ),
    "an older log": (
        409,
        "event.log",
        lambda live: live.draft("published", {"log": "00" * 32}, live.stage.presidium),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_follow_is_refused_and_nothing_is_kept(hall: Live, case: str) -> None:
    status, code, make = REFUSED[case]
    draft, before = make(hall), kept(hall)
    answer = hall.post(hall.registrar, "/api/events", draft)
    assert problem_of(answer) == (status, code)
    assert kept(hall) == before


def test_nothing_of_the_adopted_definition_can_be_changed(hall: Live) -> None:
    # Attack B14.
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        assert hall.registrar.request(method, "/api/definition").status_code == 405


def line_after(live: Live, previous: Event | None) -> bytes:
    """An objection that would follow ``previous``, signed by nobody."""
    event = chain(previous, live.stage.board.events[-1], ())
    objected = {"body": {"text": "异议（样例）"}, "kind": "objection", "slot": None}
    return dumps(loads(encode(event)) | objected)


@pytest.mark.parametrize("service", ["box", "signer"])
def test_a_follower_takes_only_what_proves_itself(hall: Live, service: str) -> None:
    client: httpx.Client = getattr(hall, service)
    hall.followed()
    events, before = hall.stage.board.events, kept(hall)
    for line, code in (
        (line_after(hall, events[-1]), "event.too_few_signatures"),
        (line_after(hall, events[-2]), "event.chain"),
        (line_after(hall, None), "event.chain"),
        (b"{}", "event.malformed"),
    ):
        answer = hall.post(client, "/events", line, **hall.link())
        assert problem_of(answer)[1] == code
    # What it has already may come again.
    assert hall.post(client, "/events", encode(events[2]), **hall.link()).status_code == 200
    # Not even that from anybody else: "counted" is unsigned, so its line has many spellings.
    for given in ({}, {"authorization": "Bearer x"}):
        answer = hall.post(client, "/events", encode(events[2]), **given)
        assert problem_of(answer) == (401, "service.secret")
    assert kept(hall) == before


def test_followers_that_were_down_catch_up_and_a_restart_changes_nothing(hall: Live) -> None:
    hall.stop("box", "signer")
    until(lambda: {"box.away", "signer.away"} <= set(hall.hallway.missing()))
    assert hall.registrar.get("/health").status_code == 503
    for _ in range(3):
        acts.object_to(hall.stage, "异议（样例）")
    hall.start("box", "signer")
    hall.followed()
    first = kept(hall)
    assert first[0] == first[1] == first[2]
    hall.stop()
    hall.start()
    acts.object_to(hall.stage, "又一异议（样例）")
    hall.followed()
    heads = [client.get("/head").json() for client in (hall.box, hall.signer)]
    assert heads[0] == heads[1]
    assert heads[0]["digest"] == hall.stage.board.log


def test_a_follower_with_other_events_is_reported_and_told_nothing(hall: Live) -> None:
    # Attack B7: the registrar's database was put back from an older copy.
    hall.followed()
    until(lambda: not any(f.trouble for f in hall.hallway.around.followers))
    follower = hall.hallway.around.followers[0]
    known = follower.ask

    async def other(method: str, path: str, *rest: Any) -> Any:
        value = await known(method, path, *rest)
        return value | {"digest": "00" * 32} if path == "/head" else value

    follower.ask = other
    until(lambda: "box.other_events" in hall.hallway.missing())
    acts.object_to(hall.stage, "异议（样例）")
    assert hall.box.get("/head").json()["number"] == hall.stage.board.state.number - 1
    follower.ask = known
    hall.followed()


def test_a_signed_event_that_comes_again_is_not_published_again(hall: Live) -> None:
    # An official's lost answer costs nothing, and nobody else can repeat what was signed.
    hall.stage.board = hall.reread()
    draft = dumps(objection(hall))
    answers = together([partial(hall.post, hall.registrar, "/api/events", draft)] * 12)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    before = hall.stage.board.state.number
    hall.stage.board = hall.reread()
    assert hall.stage.board.state.number == before + 1


def test_events_that_come_at_once_stand_one_after_the_other(hall: Live) -> None:
    drafts = [dumps(objection(hall)) for _ in range(6)]
    jobs = [partial(hall.post, hall.registrar, "/api/events", one) for one in drafts]
    answers = together(jobs)
    taken = [loads(answer.content)["number"] for answer in answers if answer.status_code == 201]
    assert len(set(taken)) == len(taken) == 6
    hall.stage.board = hall.reread()
    hall.followed()
    assert kept(hall)[0] == kept(hall)[1]


# Orders.


def orders(live: Live) -> dict[str, bytes]:
    """Orders that the box must not obey, while nothing is open."""
    good = live.order("halt_round", SLOT, "presiding_officer")
    signature = loads(good)["signature"].encode()
    return {
        "another kind": live.order("halt_check_in", SLOT, "clerk"),
        "by a teller": live.order("halt_round", SLOT, "teller"),
        "by the clerk": live.order("halt_round", SLOT, "clerk"),
        "another slot's": good.replace(SLOT.encode(), SECOND.encode()),
        "another session's": good.replace(live.definition.session.encode(), b"0" * 64),
        "no signature": good.replace(signature, b"0" * 128),
        "a role that is not held": live.order("fetch_box", SLOT, "presiding_officer"),
        "no order": b"{}",
        "nothing": b"",
    }


KINDS = ["another kind", "by a teller", "by the clerk", "another slot's", "another session's",
         "no signature", "a role that is not held", "no order", "nothing"]  # fmt: skip


@pytest.mark.parametrize("case", KINDS)
def test_the_box_obeys_whoever_may_order_it_and_nobody_else(hall: Live, case: str) -> None:
    # Attack C6.
    answer = hall.post(hall.box, "/orders", orders(hall)[case])
    status, code = problem_of(answer)
    assert (status, code.partition(".")[0]) in {(403, "order"), (400, "order")}
    assert hall.rows("box", "SELECT * FROM round") == []


def test_nothing_that_is_not_open_can_be_halted_or_fetched(hall: Live) -> None:
    halt = hall.order("halt_round", SLOT, "presiding_officer")
    fetch = hall.order("fetch_box", SLOT, "scrutineer")
    assert problem_of(hall.post(hall.box, "/orders", halt)) == (409, "round.not_open")
    assert problem_of(hall.post(hall.box, "/orders", fetch)) == (409, "round.still_open")


def test_a_round_for_paper_alone_never_opens_the_box(tmp_path: Path) -> None:
    # Attack E36.
    with live_session(tmp_path, deputies=8) as live:
        live.check_in(6)
        wallet = live.stage.wallets[SLOT][0]
        casting = Casting(live.stage, SLOT)
        casting.open(papers_anew=6)
        live.followed()
        answer = live.cast(live.body(casting.gate, "YYN", wallet))
        assert problem_of(answer) == (409, "round.not_open")
        assert live.rows("box", "SELECT * FROM round") == []
        casting.close(6)
        live.followed()
        live.stop("box")
        live.start("box")
        assert problem_of(live.cast(live.body(casting.gate)))[1] == "round.not_open"


def test_a_box_that_lost_ballots_while_it_ran_says_so(hall: Live) -> None:
    # Attack B7.
    assert hall.box.get("/health").json() == {"status": "ok"}
    hall.execute("box", f"INSERT INTO turnout VALUES ('{SLOT}', 3)")
    answer = hall.box.get("/health")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["box.rolled_back"])
    hall.execute("box", "DELETE FROM turnout")
    assert hall.box.get("/health").status_code == 200


# What everyone may follow.


@pytest.mark.parametrize("after", ["x", "-1", "1e3", "9" * 30, "9" * 5000, "<script>", "٣"])
def test_a_number_that_is_none_begins_at_the_first_event(hall: Live, after: str) -> None:
    # Attacks C16, D13: no framework quotes what was sent, no number is too large.
    everything = hall.registrar.get("/api/events").content
    answer = hall.registrar.get("/api/events", params={"after": after})
    assert answer.status_code == 200
    assert answer.content == everything


def test_the_events_are_the_lines_of_the_record(hall: Live) -> None:
    lines = [encode(event) for event in hall.reread().events]
    for after in (0, 3, len(lines), len(lines) + 5):
        answer = hall.registrar.get("/api/events", params={"after": str(after)})
        assert answer.content.splitlines() == lines[after:]


def test_the_stream_begins_where_a_tablet_left_and_goes_on(hall: Live) -> None:
    hall.stage.board = hall.reread()
    last = hall.stage.board.state.number
    seen: list[str] = []

    def listen() -> None:
        headers = {"last-event-id": str(last - 1)}
        with httpx.stream(
            "GET", f"{hall.registrar.base_url}/api/stream?after=0", headers=headers, timeout=SECONDS
        ) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                seen.append(line)
                if line == f"id: {last + 1}":
                    return

    thread = threading.Thread(target=listen)
    thread.start()
    until(lambda: f"id: {last}" in seen)
    acts.object_to(hall.stage, "异议（样例）")
    thread.join(SECONDS)
    ids = [line for line in seen if line.startswith("id:")]
    assert ids == [f"id: {last}", f"id: {last + 1}"]
