"""The public result pages of one record: result, certificate, notice, the record itself.

Chinese at the root, English under ``/en``. Read only: nothing here changes a session.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

from ballot.crypto.encoding import parse_code
from ballot.crypto.errors import Invalid
from ballot.locale import LANGUAGES
from ballot.web.client import client_digest
from ballot.web.exports import add_exports
from ballot.web.forms import read_form
from ballot.web.pages import page, qr_svg
from ballot.web.record import read_record, read_trackers
from ballot.web.views import RoundPage, SessionView, VoteView, session_view
from ballot.web.words import Words

Value = TypeVar("Value")
METHODS = ["GET", "HEAD"]


@dataclass(frozen=True)
class Results:
    """A verified record and what its pages show, per language; 票迹码 → slot."""

    path: Path
    sessions: dict[str, SessionView]
    trackers: dict[str, str]


def read_results(path: Path) -> Results:
    """Read a verified ``record.zip`` once. Raises OSError and what :func:`read_record` raises."""
    documents = read_record(path)
    sessions = {lang: session_view(documents, lang) for lang in LANGUAGES}
    return Results(path, sessions, read_trackers(path))


Source = Callable[[], Results | None]
Before = Callable[[Words], Response]


def results_router(source: Source, before: Before) -> APIRouter:
    """The pages. ``source()`` is None until there is a result; the root then answers
    ``before(words)`` and everything else is not found.
    """
    router = APIRouter()

    @router.api_route("/record.zip", methods=METHODS)
    def download() -> FileResponse:
        record = _found(source()).path
        if not record.is_file():
            raise HTTPException(404)
        return FileResponse(record, media_type="application/zip", filename="record.zip")

    @router.api_route("/certificate/{slot}/qr.svg", methods=METHODS)
    def qr(slot: str) -> Response:
        _, shown = _found(_found(source()).sessions["zh"].page(slot))
        return Response(qr_svg(_found(shown.certificate).digest), media_type="image/svg+xml")

    for lang in LANGUAGES:
        _add_pages(router, source, before, Words(lang))
    return router


def _add_pages(router: APIRouter, source: Source, before: Before, words: Words) -> None:
    """The pages of one language."""

    @router.api_route(words.href("/"), methods=METHODS)
    def result() -> Response:
        results = source()
        if results is None:
            return before(words)
        shown = results.sessions[words.lang]
        return page("result.html", words, "/", session=shown, client=client_digest())

    add_exports(router, words, lambda: _found(source()).sessions[words.lang])

    @router.post(words.href("/tracker"))
    async def tracker(request: Request) -> HTMLResponse:
        """Whether a ballot is in a sealed box. Posted, so that no address holds the code."""
        results = _found(source())
        form = await read_form(request)
        try:
            code = parse_code(form.get("code", ""))
        except Invalid:
            code = ""
        slot = results.trackers.get(code)
        found = results.sessions[words.lang].page(slot) if slot else None
        return page(
            "tracker.html",
            words,
            "/",
            session=results.sessions[words.lang],
            typed=code,
            round=found[1].round if found else None,
        )

    @router.api_route(words.href("/certificate/{slot}"), methods=METHODS)
    def certificate(slot: str) -> HTMLResponse:
        session = _found(source()).sessions[words.lang]
        vote, shown = _found(session.page(slot))
        return _form("certificate.html", words, f"/certificate/{slot}", session, vote, shown)

    @router.api_route(words.href("/notice/{vote_id}"), methods=METHODS)
    def notice(vote_id: str) -> HTMLResponse:
        session = _found(source()).sessions[words.lang]
        vote = _found(session.vote(vote_id))
        if vote.kind != "selection" or not vote.certified:
            raise HTTPException(404)  # the wording of the notice is one for projects
        last = vote.certified[-1]
        return _form("notice.html", words, f"/notice/{vote_id}", session, vote, last)


def _form(
    template: str, words: Words, path: str, session: SessionView, vote: VoteView, shown: RoundPage
) -> HTMLResponse:
    return page(template, words, path, session=session, vote=vote, page=shown)


def _found(value: Value | None) -> Value:
    if value is None:
        raise HTTPException(404)
    return value
