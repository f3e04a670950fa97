"""What can be printed now, and what the rest waits for."""

from collections.abc import Sequence
from dataclasses import dataclass

from ballot.tally.session import Vote
from ballot.tally.state import Round
from ballot.web.office_context import Office
from ballot.web.official_views import Papers
from ballot.web.rounds import round_name
from ballot.web.words import Words

AT = "/office/print"
STATEMENTS = ("empty", "seal", "run_off")


@dataclass(frozen=True)
class Entry:
    """One paper in the index: where it is, or, without an address, what it waits for."""

    title: str
    path: str
    name: str = ""
    waits: str = ""


class PrintIndex:
    """The papers of a session, in the order in which they are needed."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def sections(self, words: Words, papers: Papers, clerk: bool) -> dict[str, list[Entry]]:
        """Before, during and after the votes; passes for the ``clerk`` alone."""
        return {
            "before": self._before(words, clerk),
            "during": self._during(words),
            "after": self._after(words, papers),
        }

    def _before(self, words: Words, clerk: bool) -> list[Entry]:
        plain = words.plain
        found = [Entry(plain("print.code"), f"{AT}/code")]
        for vote, one in self._rounds():
            if "paper" in vote.channels and not one.voided:
                name = f"{vote.title} {round_name(words, one.kind, one.number)}"
                found.append(Entry(plain("print.ballot"), f"{AT}/ballot/{one.slot}", name))
        if clerk:
            waits = self.passes_wait()
            waits = plain(f"print.passes.{waits}") if waits else ""
            found.append(Entry(plain("print.passes"), "" if waits else f"{AT}/passes", "", waits))
        found.append(Entry(plain("print.card.deputy"), f"{AT}/cards?only=deputy"))
        found.append(Entry(plain("print.cards.scrutineer"), f"{AT}/cards?only=scrutineer"))
        return [*found, Entry(plain("print.cards"), f"{AT}/cards")]

    def _during(self, words: Words) -> list[Entry]:
        found = [Entry(words.plain("print.host"), f"{AT}/host")]
        for vote, one in self._rounds():
            name = f"{vote.title} {round_name(words, one.kind, one.number)}"
            for kind in STATEMENTS:
                if kind != "run_off" or one.kind == "run_off":
                    path = f"{AT}/statement/{one.slot}/{kind}"
                    found.append(Entry(words.plain(f"print.statement.{kind}"), path, name))
        return found

    def _after(self, words: Words, papers: Papers) -> list[Entry]:
        found = []
        for vote, one in self._rounds():
            name = f"{vote.title} {round_name(words, one.kind, one.number)}"
            stage = papers.stages.get(one.slot)
            known = papers.page(one.slot) is not None
            title = words("certificate")
            if known:
                note = words.plain(f"print.stage.{stage or 'voided'}")
                found.append(Entry(title, f"{AT}/certificate/{one.slot}", name, note))
            else:
                found.append(Entry(title, "", name, words.plain("print.waits.counted")))
            if stage:
                for form in ("xlsx", "csv"):
                    path = f"{AT}/export/{one.slot}.{form}"
                    found.append(Entry(words.plain(f"print.export.{form}"), path, name))
        for vote in self._office.definition.votes:
            if vote.kind == "selection":
                done = all_certified(papers, vote.id)
                path = f"{AT}/notice/{vote.id}" if done else ""
                waits = "" if done else words.plain("print.waits.certified")
                found.append(Entry(words("notice.link"), path, vote.title, waits))
        return found

    def passes_wait(self) -> str:
        """Why no passes can be made now: slips are drawn instead, or the check-in is open."""
        if self._office.definition.token_kind == "drawn":
            return "drawn"
        return "open" if self._office.state.check_in else ""

    def _rounds(self) -> Sequence[tuple[Vote, Round]]:
        state = self._office.state
        return [(vote, one) for vote in state.definition.votes for one in state.rounds_of(vote)]


def all_certified(papers: Papers, vote_id: str) -> bool:
    """Whether a vote has a signed certificate, and no round that is counted without one."""
    vote = papers.session.vote(vote_id)
    if vote is None or not vote.certified:
        return False
    return all(papers.stages[one.round.slot] == "certified" for one in vote.certified) and all(
        one.certificate or not one.round.valid for one in vote.rounds
    )
