"""Progress bars for long work, one per step."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ballot.locale import message


class Bars:
    """One progress bar per long step."""

    def __init__(self, console: Console, lang: str) -> None:
        self._lang = lang
        self._tasks: dict[str, Any] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Draw the bars, also again."""
        self._progress.start()

    def stop(self) -> None:
        """Leave the screen to somebody else."""
        self._progress.stop()

    def step(self, name: str, done: int, total: int) -> None:
        """Show ``done`` of ``total`` of a step; a later round of it starts the bar again."""
        if name not in self._tasks:
            title = message(self._lang, f"demo.step.{name}")
            self._tasks[name] = self._progress.add_task(title, total=total)
        self._progress.update(self._tasks[name], completed=done, total=total)
