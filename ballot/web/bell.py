"""Waking those who wait for something to be published."""

import asyncio


class Bell:
    """Rung in the event loop at each event and tick; everyone who waits goes on."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self.stopped = False

    def ring(self) -> None:
        """Wake everyone."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def stop(self) -> None:
        """Wake everyone for the last time: the service stops."""
        self.stopped = True
        self.ring()

    async def wait(self, seconds: float | None = None) -> bool:
        """Returns at the next ring, or after ``seconds``; False once the service stops."""
        if not self.stopped:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            await asyncio.wait([future], timeout=seconds)
            self._waiting.discard(future)
        return not self.stopped
