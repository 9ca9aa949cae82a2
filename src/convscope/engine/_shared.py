"""What holds for the whole process while some thread needs it, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock

__all__ = ["Shared"]


class Shared:
    """A block that several threads may be in at once: the first opens it, and the last closes it.

    If each put back what it found, one would end what another still needs, and the last would leave its own behind.

    Parameters
    ----------
    make : callable
        Gives the context manager to open.
    """

    def __init__(self, make: Callable[[], AbstractContextManager[object]]) -> None:
        self._make, self._lock, self._n_inside = make, Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._open = self._make()
                self._open.__enter__()
            self._n_inside += 1

    def __exit__(self, *failure: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._open.__exit__(None, None, None)
