"""Box and signer follow the registrar's events: each is passed on until it was taken.

An event proves itself by its signatures and its place in the chain, so passing it on needs no
trust; a follower that was away gets everything it missed, in order.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import httpx

from ballot.crypto.encoding import loads
from ballot.crypto.errors import Invalid

log = logging.getLogger(__name__)
RETRY = 1.0  # seconds between attempts at a service that is away

Wait = Callable[[int], Awaitable[None]]
"""Returns when an event with a number above the argument was published."""


class Lines(Protocol):
    """The events published so far."""

    def lines(self, after: int) -> list[bytes]:
        """The lines of the events with a number above ``after``, in order."""


class Follower:
    """One service that follows, reached at ``client``'s base address."""

    def __init__(self, name: str, client: httpx.AsyncClient) -> None:
        self.name, self.client = name, client
        self.number = -1
        """The last event the service is known to have; -1 while it has not answered."""

    async def follow(self, source: Lines, wait: Wait) -> None:
        """Pass on every event, for ever; ends only by cancellation."""
        while True:
            try:
                await self._catch_up(source)
            except (httpx.HTTPError, Invalid) as error:
                if self.number >= 0:
                    log.warning("%s does not follow: %s", self.name, type(error).__name__)
                self.number = -1
                await asyncio.sleep(RETRY)
                continue
            await wait(self.number)

    async def _catch_up(self, source: Lines) -> None:
        if self.number < 0:
            self.number = int((await self.ask("GET", "/head"))["number"])
        for line in source.lines(self.number):
            await self.ask("POST", "/events", line)
            self.number += 1

    async def ask(
        self, method: str, path: str, body: bytes | None = None, secret: str | None = None
    ) -> Any:
        """One request; the decoded answer. Raises the service's own refusal as ``Invalid``."""
        headers = {} if body is None else {"content-type": "application/json"}
        if secret is not None:
            headers["authorization"] = f"Bearer {secret}"
        response = await self.client.request(method, path, content=body, headers=headers)
        return answer_of(response)


def answer_of(response: httpx.Response) -> Any:
    """The canonical JSON of an answer, or the refusal that it states."""
    if response.is_success:
        return loads(response.content) if response.content else None
    try:
        problem = loads(response.content.rstrip(b" "))
        code, detail = str(problem["code"]), str(problem.get("detail", ""))
    except (Invalid, KeyError, TypeError, AttributeError):
        code, detail = "service.failed", f"status {response.status_code}"
    raise Invalid(code, detail)
