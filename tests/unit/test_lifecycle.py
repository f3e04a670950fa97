"""What may follow what in a session: every row of protocol §8, and every way to break it."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from ballot.crypto.errors import Invalid
from ballot.tally import lifecycle
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Event, Signature, chain, sign_event
from ballot.tally.state import Seal
from tests.sessions import (
    CLEAR,
    DEPUTIES,
    FINGERPRINT,
    NOTHING,
    PRESENT,
    SHORT,
    SLOTS,
    STAGES,
    TIE,
    TRUSTEES,
    Session,
    at,
    certified,
    definition,
    key,
    slips,
)

ONE = "projects-1"
TWO = "projects-2"


def entry(slot: str = ONE, **changes: Any) -> dict[str, Any]:
    return Session().issued(slot) | changes


# Order.

ALWAYS = {"objection"}
ANY_TIME = {"objection", "adjourned"}
ALLOWED = {
    "start": {"defined"},
    "ready": {*ANY_TIME, "check_in_opened", "box_empty", "published"},
    "issued": {*ANY_TIME, "box_empty", "published"},
    "open": {*ALWAYS, "round_closed", "voided"},
    "closed": {*ANY_TIME, "sealed", "paper_counted", "override", "voided"},
    "sealed": {*ANY_TIME, "sealed", "paper_counted", "override", "voided"},
    "paper": {*ANY_TIME, "sealed", "paper_counted", "decrypted", "voided"},
    "decrypted": {*ANY_TIME, "sealed", "paper_counted", "decrypted", "counted"},
    "counted": {*ANY_TIME, "paper_counted", "certified"},
    "certified": {*ANY_TIME, "paper_counted", "published"},
    "published": ALWAYS,
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_follows_only_where_it_may(stage: str, kind: str) -> None:
    slot = ONE if KINDS[kind].slot == "one" or kind == "override" else None
    by = TRUSTEES[0] if kind == "decrypted" else TRUSTEES[4] if kind == "sealed" else None
    refused = at(stage).refusals(kind, slot, by)
    assert (not refused) == (kind in ALLOWED[stage]), refused


def test_a_whole_session_replays_to_the_state_it_was_published_with() -> None:
    session = at("published")
    state = lifecycle.replay(session.definition, session.events)
    assert state == session.state
    assert state.published
    assert state.log == {event.digest for event in session.events}


@pytest.mark.parametrize("left_out", range(20))
def test_no_event_can_be_left_out(left_out: int) -> None:
    session = at("published")
    events = [event for i, event in enumerate(session.events) if i != left_out]
    if left_out == len(events):
        assert not lifecycle.replay(session.definition, events).published
        return
    with pytest.raises(Invalid) as refused:
        lifecycle.replay(session.definition, events)
    assert refused.value.code == "event.chain"


@pytest.mark.parametrize("kind", ["objection", "override"])
def test_a_chain_rebuilt_without_an_event_fails_at_the_next_log(kind: str) -> None:
    session = at("closed").publish(kind, ONE).publish("voided", ONE)
    events: list[Event] = []
    for event in session.events:
        if event.kind != kind:
            last = events[-1] if events else None
            events.append(chain(last, event, event.signatures))
    codes = []
    state = lifecycle.initial(session.definition)
    for event in events:
        codes += [obstacle.code for obstacle in lifecycle.obstacles(state, event)]
        state = lifecycle.apply(state, event)
    assert codes == ["event.log"]


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        ("issued", "round_opened"),
        ("open", "round_closed"),
        ("open", "voided"),
        ("certified", "second_vote_called"),
        ("certified", "published"),
    ],
)
def test_a_log_names_an_earlier_event_of_this_chain(stage: str, kind: str) -> None:
    session = at(stage)
    slot = None if kind == "published" else TWO if "called" in kind else ONE
    assert "event.log" in session.refusals(kind, slot, log="1" * 64)
    assert "event.log" not in session.refusals(kind, slot, log=session.events[2].digest)


@pytest.mark.parametrize(
    "changes", [{"number": 21}, {"number": 1}, {"previous": None}, {"previous": NOTHING}]
)
def test_number_and_previous_are_those_of_the_chain(changes: dict[str, Any]) -> None:
    session = at("closed")
    event = session.event("objection")
    assert session.obstacles(replace(event, **changes)) == {"event.chain"}


def test_no_record_has_more_events_than_a_session_can_need() -> None:
    session = at("closed")
    session.state = replace(session.state, number=10_000)
    event = replace(session.event("objection"), number=10_001)
    assert session.obstacles(event) == {"event.chain"}


def test_events_of_another_session_with_the_same_keys_are_refused() -> None:
    session, rehearsal = at("ready"), Session(definition(note="演练")).ready()
    drafted = rehearsal.draft("check_in_opened")
    event = chain(session.events[-1], drafted, rehearsal.signatures(drafted))
    assert session.obstacles(event) == {"event.session"}
    moved = replace(event, session=session.definition.session)
    assert session.obstacles(moved) == {"event.signature", "event.too_few_signatures"}


def test_what_was_published_once_is_not_published_again() -> None:
    session = at("ready")
    for kind in ("defined", "adopted", "keys_ready", "rules_adopted"):
        assert "event.order" in session.refusals(kind)


def test_nothing_but_objections_precedes_the_adoption() -> None:
    session = Session().publish("defined")
    for kind in KINDS:
        slot = ONE if KINDS[kind].slot == "one" else None
        early = kind in ("adopted", "objection", "adjourned")
        assert ("event.order" not in session.refusals(kind, slot)) == early


# Signatures.


def prefix(kind: str) -> str:
    return {"keys_ready": "keys", "sealed": "seal", "certified": "certificate"}.get(kind, "event")


def resigned(session: Session, event: Event, signatures: list[Signature]) -> set[str]:
    return session.obstacles(replace(event, signatures=tuple(signatures)))


SIGNED = [
    ("start", "defined", None),
    ("closed", "sealed", ONE),
    ("closed", "paper_counted", ONE),
    ("counted", "certified", ONE),
    ("open", "voided", ONE),
    ("issued", "published", None),
]


@pytest.mark.parametrize(("stage", "kind", "slot"), SIGNED)
def test_each_signature_counts(stage: str, kind: str, slot: str | None) -> None:
    session = at(stage)
    event = session.event(kind, slot, by=TRUSTEES[4] if kind == "sealed" else None)
    assert session.obstacles(event) == set()
    for i in range(len(event.signatures)):
        rest = [s for j, s in enumerate(event.signatures) if j != i]
        assert resigned(session, event, rest) == {f"{prefix(kind)}.too_few_signatures"}


def test_all_trustees_sign_the_keys() -> None:
    session = Session().publish("defined").publish("adopted")
    event = session.event("keys_ready")
    assert session.obstacles(event) == set()
    assert resigned(session, event, list(event.signatures[:4])) == {"keys.too_few_signatures"}


@pytest.mark.parametrize(("stage", "kind", "slot"), SIGNED)
def test_a_signature_of_other_bytes_counts_for_nothing(
    stage: str, kind: str, slot: str | None
) -> None:
    session = at(stage)
    event = session.event(kind, slot, by=TRUSTEES[4] if kind == "sealed" else None)
    later = replace(event, minute="2025-01-16T02:43Z")
    name = prefix(kind)
    assert session.obstacles(later) == {f"{name}.signature", f"{name}.too_few_signatures"}


def test_one_person_twice_is_one_person() -> None:
    session = at("counted")
    event = session.event("certified", ONE)
    tellers = [s for s in event.signatures if s.role == "teller"]
    twice = [s for s in event.signatures if s != tellers[1]] + [tellers[0]]
    found = resigned(session, event, sorted(twice, key=lambda s: (s.role, s.signer)))
    assert found == {"certificate.signature_order", "certificate.too_few_signatures"}


def test_signatures_stand_in_their_order() -> None:
    session = at("counted")
    event = session.event("certified", ONE)
    found = resigned(session, event, list(reversed(event.signatures)))
    assert found == {"certificate.signature_order"}


def test_a_person_with_two_roles_signs_for_each() -> None:
    session = at("issued")
    event = session.event("round_opened", ONE)
    as_member = [sign_event(key("chair"), event, "chair", "presidium")]
    found = resigned(session.publish("box_empty", ONE), event, as_member)
    assert {"event.role", "event.too_few_signatures"} <= found


@pytest.mark.parametrize(
    ("signer", "role", "code"),
    [
        ("stranger", "presidium", "event.unknown_signer"),
        ("teller-1", "presidium", "event.role"),
        ("clerk", "clerk", "event.role"),
        ("member-2", "mayor", "event.role"),
    ],
)
def test_nobody_else_signs(signer: str, role: str, code: str) -> None:
    session = at("open")
    drafted = session.draft("voided", ONE)
    added = sign_event(key(signer), drafted, signer, role)
    event = chain(session.events[-1], drafted, [*session.signatures(drafted), added])
    assert session.obstacles(event) == {code}


def test_more_than_the_quorum_may_sign() -> None:
    session = at("open")
    drafted = session.draft("voided", ONE)
    third = sign_event(key("member-2"), drafted, "member-2", "presidium")
    event = chain(session.events[-1], drafted, [*session.signatures(drafted), third])
    assert session.obstacles(event) == set()


def test_a_seal_signature_is_no_certificate_signature() -> None:
    session = at("counted")
    event = session.event("certified", ONE)
    (seal,) = next(e.signatures for e in session.events if e.kind == "sealed")
    changed = [
        replace(s, signature=seal.signature) if s.signer == seal.signer else s
        for s in event.signatures
    ]
    found = resigned(session, event, changed)
    assert found == {"certificate.signature", "certificate.too_few_signatures"}


def test_one_trustee_signs_one_seal_and_one_decryption() -> None:
    for stage, kind in (("closed", "sealed"), ("paper", "decrypted")):
        session = at(stage)
        drafted = session.draft(kind, ONE)
        both = [sign_event(key(name), drafted, name, "trustee") for name in TRUSTEES[:2]]
        event = chain(session.events[-1], drafted, both)
        assert f"{prefix(kind)}.too_many_signatures" in session.obstacles(event)


def test_nobody_signs_the_count() -> None:
    session = at("decrypted")
    drafted = session.draft("counted", ONE, **session.outcome(ONE, CLEAR))
    signed = chain(
        session.events[-1], drafted, [sign_event(key("teller-1"), drafted, "teller-1", "teller")]
    )
    assert session.obstacles(signed) == {"event.role"}


# Before a round.


@pytest.mark.parametrize("name", ["commitments", "drills"])
def test_each_trustee_has_a_commitment_and_a_drill(name: str) -> None:
    session = Session().publish("defined").publish("adopted")
    found = session.draft("keys_ready").body[name]
    assert session.refusals("keys_ready", **{name: found[:4]}) == {f"keys.{name}"}


@pytest.mark.parametrize(
    ("yes", "no", "allowed"), [(16, 14, True), (16, 0, True), (15, 0, False), (16, 15, False)]
)
def test_rules_need_more_than_half_of_all_deputies(yes: int, no: int, allowed: bool) -> None:
    session = Session().publish("defined").publish("adopted")
    found = session.refusals("rules_adopted", yes=yes, no=no, abstain=0)
    assert found == (set() if allowed else {"event.majority"})


def test_check_in_and_empty_box_need_the_keys() -> None:
    session = Session().publish("defined").publish("adopted")
    assert session.refusals("check_in_opened") == {"event.order"}
    assert session.refusals("box_empty", ONE) == {"event.order"}


def test_a_slot_is_issued_in_exactly_one_check_in() -> None:
    session = at("ready").check_in([ONE, "motion-1"])
    assert session.refusals("check_in_opened", slots=[TWO, ONE]) == {"event.slot"}
    assert session.refusals("check_in_opened", slots=[TWO, "motion-2"]) == set()
    assert session.refusals("check_in_opened", slots=["projects-9"]) == {"event.slot"}


def test_one_check_in_is_open_at_a_time() -> None:
    assert at("ready").refusals("check_in_closed") == {"event.order"}
    session = at("ready").publish("check_in_opened", slots=[ONE])
    assert session.refusals("check_in_opened", slots=[TWO]) == {"event.order"}


@pytest.mark.parametrize(
    ("issued", "code"),
    [
        (entry(tablet=20, paper=8), None),
        (entry(tablet=21, paper=8, signers=[21, 21]), "numbers.issued"),
        (entry(signers=[20, 19]), "numbers.signers"),
        (entry(signers=[19, 19]), "numbers.signers"),
        (entry(signers=[20]), "numbers.signers"),
        (entry(tablet=9, signers=[9, 9]), "event.few_issued"),
        (entry(tablet=10, signers=[10, 10]), None),
        (entry(tablet=0, signers=[0, 0]), None),
        (entry(paper=1), "event.few_issued"),
        (entry(paper=4), "event.few_issued"),
        (entry(paper=5), None),
        (entry(paper=0), None),
        (entry(slot=TWO), "event.slot"),
    ],
)
def test_what_was_issued_adds_up(issued: dict[str, Any], code: str | None) -> None:
    session = at("ready").publish("check_in_opened", slots=[ONE])
    assert session.refusals("check_in_closed", issued=[issued]) == ({code} if code else set())


def test_no_more_are_present_than_there_are_deputies() -> None:
    session = at("ready").publish("check_in_opened", slots=[ONE])
    assert session.refusals("check_in_closed", present=DEPUTIES) == set()
    assert session.refusals("check_in_closed", present=DEPUTIES + 1) == {"numbers.present"}


def test_papers_are_issued_only_where_the_vote_has_papers() -> None:
    session = at("ready").publish("check_in_opened", slots=["motion-1"])
    issued = [entry("motion-1", paper=8)]
    assert session.refusals("check_in_closed", issued=issued) == {"event.channels"}


def test_the_presidium_may_let_few_be_issued() -> None:
    few = [entry(ONE, paper=4), entry(TWO, paper=4)]
    session = at("ready").publish("check_in_opened", slots=[ONE, TWO])
    for slot in (ONE, None):
        allowed = session.fork().publish("override", slot, permits="few_issued")
        found = allowed.refusals("check_in_closed", issued=few)
        assert found == ({"event.few_issued"} if slot else set())
        assert allowed.state.overrides[ONE][0].permits == "few_issued"


def test_unused_slips_are_drawn_codes_of_the_check_in() -> None:
    session = at("ready", drawn=True).publish("check_in_opened", slots=[ONE])
    ten, others = slips(ONE)[:10], slips(TWO)
    assert session.refusals("check_in_closed", unused_slips=ten) == set()
    for unused in (slips(ONE)[:11], ten[::-1], [*ten[:9], ten[8]], sorted([*ten[:9], others[0]])):
        found = session.refusals("check_in_closed", unused_slips=unused)
        assert found == {"numbers.unused_slips"}
    assert session.publish("check_in_closed", unused_slips=ten).state.issues[ONE].unused_slips == 10
    blind = at("ready").publish("check_in_opened", slots=[ONE])
    assert blind.refusals("check_in_closed", unused_slips=ten) == {"numbers.unused_slips"}


# Opening and closing.


@pytest.mark.parametrize("present", [19, 20])
def test_two_thirds_of_all_must_be_in_the_hall(present: int) -> None:
    session = at("issued").publish("box_empty", ONE)
    found = session.refusals("round_opened", ONE, present=present)
    assert found == ({"event.quorum"} if present < 20 else set())


def test_two_thirds_of_all_must_have_checked_in() -> None:
    session = at("ready").publish("check_in_opened", slots=[ONE])
    session.publish(
        "check_in_closed", present=19, issued=[entry(tablet=19, paper=0, signers=[19] * 2)]
    )
    session.publish("box_empty", ONE)
    assert session.refusals("round_opened", ONE) == {"event.quorum"}


def test_no_more_are_in_the_hall_than_there_are_deputies() -> None:
    session = at("issued").publish("box_empty", ONE)
    assert session.refusals("round_opened", ONE, present=31) == {"numbers.present"}


def test_a_round_opens_once_after_rules_check_in_and_the_empty_box() -> None:
    assert at("issued").refusals("round_opened", ONE) == {"event.order"}
    assert at("ready").publish("box_empty", ONE).refusals("round_opened", ONE) == {"event.order"}
    no_rules = Session().publish("defined").publish("adopted").publish("keys_ready").check_in()
    assert no_rules.publish("box_empty", ONE).refusals("round_opened", ONE) == {"event.order"}
    assert at("closed").refusals("round_opened", ONE) == {"event.order"}
    assert at("open").refusals("box_empty", ONE) == {"event.order"}


def test_one_round_is_open_at_a_time() -> None:
    session = at("open").publish("box_empty", "motion-1")
    assert session.refusals("round_opened", "motion-1") == {"event.order"}
    for end in ("round_closed", "voided"):
        done = session.fork().publish(end, ONE)
        assert done.refusals("round_opened", "motion-1") == set()


def test_a_slot_is_not_used_before_it_is_called() -> None:
    for kind in ("box_empty", "round_opened", "round_closed", "voided"):
        assert at("issued").refusals(kind, TWO) == {"event.slot"}
    assert at("issued").refusals("box_empty", "elsewhere") == {"event.slot"}


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": ["paper", "tablet"]},
        {"channels": ["tablet"]},
        {"channels": ["paper"]},
        {"channels": ["paper"], "issued_paper": 20},
        {"channels": ["paper"], "fingerprint": None},
        {"fingerprint": None},
        {"issued_paper": 20},
    ],
)
def test_channels_fingerprint_and_new_papers_fit_together(changes: dict[str, Any]) -> None:
    session = at("issued").publish("box_empty", ONE)
    assert session.refusals("round_opened", ONE, **changes) == {"event.channels"}


def test_a_vote_on_tablets_has_no_round_on_paper() -> None:
    session = at("issued").publish("box_empty", "motion-1")
    changes: dict[str, Any] = {"channels": ["paper"], "fingerprint": None, "issued_paper": 20}
    assert session.refusals("round_opened", "motion-1", **changes) == {"event.channels"}


def on_paper(papers: int) -> dict[str, Any]:
    return {"channels": ["paper"], "fingerprint": None, "issued_paper": papers}


@pytest.mark.parametrize(
    ("papers", "code"),
    [(PRESENT, None), (PRESENT + 1, "numbers.issued"), (5, None), (4, "event.few_issued")],
)
def test_papers_handed_out_anew_count_as_issued(papers: int, code: str | None) -> None:
    session = at("issued").publish("box_empty", ONE)
    found = session.refusals("round_opened", ONE, **on_paper(papers))
    assert found == ({code} if code else set())
    session.publish("override", ONE, permits="few_issued")
    found = session.refusals("round_opened", ONE, **on_paper(papers))
    assert found == ({code} if code == "numbers.issued" else set())


def test_a_round_on_paper_only_has_no_box() -> None:
    session = at("issued").open(ONE, **on_paper(25))
    assert session.state.rounds[ONE].issued == {"paper": 25}
    returned: dict[str, Any] = {"paper": {"returned": 24}}
    box: dict[str, Any] = {"tablet": {"returned": 0, "root": NOTHING}}
    assert session.refusals("round_closed", ONE, **returned, **box) == {"event.channels"}
    session.publish("round_closed", ONE, **returned)
    assert session.refusals("sealed", ONE, TRUSTEES[0]) == {"event.order"}
    assert session.refusals("decrypted", ONE, TRUSTEES[0]) == {"event.order"}
    assert session.refusals("counted", ONE) == {"event.order"}
    session.publish("paper_counted", ONE)
    # The papers are all there is: once they are counted the totals are known (E29).
    assert session.refusals("voided", ONE) == {"event.order"}
    body = session.outcome(ONE, (20, 15, 3))
    assert session.refusals("counted", ONE, **body | {"tablet": body["totals"]}) == {"event.totals"}
    session.publish("counted", ONE, **body).publish("certified", ONE).publish("published")


@pytest.mark.parametrize("name", ["tablet", "paper"])
def test_closing_states_each_channel_that_was_opened(name: str) -> None:
    assert at("open").refusals("round_closed", ONE, **{name: None}) == {"event.channels"}


# Seals.


@pytest.mark.parametrize(
    "changes", [{"root": "1" * 64}, {"size": 19}, {"fingerprint": "B" + FINGERPRINT[1:]}]
)
def test_a_round_has_one_seal(changes: dict[str, Any]) -> None:
    session = at("closed")
    assert session.refusals("sealed", ONE, TRUSTEES[0], **changes) == {"seal.differs"}


def test_a_trustee_seals_a_round_once() -> None:
    session = at("closed").seal(trustees=1)
    assert session.refusals("sealed", ONE, TRUSTEES[0]) == {"seal.twice"}
    found = session.refusals("sealed", ONE, TRUSTEES[0], root="1" * 64)
    assert found == {"seal.twice", "seal.differs"}


@pytest.mark.parametrize("trustees", [3, 4])
def test_nobody_decrypts_with_too_few_seals(trustees: int) -> None:
    session = at("closed").seal(trustees=trustees).publish("paper_counted", ONE)
    found = session.refusals("decrypted", ONE, TRUSTEES[0])
    assert found == (set() if trustees == 4 else {"seal.too_few"})


def test_seals_of_another_root_do_not_add_up() -> None:
    session = at("closed").seal(trustees=3)
    for name in TRUSTEES[3:]:
        foreign = session.event("sealed", ONE, name, root="1" * 64)
        session.state = lifecycle.apply(session.state, foreign)
        session.events.append(foreign)
    assert session.state.rounds[ONE].seals["scrutineer-5"] == Seal(FINGERPRINT, 20, "1" * 64)
    session.publish("paper_counted", ONE)
    assert session.refusals("decrypted", ONE, TRUSTEES[0]) == {"seal.too_few"}


# Paper.


def closed(**returned: int) -> Session:
    """A round closed with other numbers of ballots returned."""
    tablet = {"returned": returned.get("tablet", 20), "root": NOTHING}
    paper = {"returned": returned.get("paper", 8)}
    return at("open").publish("round_closed", ONE, tablet=tablet, paper=paper)


VOID = {"over_vote": 0, "unreadable": 0, "void_by_deputy": 0}


@pytest.mark.parametrize(
    "changes",
    [
        {"issued": 9},
        {"returned": 7, "valid": 7, "rows": [[0, 0, 7]] * 3},
        {"valid": 7, "rows": [[0, 0, 7]] * 3},
        {"void": VOID | {"unreadable": 1}},
        {"rows": [[0, 0, 8]] * 2},
        {"rows": [[0, 8]] * 3},
        {"rows": [[0, 0, 8], [0, 0, 8], [0, 0, 7]]},
        {"rows": [[0, 0, 8], [0, 0, 8], [9, 0, 0]]},
        {"rows": [[6, 0, 2], [6, 0, 2], [5, 0, 3]]},
    ],
)
def test_the_paper_sheet_adds_up(changes: dict[str, Any]) -> None:
    assert at("closed").refusals("paper_counted", ONE, **changes) == {"event.paper_sheet"}


def test_void_papers_are_returned_but_not_valid() -> None:
    changes: dict[str, Any] = {"valid": 6, "void": VOID | {"over_vote": 2}, "rows": [[4, 2, 0]] * 3}
    assert at("closed").refusals("paper_counted", ONE, **changes) == set()


def test_papers_are_counted_before_anything_is_decrypted() -> None:
    assert at("sealed").refusals("decrypted", ONE, TRUSTEES[0]) == {"event.order"}


def test_no_first_sheet_after_a_decryption_that_was_refused() -> None:
    session = at("sealed")
    early = session.event("decrypted", ONE, TRUSTEES[0])
    session.state = lifecycle.apply(session.state, early)
    session.events.append(early)
    assert session.refusals("paper_counted", ONE) == {"event.order"}


def test_no_sheet_without_papers() -> None:
    session = at("issued").open("motion-1").publish("round_closed", "motion-1")
    assert session.refusals("paper_counted", "motion-1") == {"event.order"}


@pytest.mark.parametrize("stage", ["paper", "decrypted", "counted", "certified"])
def test_a_corrected_sheet_names_the_one_it_replaces(stage: str) -> None:
    session = at(stage)
    old = session.state.rounds[ONE].paper_event
    assert session.refusals("paper_counted", ONE, replaces=None) == {"event.replaces"}
    assert session.refusals("paper_counted", ONE, replaces=NOTHING) == {"event.replaces"}
    session.publish("paper_counted", ONE, replaces=old)
    assert session.refusals("paper_counted", ONE, replaces=old) == {"event.replaces"}
    assert at("closed").refusals("paper_counted", ONE, replaces=NOTHING) == {"event.replaces"}


def test_a_correction_after_the_certificate_leads_to_another_one() -> None:
    session = at("certified").publish("paper_counted", ONE)
    assert session.refusals("published") == {"event.order"}
    assert session.refusals("certified", ONE) == {"event.order"}
    assert session.refusals("decrypted", ONE, TRUSTEES[0]) == {"event.order"}
    assert session.refusals("voided", ONE) == {"event.order"}
    session.publish("counted", ONE, **session.outcome(ONE, CLEAR))
    assert session.refusals("published") == {"event.order"}
    session.publish("certified", ONE)
    assert len(session.state.rounds[ONE].certificates) == 2
    assert session.refusals("certified", ONE) == {"certificate.predecessor"}
    session.publish("published")


def test_no_correction_once_a_later_round_follows() -> None:
    session = certified(TIE)
    session.publish("run_off_called", TWO, parent=session.certificate(ONE))
    assert session.refusals("paper_counted", ONE) == {"event.order"}


# Surplus, participation, few ballots.


@pytest.mark.parametrize("returned", [{"paper": 9, "tablet": 10}, {"tablet": 21, "paper": 5}])
def test_a_surplus_in_any_channel_stays_sealed_and_is_voided(returned: dict[str, int]) -> None:
    session = closed(**returned).seal()
    assert "event.surplus" in session.refusals("paper_counted", ONE)
    assert "event.surplus" in session.refusals("decrypted", ONE, TRUSTEES[0])
    assert "event.surplus" in session.refusals("counted", ONE)
    for reason in ("stated", "participation"):
        assert session.refusals("voided", ONE, reason=reason) == {"event.reason"}
    assert session.refusals("published") == {"event.order"}
    session.publish("voided", ONE, reason="surplus", text="").publish("published")


@pytest.mark.parametrize(("tablet", "failed"), [(10, True), (11, False)])
def test_a_failed_participation_stays_sealed_and_is_voided(tablet: int, failed: bool) -> None:
    session = at("open", participation=True)
    box, papers = {"returned": tablet, "root": NOTHING}, {"returned": 5}
    session.publish("round_closed", ONE, tablet=box, paper=papers).seal()
    found = session.refusals("paper_counted", ONE)
    assert found == ({"event.participation"} if failed else set())
    assert ("event.participation" in session.refusals("decrypted", ONE, TRUSTEES[0])) == failed
    assert ("event.participation" in session.refusals("counted", ONE)) == failed
    found = session.refusals("voided", ONE, reason="participation")
    assert found == (set() if failed else {"event.reason"})
    assert closed(tablet=10, paper=5).refusals("paper_counted", ONE) == set()


@pytest.mark.parametrize(
    ("returned", "code", "permits"),
    [
        ({"tablet": 9}, "event.few_ballots", "few_ballots"),
        ({"paper": 4}, "event.few_papers", "few_papers"),
    ],
)
def test_few_ballots_need_an_override_before_the_papers_are_counted(
    returned: dict[str, int], code: str, permits: str
) -> None:
    session = closed(**returned).seal()
    assert session.refusals("paper_counted", ONE) == {code}
    other = "few_papers" if permits == "few_ballots" else "few_ballots"
    assert session.fork().publish("override", ONE, permits=other).refusals(
        "paper_counted", ONE
    ) == {code}
    session.publish("override", ONE, permits=permits).publish("paper_counted", ONE)
    assert session.refusals("override", ONE, permits=permits) == {"event.order"}
    assert session.refusals("decrypted", ONE, TRUSTEES[0]) == set()


def test_few_ballots_without_paper_need_an_override_before_decryption() -> None:
    slot = "motion-1"
    session = at("issued").open(slot)
    session.publish("round_closed", slot, tablet={"returned": 9, "root": NOTHING}).seal(slot)
    assert session.refusals("decrypted", slot, TRUSTEES[0]) == {"event.few_ballots"}
    session.publish("override", slot, permits="few_ballots")
    assert session.refusals("decrypted", slot, TRUSTEES[0]) == set()


def test_few_valid_papers_need_an_override_before_decryption() -> None:
    session = closed(paper=5).seal()
    sheet: dict[str, Any] = {"valid": 4, "void": VOID | {"unreadable": 1}, "rows": [[0, 0, 4]] * 3}
    session.publish("paper_counted", ONE, **sheet)
    assert session.refusals("decrypted", ONE, TRUSTEES[0]) == {"event.few_papers"}
    session.publish("override", ONE, permits="few_papers")
    assert session.refusals("decrypted", ONE, TRUSTEES[0]) == set()


@pytest.mark.parametrize("permits", ["few_ballots", "few_papers"])
def test_an_override_of_few_ballots_is_for_a_closed_round(permits: str) -> None:
    for stage in ("ready", "open", "decrypted", "counted", "certified"):
        assert at(stage).refusals("override", ONE, permits=permits) == {"event.order"}
    assert at("closed").refusals("override", None, permits=permits) == {"event.order"}
    assert at("closed").refusals("override", "elsewhere", permits=permits) == {"event.slot"}


def test_an_override_of_few_issued_comes_before_the_round() -> None:
    assert at("ready").refusals("override", ONE, permits="few_issued") == set()
    assert at("ready").refusals("override", None, permits="few_issued") == {"event.order"}
    assert at("open").refusals("override", ONE, permits="few_issued") == {"event.order"}


# Decryption, count, certificate.


def test_a_trustee_decrypts_once_under_the_own_number() -> None:
    session = at("paper")
    assert session.refusals("decrypted", ONE, TRUSTEES[0], owner=2) == {"event.owner"}
    assert session.refusals("decrypted", ONE, TRUSTEES[0], owner=0) == {"event.owner"}
    session.publish("decrypted", ONE, TRUSTEES[0])
    assert session.refusals("decrypted", ONE, TRUSTEES[0]) == {"event.order"}


@pytest.mark.parametrize("trustees", [2, 3, 5])
def test_the_threshold_of_trustees_decrypts(trustees: int) -> None:
    session = at("paper").decrypt(trustees=trustees)
    found = session.refusals("counted", ONE, **session.outcome(ONE, CLEAR))
    assert found == ({"event.too_few_partials"} if trustees < 3 else set())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tablet": None}, "event.totals"),
        ({"tablet": [[0, 0, 20]] * 2}, "event.totals"),
        ({"totals": [[0, 0, 28]] * 4}, "event.totals"),
        ({"totals": [[28]] * 3}, "event.totals"),
        ({"outcome": {}}, "event.outcome"),
        ({"outcome": {"session": "void_revote"}}, "event.outcome"),
        ({"outcome": {"session": "valid", "passed": True}}, "event.outcome"),
    ],
)
def test_totals_have_the_shape_of_the_ballot(changes: dict[str, Any], code: str) -> None:
    session = at("decrypted")
    assert session.refusals("counted", ONE, **session.outcome(ONE, CLEAR) | changes) == {code}


@pytest.mark.parametrize(
    "changes",
    [
        {"elected": [0]},
        {"elected": [0, 1, 2]},
        {"elected": [0, 0]},
        {"elected": [0, True]},
        {"elected": [0, 3]},
        {"elected": None},
        {"runoff_seats": -1},
        {"open_seats": "0"},
    ],
)
def test_an_outcome_places_each_item_once(changes: dict[str, Any]) -> None:
    session = at("decrypted")
    body = session.outcome(ONE, CLEAR)
    body["outcome"] |= changes
    assert session.refusals("counted", ONE, **body) == {"event.outcome"}


def test_a_round_has_one_certificate_per_predecessor() -> None:
    assert at("certified").refusals("certified", ONE) == {"certificate.predecessor"}
    assert at("decrypted").refusals("certified", ONE) == {"event.order"}


def test_a_motion_goes_its_way_beside_the_projects() -> None:
    session = at("certified")
    session.open("motion-1").publish("round_closed", "motion-1").seal("motion-1")
    session.decrypt("motion-1")
    session.publish("counted", "motion-1", **session.outcome("motion-1", (17,)))
    assert session.refusals("published") == {"event.order"}
    session.publish("certified", "motion-1").publish("published")
    assert session.state.union(session.definition.votes[0]).elected == ("a", "b")


# Voiding.


@pytest.mark.parametrize("stage", ["open", "closed", "sealed", "paper"])
def test_a_round_is_voided_before_its_first_decryption(stage: str) -> None:
    session = at(stage)
    assert session.refusals("voided", ONE, text=" ") == {"event.reason"}
    assert session.refusals("voided", ONE, reason="surplus") == {"event.reason"}
    session.publish("voided", ONE)
    assert session.state.rounds[ONE].void_reason == "stated"
    for kind in ("round_closed", "sealed", "paper_counted", "counted", "certified", "voided"):
        assert session.refusals(kind, ONE, TRUSTEES[4]) >= {"event.order"}
    assert "event.order" in session.refusals("decrypted", ONE, TRUSTEES[0])
    session.publish("published")


def test_a_round_is_not_voided_because_its_totals_displease() -> None:
    session = at("paper").decrypt(trustees=1)
    assert session.refusals("voided", ONE) == {"event.order"}


# Later rounds.


def test_a_run_off_is_on_the_tied_items_for_the_open_places() -> None:
    session = certified(TIE)
    parent = session.certificate(ONE)
    right: dict[str, Any] = {"parent": parent, "items": ["b", "c"], "seats": 1}
    assert session.refusals("run_off_called", TWO, **right) == set()
    for changes, code in (
        ({"items": ["a", "b"]}, "rounds.wrong_items"),
        ({"items": ["c", "b"]}, "rounds.wrong_items"),
        ({"items": ["b", "c", "a"]}, "rounds.wrong_items"),
        ({"items": ["b", "x"]}, "rounds.wrong_items"),
        ({"seats": 2}, "rounds.wrong_places"),
        ({"seats": 0}, "rounds.wrong_places"),
        ({"parent": NOTHING}, "rounds.parent"),
        ({"parent": session.state.rounds[ONE].certificates[0].event}, "rounds.parent"),
    ):
        assert session.refusals("run_off_called", TWO, **right | changes) == {code}


@pytest.mark.parametrize("slot", ["projects-1", "projects-3", "motion-2", "elsewhere"])
def test_the_nth_round_uses_the_nth_slot(slot: str) -> None:
    session = certified(TIE)
    found = session.refusals("run_off_called", slot, parent=session.certificate(ONE))
    expected = {"rounds.parent"} if slot == "motion-2" else {"event.slot"}
    assert found == expected


def test_without_a_tie_there_is_no_run_off() -> None:
    session = at("certified")
    found = session.refusals("run_off_called", TWO, parent=session.certificate(ONE))
    assert found == {"rounds.wrong_items"}


@pytest.mark.parametrize("kind", ["run_off_called", "second_vote_called"])
def test_a_round_follows_from_a_certificate_in_force(kind: str) -> None:
    for session in (at("counted"), at("open").publish("voided", ONE)):
        assert session.refusals(kind, TWO, parent=session.log) == {"rounds.parent"}
    corrected = certified(TIE)
    corrected.publish("paper_counted", ONE)
    found = corrected.refusals(kind, TWO, parent=corrected.certificate(ONE))
    assert found == {"rounds.parent"}


@pytest.mark.parametrize("stage", ["open", "closed"])
def test_a_repeated_vote_has_the_list_and_places_of_the_void_one(stage: str) -> None:
    session = at(stage).publish("voided", ONE)
    right: dict[str, Any] = {"parent": session.log, "items": ["a", "b", "c"], "seats": 2}
    for changes, code in (
        ({"items": ["a", "b"]}, "rounds.wrong_items"),
        ({"items": ["b", "a", "c"]}, "rounds.wrong_items"),
        ({"seats": 1}, "rounds.wrong_places"),
        ({"parent": NOTHING}, "rounds.parent"),
    ):
        assert session.refusals("revote_called", TWO, **right | changes) == {code}
    session.publish("revote_called", TWO, **right)
    one = session.state.rounds[TWO]
    assert (one.kind, one.run_off, one.parent, one.number) == ("revote", False, ONE, 2)
    assert one.calling == session.log
    session.round(TWO).publish("published")


def test_a_certified_round_is_not_repeated() -> None:
    session = at("certified")
    changes: dict[str, Any] = {
        "parent": session.certificate(ONE),
        "items": ["a", "b", "c"],
        "seats": 2,
    }
    assert session.refusals("revote_called", TWO, **changes) == {"rounds.parent"}


def test_a_motion_is_repeated_but_has_no_run_off() -> None:
    session = at("issued").open("motion-1").publish("voided", "motion-1")
    right: dict[str, Any] = {"parent": session.log, "items": ["m"], "seats": 0}
    session.publish("revote_called", "motion-2", **right).round("motion-2", (20,))
    motion = at("issued").round("motion-1", (20,))
    for kind in ("run_off_called", "second_vote_called"):
        found = motion.refusals(kind, "motion-2", parent=motion.certificate("motion-1"))
        assert found == {"rounds.kind"}


def test_the_repeated_vote_of_a_run_off_is_a_run_off() -> None:
    session = certified(TIE)
    session.publish("run_off_called", TWO, parent=session.certificate(ONE))
    assert session.state.rounds[TWO].run_off
    session.open(TWO).publish("voided", TWO)
    session.publish("revote_called", SLOTS[2], parent=session.log)
    one = session.state.rounds[SLOTS[2]]
    assert (one.kind, one.run_off, one.items, one.seats) == ("revote", True, ("b", "c"), 1)


def test_a_second_vote_is_on_projects_not_elected_for_all_open_places() -> None:
    session = certified(SHORT)
    right: dict[str, Any] = {"parent": session.certificate(ONE), "items": ["b", "c"], "seats": 1}
    for changes, code in (
        ({"items": ["a", "b"]}, "rounds.wrong_items"),
        ({"items": ["c", "b"]}, "rounds.wrong_items"),
        ({"items": ["x"]}, "rounds.wrong_items"),
        ({"seats": 2}, "rounds.wrong_places"),
        ({"parent": NOTHING}, "rounds.parent"),
    ):
        assert session.refusals("second_vote_called", TWO, **right | changes) == {code}
    assert session.refusals("second_vote_called", TWO, **right | {"items": ["c"]}) == set()
    session.publish("second_vote_called", TWO, **right).round(TWO, (20, 8))
    assert session.state.rounds[TWO].kind == "second"
    assert session.state.union(session.definition.votes[0]).elected == ("a", "b")


def test_no_second_vote_where_no_place_is_open_or_a_tie_is() -> None:
    full, tie = at("certified"), certified(TIE)
    changes: dict[str, Any] = {"parent": full.certificate(ONE), "items": ["c"], "seats": 0}
    assert full.refusals("second_vote_called", TWO, **changes) == {"rounds.wrong_places"}
    found = tie.refusals("second_vote_called", TWO, parent=tie.certificate(ONE), seats=2)
    assert "rounds.tie_open" in found


def second_tie() -> Session:
    """a is elected; b and c tied, and tied again in the run-off."""
    session = certified(TIE)
    session.publish("run_off_called", TWO, parent=session.certificate(ONE))
    return session.round(TWO, (14, 14))


def test_a_second_tie_is_settled_by_lots_before_witnesses() -> None:
    session = second_tie()
    parent = session.certificate(TWO)
    for changes, code in (
        ({"items": []}, "rounds.wrong_lots"),
        ({"items": ["b", "c"]}, "rounds.wrong_lots"),
        ({"items": ["a"]}, "rounds.wrong_lots"),
        ({"witnesses": []}, "rounds.witnesses"),
        ({"method": "deferred"}, "rounds.wrong_lots"),
        ({"parent": session.certificate(ONE)}, "rounds.parent"),
    ):
        found = session.refusals("tie_settled", TWO, **{"parent": parent} | changes)
        assert found == {code}
    session.publish("tie_settled", TWO, parent=parent)
    assert session.refusals("tie_settled", TWO, parent=parent) == {"rounds.settled"}
    assert session.state.union(session.definition.votes[0]).elected == ("a", "c")
    for kind in ("run_off_called", "second_vote_called"):
        assert "rounds.settled" in session.refusals(kind, SLOTS[2], parent=parent)
    assert session.refusals("vacancy_left", TWO, parent=parent) == {"rounds.wrong_places"}


def test_only_a_second_tie_is_settled() -> None:
    for session in (certified(TIE), certified(CLEAR)):
        found = session.refusals("tie_settled", ONE, parent=session.certificate(ONE))
        assert found == {"rounds.tie"}
    again = second_tie()
    found = again.refusals("tie_settled", ONE, parent=again.certificate(ONE))
    assert found == {"rounds.parent"}


def test_a_second_tie_may_be_voted_again() -> None:
    session = second_tie()
    session.publish("run_off_called", SLOTS[2], parent=session.certificate(TWO))
    session.round(SLOTS[2], (15, 13))
    assert session.state.union(session.definition.votes[0]).elected == ("a", "b")


def test_a_deferred_tie_leaves_a_vacancy() -> None:
    session = second_tie()
    parent = session.certificate(TWO)
    assert session.refusals("vacancy_left", TWO, parent=parent) == {"rounds.tie_open"}
    session.publish("tie_settled", TWO, parent=parent, method="deferred", items=[], witnesses=[])
    for places in (0, 2):
        found = session.refusals("vacancy_left", TWO, parent=parent, places=places)
        assert found == {"rounds.wrong_places"}
    assert session.refusals("run_off_called", SLOTS[2], parent=parent) == {"rounds.settled"}
    assert session.refusals("second_vote_called", SLOTS[2], parent=parent) == set()
    session.publish("vacancy_left", TWO, parent=parent)
    assert session.refusals("vacancy_left", TWO, parent=parent) == {"rounds.settled"}
    assert "rounds.settled" in session.refusals("second_vote_called", SLOTS[2], parent=parent)
    assert session.state.rounds[TWO].vacancies == 1


def test_no_vacancy_where_all_places_are_filled() -> None:
    session = at("certified")
    found = session.refusals("vacancy_left", ONE, parent=session.certificate(ONE), places=0)
    assert found == {"rounds.wrong_places"}
    assert session.refusals("vacancy_left", ONE) == {
        "rounds.parent",
    }


# The end.


def test_every_opened_round_is_certified_or_voided_in_the_end() -> None:
    for stage in STAGES[3:9]:
        assert at(stage).refusals("published") == {"event.order"}
    session = certified(TIE)
    session.publish("run_off_called", TWO, parent=session.certificate(ONE))
    assert session.refusals("published") == set()
    session.open(TWO)
    assert session.refusals("published") == {"event.order"}


def test_nothing_is_published_while_a_check_in_is_open() -> None:
    session = at("ready").publish("check_in_opened", slots=[ONE])
    assert session.refusals("published") == {"event.order"}


def test_the_session_adjourns_only_while_no_round_is_open() -> None:
    assert at("open").refusals("adjourned") == {"event.order"}
    assert at("closed").refusals("adjourned") == set()


def test_an_objection_changes_nothing_and_may_come_late() -> None:
    session = at("published")
    before = replace(session.state, number=0, last=None, log=frozenset())
    session.publish("objection", ONE)
    assert replace(session.state, number=0, last=None, log=frozenset()) == before
    assert session.refusals("objection", "elsewhere") == {"event.slot"}


def test_a_refused_event_does_not_advance() -> None:
    session = at("open")
    with pytest.raises(Invalid) as refused:
        session.publish("voided", ONE, reason="surplus")
    assert refused.value.code == "event.reason"
    assert session.state == at("open").state


@pytest.mark.parametrize("stage", STAGES)
def test_a_verifier_goes_on_after_any_refused_event(stage: str) -> None:
    for kind, following in product(KINDS, KINDS):
        for slot in (ONE, TWO, "elsewhere"):
            session = at(stage)
            for each in (kind, following):
                event = unsigned(session, each, slot)
                codes = {obstacle.code for obstacle in lifecycle.obstacles(session.state, event)}
                assert {code.split(".")[0] for code in codes} <= SPEAKERS
                session.state = lifecycle.apply(session.state, event)
                assert (session.state.number, session.state.last) == (event.number, event.digest)
                session.events.append(event)


SPEAKERS = {"event", "keys", "numbers", "seal", "certificate", "rounds"}


def unsigned(session: Session, kind: str, slot: str) -> Event:
    """An event of that kind that nobody signed."""
    last = session.events[-1] if session.events else None
    return chain(last, session.draft(kind, slot if KINDS[kind].slot != "none" else None), ())
