"""One round as its pages show it: counts, items with their reasons and bars, what follows.

A round is told by its certificate; a round that was voided has none and is told by its events.
"""

from collections.abc import Sequence
from typing import Any

from ballot.crypto import encoding
from ballot.locale.outcomes import validity_sentence
from ballot.tally.margin import check_margin
from ballot.tally.rules import Rules
from ballot.tally.turnout import Turnout, quorum_min
from ballot.web.items import counted, rated
from ballot.web.model import Figure, RoundView
from ballot.web.words import Words

Document = dict[str, Any]
_CALLED = {"revote_called": "revote", "run_off_called": "run_off", "second_vote_called": "second"}


def round_name(words: Words, kind: str, number: int) -> str:
    """第一轮; 再次投票（第二轮）."""
    return words(f"round.{kind}", number=words.nth(number))


def certified_round(words: Words, vote: Document, number: int, certificate: Document) -> RoundView:
    """The round that ``certificate`` certifies, the ``number``-th of its vote."""
    rules = Rules.decode(vote["rules"], grades=vote["style"] == "grades")
    channels = certificate["channels"]
    total = {
        key: sum(channel[key] for channel in channels) for key in ("issued", "returned", "valid")
    }
    turnout = Turnout(
        deputies_all=certificate["deputies"],
        present=certificate["present"],
        **total,
    )
    titles = {item["id"]: item["title"] for item in vote["items"]}
    names = [titles[item] for item in certificate["items"]]
    view = RoundView(
        slot=certificate["slot"],
        name=round_name(words, certificate["round_kind"], number),
        kind=vote["kind"],
        seats=certificate["seats"],
        valid=True,
        figures=_figures(words, rules, turnout, channels, certificate["void_reasons"]),
        validity=validity_sentence(words.lang, turnout),
        remarks=_remarks(words, vote, rules, certificate),
        counts=rules.publish_counts,
        order=rules.publish_order,
    )
    if vote["kind"] == "rating":
        return rated(words, view, rules, certificate, names)
    return counted(words, view, turnout, certificate, names)


def voided_round(
    words: Words, definition: Document, vote: Document, number: int, events: Sequence[Document]
) -> RoundView:
    """A round that was voided, from the ``events`` of its slot and the check-ins."""
    slot = vote["slots"][number - 1]["id"]
    own = {event["kind"]: event["body"] for event in events if event["slot"] == slot}
    issued: dict[str, int] = {}
    for event in events:
        if event["kind"] == "check_in_closed":
            for entry in event["body"]["issued"]:
                if entry["slot"] == slot:
                    issued = {name: entry[name] for name in ("tablet", "paper")}
    opened, closed, voided = own.get("round_opened"), own.get("round_closed"), own["voided"]
    if opened and opened["issued_paper"] is not None:
        issued = {"tablet": 0, "paper": opened["issued_paper"]}
    channels: list[Document] = [
        {
            "name": name,
            "issued": count,
            "returned": (closed[name] or {"returned": 0})["returned"] if closed else None,
        }
        for name, count in issued.items()
        if count
    ]
    total = {key: _sum([channel[key] for channel in channels]) for key in ("issued", "returned")}
    kinds = [kind for name, kind in _CALLED.items() if name in own]
    reason = words(
        f"void.{voided['reason']}",
        text=voided["text"],
        deputies=definition["deputies"],
        returned=total["returned"],
    )
    return RoundView(
        slot=slot,
        name=round_name(words, kinds[0] if kinds else "first", number),
        kind=vote["kind"],
        seats=vote["seats"],
        valid=False,
        figures=(
            Figure("deputies", words("deputies"), definition["deputies"]),
            Figure("present", words("present"), opened["present"] if opened else None),
            *(
                Figure(key, words(key), total[key], (_by_channel(words, channels, key),))
                for key in ("issued", "returned")
            ),
        ),
        validity=reason,
    )


def _figures(
    words: Words,
    rules: Rules,
    turnout: Turnout,
    channels: Sequence[Document],
    void_reasons: Document,
) -> tuple[Figure, ...]:
    quorum = words("quorum", number=quorum_min(rules, turnout.deputies_all))
    reasons = [
        words(f"void_reason.{name}", number=void_reasons[name])
        for name in ("over_vote", "unreadable", "void_by_deputy")
        if void_reasons[name]
    ]
    numbers = {
        "issued": (turnout.issued, (_by_channel(words, channels, "issued"),)),
        "returned": (turnout.returned, (_by_channel(words, channels, "returned"),)),
        "valid": (turnout.valid, (_by_channel(words, channels, "valid"),)),
        "void": (turnout.returned - turnout.valid, (words.list(reasons),)),
    }
    return (
        Figure("deputies", words("deputies"), turnout.deputies_all, (words("deputies.all"),)),
        Figure("present", words("present"), turnout.present, (quorum,)),
        *(
            Figure(name, words(name), number, tuple(note for note in notes if note))
            for name, (number, notes) in numbers.items()
        ),
    )


def _by_channel(words: Words, channels: Sequence[Document], key: str) -> str:
    """平板 71，纸质 8; nothing for what is not known."""
    return words.list(
        [
            words(f"channel.{channel['name']}", number=channel[key])
            for channel in channels
            if channel[key] is not None
        ]
    )


def _sum(numbers: Sequence[int | None]) -> int | None:
    """The sum of what is known; None as long as a part is not."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _remarks(words: Words, vote: Document, rules: Rules, certificate: Document) -> tuple[str, ...]:
    """Row 15 of the certificate: margin, waiver, overrides, slips, what it replaces."""
    found = []
    # The margin is a rule for the first list only (counting rules §3).
    first = certificate["round_kind"] in ("first", "revote")
    if vote["kind"] == "selection" and first and len(certificate["items"]) == len(vote["items"]):
        margin = check_margin(vote["seats"], len(vote["items"]), rules.margin).encode()
        key = "margin.waived" if vote["waiver"] else "margin.ok"
        found.append(
            words(
                key,
                surplus=margin["surplus"],
                fraction=margin["fraction"],
                percent=margin["percent"],
                base=words.plain(f"margin.base.{rules.margin_base}"),
                **{name: (vote["waiver"] or {}).get(name, "") for name in ("step", "body")},
                date=words.date(vote["waiver"]["date"]) if vote["waiver"] else "",
                number=(vote["waiver"] or {}).get("document_no", ""),
            )
        )
    found += [words("override", text=text) for text in certificate["overrides"]]
    if certificate["unused_slips"]:
        found.append(words("unused_slips", number=certificate["unused_slips"]))
    if certificate["replaces"]:
        code = encoding.code_of_hex(certificate["replaces"])
        found.append(words("replaces", code=code))
    return tuple(found)
