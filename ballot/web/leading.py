"""Where people are led: back to the page they come from, and never to another site (attack C4)."""

import re
from urllib.parse import quote

from fastapi import Request
from starlette.routing import Match

from ballot.web.results import METHODS

_BELOW = re.compile(r"(/[\w-]+)+(\?[\w=&-]*)?", re.ASCII)


def own_path(path: str, at: str) -> str:
    """The path with its query, if it is one of the pages at or below ``at``; else empty."""
    inside = path == at or path.startswith((f"{at}/", f"{at}?"))
    return path if inside and _BELOW.fullmatch(path) else ""


def page_of(request: Request) -> str:
    """The path of the page that was asked for, or, for a form, of the page that has it: the
    nearest above its own address. Without one, empty.
    """
    path = request.url.path
    while path and not is_page(request, path):
        path = path.rpartition("/")[0]
    return path


def is_page(request: Request, path: str) -> bool:
    """Whether this application has a page there. What answers for every address below another
    (``{path:path}``, a route of the application itself) is none.
    """
    asked = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    for route in request.app.routes:
        match, found = route.matches({**asked, "path_params": {}})
        if match is Match.FULL:
            return "path" not in found.get("path_params", {})
    return False


def address_with_return(request: Request, address: str, at: str) -> str:
    """That page of ours, told where it leads back to; ``at`` itself is where it leads anyhow."""
    back, query = page_of(request), request.url.query
    if query and request.method in METHODS:
        back = own_path(f"{back}?{query}", at) or back
    back = own_path(back, at)
    return address if back in ("", at) else f"{address}?next={quote(back, safe='/')}"
