"""Several threads at once: how many, and what shares the work among them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from convscope.training._memory import keeping_memory

__all__ = ["Work", "n_threads", "workers"]

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

    The calling thread works too: threads that wait for each other are what costs most in Python.
    """
    with keeping_memory(), threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:

        def work(function: Callable[[int], Any], parts: Sequence[int]) -> list[Any]:
            found: list[Any] = [None] * len(parts)
            places = iter(range(len(parts)))

            def take_parts() -> None:
                for place in places:
                    found[place] = function(parts[place])

            others = [pool.submit(take_parts) for _ in range(min(threads, len(parts)) - 1)]
            take_parts()
            for other in others:
                other.result()
            return found

        yield work
