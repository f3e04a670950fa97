"""The host script 主持词: what the presiding officer reads at each step (counting rules §10), with
the session's numbers as far as they are known, and blanks where they are not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ballot.crypto import encoding
from ballot.paper_entry import capped
from ballot.tally.events import Event
from ballot.tally.session import Vote
from ballot.tally.state import Round, State
from ballot.tally.turnout import quorum_min
from ballot.web.model import RoundView
from ballot.web.rounds import round_name
from ballot.web.words import Words


@dataclass(frozen=True)
class Line:
    """What is read at one step. ``known``: every number of it has happened."""

    step: str
    sentences: tuple[str, ...]
    known: bool


@dataclass(frozen=True)
class Part:
    """The lines of one round, or, without the title of a vote, of the session."""

    title: str
    name: str
    lines: tuple[Line, ...]


def host_script(
    state: State, events: Sequence[Event], results: Mapping[str, RoundView], words: Words
) -> tuple[Part, ...]:
    """The whole script. ``results``: slot → the round as its certificate tells it."""
    writer = _Writer(state, events, words)
    rounds = [one for vote in state.definition.votes for one in state.rounds_of(vote)]
    parts = [Part("", words.plain("print.host.opening"), tuple(writer.opening()))]
    for one in rounds:
        vote = state.vote(one.slot)
        lines = tuple(writer.round(vote, one, results.get(one.slot)))
        parts.append(Part(vote.title, round_name(words, one.kind, one.number), lines))
    closing = words.plain("print.host.closing")
    parts.append(Part("", closing, (writer.line("end", state.published),)))
    return tuple(parts)


class _Writer:
    """Writes lines; a number that is not known is a blank."""

    def __init__(self, state: State, events: Sequence[Event], words: Words) -> None:
        self._state, self._events, self._words = state, events, words
        self._blank = words.plain("print.blank")

    def line(self, step: str, known: bool, *keys: str, **fields: Any) -> Line:
        """The sentences ``print.host.KEY``, by default that of the step."""
        filled = {name: self._blank if v is None else v for name, v in fields.items()}
        said = tuple(self._words.plain(f"print.host.{key}", **filled) for key in keys or (step,))
        return Line(self._words.plain(f"print.step.{step}"), said, known)

    def opening(self) -> Iterator[Line]:
        """Quorum and rules."""
        state, definition = self._state, self._state.definition
        needed = max(quorum_min(vote.rules, definition.deputies) for vote in definition.votes)
        present = max((issue.present for issue in state.issues.values()), default=None)
        met = present is None or present >= needed
        yield self.line(
            "quorum",
            present is not None,
            "quorum" if met else "no_quorum",
            eligible=definition.deputies,
            present=present,
            needed=needed,
        )
        adopted = self._body("rules_adopted", None)
        for title in dict.fromkeys(vote.rules.title for vote in definition.votes):
            yes = adopted["yes"] if adopted else None
            yield self.line("adopt", adopted is not None, rules=title, yes=yes)

    def round(self, vote: Vote, one: Round, result: RoundView | None) -> Iterator[Line]:
        """From the empty box to what follows from the result."""
        yield self.line("box", one.box_empty)
        yield self._issued(vote, one)
        marks = "mark" if capped(vote) else "mark.any"
        yield self.line("mark", one.opened is not None, marks, "cast", seats=one.seats)
        yield self._returned(one)
        if one.voided:
            return
        yield self._result(vote, one, result)
        for sentence in (result.tie, result.vacant and self._vacant(result)) if result else ():
            if sentence:
                yield Line(self._words.plain("print.step.after"), (str(sentence),), True)

    def _issued(self, vote: Vote, one: Round) -> Line:
        issue = self._state.issues.get(one.slot)
        tablet, paper = (issue.tablet, issue.paper) if issue else (None, None)
        if one.opened:
            tablet, paper = one.issued.get("tablet", 0), one.issued.get("paper", 0)
        total = None if tablet is None or paper is None else tablet + paper
        key = "issue.unknown"
        if total is not None and issue:
            key = "issue.equal" if total == issue.present else "issue.fewer"
        parts = self._words.plain(
            "print.host.issue.parts",
            tablet=self._blank if tablet is None else tablet,
            paper=self._blank if paper is None else paper,
        )
        both = set(vote.channels) == {"tablet", "paper"} and tablet != 0 and paper != 0
        return self.line("issue", total is not None, key, issued=total, parts=parts if both else "")

    def _returned(self, one: Round) -> Line:
        if not one.closed and not one.voided:
            return self.line("valid", False, "valid.unknown", issued=None, returned=None, code=None)
        issued, returned = sum(one.issued.values()), sum(one.returned.values())
        if one.voided and one.void_reason == "stated":
            body = self._body("voided", one.slot) or {"text": ""}
            return self.line("valid", True, "void.stated", text=body["text"])
        if one.void_reason == "participation" or self._state.participation_failed(one):
            deputies = self._state.definition.deputies
            return self.line("valid", True, "participation", eligible=deputies, returned=returned)
        if one.surplus:
            return self.line("valid", True, "void", issued=issued, returned=returned)
        fewer = "valid.fewer" if returned < issued else "valid.equal"
        code = encoding.code_of_hex(one.root) if one.root else ""
        keys = (fewer, "seal_code", "counting") if code else (fewer, "counting")
        return self.line("valid", True, *keys, issued=issued, returned=returned, code=code)

    def _result(self, vote: Vote, one: Round, result: RoundView | None) -> Line:
        year, report = self._state.definition.year, self._words.plain("print.host.report")
        if result is None:
            key = {"selection": "result", "motion": "motion", "rating": "rating"}[vote.kind]
            line = self.line("result", False, key, number=None, year=year, names=None, outcome=None)
            return Line(line.step, (report, *line.sentences), False)
        said = [report, *self._items(result)]
        elected = [item.title for item in result.items if item.outcome == "elected"]
        if vote.kind == "selection" and (elected or not result.tie):
            key = "result" if elected else "result.nobody"
            names = self._words.join(elected)
            said += self.line(
                "result", True, key, number=len(elected), year=year, names=names
            ).sentences
        elif vote.kind == "motion":
            (item,) = result.items
            said += self.line(
                "result", True, "motion", names=item.title, outcome=item.label
            ).sentences
        return Line(self._words.plain("print.step.result"), tuple(said), True)

    def _items(self, result: RoundView) -> Iterator[str]:
        """What the chief scrutineer reports of every item, in ballot order."""
        for item in result.items:
            reason = item.reason or self._words.plain(
                "print.host.rated", rate=item.rate, outcome=item.label
            )
            yield self._words.plain("outcome.named", name=item.title, reason=reason)

    def _vacant(self, result: RoundView) -> str:
        return self._words.plain("print.host.vacancy", places=result.vacant)

    def _body(self, kind: str, slot: str | None) -> Mapping[str, Any] | None:
        found = [e.body for e in self._events if e.kind == kind and e.slot == slot]
        return found[-1] if found else None
