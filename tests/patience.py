"""How long tests wait for something that comes: generously, as machines are slow at times."""

import time
from collections.abc import Callable

SECONDS = 180
MILLISECONDS = SECONDS * 1000


def until(
    done: Callable[[], object],
    trouble: Callable[[], object] = lambda: "",
    rest: Callable[[], object] = lambda: time.sleep(0.02),
) -> None:
    """Wait for something that others do; ``trouble`` says what was found instead, ``rest`` passes
    the time between two looks.
    """
    end = time.monotonic() + SECONDS
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(str(trouble()))
        rest()
