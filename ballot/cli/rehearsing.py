"""The way into the demo for the person watching: one more deputy, with a pass and a tablet."""

import select
import sys
import time
from collections.abc import Callable

from rich.console import Console

from ballot.cli.progress import Bars
from ballot.demo.rehearsal import Guest
from ballot.locale import message

_SETTLE = 2  # seconds: the tablet may still be ending its check-in, or showing its receipt


class Watching:
    """Waits for the one more deputy, who is whoever sits at the keyboard; Enter goes on."""

    def __init__(self, console: Console, bars: Bars, lang: str) -> None:
        self._console, self._bars, self._lang = console, bars, lang

    def __call__(self, guest: Guest, step: str, done: Callable[[], bool]) -> None:
        """See :data:`ballot.demo.rehearsal.Watch`."""
        self._bars.stop()
        key = "demo.guest.check_in" if step == "check_in" else "demo.guest.vote"
        fields = {"address": guest.address, "code": guest.code, "name": guest.name}
        self._console.print(message(self._lang, key, **fields), highlight=False)
        while not done() and not _enter(0.5):
            pass
        if done():
            time.sleep(_SETTLE)
        self._bars.start()


def _enter(seconds: float) -> bool:
    """Whether a line was typed within that time."""
    if select.select([sys.stdin], [], [], seconds)[0]:
        sys.stdin.readline()
        return True
    return False
