"""Giving memory back after a fit, so that many fits in one process cost no more than one."""

from __future__ import annotations

import ctypes
import gc
import sys

__all__ = ["give_back_memory"]

C_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


def give_back_memory() -> None:
    """Collect what a finished training left behind.

    Keras' objects refer to each other in circles, which Python finds late; and the arenas in which XLA's threads
    compiled stay with the process until glibc is asked to trim them (100 MB after a few fits).
    """
    gc.collect()
    trim = getattr(C_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)
