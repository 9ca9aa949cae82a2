"""Known faults of the backends: what a model gives there is not what its layer is defined to give."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import padding_amounts, windows
from convscope.records import LayerTrace
from convscope.tracing.recompute import pooling_place, with_height

__all__ = ["known_fault"]

NO_PADDING = ((0, 0), (0, 0))
REPEATED_BORDER = (
    "a known fault of Keras on PyTorch: with padding 'same' an average pooling repeats border pixels and counts "
    "them in the mean; JAX and TensorFlow give the arithmetic's value"
)


def known_fault(layer: LayerTrace, inputs: list[NDArray[Any]], backend: str) -> str:
    """Name the fault that explains why a layer's values differ from their definition; empty if there is none.

    Parameters
    ----------
    layer : LayerTrace
    inputs : list of array
        What it was given.
    backend : str

    Examples
    --------
    Keras 3.15.1 on PyTorch takes the mean of 10, 20 and once more 20, where there are only 10 and 20.
    """
    average = layer.operation == "pooling" and layer.settings["kind"] == "average"
    if backend != "torch" or not average or layer.settings["padding"] != "same":
        return ""
    means = _with_repeated_border(layer, with_height(inputs[0]).astype(np.float64)).reshape(layer.shape)
    return REPEATED_BORDER if np.allclose(means, layer.activation, rtol=1e-5, atol=1e-5) else ""


def _with_repeated_border(layer: LayerTrace, image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average as Keras on PyTorch does where padding is uneven on some axis: all of it repeats the border."""
    place = pooling_place(layer)
    size, strides = place["pool_size"], place["strides"]
    amounts = [padding_amounts(image.shape[axis], size[axis], strides[axis], "same", 1) for axis in (0, 1)]
    longer = np.pad(image, (*amounts, (0, 0)), mode="edge")
    return np.asarray(windows(longer, size, strides=strides, padding=NO_PADDING).mean(axis=(2, 3)))
