"""What a service does in threads beside answering: ended before its database is closed."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")


async def to_its_end(function: Callable[..., T], *arguments: Any) -> T:
    """Run it in a thread; a task that is cancelled meanwhile ends only when the thread is done.

    Otherwise the thread would work on, in a database that is being closed, and leave its
    connection and SQLite's log behind.
    """
    work = asyncio.ensure_future(run_in_threadpool(function, *arguments))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
