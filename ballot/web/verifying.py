"""The page on which anyone verifies a record in the own browser (protocol §11).

The server takes no part: it serves the page and the modules, and what is verified never leaves the
browser. Who trusts neither runs ``ballot verify`` off line.
"""

from fastapi import APIRouter, Response
from markupsafe import Markup

from ballot.crypto.encoding import compact
from ballot.locale import LANGUAGES, messages
from ballot.web.client import client_digest
from ballot.web.pages import page
from ballot.web.results import METHODS
from ballot.web.shield import headers
from ballot.web.words import Words

# One policy for one address, the worker's (static/client/verify/crew.mjs).
_HEADERS = headers(
    cache="no-cache",
    script_src="'self'",
    worker_src="'self'",
    connect_src="'self'",
    require_trusted_types_for="'script'",
    trusted_types="ballot",
)


def verifying_router() -> APIRouter:
    """``/verify`` in each language."""
    router = APIRouter()
    for lang in LANGUAGES:
        _add_page(router, Words(lang))
    return router


def _add_page(router: APIRouter, words: Words) -> None:
    @router.api_route(words.href("/verify"), methods=METHODS)
    def verify() -> Response:
        response = page(
            "verify.html",
            words,
            "/verify",
            texts=verify_texts(words.lang),
            client=client_digest(),
        )
        response.headers.update(_HEADERS)
        return response


def verify_texts(lang: str) -> Markup:
    """The messages ``verify.…`` of a language as JSON that may stand in a script element."""
    found = {key: text for key, text in messages(lang).items() if key.startswith("verify.")}
    # Inside JSON < stands in strings only, where an escape says the same.
    return Markup(compact(found).decode().replace("<", "\\u003c"))  # noqa: S704 -- our own texts
