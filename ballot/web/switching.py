"""Another application on the same port without a restart: an ASGI application that turns.

What is in flight ends in the application where it began; the next request meets the new one.
"""

import asyncio
import time

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

_PATIENCE = 250  # steps of 0.02 s: an application begins at once, or something is wrong


class Switch:
    """Stands in front of the application of one service; :meth:`turn` from any thread."""

    def __init__(self, app: FastAPI) -> None:
        self._app = self._next = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turned = asyncio.Event()

    @property
    def app(self) -> FastAPI:
        """The application that answers."""
        return self._app

    def turn(self, app: FastAPI) -> None:
        """From now on ``app`` answers: where a server runs, once its lifespan has begun, for
        which this waits. Called in another thread than the server's.
        """
        self._next = app
        if self._loop is None:
            self._app = app
            return
        self._loop.call_soon_threadsafe(self._turned.set)
        for _ in range(_PATIENCE):
            if self._app is app:
                return
            time.sleep(0.02)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespans one after the other."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The server's own lifespan: it begins with the first application and ends with the last;
        an application's begins before its first request.
        """
        await receive()
        self._loop = asyncio.get_running_loop()
        stop = asyncio.ensure_future(receive())
        started = False
        while not stop.done():
            app = self._next
            self._turned.clear()
            async with app.router.lifespan_context(app):
                self._app = app
                if not started:
                    await send({"type": "lifespan.startup.complete"})
                    started = True
                turned = asyncio.ensure_future(self._turned.wait())
                await asyncio.wait({stop, turned}, return_when=asyncio.FIRST_COMPLETED)
                turned.cancel()
        self._loop = None
        await send({"type": "lifespan.shutdown.complete"})
