"""The chance that callbacks draw from: Python's and NumPy's own generators, which a training lends and takes back."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Chance"]

HOOKS = [
    f"on_{what}_{edge}"
    for what in ("train", "epoch", "batch", "train_batch", "test", "test_batch")
    for edge in ("begin", "end")
]


class Chance:
    """Lets what a user's callbacks draw follow from the seed; before and after each the generators are the process's.

    In the main thread only, where one training runs at a time: fits in other threads leave the generators alone.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        self.seed, self._lent = seed, False
        self.begin(0)

    def begin(self, *words: int) -> None:
        """Draw from here on what follows from the seed and these words."""
        words = (self.seed, *words)
        of_numpy = np.random.RandomState(np.array(words, np.uint32)).get_state()
        self._ours: tuple[Any, Any] = random.Random(" ".join(map(str, words))).getstate(), of_numpy
        if self._lent:
            _put(self._ours)

    def lend(self, told: Any) -> None:
        """Lend the generators to a list of callbacks, for each time that it is called."""
        if threading.current_thread() is threading.main_thread():
            for name in HOOKS:
                setattr(told, name, self._around(getattr(told, name)))

    def _around(self, hook: Callable[..., None]) -> Callable[..., None]:
        def call(*args: Any, **kwargs: Any) -> None:
            before, self._lent = _taken(), True
            _put(self._ours)
            try:
                hook(*args, **kwargs)
            finally:
                self._ours, self._lent = _taken(), False
                _put(before)

        return call


def _taken() -> tuple[Any, Any]:
    return random.getstate(), np.random.get_state()


def _put(states: tuple[Any, Any]) -> None:
    random.setstate(states[0])
    np.random.set_state(states[1])
