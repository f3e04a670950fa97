"""What people add to each draft (``given``, :data:`ballot.tally.drafts.GIVEN`), as plain forms.

Nothing that the events already determine is asked for: a form has at most a few numbers, a choice
or a sentence, filled in with what is usual.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from ballot.crypto.errors import Invalid
from ballot.tally.drafts import GIVEN
from ballot.tally.state import Round, State
from ballot.web.forms import Form

HALTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "check_in_closed": ("halt_check_in", "clerk"),
        "round_closed": ("halt_round", "presiding_officer"),
    }
)
"""Kind → the order whose answer it states, and who signs that order in the browser."""
PLAIN = frozenset({*"""defined adopted rules_adopted check_in_opened check_in_closed box_empty
    round_opened round_closed voided run_off_called revote_called second_vote_called tie_settled
    vacancy_left override objection adjourned published""".split()})  # fmt: skip
"""The kinds that are proposed with these forms; the others have pages of their own."""
LONGEST = 400
"""Characters of a sentence typed here: events are read aloud and printed."""
_MOST = 1_000_000


@dataclass(frozen=True)
class Option:
    """One of several to choose from; ``name`` is text of the document, else the key of a word."""

    value: str
    chosen: bool
    name: str = ""


@dataclass(frozen=True)
class Field:
    """One question. ``high``: the largest number that makes sense; ``facts`` fill its note."""

    name: str
    how: Literal["number", "text", "lines", "choice", "checks"]
    value: str = ""
    high: int = _MOST
    options: tuple[Option, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def fields_of(state: State, kind: str, slot: str | None) -> tuple[Field, ...]:
    """What is asked for, with what is usual. Raises ``event.slot``, ``definition.slot`` and
    ``draft.too_early`` where the step does not exist.
    """
    if slot is not None:
        state.definition.slot(slot)
    return _FIELDS[kind](state, slot or "") if kind in _FIELDS else ()


def typed(fields: tuple[Field, ...], form: Form) -> tuple[Field, ...]:
    """The same questions with what somebody answered, so that a refusal loses nothing."""
    return tuple(_answered(field, form) for field in fields)


def given_by(state: State, kind: str, slot: str | None, form: Form) -> dict[str, Any]:
    """The answers as the draft takes them; ``draft.given`` for what is no answer."""
    fields = fields_of(state, kind, slot)
    found = {field.name: _read(field, form) for field in fields}
    if kind == "check_in_opened":
        votes = {vote.id: _unissued(state, vote.id) for vote in state.definition.votes}
        found = {"slots": [slot for vote in found["votes"] for slot in votes[vote]]}
    if kind == "round_opened":
        on_paper = found.pop("channel") == "paper"
        if on_paper and found["issued_paper"] is None:
            raise Invalid("draft.given", "issued_paper")
        found["issued_paper"] = found["issued_paper"] if on_paper else None
    if kind == "round_closed":
        found = {"papers": found.get("papers"), "tablet": None}
    return {name: found[name] for name in GIVEN.get(kind, ())}


def _answered(field: Field, form: Form) -> Field:
    if field.how == "checks":
        chosen = [Option(o.value, f"{field.name}-{o.value}" in form, o.name) for o in field.options]
    else:
        chosen = [Option(o.value, form.get(field.name) == o.value, o.name) for o in field.options]
    value = form.get(field.name, "")
    return Field(field.name, field.how, value, field.high, tuple(chosen), field.facts)


def _read(field: Field, form: Form) -> Any:
    text = form.get(field.name, "").strip()
    match field.how:
        case "number":
            if text == "" and field.value == "":  # asked for only on one of two ways
                return None
            if not (text.isascii() and text.isdigit() and int(text[:9]) <= field.high):
                raise Invalid("draft.given", field.name)
            return int(text[:9])
        case "checks":
            return [o.value for o in field.options if form.get(f"{field.name}-{o.value}") == "yes"]
        case "choice":
            if text not in {o.value for o in field.options}:
                raise Invalid("draft.given", field.name)
            return text
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "text":
            if len(text) > LONGEST:
                raise Invalid("draft.given", field.name)
            return " ".join(text.split())


def _rules_adopted(state: State, _: str) -> tuple[Field, ...]:
    all_ = state.definition.deputies
    facts = {"eligible": all_, "majority": all_ // 2 + 1}
    return (
        Field("yes", "number", high=all_, facts=facts),
        Field("no", "number", "0", all_),
        Field("abstain", "number", "0", all_),
    )


def _check_in_opened(state: State, _: str) -> tuple[Field, ...]:
    """Every vote whose slots no check-in has issued yet; all of them is usual."""
    left = [vote for vote in state.definition.votes if _unissued(state, vote.id)]
    options = tuple(Option(vote.id, True, vote.title) for vote in left)
    return (Field("votes", "checks", options=options),)


def _unissued(state: State, vote_id: str) -> list[str]:
    """The slots of a vote that no check-in has named."""
    (vote,) = (one for one in state.definition.votes if one.id == vote_id)
    return [slot.id for slot in vote.slots if slot.id not in state.issues]


def _box_empty(state: State, slot: str) -> tuple[Field, ...]:
    issue = state.issues.get(slot)
    paper = issue.paper if issue else "paper" in state.vote(slot).channels
    return (Field("paper_boxes", "number", "1" if paper else "0", 100),)


def _round_opened(state: State, slot: str) -> tuple[Field, ...]:
    issue = state.issues.get(slot)
    if issue is None:
        raise Invalid("draft.too_early", f"{slot}: no check-in is closed")
    tablets = issue.tablet > 0
    ways = (Option("tablet", tablets), Option("paper", not tablets))
    most = state.definition.deputies
    # Papers of the check-in are counted there; only for paper alone are they handed out anew.
    return (
        Field("present", "number", str(issue.present), most, facts={"present": issue.present}),
        Field("channel", "choice", options=ways if tablets else ways[1:]),
        Field("issued_paper", "number", "", most),
    )


def _round_closed(state: State, slot: str) -> tuple[Field, ...]:
    one = state.round(slot)
    if "paper" not in one.channels:
        return ()
    issued = one.issued.get("paper", 0)
    # Where papers were issued nobody may pass over the question.
    return (Field("papers", "number", "" if issued else "0", facts={"issued": issued}),)


def _voided(state: State, slot: str) -> tuple[Field, ...]:
    one = state.round(slot)
    due = _void_reason(state, one)
    reasons = tuple(Option(r, r == due) for r in ("surplus", "participation", "stated"))
    return (Field("reason", "choice", options=reasons), Field("text", "text"))


def _void_reason(state: State, one: Round) -> str:
    if one.surplus:
        return "surplus"
    return "participation" if one.closed and state.participation_failed(one) else "stated"


def _second_vote(state: State, slot: str) -> tuple[Field, ...]:
    vote = state.vote(slot)
    parent = state.rounds_of(vote)[-1]
    elected = state.union(vote).elected
    left = [item for item in vote.items if item.id in parent.items and item.id not in elected]
    options = tuple(Option(item.id, True, item.title) for item in left)
    places = state.union(vote).open_places
    return (Field("items", "checks", options=options, facts={"places": places}),)


def _tie_settled(state: State, slot: str) -> tuple[Field, ...]:
    one, vote = state.round(slot), state.vote(slot)
    selection = one.selection
    tied = selection.tied if selection else ()
    options = tuple(Option(item, False, vote.item(item).title) for item in tied)
    places = selection.tied_places if selection else 0
    return (
        Field("items", "checks", options=options, facts={"places": places}),
        Field("witnesses", "lines"),
    )


def _override(state: State, slot: str) -> tuple[Field, ...]:
    closed = bool(slot and slot in state.rounds and state.rounds[slot].closed)
    kinds = ("few_ballots", "few_papers") if closed else ("few_issued",)
    options = tuple(Option(kind, kind == kinds[0]) for kind in kinds)
    return (Field("permits", "choice", options=options), Field("text", "text"))


def _text(_: State, __: str) -> tuple[Field, ...]:
    return (Field("text", "text"),)


_FIELDS: Mapping[str, Callable[[State, str], tuple[Field, ...]]] = MappingProxyType(
    {
        "rules_adopted": _rules_adopted,
        "check_in_opened": _check_in_opened,
        "box_empty": _box_empty,
        "round_opened": _round_opened,
        "round_closed": _round_closed,
        "voided": _voided,
        "second_vote_called": _second_vote,
        "tie_settled": _tie_settled,
        "override": _override,
        "objection": _text,
        "adjourned": _text,
    }
)
