"""The outermost layer: which hosts are answered, and the headers of every response.

Attacks C1, C2, C4, C15: no script, no frame, no foreign origin, no cookie, whatever a page holds.
"""

from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def headers(*, cache: str = "no-store", camera: bool = False, **policy: str) -> dict[str, str]:
    """The headers of a family of pages. ``policy`` adds to the Content-Security-Policy or
    replaces in it (``connect_src="'self'"``); ``camera``: whether the page may ask for it.
    """
    sources = _POLICY | {name.replace("_", "-"): value for name, value in policy.items()}
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in sources.items()),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": f"camera=({'self' if camera else ''}), geolocation=(), microphone=()",
        "cache-control": cache,
    }


# The public pages: the next round changes them; a browser asks again.
HEADERS = headers(cache="no-cache", form_action="'self'")
API_HEADERS = headers()


class Shield:
    """ASGI middleware. A request for another host gets ``refusal(scope)``."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str],
        refusal: Callable[[Scope], Response],
        headers: Mapping[str, str] = HEADERS,
    ) -> None:
        self._app, self._hosts, self._refusal = app, frozenset(hosts), refusal
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    own.setdefault(name, value)
            await send(message)

        known = _host(Headers(scope=scope).get("host", "")) in self._hosts
        await (self._app if known else self._refusal(scope))(scope, receive, send_with_headers)


def _host(header: str) -> str:
    """The host of a Host header, without its port; empty when it cannot be read."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
