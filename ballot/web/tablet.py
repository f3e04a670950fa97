"""The deputies' page, the page that checks a test ballot, and the texts of both.

One page for all, byte for byte: nothing in it depends on who asks (attack B20). All that a
tablet holds it holds itself; no cookie, no state here.
"""

from typing import Any

from fastapi import APIRouter, Response
from starlette.responses import JSONResponse, RedirectResponse

from ballot.locale import LANGUAGES, messages
from ballot.web.pages import page
from ballot.web.results import METHODS
from ballot.web.shield import headers
from ballot.web.words import Words

# One policy for one address, the worker's (static/tablet/core.mjs).
_TRUSTED = {"require_trusted_types_for": "'script'", "trusted_types": "ballot"}
# Where there is no such header (before Safari 17) the page's own wiping stands alone (D17).
_WIPE = {"clear-site-data": '"cache", "cookies", "storage"'}


def tablet_router(box_at: str) -> APIRouter:
    """The routes; ``box_at`` is the box's origin as tablets reach it."""
    router = APIRouter()
    scripts = {"script_src": "'self'", "worker_src": "'self'", **_TRUSTED}
    voting = headers(camera=True, connect_src=f"'self' {box_at}".rstrip(), **scripts)
    checking = headers(camera=True, connect_src="'self'", **scripts)

    @router.api_route("/tablet", methods=METHODS)
    def tablet() -> Response:
        return _page("tablet.html", voting)

    @router.api_route("/tablet/wiped", methods=METHODS)
    def wiped() -> Response:
        return RedirectResponse("/tablet", 303, _WIPE)

    @router.api_route("/check-test", methods=METHODS)
    def check_test() -> Response:
        return _page("check_test.html", checking)

    @router.api_route("/api/texts", methods=METHODS)
    def texts(lang: str = "zh") -> Response:
        # Not one of our documents: its names have dots.
        return JSONResponse(tablet_texts(lang if lang in LANGUAGES else "zh"))

    return router


def tablet_texts(lang: str) -> dict[str, str]:
    """The messages ``tablet.…`` of a language, without that prefix."""
    prefix = "tablet."
    found = messages(lang).items()
    return {key.removeprefix(prefix): text for key, text in found if key.startswith(prefix)}


def _page(template: str, own: dict[str, str], **values: Any) -> Response:
    # The address is one for both languages: the page brings the texts of both.
    response = page(template, Words("zh"), "/tablet", **values)
    response.headers.update(own)
    return response
