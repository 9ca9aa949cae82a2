"""The time of a class: it never goes back, whatever happens to the clock of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Clock"]


class Clock:
    """Seconds since 1970, as far as they can be known.

    While the server runs, time passes as it does on a stopwatch. When it begins, it is as late as the machine says, and
    no earlier than anything that was noted before; so what is kept for an hour is kept for an hour, and not for the
    years that a clock was set back by.

    Parameters
    ----------
    noted : float
        The latest moment that was noted before.
    wall, watch : callable
        The clock of the machine, and one that only goes forward.

    Examples
    --------
    >>> Clock(2_000.0, wall=lambda: 1_000.0, watch=lambda: 5.0)()
    2000.0
    """

    def __init__(
        self, noted: float, wall: Callable[[], float] = time.time, watch: Callable[[], float] = time.monotonic
    ) -> None:
        self._watch = watch
        self._zero = max(wall(), noted) - watch()

    def __call__(self) -> float:
        """Say what time it is."""
        return self._zero + self._watch()
