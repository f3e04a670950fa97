"""Box and signer follow the registrar's events: each is passed on until it was taken.

An event proves itself by its signatures and its place in the chain: a follower believes the
registrar nothing. One that was away gets everything it missed, in order.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

import httpx

from ballot.crypto.encoding import loads, sha256
from ballot.crypto.errors import Invalid

log = logging.getLogger(__name__)
RETRY = 1.0  # seconds between attempts at a service that is away
PULSE = 5.0  # seconds between questions whether it still holds what it was told

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
        """The last event the service is known to have; -1 while it does not follow."""
        self.trouble = "away"
        """Why it does not: ``away``, or ``other_events`` where it holds others; else empty."""

    async def follow(self, source: Lines, wait: Wait) -> None:
        """Pass on every event, for ever; ends only by cancellation."""
        while True:
            try:
                await self._catch_up(source)
            except (httpx.HTTPError, Invalid, KeyError, TypeError, ValueError) as error:
                code = error.code if isinstance(error, Invalid) else type(error).__name__
                trouble = "other_events" if code == "event.chain" else "away"
                if self.trouble != trouble:
                    log.warning("%s does not follow: %s", self.name, code)
                self.number, self.trouble = -1, trouble
                await asyncio.sleep(RETRY)
                continue
            self.trouble = ""
            with suppress(TimeoutError):
                async with asyncio.timeout(PULSE):
                    await wait(self.number)

    async def _catch_up(self, source: Lines) -> None:
        head = await self.ask("GET", "/head")
        number, digest = int(head["number"]), head["digest"]
        known = source.lines(number - 1)[:1] if number else []
        # One of the two was put back from an older copy, or told of other events (attack B7).
        if number and (not known or sha256(known[0]).hex() != digest):
            raise Invalid("event.chain", f"{self.name} holds another event {number}")
        self.number = number
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
