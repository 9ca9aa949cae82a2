"""Seeds of its own for a model that is built: the thread that builds draws from them, and all others as ever.

Keras takes the seeds of weights and dropout from Python's one generator. To seed that would take numbers from others,
and whoever draws meanwhile would change the model. So, while models are built, the names by which three of Keras'
modules know the generators stand for an answer per thread; the generators themselves are not touched.
"""

from __future__ import annotations

import importlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from types import SimpleNamespace
from typing import Any

import numpy as np

from convscope.backend import backend_name, keras
from convscope.engine._drawing import uniform
from convscope.engine._shared import Shared

__all__ = ["own_seeds"]

MODULES = ("keras.src.random.seed_generator", "keras.src.utils.rng_utils", "keras.src.initializers.random_initializers")
PLACES = tuple(zip(MODULES, ("python_random", "random", "random"), strict=True))
_here = threading.local()


@contextmanager
def own_seeds(seed: int) -> Iterator[random.Random]:
    """Let the seeds of what this thread builds in the block follow from a seed.

    A builder that calls ``keras.utils.set_random_seed`` seeds them itself; the process's generators, which that seeds
    too, are put back at the end.

    Yields
    ------
    seeds : random.Random
        What they are drawn from.
    """
    seeds, before = _Seeds(seed), getattr(_here, "answers", {})
    _here.answers = dict(zip(PLACES, (seeds, seeds, SimpleNamespace(uniform=_uniform)), strict=True))
    try:
        with _STANDING_IN:
            yield seeds
    finally:
        _here.answers = before
        seeds.put_back()


class _Seeds(random.Random):
    """A generator, which also does what Keras does for ``set_random_seed``."""

    _has_seeded = False
    _ready = False

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._ready = True

    def seed(self, a: Any = None, version: int = 2) -> None:
        super().seed(a, version)
        if self._ready:
            if not self._has_seeded:
                _PUT_BACK.__enter__()
                self._has_seeded = True
            random.seed(a, version)

    def put_back(self) -> None:
        """Give the caller's generators back what they were, if a builder has seeded them."""
        if self._has_seeded:
            self._has_seeded = False
            _PUT_BACK.__exit__()


def _uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Draw weights as ``keras.random.uniform`` does, on JAX without a program for each shape, which takes longer."""
    if dtype != "float32" or not isinstance(seed, Integral) or not _draws_as_we_do():
        return keras.random.uniform(shape, minval, maxval, dtype=dtype, seed=seed)
    return keras.ops.convert_to_tensor(uniform(tuple(shape), minval, maxval, int(seed) % 2**32))


def _draws_as_we_do() -> bool:
    if backend_name() != "jax":
        return False
    config = importlib.import_module("jax").config
    return bool(config.jax_threefry_partitionable) and config.jax_default_prng_impl == "threefry2x32"


class _PerThread:
    """Stands for a module in another: a thread that builds finds its own there, any other the module."""

    def __init__(self, place: tuple[str, str], plain: Any) -> None:
        self.place, self.plain = place, plain

    def __getattr__(self, name: str) -> Any:
        own = getattr(_here, "answers", {}).get(self.place)
        return getattr(own if hasattr(own, name) else self.plain, name)


@contextmanager
def _standing_in() -> Iterator[None]:
    modules = [importlib.import_module(name) for name, _ in PLACES]
    for module, place in zip(modules, PLACES, strict=True):
        setattr(module, place[1], _PerThread(place, getattr(module, place[1])))
    try:
        yield
    finally:
        for module, (_, name) in zip(modules, PLACES, strict=True):
            setattr(module, name, getattr(module, name).plain)


@contextmanager
def _put_back() -> Iterator[None]:
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


_STANDING_IN = Shared(_standing_in)
_PUT_BACK = Shared(_put_back)
"""What builders in several threads have seeded is put back by the last: another would put back what one has seeded."""
