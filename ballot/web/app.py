"""The public result page of one record: ``uvicorn.run(result_app(path))``.

Chinese at the root, English under ``/en``; the certificate and the notice of each vote as forms
for A4; the record to download. Read only: nothing here changes a session.
"""

import io
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

import segno
from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from ballot.locale import LANGUAGES
from ballot.web.record import read_record
from ballot.web.shield import HEADERS, Shield
from ballot.web.views import RoundPage, SessionView, VoteView, session_view
from ballot.web.words import Words, chinese_number

Value = TypeVar("Value")

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_STATIC = Path(__file__).parent / "static"
_METHODS = ["GET", "HEAD"]
# What an error page can say; every other status is told as 500.
_ERRORS = (400, 404, 405, 500)

_templates = Environment(
    loader=PackageLoader("ballot.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_CHINESE = re.compile(r"([\u3400-\u9fff][\u3000-\u9fff\uff00-\uffef]*)")


@pass_context
def _mixed(context: Context, text: str) -> Markup:
    """A sentence that may name Chinese people and projects on a page in another language: they
    are marked as Chinese, so that they are read aloud and set as such (WCAG 3.1.2).
    """
    if context["t"].lang == "zh":
        return escape(text)
    pieces = _CHINESE.split(text)
    marked = Markup('<span lang="zh-CN">{}</span>')
    return Markup("").join(marked.format(p) if i % 2 else p for i, p in enumerate(pieces))


_templates.filters["mixed"] = _mixed
_templates.filters["chinese_number"] = chinese_number


def result_app(record: Path, hosts: Collection[str] = LOCAL_HOSTS) -> FastAPI:
    """The application that shows ``record``, a verified ``record.zip``, to requests for ``hosts``.

    The record is read once, here. Raises OSError and what :func:`read_record` raises.
    """
    # No schema and no docs routes, and no redirect, which would repeat the Host header (C15).
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    documents = read_record(record)
    sessions = {lang: session_view(documents, lang) for lang in LANGUAGES}
    app.add_middleware(Shield, hosts=hosts, refusal=lambda scope: _error(scope, 400))
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _server_error)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

    @app.api_route("/health", methods=_METHODS)
    def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.api_route("/record.zip", methods=_METHODS)
    def download() -> FileResponse:
        if not record.is_file():
            raise HTTPException(404)
        return FileResponse(record, media_type="application/zip", filename="record.zip")

    @app.api_route("/certificate/{slot}/qr.svg", methods=_METHODS)
    def qr(slot: str) -> Response:
        _, page = _found(sessions["zh"].page(slot))
        return Response(_qr(_found(page.certificate).digest), media_type="image/svg+xml")

    for lang in LANGUAGES:
        _add_pages(app, sessions[lang], Words(lang))
    return app


def _add_pages(app: FastAPI, session: SessionView, words: Words) -> None:
    """The pages of one language."""

    @app.api_route(words.href("/"), methods=_METHODS)
    def result() -> HTMLResponse:
        return _page("result.html", words, "/", session=session)

    @app.api_route(words.href("/certificate/{slot}"), methods=_METHODS)
    def certificate(slot: str) -> HTMLResponse:
        vote, page = _found(session.page(slot))
        return _form("certificate.html", words, f"/certificate/{slot}", session, vote, page)

    @app.api_route(words.href("/notice/{vote_id}"), methods=_METHODS)
    def notice(vote_id: str) -> HTMLResponse:
        vote = _found(session.vote(vote_id))
        if vote.kind != "selection" or not vote.certified:
            raise HTTPException(404)  # the wording of the notice is one for projects
        last = vote.certified[-1]
        return _form("notice.html", words, f"/notice/{vote_id}", session, vote, last)


def _form(
    template: str, words: Words, path: str, session: SessionView, vote: VoteView, page: RoundPage
) -> HTMLResponse:
    return _page(template, words, path, session=session, vote=vote, page=page)


def _page(template: str, words: Words, path: str, code: int = 200, **values: Any) -> HTMLResponse:
    other = Words("en" if words.lang == "zh" else "zh")
    text = _templates.get_template(template).render(
        t=words, other=other, other_href=other.href(path), **values
    )
    return HTMLResponse(text, code)


def _found(value: Value | None) -> Value:
    if value is None:
        raise HTTPException(404)
    return value


def _qr(text: str) -> bytes:
    """The text as an SVG picture; error level M suffices for a laser print."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, nl=False, omitsize=True, border=4, light="#fff"
    )
    return out.getvalue()


def _error(scope: Scope, status: int) -> HTMLResponse:
    """What went wrong and what to do next, in the language of the address."""
    lang = "en" if f"{scope['path']}/".startswith("/en/") else "zh"
    known = status if status in _ERRORS else 500
    response = _page("error.html", Words(lang), "/", status, status=known)
    # An error outside the shield must not be the one page without it.
    response.headers.update(HEADERS)
    return response


async def _http_error(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    response = _error(request.scope, status)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


async def _server_error(request: Request, error: Exception) -> Response:
    return _error(request.scope, 500)
