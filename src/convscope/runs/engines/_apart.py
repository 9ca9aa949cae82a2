"""A trial in a process of its own, beside the worker of a cluster.

A worker has threads that draw random numbers for their own ends, and it may work on several trials at once; a training
that shared its process would not be a pure function any more. The process stays for the next trial, takes orders and
gives outcomes as lines of JSON, and ends when the worker does, however that ends. The worker itself needs no Keras.
"""

from __future__ import annotations

import subprocess
import sys
import threading

__all__ = ["carry_out_apart"]

COMMAND = (sys.executable, "-m", "convscope.loading", "convscope.runs.engines._taking_orders")
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
        process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
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
