"""Work beside answering ends before what it works on is closed."""

import asyncio
import threading

import pytest

from ballot.web.threads import to_its_end


def test_it_answers_what_the_function_does() -> None:
    async def use() -> None:
        assert await to_its_end(divmod, 17, 5) == (3, 2)
        with pytest.raises(ZeroDivisionError):
            await to_its_end(divmod, 17, 0)

    asyncio.run(use())


@pytest.mark.parametrize("fails", [False, True])
def test_a_cancelled_task_ends_when_its_thread_is_done(fails: bool) -> None:
    begun, may_end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        may_end.wait()
        done.append(True)
        if fails:
            raise ValueError

    async def use() -> None:
        task = asyncio.create_task(to_its_end(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done

    asyncio.run(use())
