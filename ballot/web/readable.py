"""A document that officials sign, as people read it: every member with its label.

Each row names the member it shows (``body.issued.0.tablet``) and how, so that the page's own
script can write it anew from the very document that it signs, and can refuse one with members
that the page does not show (static/office/showing.mjs does the same as this module).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ballot.crypto import encoding
from ballot.locale import messages
from ballot.tally.events import Event
from ballot.tally.session import Definition, Vote
from ballot.tally.state import State
from ballot.web.items import GRADES
from ballot.web.words import CHINA, Words

How = Literal["number", "text", "word", "code", "print", "digest", "slot", "item", "minute"]

_DIGESTS = ("attendance", "log", "parent", "root", "certificate", "replaces", "session")
# Long, and read by nobody: one digest over all of it.
_WHOLE = ("trustees", "commitments", "drills", "unused_slips", "partial", "outcome")
_WORDS = ("channels", "reason", "permits", "method", "kind")
_MARKS = ("yes", "no", "abstain")


@dataclass(frozen=True)
class Row:
    """One member. ``full``: the whole digest where ``shown`` is its code."""

    path: str
    label: str
    how: How
    shown: str
    full: str = ""


@dataclass(frozen=True)
class Group:
    """Members that belong together, as those of one slot; the first group has no title."""

    title: str
    rows: tuple[Row, ...]


def readable(state: State, event: Event, words: Words) -> tuple[Group, ...]:
    """All that a signature under that draft covers, but for who signs."""
    reader = _Reader(state.definition, event, _items(state, event), words)
    head = {
        "kind": event.kind,
        "slot": event.slot,
        "minute": event.minute,
        "session": event.session,
    }
    found: dict[str, list[Row]] = {"": []}
    for name, value in head.items():
        found[""].append(reader.row((name,), value))
    for path, value in reader.leaves(("body",), event.body):
        found.setdefault(reader.group(path), []).append(reader.row(path, value))
    first = found.pop("")
    groups = {"": first[: len(head)] + sorted(first[len(head) :], key=_rank)}
    groups |= {title: sorted(rows, key=_rank) for title, rows in found.items()}
    return tuple(Group(title, tuple(rows)) for title, rows in groups.items())


def _rank(row: Row) -> int:
    """What people count, before what devices compare."""
    return {"slot": 0, "code": 2, "print": 2, "digest": 2}.get(row.how, 1)


def minute_of(words: Words, utc: str) -> str:
    """A minute as tables show it, in Chinese time."""
    at = datetime.strptime(utc, "%Y-%m-%dT%H:%M%z").astimezone(CHINA)
    return words.plain("sign.minute", date=f"{at:%Y-%m-%d}", time=f"{at:%H:%M}")


def marks_of(vote: Vote, words: Words) -> tuple[str, ...]:
    """What the columns of a vote's totals count."""
    if vote.style == "grades":
        return tuple(words.plain(f"grade.{grade}") for grade in GRADES)
    marks = _MARKS[:1] if vote.style == "approve" else _MARKS
    return tuple(words.plain(f"count.column.{mark}") for mark in marks)


def slot_title(definition: Definition, slot: str) -> str:
    """The vote of a slot and the slot's id."""
    return f"{definition.slot(slot)[0].title} {slot}"


@dataclass(frozen=True)
class _Reader:
    definition: Definition
    event: Event
    items: Sequence[str]
    words: Words

    def leaves(self, path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Members that hold no others, in the order of their names."""
        if path[-1] in _WHOLE or not isinstance(value, (dict, list)) or not value:
            if path != ("body",):
                yield path, value
        elif isinstance(value, dict):
            for name in sorted(value):
                yield from self.leaves((*path, name), value[name])
        else:
            for i, entry in enumerate(value):
                yield from self.leaves((*path, str(i)), entry)

    def group(self, path: tuple[str, ...]) -> str:
        """What the member belongs to: a slot, an item; empty for the whole draft."""
        match path:
            case ("body", "issued", i, *_):
                return slot_title(self.definition, self.event.body["issued"][int(i)]["slot"])
            case ("body", "rows" | "totals", i, _):
                return self._item(self.items[int(i)])
            case ("body", "tablet", i, _):
                return f"{self._item(self.items[int(i)])} {self.words.plain('sign.tablet')}"
            case _:
                return ""

    def row(self, path: tuple[str, ...], value: Any) -> Row:
        how = self._how(path, value)
        full = encoding.digest(value) if how == "digest" else value if how == "code" else ""
        if how == "print":
            full = encoding.unb64(value, 32).hex()
        return Row(".".join(path), self._label(path), how, self._shown(how, value, full), full)

    def _how(self, path: tuple[str, ...], value: Any) -> How:
        name = next(part for part in reversed(path) if not part.isdigit())
        if value is None or value in ([], {}):
            return "text"
        if name in _WHOLE:
            return "digest"
        if isinstance(value, int):
            return "number"
        if name in _DIGESTS:
            return "code"
        if name == "fingerprint":
            return "print"
        if name in ("slot", "slots"):
            return "slot"
        if name == "items":
            return "item"
        if name == "minute":
            return "minute"
        return "word" if name in _WORDS else "text"

    def _label(self, path: tuple[str, ...]) -> str:
        numbers = [int(part) for part in path if part.isdigit()]
        names = [part for part in path if not part.isdigit()]
        if names[-1] in ("rows", "totals") or (names[-1] == "tablet" and len(numbers) == 2):
            return self._mark(numbers[1])
        name = ".".join(names[1:] if names[0] == "body" else names)
        own, known = f"sign.field.{self.event.kind}.{name}", messages(self.words.lang)
        text = self.words.plain(own if own in known else f"sign.field.{name}")
        return f"{text} {numbers[-1] + 1}" if path[-1].isdigit() else text

    def _mark(self, column: int) -> str:
        vote = self.definition.slot(self.event.slot or "")[0]
        return marks_of(vote, self.words)[column]

    def _shown(self, how: How, value: Any, full: str) -> str:
        match how:
            case "code" | "print" | "digest":
                return encoding.code_of_hex(full)
            case "slot":
                return slot_title(self.definition, value)
            case "item":
                return self._item(value)
            case "minute":
                return minute_of(self.words, value)
            case "word":
                return self.words.plain(f"sign.word.{value}")
            case "number" | "text":
                return self.words.plain("sign.none") if value in (None, [], {}, "") else str(value)

    def _item(self, item: str) -> str:
        for vote in self.definition.votes:
            if any(slot.id == self.event.slot for slot in vote.slots):
                return f"{item} {vote.item(item).title}"
        return item


def _items(state: State, event: Event) -> Sequence[str]:
    one = state.rounds.get(event.slot or "")
    return one.items if one else ()
