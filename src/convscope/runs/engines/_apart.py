"""A trial in a process of its own, beside the worker of a cluster.

A worker has threads that draw random numbers for their own ends, and it may work on several trials at once; a training
that shared its process would not be a pure function any more. The process stays for the next trial, takes orders and
gives outcomes as lines of JSON, and ends when the worker does, however that ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from queue import SimpleQueue
from typing import TextIO

from convscope.runs.trial import carry_out

__all__ = ["carry_out_apart"]

_of_this_thread = threading.local()


def carry_out_apart(order: str) -> str:
    """Carry out an order in the process that belongs to this thread.

    Raises
    ------
    ChildProcessError
        The process was killed over it.
    """
    process: subprocess.Popen[str] | None = getattr(_of_this_thread, "process", None)
    if process is None or process.poll() is not None:
        command = [sys.executable, "-m", __name__]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        _of_this_thread.process = process
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(order + "\n")
        process.stdin.flush()
        outcome = process.stdout.readline()
    except BrokenPipeError:
        outcome = ""
    if not outcome:
        raise ChildProcessError(f"the process of a trial ended with exit status {process.wait()}")
    return outcome.rstrip("\n")


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
