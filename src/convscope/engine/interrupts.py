"""Ctrl-C and SIGTERM as a question that a training answers at the end of a step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

__all__ = ["INTERRUPTIONS", "Interrupts", "sigterm_as_ctrl_c"]

SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
INTERRUPTIONS = tuple(SIGNALS.values())


class Interrupts:
    """Remembers the first signal for the length of a block; the second one interrupts at once.

    Outside the main thread, and for a signal that is ignored, nothing changes. After the block a SIGTERM that came is
    sent again, to whoever handled it before: what a training could save is saved, and the process ends as it was told.

    Attributes
    ----------
    asked : str
        ``"Ctrl-C"`` or ``"SIGTERM"``; empty as long as none came.
    """

    def __init__(self) -> None:
        self.asked = ""
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) not in (None, signal.SIG_IGN):
                    self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *failure: object) -> None:
        self._give_back()
        if self.asked == SIGNALS[signal.SIGTERM]:
            signal.raise_signal(signal.SIGTERM)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = SIGNALS[signal.Signals(number)]

    def _give_back(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt for the length of a block, so that it ends as Ctrl-C ends it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
