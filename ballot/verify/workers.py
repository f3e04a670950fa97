"""The same function on many batches, in order, in several processes and flat memory."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Self, TypeVar

from ballot.crypto.errors import Invalid

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """``jobs`` processes, started when they are first needed; with one job there is none.

    Results come in the order of the batches whatever the number of jobs, so that a report
    does not depend on it.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[T], R], batches: Iterable[T]) -> Iterator[R]:
        """``function`` of every batch; at most two batches per job are under way.

        Raises ``verify.interrupted`` if a process dies (killed, out of memory).
        """
        if self._jobs <= 1:
            yield from map(function, batches)
            return
        if self._pool is None:
            # "spawn": a fork would copy locks held by other threads of the caller.
            self._pool = ProcessPoolExecutor(self._jobs, get_context("spawn"), _leave_interrupts)
        under_way: deque[Future[R]] = deque()
        try:
            for batch in batches:
                under_way.append(self._pool.submit(function, batch))
                if len(under_way) > 2 * self._jobs:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool:
            raise Invalid("verify.interrupted", "a process of the verifier was ended") from None


def _leave_interrupts() -> None:
    # Ctrl-C is answered once, by the process the person started.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
