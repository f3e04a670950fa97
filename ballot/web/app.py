"""What every application of ours shares, and the one that shows a finished record.

``new_app`` has no schema or docs routes and no redirect, which would repeat the Host header
(attack C15); every error is a page that says what to do next.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request

from ballot.crypto.errors import Invalid
from ballot.web.client import client_files
from ballot.web.pages import error_page
from ballot.web.problems import problem
from ballot.web.results import METHODS, read_results, results_router
from ballot.web.shield import HEADERS, Shield
from ballot.web.verifying import verifying_router

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_STATIC = Path(__file__).parent / "static"


def new_app(
    hosts: Collection[str],
    headers: Mapping[str, str] = HEADERS,
    inner: Sequence[Middleware] = (),
) -> FastAPI:
    """An application that answers requests for ``hosts`` only, all with ``headers`` where a
    response has none of its own. ``inner`` stands inside the shield.
    """
    app = FastAPI(openapi_url=None, redirect_slashes=False, middleware=inner)
    app.add_middleware(
        Shield, hosts=hosts, headers=headers, refusal=lambda scope: error_page(scope, 400)
    )
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Invalid, _refusal)
    app.add_exception_handler(Exception, _server_error)
    return app


def mount_static(app: FastAPI) -> None:
    """Style sheets and scripts, as they lie in the package. Nothing else is compressed: the
    length of an answer must say nothing of what it holds (attack B24).
    """
    app.mount("/static", GZipMiddleware(_Static(directory=_STATIC)), name="static")


class _Static(StaticFiles):
    """Files that a browser keeps and asks after: page and worker load a module once."""

    def file_response(self, *args: Any, **named: Any) -> Response:
        """The file with its header for caches."""
        response: Response = super().file_response(*args, **named)
        response.headers["cache-control"] = "no-cache"
        return response


def result_app(record: Path, hosts: Collection[str] = LOCAL_HOSTS) -> FastAPI:
    """The application that shows ``record``, a verified ``record.zip``.

    The record is read once, here. Raises OSError and what :func:`read_results` raises.
    """
    results = read_results(record)
    app = new_app(hosts)
    mount_static(app)
    app.include_router(results_router(lambda: results, lambda _: Response(status_code=404)))
    app.include_router(verifying_router())

    @app.api_route("/api/client", methods=METHODS)
    def client() -> Response:
        return client_files()

    @app.api_route("/health", methods=METHODS)
    def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return app


def _is_api(path: str) -> bool:
    return path.startswith("/api/")


async def _http_error(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    response = error_page(request.scope, status)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


async def _refusal(request: Request, error: Exception) -> Response:
    return problem(error if isinstance(error, Invalid) else Invalid("service.failed"))


async def _server_error(request: Request, error: Exception) -> Response:
    if _is_api(request.scope["path"]):
        return problem(Invalid("service.failed"))
    return error_page(request.scope, 500)
