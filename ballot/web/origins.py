"""Who sent a request: a page of ours or another one (attacks C3, C22).

Our pages send no referrer, and without one a browser writes ``Origin: null`` on the forms of a
page itself, so both headers are read: Sec-Fetch-Site says what a null origin hides.
Sources: Fetch §3.2 and §4.6 (append a request Origin header), Fetch Metadata §2.3.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request

_SAFE = ("GET", "HEAD")


def require_own_origin(request: Request) -> None:
    """Dependency: raises 403 for a request that a page of another origin made, and for an unsafe
    one that does not say where it comes from. The host itself was checked by the shield.
    """
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    origin = request.headers.get("origin", "null")
    site = request.headers.get("sec-fetch-site", "")
    safe = request.method in _SAFE
    # Typing the address or opening a bookmark is ``none``: no page did it, so it only reads.
    allowed = ("", "same-origin", "none") if safe else ("", "same-origin")
    named = origin == own or site == "same-origin"
    if site not in allowed or origin not in ("null", own) or not (safe or named):
        raise HTTPException(403)
