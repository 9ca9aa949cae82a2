"""Several threads at once: how many, and what shares the work among them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import Any

from threadpoolctl import threadpool_limits

from convscope.engine._memory import keeping_memory
from convscope.engine._shared import Shared

__all__ = ["SINGLE_PRODUCTS", "Work", "n_threads", "workers"]

SINGLE_PRODUCTS = Shared(lambda: threadpool_limits(1, user_api="blas"))
"""While it is entered, each matrix product keeps to one thread; how many share it may change the last bits."""
Work = Callable[[Callable[[int], Any], Sequence[int]], list[Any]]


def n_threads() -> int:
    """Count the cores that this process may use: those it is bound to, and no more than OMP_NUM_THREADS.

    joblib sets that variable in its workers, so that several fits side by side share the cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, max(1, int(wanted))) if wanted.isdecimal() else cores


@contextmanager
def workers(threads: int) -> Iterator[Work]:
    """Give what maps a function over parts, on so many threads; the matrix products keep to one thread each.

    The calling thread works too: threads that wait for each other are what costs most in Python. For the same reason
    they talk through the plainest of queues: a pool with futures takes another twentieth of the lab's training.
    """
    asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
    answered: SimpleQueue[BaseException | None] = SimpleQueue()

    def help_along() -> None:
        while (take_parts := asked.get()) is not None:
            try:
                take_parts()
                answered.put(None)
            except BaseException as failure:
                answered.put(failure)

    def work(function: Callable[[int], Any], parts: Sequence[int]) -> list[Any]:
        found: list[Any] = [None] * len(parts)
        places = iter(range(len(parts)))

        def take_parts() -> None:
            for place in places:
                found[place] = function(parts[place])

        n_helpers = min(threads, len(parts)) - 1
        for _ in range(n_helpers):
            asked.put(take_parts)
        try:
            take_parts()
        finally:
            failures = [answered.get() for _ in range(n_helpers)]
        for failure in filter(None, failures):
            raise failure
        return found

    helpers = [Thread(target=help_along, daemon=True) for _ in range(threads - 1)]
    with keeping_memory(), SINGLE_PRODUCTS:
        for helper in helpers:
            helper.start()
        try:
            yield work
        finally:
            for _ in helpers:
                asked.put(None)
            for helper in helpers:
                helper.join()
