"""Memory of a fit: kept while it runs, given back when it ends."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from convscope.engine._shared import Shared

__all__ = ["give_back_memory", "keeping_memory"]

C_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


def give_back_memory(*, circles: bool) -> None:
    """Hand back to the system what a finished training left behind.

    The arenas in which XLA's threads compiled stay with the process until glibc is asked to trim them (100 MB after a
    few fits).

    Parameters
    ----------
    circles : bool
        Look for objects that refer to each other in circles, too, which Python else finds late. Keras' compiled steps
        are such; looking takes 0.25 s, three times as long as the NumPy engine trains a small network, which leaves
        none.
    """
    if circles:
        gc.collect()
    trim = getattr(C_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)


def keeping_memory() -> Shared:
    """Let freed arrays of some MB be used again at once, for the length of a training; see `_keep`."""
    return _KEEPING


@contextmanager
def _keep() -> Iterator[None]:
    """Let freed arrays of some MB be used again at once, for the length of a training.

    glibc otherwise hands each of them back to the system and asks for it anew: about 5,000 page faults for each step of
    the lab's CNN, and a sixth of its time.
    """
    change = getattr(C_LIBRARY, "mallopt", None)
    if change is None:
        yield
        return
    change(M_MMAP_THRESHOLD, 32 << 20)
    change(M_TRIM_THRESHOLD, 1 << 30)
    try:
        yield
    finally:
        change(M_MMAP_THRESHOLD, 128 << 10)
        change(M_TRIM_THRESHOLD, 128 << 10)


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
_KEEPING = Shared(_keep)
