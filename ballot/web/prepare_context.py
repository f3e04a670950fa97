"""What the pages of the preparation share: the store, who may come in, and how to show a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from ballot.accounts import Accounts
from ballot.crypto.errors import Invalid
from ballot.locale import messages
from ballot.preparing.missing import Missing, lawful, margin_of
from ballot.preparing.parts import (
    NAMES,
    Person,
    Preparation,
    Voting,
    decode_parts,
    encode_part,
    seen,
)
from ballot.store.preparing import PreparingStore
from ballot.tally.margin import Margin
from ballot.tally.session import ROLES
from ballot.web.door import Door
from ballot.web.office_shell import office_page, session_of
from ballot.web.prepare_desk import Desk
from ballot.web.prepare_home import Home
from ballot.web.problems import status_of, title_of
from ballot.web.words import Words

HERE = "/office/prepare"


@dataclass(frozen=True)
class Preparing:
    """``turn``: look what is to be done now, and go over to it (:mod:`ballot.web.running`)."""

    home: Home
    door: Door
    desk: Desk
    turn: Callable[[], None]

    @property
    def store(self) -> PreparingStore:
        """Parts and versions."""
        return self.home.store

    def read(self) -> tuple[Preparation, dict[str, str]]:
        """What is prepared, and the digest of every part as it stands."""
        documents = self.store.parts()
        prepared = decode_parts(documents, people_of(self.door.accounts))
        return prepared, {name: seen(documents, name) for name in NAMES}

    def change(self, name: str, was: str, change: Callable[[Preparation], Preparation]) -> None:
        """Change a part that was shown as ``was``; what somebody else changed is not lost.

        Raises ``prepare.changed``, ``prepare.frozen``, ``prepare.freezing``, and what ``change``
        raises.
        """
        if self.desk.job.running:
            raise Invalid("prepare.freezing", "a version is being frozen")

        def decide(documents: Any) -> dict[str, bytes | None]:
            if seen(documents, name) != was:
                raise Invalid("prepare.changed", name)
            try:
                return {name: encode_part(change(decode_parts(documents)), name)}
            except Invalid as error:
                if error.code.startswith("document."):
                    raise Invalid("prepare.form", error.detail) from None
                raise

        self.store.change(decide)

    def page(
        self, request: Request, template: str, trouble: Invalid | None = None, **values: Any
    ) -> Response:
        """A page of the preparation; ``trouble``: why what was typed was not kept."""
        session = session_of(request)
        prepared, digests = self.read()
        lang = session.lang
        shown = {
            "prepared": prepared,
            "seen": digests,
            "standing": self.store.standing(),
            "edits": "clerk" in session.who.roles,
            "fresh": self.door.guard.sessions.is_fresh(session),
            "trouble": _said(lang, trouble) if trouble else "",
            "here": HERE,
        }
        status = status_of(trouble.code) if trouble else 200
        return office_page(request, None, template, status, **shown | values)


def typed_in(request: Request, trouble: Invalid | None) -> dict[str, str]:
    """What was typed, to be shown again beside the trouble: nothing is typed twice."""
    form: dict[str, str] = request.state.form if trouble else {}
    return form


def people_of(accounts: Accounts) -> tuple[Person, ...]:
    """The officials whom a definition can name."""
    return tuple(
        Person(one.id, one.name, tuple(r for r in ROLES if r in one.roles), one.public_key)
        for one, _ in accounts.listed()
        if not set(ROLES).isdisjoint(one.roles)
    )


def _said(lang: str, trouble: Invalid) -> str:
    known = messages(lang)
    if trouble.code.startswith("import.") and trouble.code in known:  # an unreadable file
        return known[trouble.code]
    if trouble.code == "prepare.form":
        name = trouble.detail.rpartition("-")[2]
        label = next(
            (known[k] for k in (f"prepare.field.{name}", f"import.field.{name}") if k in known),
            trouble.detail,
        )
        return known["problem.prepare.form"] + label
    return title_of(lang, trouble.code)


@dataclass(frozen=True)
class MarginView:
    """The verdict on a list in words: ``look`` of its banner."""

    look: str
    sentence: str
    lawful: str


def margin_view(words: Words, vote: Voting) -> MarginView | None:
    """What the margin of a list is, with the lawful numbers."""
    margin = margin_of(vote)
    if margin is None:
        return None
    numbers = lawful_words(words, margin)
    key = {"ok": "ok", "ok_with_waiver": "waiver"}.get(margin.verdict, "refused")
    if key == "waiver" and vote.waiver is not None:
        key = "waived"
    surplus = margin.surplus
    percent = (200 * 100 * surplus + margin.base) // (2 * margin.base) if margin.base else 0
    sentence = words.plain(
        f"prepare.margin.{key}",
        seats=vote.seats,
        candidates=len(vote.items),
        surplus=surplus,
        percent=f"{percent // 100}.{percent % 100:02d}",
        lawful=numbers,
    )
    look = {"ok": "done", "waived": "done", "waiver": "warn", "refused": "stop"}[key]
    return MarginView(look, sentence, numbers)


def lawful_words(words: Words, margin: Margin) -> str:
    """The lawful numbers of candidates, in words."""
    if not margin.allowed:
        key = "none" if margin.waiver is None else "waiver"
        return words.plain(f"prepare.lawful.{key}", number=margin.waiver or 0)
    return _span(words, lawful(margin))


def lines(words: Words, found: Sequence[Missing]) -> list[tuple[Missing, str]]:
    """What is missing, as sentences."""
    said = []
    for one in found:
        fields = dict(one.fields)
        if "role" in fields:
            fields["role"] = words.plain(f"account.role.{fields['role']}")
        if "first" in fields or "waiver" in fields:
            fields["lawful"] = _span(words, fields)
        said.append((one, words.plain(f"prepare.missing.{one.code}", **fields)))
    return said


def _span(words: Words, fields: Mapping[str, Any]) -> str:
    first, last = fields.get("first"), fields.get("last")
    if first is None:
        return str(fields["waiver"])
    if not last:
        return words.plain("prepare.lawful.from", first=first)
    return (
        str(first) if first == last else words.plain("prepare.lawful.span", first=first, last=last)
    )
