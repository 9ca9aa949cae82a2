"""Known faults of the backends: what a model gives there is not what its layer is defined to give."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import windows
from convscope.records import LayerTrace
from convscope.tracing.opened import opened

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
    if backend != "torch" or layer.graph is None:
        return ""
    means = [number for number, node in enumerate(layer.graph.nodes) if node and _is_padded_mean(node.do)]
    if len(means) != 1:
        return ""
    found = _with_repeated_border(layer, inputs, means[0])
    return REPEATED_BORDER if np.allclose(found, layer.activation, rtol=1e-5, atol=1e-5) else ""


def _is_padded_mean(do: Any) -> bool:
    return bool(do.name == "pool" and do.kind == "average" and np.any(do.sides))


def _with_repeated_border(layer: LayerTrace, inputs: list[NDArray[Any]], number: int) -> NDArray[np.float64]:
    """Average as Keras on PyTorch does where padding is uneven on some axis: all of it repeats the border."""
    whole, nodes = opened(layer, inputs), layer.graph.nodes
    do: Any = nodes[number].do
    longer = np.pad(whole.value(nodes[number].inputs[0]), (*do.sides, (0, 0)), mode="edge")
    means = windows(longer, do.window, strides=do.strides, padding=NO_PADDING).mean(axis=(2, 3))
    values = [*whole.batched[:number], means[None]]
    for node in nodes[number + 1 :]:  # what puts the axes back in their order
        values.append(node.do.value([values[place] for place in node.inputs]))
    return np.asarray(values[layer.graph.outputs[-1]][0])
