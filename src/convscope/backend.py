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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import MissingExtraError, UsageError, did_you_mean
from convscope.installing import install_line

__all__ = [
    "BACKENDS",
    "backend_name",
    "gradient_of",
    "keras",
    "on_cpu",
]

BACKENDS = ("jax", "tensorflow", "torch")


@contextmanager
def _choosing_backend() -> Iterator[None]:
    """Import Keras with the backend that the user chose, else JAX, and leave the user's state unchanged.

    That is the environment, and the states of Python's and NumPy's random numbers, from which Keras and JAX draw.
    """
    name = os.environ.get("KERAS_BACKEND", "jax")
    if name not in BACKENDS:
        raise UsageError(
            "KERAS_BACKEND is set to an unknown backend.",
            received=f"KERAS_BACKEND={name}",
            expected=did_you_mean(name, BACKENDS),
        )
    if importlib.util.find_spec(name) is None:
        raise MissingExtraError(
            f"KERAS_BACKEND is set to {name}, which is not installed.",
            repair=f"{install_line(name)}, or unset KERAS_BACKEND to use JAX",
        )
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2"} if name == "tensorflow" else {}  # it greets on stderr otherwise
    ours = {key: value for key, value in {"KERAS_BACKEND": name, **quiet}.items() if key not in os.environ}
    states = random.getstate(), np.random.get_state()
    os.environ.update(ours)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        for key in ours:
            del os.environ[key]


try:
    with nullcontext() if "keras" in sys.modules else _choosing_backend():
        import keras
except MissingExtraError:
    raise
except ImportError as error:
    raise MissingExtraError(
        f"Keras cannot be imported: {error}.",
        received=f"KERAS_BACKEND={os.environ.get('KERAS_BACKEND', '(not set, which means tensorflow)')}",
        expected="a backend that is installed when Keras is imported for the first time in a process",
        repair="restart Python, and import convscope before keras; or set KERAS_BACKEND=jax before Python starts",
    ) from error


def backend_name() -> str:
    """Return the backend that Keras runs on: ``"jax"``, ``"tensorflow"`` or ``"torch"``."""
    return str(keras.backend.backend())


def on_cpu() -> bool:
    """Say whether Keras computes on a CPU: its backend finds no accelerator."""
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
