"""Outcomes in words: the sentences of counting rules §5 that are read out, in zh and en.

``names`` are the items' names in the order of the round's ballot.
"""

from collections.abc import Sequence

from ballot.locale import message, messages
from ballot.tally.outcome import NotCounted, Reason, Selection, Warnings
from ballot.tally.rules import Rules
from ballot.tally.turnout import Turnout, quorum_min


def reason_sentence(lang: str, reason: Reason, names: Sequence[str]) -> str:
    """Why an item ended as it did, without its name: 赞成69票，过全体代表半数（44票）…"""
    base = f"base.{reason.rule}"
    return message(
        lang,
        _variant(lang, f"outcome.{reason.outcome}", reason),
        yes=reason.yes,
        base=message(lang, base) if base in messages(lang) else "",
        threshold_votes=reason.threshold_votes,
        rank=ordinal(lang, reason.rank),
        places=reason.places,
        others=join(lang, [names[i] for i in reason.others]),
    )


def named_sentence(lang: str, reason: Reason, names: Sequence[str]) -> str:
    """:func:`reason_sentence` with the item's name before it, as it is read out."""
    sentence = reason_sentence(lang, reason, names)
    return message(lang, "outcome.named", name=names[reason.item], reason=sentence)


def outcome_label(lang: str, reason: Reason) -> str:
    """The words on the form: 入选, 过半数未入选, 未过半数 …"""
    return message(lang, _variant(lang, f"outcome.label.{reason.outcome}", reason))


def vacancy_sentence(lang: str, outcome: Selection, seats: int) -> str | None:
    """The vacancy of a round, None when there is none."""
    if not outcome.shortfall:
        return None
    return message(
        lang,
        "outcome.vacancy",
        seats=seats,
        elected=len(outcome.elected),
        places=outcome.shortfall,
    )


def warning_sentences(lang: str, warnings: Warnings, names: Sequence[str]) -> list[str]:
    """The statutory warning and the one on unanimous items, as far as they apply."""
    found = []
    if warnings.below_majority_all:
        below = join(lang, [names[i] for i in warnings.below_majority_all])
        found.append(message(lang, "warning.below_majority_all", names=below))
    elif warnings.below_statutory:
        found.append(message(lang, "warning.below_statutory"))
    return found + unanimous_sentences(lang, warnings.unanimous, names)


def unanimous_sentences(lang: str, items: Sequence[int], names: Sequence[str]) -> list[str]:
    """The warning that some totals show everyone's choice; none for no items."""
    shown = join(lang, [names[i] for i in items])
    return [message(lang, "warning.unanimous", names=shown)] if items else []


def validity_sentence(lang: str, turnout: Turnout) -> str:
    """收回的表决票等于（少于）发出的表决票，本次票决有效。"""
    fewer = turnout.returned < turnout.issued
    return message(lang, f"count.session.valid_{'fewer' if fewer else 'equal'}")


def stop_sentence(
    lang: str, stopped: NotCounted, rules: Rules, turnout: Turnout, names: Sequence[str]
) -> str:
    """Why a round was not counted."""
    if stopped.session == "input_error":
        problem = message(lang, f"count.problem.{stopped.problem}")
        if stopped.item is not None:
            known = stopped.item < len(names)
            name = names[stopped.item] if known else item_name(lang, stopped.item)
            problem = message(lang, "count.place.item", name=name, problem=problem)
        if stopped.channel is not None:
            channel = stopped.channel
            problem = message(lang, "count.place.channel", channel=channel, problem=problem)
        return message(lang, "count.session.input_error", problem=problem)
    key = f"count.session.{stopped.session}"
    return message(
        lang,
        key if stopped.channel is None else f"{key}.channel",
        channel=stopped.channel,
        deputies_all=turnout.deputies_all,
        present=turnout.present,
        returned=turnout.returned,
        quorum=quorum_min(rules, turnout.deputies_all),
    )


def item_name(lang: str, position: int) -> str:
    """The name of an item that has none: 第1项 for position 0."""
    return message(lang, "outcome.item", number=position + 1)


def join(lang: str, parts: Sequence[str]) -> str:
    """The parts with the separator of the language."""
    return message(lang, "outcome.join").join(parts)


def ordinal(lang: str, number: int) -> str:
    """A rank as the templates want it: 4 in zh, 4th in en."""
    if lang != "en":
        return str(number)
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _variant(lang: str, key: str, reason: Reason) -> str:
    """The template for the rule applied: most votes has no clause 过…半数, and an item in a
    run-off has passed before and must never be called 未通过 (§5).
    """
    suffixes = {"plurality": (".plurality",), "runoff": (".runoff", ".plurality")}
    for suffix in suffixes.get(reason.rule, ()):
        if key + suffix in messages(lang):
            return key + suffix
    return key
