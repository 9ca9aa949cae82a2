"""The one door to Keras.

Keras reads ``KERAS_BACKEND`` when it is first imported; convscope's default is JAX. Nothing else in the
package imports Keras, so no other file can pick a backend by accident.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from convscope.errors import MissingExtraError, UsageError, did_you_mean

__all__ = [
    "BACKENDS",
    "backend_name",
    "gradient_of",
    "keras",
    "on_cpu",
    "own_randomness",
    "quick_to_compile",
    "seed_generators",
]

BACKENDS = ("jax", "tensorflow", "torch")

KEEPING = {
    "jax_compilation_cache_dir": None,
    "jax_compilation_cache_max_size": 2**26,
    "jax_persistent_cache_min_compile_time_secs": 0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}
"""JAX's settings while programs are kept: all of them, the oldest given up at 64 MB."""
DRAWN_AT_ONCE = (64, 4_096, 65_536)
"""A program draws so many numbers."""


def _choose_backend() -> None:
    name = os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow greets on stderr otherwise
    if name not in BACKENDS:
        raise UsageError(
            "KERAS_BACKEND names no backend that convscope knows.",
            received=f"KERAS_BACKEND={name}",
            expected=did_you_mean(name, BACKENDS),
        )
    if importlib.util.find_spec(name) is None:
        raise MissingExtraError(
            f"KERAS_BACKEND asks for {name}, which is not installed.",
            repair=f"pip install 'convscope[{name}]', or unset KERAS_BACKEND to use JAX",
        )


if "keras" not in sys.modules:
    _choose_backend()

try:
    import keras
except ImportError as error:
    raise MissingExtraError(
        f"Keras cannot be imported: {error}.",
        received=f"KERAS_BACKEND={os.environ.get('KERAS_BACKEND', '(not set, which means tensorflow)')}",
        expected="a backend that is installed when Keras is imported for the first time in a process",
        repair="start Python anew, and import convscope before keras; or set KERAS_BACKEND=jax before Python starts",
    ) from error


def backend_name() -> str:
    """Return the backend that Keras runs on: ``"jax"``, ``"tensorflow"`` or ``"torch"``."""
    return str(keras.backend.backend())


def on_cpu() -> bool:
    """Say whether Keras computes on a CPU: no accelerator is there that its backend would take."""
    name = backend_name()
    if name == "torch":
        torch = importlib.import_module("torch")
        return not torch.cuda.is_available() and not torch.backends.mps.is_available()
    return not any(kind.startswith(("gpu", "tpu")) for kind in keras.distribution.list_devices())


def gradient_of(function: Callable[[Any], Any], at: NDArray[Any]) -> NDArray[Any]:
    """Differentiate a function of one tensor that gives one number, as the backend does it.

    Parameters
    ----------
    function : callable
        Takes a tensor of the backend; made of Keras' own operations.
    at : float32 array

    Returns
    -------
    gradient : array of the same shape
    """
    name = backend_name()
    library = importlib.import_module(name)
    if name == "jax":
        return np.asarray(library.grad(function)(library.numpy.asarray(at)))
    if name == "tensorflow":
        tensor = library.Variable(at)
        with library.GradientTape() as tape:
            value = function(tensor)
        return np.asarray(tape.gradient(value, tensor))
    tensor = library.tensor(at, requires_grad=True)
    function(tensor).backward()
    return np.asarray(tensor.grad.detach().cpu())


@contextmanager
def quick_to_compile() -> Iterator[None]:
    """Let JAX compile little, and without optimizing: for programs that run once, such as those for initial weights.

    Optimizing one takes 0.3 s, and running it a millisecond. What was compiled is kept for the next process, which
    builds the lab's CNN in 0.2 s instead of 0.5 s. JAX would take an optimized program for the same, if it had one, and
    that rounds otherwise; a precision of its own, which programs without matrix products do not use, keeps ours apart:
    a seed gives the same weights whatever went before.
    """
    if backend_name() != "jax":
        yield
        return
    jax = importlib.import_module("jax")
    config = jax.config
    before = config.read("jax_disable_most_optimizations")
    config.update("jax_disable_most_optimizations", True)
    try:
        with jax.default_matmul_precision("float32"), _keeping_programs(config), _drawing_by_few_programs(jax):
            yield
    finally:
        config.update("jax_disable_most_optimizations", before)


@contextmanager
def _drawing_by_few_programs(jax: Any) -> Iterator[None]:
    """Draw weights of all shapes by the same few programs; each shape would be one more, which takes 0.2 s to compile.

    A number that JAX draws follows from the key and from its place in line ("partitionable"), not from how many are
    drawn. So more are drawn, and the first ones taken.
    """
    draw = jax.random.uniform

    def draw_first(key: Any, shape: Any = (), *further: Any, **more: Any) -> Any:
        n_numbers = prod(shape)
        room = next((size for size in DRAWN_AT_ONCE if size >= n_numbers), 0)
        if not room or isinstance(key, jax.core.Tracer):
            return draw(key, shape, *further, **more)
        drawn = np.asarray(draw(key, (room,), *further, **more))
        return jax.device_put(drawn[:n_numbers].reshape(shape))

    told = (getattr(jax.config, f"jax_{name}", None) for name in ("threefry_partitionable", "default_prng_impl"))
    if tuple(told) == (True, "threefry2x32"):
        jax.random.uniform = draw_first
    try:
        yield
    finally:
        jax.random.uniform = draw


@contextmanager
def _keeping_programs(config: Any) -> Iterator[None]:
    """Keep what JAX compiles in the block in convscope's cache; where none can be, or the user has one, do nothing."""
    folder = user_cache_path("convscope", appauthor=False) / "programs"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if config.jax_compilation_cache_dir is not None or not os.access(folder, os.W_OK):
        yield
        return
    before = {name: getattr(config, name) for name in KEEPING}
    cache = importlib.import_module("jax.experimental.compilation_cache.compilation_cache")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*persistent compilation cache")  # a full disk, for instance
        try:
            for name, value in KEEPING.items():
                config.update(name, value)
            cache.set_cache_dir(str(folder))
            yield
        finally:
            for name, value in before.items():
                config.update(name, value)
            cache.reset_cache()


@contextmanager
def own_randomness(seed: int) -> Iterator[None]:
    """Seed what Keras draws its default seeds from, and give the caller's random state back afterwards.

    Parameters
    ----------
    seed : int
        Initial weights and dropout follow from it.
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()
    torch = sys.modules.get("torch")
    of_torch = torch.get_rng_state() if torch is not None else None
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)
        if torch is not None:
            torch.set_rng_state(of_torch)


def seed_generators(*numbers: int) -> None:
    """Seed the generators that a process has one of: Python's, NumPy's and, where it is loaded, PyTorch's."""
    random.seed(" ".join(map(str, numbers)))
    np.random.seed(numbers)
    torch = sys.modules.get("torch")
    if torch is not None:  # its dropout in Keras draws from there
        torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))
