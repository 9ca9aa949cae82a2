"""How far a long reading is, on stderr: a bar on a terminal, else a line now and then; nothing in the first second."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["Counted", "counting"]

PATIENCE_S, LINES_EVERY_S = 1.0, 10.0


class Counted:
    """Counts things, and shows how many there are still to come."""

    def __init__(self, what: str, total: int, bar: Progress) -> None:
        self.what, self.total, self.bar = what, total, bar
        self.done, self.began = 0, monotonic()
        self.next_line = self.began + LINES_EVERY_S
        self.task: int | None = None

    def one_more(self) -> None:
        """Count one."""
        self.done += 1
        if self.done % 32:
            return
        now = monotonic()
        if self.bar.disable:
            if now > self.next_line:
                self.next_line = now + LINES_EVERY_S
                left = (now - self.began) * (self.total - self.done) / self.done
                sys.stderr.write(f"{self.what}: {self.done:,} of {self.total:,}, {left:,.0f} s left\n")
        elif self.task is not None:
            self.bar.update(self.task, completed=self.done)  # type: ignore[arg-type]
        elif now > self.began + PATIENCE_S:
            self.task = self.bar.add_task(self.what, total=self.total)
            self.bar.start()


@contextmanager
def counting(what: str, total: int) -> Iterator[Counted]:
    """Show the progress of the block; the bar is cleared at its end."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    try:
        yield Counted(what, total, bar)
    finally:
        bar.stop()
