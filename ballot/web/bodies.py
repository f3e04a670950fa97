"""Request bodies: read as bytes, capped in size and time, decoded only from canonical JSON.

No framework validation touches them: its error texts would quote the input (attack D13).
"""

import asyncio
import hmac
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid

JSON = "application/json"
SLOWEST = 30  # seconds for a whole body


async def read_body(request: Request, limit: int, media_type: str = JSON) -> bytes:
    """The body, at most ``limit`` bytes of exactly that media type (attacks C3, C11).

    Raises ``body.media_type``, ``body.too_large`` or, for a body that does not come to an end,
    ``body.too_slow``.
    """
    if request.headers.get("content-type", "") != media_type:
        raise Invalid("body.media_type", f"not {media_type}")
    data = bytearray()
    try:
        async with asyncio.timeout(SLOWEST):
            async for chunk in request.stream():
                data += chunk
                if len(data) > limit:
                    raise Invalid("body.too_large", f"over {limit} bytes")
    except TimeoutError:
        raise Invalid("body.too_slow", f"over {SLOWEST} seconds") from None
    return bytes(data)


async def read_json(request: Request, limit: int) -> Any:
    """The decoded canonical JSON of the body; raises as :func:`read_body` and ``document.…``."""
    return loads(await read_body(request, limit))


def json_response(value: Any, status: int = 200) -> Response:
    """A value as canonical JSON that no cache keeps."""
    return Response(dumps(value), status, {"cache-control": "no-store"}, JSON)


def by_slot(numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """Slot → number as a list: ids of slots are no names of members."""
    return [{"number": number, "slot": slot} for slot, number in sorted(numbers.items())]


def from_slots(entries: Any) -> dict[str, int]:
    """The inverse; KeyError or TypeError for anything else."""
    return {str(entry["slot"]): int(entry["number"]) for entry in entries}


def bearer(request: Request) -> str:
    """The bearer credential of a request, or an empty text."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value if scheme.lower() == "bearer" else ""


def check_bearer(request: Request, secret: str) -> None:
    """Refuse (``service.secret``) whoever does not show the secret that the services share.

    An event proves itself but for one thing: ``counted`` bears no signature, and another spelling
    of it, passed on first, would keep a follower from the registrar's chain for good.
    """
    if not hmac.compare_digest(bearer(request).encode(), secret.encode()):
        raise Invalid("service.secret", "another service's secret, or none")
