"""What a trained model gives for rows: through our own layers where all of them are known, else through Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import on_cpu
from convscope.engine._threads import SINGLE_PRODUCTS, n_threads, workers
from convscope.engine.network import Network, Pass, UnknownLayerError, read_network

__all__ = ["known_network", "model_outputs"]

Array = NDArray[Any]
PART = 128
KERAS_BATCH = 1024


def known_network(model: Any, *, to_input: bool = False) -> Network | None:
    """Read a Keras model as it is now; None where it has something that is not known, or runs on a GPU."""
    try:
        return read_network(model, to_input=to_input) if on_cpu() else None
    except UnknownLayerError:
        return None


def model_outputs(
    model: Any, rows: Array, prepare: Callable[[Array], Array], *, engine: str = "auto", threads: int | None = None
) -> Array:
    """Send rows through a model, part by part.

    Parameters
    ----------
    model : keras.Model
        Built.
    rows : array of shape (n_rows, ...)
    prepare : callable
        Turns some of the rows into float32 inputs.
    engine : {"auto", "numpy", "keras"}
        Keras', if it was asked for or the network is not known.
    threads : int, optional
        How many at once; by default one for each core. The result does not depend on it.

    Returns
    -------
    outputs : array of shape (n_rows, n_units)
        After the last activation.
    """
    network = None if engine == "keras" else known_network(model)
    if network is None:
        starts = range(0, len(rows), KERAS_BATCH)
        return np.concatenate([_through_keras(model, prepare(rows[at : at + KERAS_BATCH])) for at in starts])

    def through(start: int) -> Array:
        y, _ = network.forward(prepare(rows[start : start + PART]), Pass(False))
        return network.activate(y)

    starts = range(0, len(rows), PART)
    if len(starts) == 1:
        with SINGLE_PRODUCTS:
            return through(0)
    with workers(threads or n_threads()) as work:
        return np.concatenate(work(through, starts))


def _through_keras(model: Any, inputs: Array) -> Array:
    """Run Keras on inputs that are padded with zeros, so that few sizes are ever compiled."""
    n_padded = min(KERAS_BATCH, 1 << max(3, (len(inputs) - 1).bit_length()))
    padded = np.zeros((n_padded, *inputs.shape[1:]), np.float32)
    padded[: len(inputs)] = inputs
    return np.asarray(model.predict_on_batch(padded))[: len(inputs)]
