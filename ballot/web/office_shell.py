"""What every officials' page is shown in: who is signed in, the session, its script's texts."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request, Response

from ballot.accounts import RESETTERS
from ballot.locale import messages
from ballot.tally.session import Definition
from ballot.web.pages import page
from ballot.web.sessions import Session
from ballot.web.shield import headers
from ballot.web.words import Words

AT = "/office"
# Every module that starts a worker has a policy for its address (static/office/*.mjs).
_SCRIPTED = headers(
    script_src="'self'",
    worker_src="'self'",
    connect_src="'self'",
    form_action="'self'",
    require_trusted_types_for="'script'",
    trusted_types="ballot 'allow-duplicates'",
)


def session_of(request: Request) -> Session:
    """The session that the guard found."""
    session: Session = request.state.session
    return session


def office_page(
    request: Request,
    definition: Definition | None,
    template: str,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page in the language of whoever is signed in; ``definition`` is None while one is being
    prepared. The other language keeps the address with its query.
    """
    session = session_of(request)
    asked = request.query_params.items()
    same = "&".join(f"{name}={value}" for name, value in asked if name != "lang")
    response = page(
        template,
        Words(session.lang),
        request.url.path,
        status,
        session=session,
        definition=definition,
        manages=not RESETTERS.isdisjoint(session.who.roles),
        same=same,
        **values,
    )
    response.headers.update(_SCRIPTED)
    return response


def words_of(request: Request) -> Words:
    """The words in the language of whoever is signed in."""
    return Words(session_of(request).lang)


def texts_for(lang: str, prefixes: Iterable[str]) -> dict[str, str]:
    """The texts that a page brings for its script: those whose keys begin so."""
    wanted = tuple(prefixes)
    return {key: text for key, text in messages(lang).items() if key.startswith(wanted)}
