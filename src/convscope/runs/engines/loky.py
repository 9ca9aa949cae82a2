"""Processes on this machine, by loky."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue

from loky import BrokenProcessPool, ProcessPoolExecutor

from convscope.runs.engines._beginning import begin
from convscope.runs.trial import MOST_BEGINNINGS, carry_out, failed

__all__ = ["run"]


def run(orders: Sequence[str], *, jobs: int | None = None) -> Iterator[tuple[int, str]]:
    """Carry out orders in processes that share the cores.

    Each job has a process of its own, so that one that is killed takes nothing of the others with it.

    Parameters
    ----------
    orders : sequence of str
    jobs : int, optional
        Processes at a time; as many as there are cores if left out.

    Examples
    --------
    >>> from convscope.runs import engines
    >>> list(engines.loky([]))
    []
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    n_workers = min(jobs or cores, len(orders))
    waiting = iter(enumerate(orders))
    done: SimpleQueue[tuple[int, str]] = SimpleQueue()
    workers = [_Worker(max(1, cores // n_workers)) for _ in range(n_workers)]
    taking = threading.Lock()

    def work(worker: _Worker) -> None:
        _do_not_hear_ctrl_c()
        while not worker.stopped:
            with taking:
                index, order = next(waiting, (-1, ""))
            if index < 0:
                break
            done.put((index, worker.carry_out(order)))

    threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        for _ in orders:
            yield done.get()
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """One process, replaced when it is killed."""

    def __init__(self, threads: int) -> None:
        self.stopped = False
        self._threads = threads
        self._pool = self._started()

    def carry_out(self, order: str) -> str:
        """Carry out an order; once more, in a new process, where the first one was killed over it."""
        for _ in range(MOST_BEGINNINGS):
            try:
                return str(self._pool.submit(carry_out, order).result())
            except BrokenProcessPool:
                if self.stopped:
                    break
                self._pool = self._started()
            except BaseException as error:  # whatever a trial raises: whoever waits for the outcome gets one
                return failed(f"{type(error).__name__}: {error}")
        return failed()

    def stop(self) -> None:
        """End the process, and whatever it is at."""
        self.stopped = True
        self._pool.shutdown(wait=True, kill_workers=True)

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            max_workers=1,
            env={"OMP_NUM_THREADS": str(self._threads)},
            initializer=begin,
            initargs=(os.getpid(),),
        )


def _do_not_hear_ctrl_c() -> None:
    """Leave Ctrl-C to the main thread; what this thread starts does not hear it either, from its first moment on."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
