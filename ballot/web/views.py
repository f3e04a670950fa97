"""The result pages as values: everything a template prints, and nothing it must compute.

Input are the decoded documents of a verified record (docs/record.md); output are frozen values in
one language. No clock, no I/O.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ballot.crypto import encoding
from ballot.web.certificate_view import CertificateView, certificate_view
from ballot.web.headline import headline
from ballot.web.model import ItemView, RoundView
from ballot.web.record import PublicRecord
from ballot.web.rounds import Document, certified_round, voided_round
from ballot.web.words import Words, byte_size


@dataclass(frozen=True)
class RoundPage:
    """A round with its certificate; a voided one has none."""

    round: RoundView
    certificate: CertificateView | None


@dataclass(frozen=True, kw_only=True)
class VoteView:
    """One vote with its rounds so far. ``headline``: pieces of a sentence, the strong ones
    marked. ``selected``: titles for the notice, in the order of R21; ``later``: the numbers in
    that list which a run-off decided.
    """

    id: str
    title: str
    kind: str
    rules_title: str
    rule_set_id: str
    rounds: tuple[RoundPage, ...]
    headline: tuple[tuple[str, bool], ...]
    selected: tuple[str, ...]
    later: tuple[int, ...]
    with_margin: bool
    seats: int
    settled: tuple[str, ...]
    notice_date: str
    objection: str

    @property
    def certified(self) -> tuple[RoundPage, ...]:
        """The rounds that were counted."""
        return tuple(page for page in self.rounds if page.certificate)


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """The whole result page of one session."""

    heading: str
    congress: str
    government: str
    assembly: str
    year: int
    date: str
    practice: bool
    note: str
    published: bool
    session_code: str
    session_digest: str
    votes: tuple[VoteView, ...]
    objections: tuple[str, ...]
    record_size: str
    record_digest: str

    def vote(self, vote_id: str) -> VoteView | None:
        """The vote of that id."""
        return next((vote for vote in self.votes if vote.id == vote_id), None)

    def page(self, slot: str) -> tuple[VoteView, RoundPage] | None:
        """The round of that slot with its vote."""
        found = ((vote, page) for vote in self.votes for page in vote.rounds)
        return next((pair for pair in found if pair[1].round.slot == slot), None)


def session_view(record: PublicRecord, lang: str) -> SessionView:
    """Everything the pages of a record show, in one language."""
    words, definition, events = Words(lang), record.definition, record.events
    votes = [_vote(words, record, vote) for vote in definition["votes"]]
    session = encoding.digest(definition)
    kinds = [vote["kind"] for vote in definition["votes"]]
    kind = "selection" if "selection" in kinds else kinds[0]
    return SessionView(
        heading=words(f"heading.{kind}", year=definition["year"]),
        congress=definition["congress"],
        government=definition["government"],
        assembly=definition["assembly"],
        year=definition["year"],
        date=words.date(definition["date"]),
        practice=definition["practice"],
        note=definition["note"],
        published=any(event["kind"] == "published" for event in events),
        session_code=encoding.code_of_hex(session),
        session_digest=session,
        votes=tuple(vote for vote in votes if vote.rounds),
        objections=tuple(e["body"]["text"] for e in events if e["kind"] == "objection"),
        record_size=byte_size(record.size),
        record_digest=record.digest,
    )


def _vote(words: Words, record: PublicRecord, vote: Document) -> VoteView:
    definition, events = record.definition, record.events
    voided = {event["slot"] for event in events if event["kind"] == "voided"}
    rounds, documents = [], []
    for number, slot in enumerate(vote["slots"], 1):
        content = record.certificates.get(slot["id"])
        if content:
            shown = certified_round(words, vote, number, content["certificate"])
            rounds.append(RoundPage(shown, certificate_view(words, definition, content)))
            documents.append(content["certificate"])
        elif slot["id"] in voided:
            shown = voided_round(words, definition, vote, number, events)
            rounds.append(RoundPage(shown, None))
    final: dict[str, ItemView] = {}
    for page in rounds:
        final |= {item.id: item for item in page.round.items}
    titles = {item["id"]: item["title"] for item in vote["items"]}
    elected = list(documents[-1]["elected"]) if documents and vote["kind"] == "selection" else []
    drawn, settled = _settled(words, documents, events, titles)
    elected += [item for item in drawn if item not in elected]
    if vote["rules"]["publish_order"] == "ballot":
        elected = [item for item in titles if item in elected]
    later = {
        item.id
        for page, document in zip([p for p in rounds if p.certificate], documents, strict=True)
        if document["round_kind"] == "run_off"
        for item in page.round.items
    }
    published = [event["minute"] for event in events if event["kind"] == "published"]
    minutes = published or [document["minute"] for document in documents]
    return VoteView(
        id=vote["id"],
        title=vote["title"],
        kind=vote["kind"],
        rules_title=vote["rules"]["title"],
        rule_set_id=vote["rules"]["rule_set_id"],
        rounds=tuple(rounds),
        headline=headline(words, vote, final, elected) if final else (),
        selected=tuple(titles[item] for item in elected),
        later=tuple(n for n, item in enumerate(elected, 1) if item in later),
        with_margin=all(
            len(d["items"]) > d["seats"] for d in documents if d["round_kind"] == "second"
        ),
        seats=vote["seats"],
        settled=settled,
        notice_date=words.day_of(minutes[-1]) if minutes else "",
        objection=words(
            "objection.window",
            to=vote["rules"]["objection"]["written_to"],
            days=vote["rules"]["objection"]["window_working_days"],
        ),
    )


def _settled(
    words: Words, certificates: Sequence[Document], events: Sequence[Document], titles: Document
) -> tuple[list[str], tuple[str, ...]]:
    """Item ids drawn by lots, and the sentences on what the presidium decided."""
    digests = {encoding.digest(certificate) for certificate in certificates}
    drawn: list[str] = []
    found = []
    for event in events:
        body = event["body"]
        if event["kind"] == "tie_settled" and body["parent"] in digests:
            drawn += body["items"]
            names = words.join([titles[item] for item in body["items"]])
            witnesses = words.join(body["witnesses"])
            found.append(words(f"settled.{body['method']}", names=names, witnesses=witnesses))
        if event["kind"] == "vacancy_left" and body["parent"] in digests:
            found.append(words("settled.vacant", places=body["places"]))
    return drawn, tuple(found)
