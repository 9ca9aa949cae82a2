"""Ctrl-C and SIGTERM, from the first line of the program to its last: words, and exit code 130.

While modules are imported nothing is at stake, and an exception that is raised there may be swallowed, or break what is
half imported: the program ends at once. A command hears KeyboardInterrupt, and takes away what it had half written.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

__all__ = ["INTERRUPTED", "answer_with_exception", "end_at_once"]

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)
A_MOMENT = 0.05
"""In seconds."""


def end_at_once() -> None:
    """Let both signals end the program; one that is ignored stays so."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    sys.unraisablehook = _ask_again


def answer_with_exception() -> None:
    """Let both signals raise KeyboardInterrupt in a program that `end_at_once` was called in, and in no other."""
    for number in SIGNALS:
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    with suppress(OSError):
        os.write(2, b"\ninterrupted\n")
    os._exit(INTERRUPTED)


def _ask_again(unraisable: Any) -> None:
    """Ask again after a moment where the signal came while Python was tidying up, which no exception leaves."""
    if unraisable.exc_type is KeyboardInterrupt:
        threading.Timer(A_MOMENT, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(unraisable)
