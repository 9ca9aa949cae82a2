"""The one door to Numba: functions that are compiled when they are first called.

Whoever imports this has a plain way too, for where Numba is not installed.
"""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["compiled"]


def compiled(function: Any) -> Any:
    """Compile a function when it is first called, and keep the code on disk if possible.

    It runs without Python's lock. A product and the sum that it enters may be rounded once; nothing is added in another
    order.
    """
    settings: dict[str, Any] = {"nogil": True, "fastmath": {"contract"}}
    try:
        return njit(cache=True, **settings)(function)
    except RuntimeError:  # no folder can be written
        return njit(**settings)(function)
