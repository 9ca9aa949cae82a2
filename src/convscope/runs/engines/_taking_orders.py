"""The program that `_apart` starts: one order per line comes in, one outcome per line goes out."""

from __future__ import annotations

import os
import sys
import threading
from queue import SimpleQueue
from typing import TextIO

from convscope.runs.trial import carry_out

__all__: list[str] = []


def _take_orders(orders: TextIO, outcomes: TextIO) -> None:
    """Carry out one order per line; when no more can come, end at once, in the middle of a training too."""
    waiting: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in orders:
            waiting.put(line)
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    while True:
        outcomes.write(carry_out(waiting.get()) + "\n")
        outcomes.flush()


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a model prints is no outcome
    _take_orders(sys.stdin, answers)
