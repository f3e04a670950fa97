"""What every officials' page is shown in: who is signed in, the session, where one can go, its
script's texts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from ballot.accounts import RESETTERS, ROLES
from ballot.locale import messages
from ballot.tally.session import Definition
from ballot.web.leading import is_page, page_of
from ballot.web.pages import page
from ballot.web.sessions import Session
from ballot.web.shield import headers
from ballot.web.words import Words

AT = "/office"
_SIGNING = frozenset(ROLES) - {"observer"}
# The pages that others lead to, in the order of the menu, with the roles that see them there.
_PAGES: tuple[tuple[str, str, frozenset[str]], ...] = (
    (AT, "office.agenda", frozenset(ROLES)),
    (f"{AT}/prepare", "prepare.overview", frozenset(ROLES)),
    ("/desk", "desk.title", frozenset({"clerk"})),
    (f"{AT}/chair", "chair.title", frozenset(ROLES)),
    (f"{AT}/problems", "act.problems", frozenset({"clerk", "presiding_officer"})),
    (f"{AT}/papers", "paper.title", frozenset({"teller", "scrutineer", "chief_scrutineer"})),
    (f"{AT}/print", "print.title", _SIGNING),
    (f"{AT}/observer", "observer.title", frozenset(ROLES)),
    (f"{AT}/key", "key.title", _SIGNING),
    (f"{AT}/trustee", "trustee.page.nav", frozenset()),  # whoever the definition names
    (f"{AT}/accounts", "account.title", RESETTERS),
)
# Every module that starts a worker has a policy for its address (static/office/*.mjs).
_SCRIPTED = headers(
    script_src="'self'",
    worker_src="'self'",
    connect_src="'self'",
    form_action="'self'",
    require_trusted_types_for="'script'",
    trusted_types="ballot 'allow-duplicates'",
)


@dataclass(frozen=True)
class Link:
    """A line of the menu: its address, the key of its text, whether the page is this one."""

    href: str
    key: str
    current: bool


def menu(request: Request, definition: Definition | None) -> list[Link]:
    """The pages that there are now for whoever is signed in: a session that is being prepared
    has others than one that runs.
    """
    who, here = session_of(request).who, request.url.path
    # While a session is prepared, these lead to the preparation or only say to wait.
    idle = {AT, "/desk"} if is_page(request, f"{AT}/prepare") else set()
    trustee = definition is not None and who.id in definition.trustees
    return [
        Link(path, key, path == here)
        for path, key, roles in _PAGES
        if (who.roles & roles or (trustee and path == f"{AT}/trustee"))
        and path not in idle
        and is_page(request, path)
    ]


def session_of(request: Request) -> Session:
    """The session that the guard found."""
    session: Session = request.state.session
    return session


def plain_page(
    request: Request,
    definition: Definition | None,
    template: str,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page that needs no script, in the language of whoever is signed in; ``definition`` is None
    while one is being prepared. The other language keeps the address with its query.
    """
    session = session_of(request)
    asked = request.query_params.items()
    same = "&".join(f"{name}={value}" for name, value in asked if name != "lang")
    shown = {
        "address": page_of(request),
        "definition": definition,
        "explained": is_page(request, f"{AT}/practice"),
        "manages": not RESETTERS.isdisjoint(session.who.roles),
        "menu": menu(request, definition),
        "same": same,
        "session": session,
    }
    return page(template, Words(session.lang), request.url.path, status, **shown | values)


def office_page(
    request: Request,
    definition: Definition | None,
    template: str,
    status: int = 200,
    **values: Any,
) -> Response:
    """The same with a script."""
    response = plain_page(request, definition, template, status, **values)
    response.headers.update(_SCRIPTED)
    return response


def words_of(request: Request) -> Words:
    """The words in the language of whoever is signed in."""
    return Words(session_of(request).lang)


def texts_for(lang: str, prefixes: Iterable[str]) -> dict[str, str]:
    """The texts that a page brings for its script: those whose keys begin so."""
    wanted = tuple(prefixes)
    return {key: text for key, text in messages(lang).items() if key.startswith(wanted)}
