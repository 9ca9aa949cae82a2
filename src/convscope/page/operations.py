"""A traced layer in the dozen operations that the page computes, read off its primitives.

The page knows images of shape (height, width, channels) only: a sequence is an image of height 1, a separable
convolution is one convolution, normalizing is a scale and a shift.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import ACTIVATIONS
from convscope.records import LayerTrace
from convscope.tracing.opened import computed, last_function

__all__ = ["PageOperation", "function_settings", "page_operation"]

Inputs = list[NDArray[Any]]
AFFINE = {"normalize", "multiply", "add"}
RELU = {"negative_slope": 0.0, "max_value": None, "threshold": 0.0}


@dataclass(frozen=True)
class PageOperation:
    """What the page computes for a layer.

    Parameters
    ----------
    name : str
        Empty where it cannot.
    settings : dict
        JSON values: lengths in pixels, (down, right).
    weights : dict of str to array
    """

    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)


def page_operation(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    """Translate a layer, given what entered it."""
    if layer.graph is None or (layer.function and layer.function not in ACTIVATIONS):
        return PageOperation()
    nodes = [node for place, node in enumerate(layer.graph.nodes) if node and not layer.graph.static[place]]
    found = last_function(layer.graph)
    if found is not None:
        nodes = [node for node in nodes if node is not layer.graph.nodes[found[0]]]
    if not all(
        word == "reshape" for node in nodes if node.do.name == "pick" and not node.part for word, *_ in node.do.moves
    ):
        return PageOperation()
    named = [node for node in nodes if node.do.name != "pick" or node.part]
    names = [node.do.name for node in named]
    do: Any = named[-1].do if named else None
    if not named or names == ["noise"]:
        return PageOperation("copy")
    if names in (["convolve"], ["convolve", "contract"]):
        return _convolution(layer, inputs, named)
    if names == ["contract"] and do.is_dense:
        return PageOperation("dense", {}, dict(layer.weights))
    if names == ["pool"] and len(inputs) == 1:
        before = inputs[0] if inputs[0].ndim == 3 else inputs[0][None]
        if do.window == before.shape[:2] and not np.any(do.sides):
            return PageOperation("global_pooling", {"kind": do.kind})
        sides = [list(side) for side in do.sides]
        lengths = {"pool_size": list(do.window), "strides": list(do.strides)}
        return PageOperation("pooling", {**lengths, "kind": do.kind, "padding": sides})
    if list(layer.weights) == ["alpha"]:
        return PageOperation("prelu", {}, {"alpha": np.broadcast_to(layer.weights["alpha"], layer.shape)})
    if (
        len(inputs) == 1
        and set(names) <= AFFINE
        and not any(node.do.name == "normalize" and len(node.inputs) == 1 for node in named)
    ):
        return _scale_and_shift(layer, inputs)
    if names == ["add"] and set(do.factors) == {1} and not do.constant and len({x.shape for x in inputs}) == 1:
        return PageOperation("add")
    if names == ["join"]:
        return PageOperation("concatenate", {"axis": do.axis})
    if names == ["pick"]:
        return _moved(do.moves, inputs)
    return PageOperation()


def function_settings(layer: LayerTrace) -> dict[str, Any]:
    """Give the settings of a layer's activation."""
    found = None if layer.graph is None else last_function(layer.graph)
    if found is None or layer.function not in ACTIVATIONS:
        return {}
    node = layer.graph.nodes[found[0]]
    if node.do.name == "softmax":
        return {"axis": node.do.axis - len(layer.shape)}
    return {**(RELU if layer.function == "relu" else {}), **dict(node.do.how)}


def _convolution(layer: LayerTrace, inputs: Inputs, nodes: list[Any]) -> PageOperation:
    whole, do = computed(layer.graph, inputs, layer.weights), nodes[0].do
    kernel = whole.value(nodes[0].inputs[1])
    settings = {
        "strides": list(do.strides),
        "dilation_rate": list(do.dilation),
        "padding": [list(side) for side in do.sides],
        "groups": do.groups,
    }
    if len(nodes) > 1:
        channels = do.groups
        deep = kernel.reshape(*kernel.shape[:2], channels, -1)
        mixed = whole.value(nodes[1].inputs[1]).reshape(*deep.shape[2:], -1)
        kernel, settings["groups"] = np.einsum("hwcm,cmo->hwco", deep, mixed), 1
    bias = {name: layer.weights[name] for name in ("bias",) if name in layer.weights}
    return PageOperation("convolution", settings, {"kernel": kernel.astype(np.float32), **bias})


def _scale_and_shift(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    """Scale and shift per channel, as what becomes of 0 and of 1; along another axis it is left to Python."""
    shift, both = (
        computed(layer.graph, [np.full(inputs[0].shape, number)], layer.weights).value(layer.graph.outputs[-1])
        for number in (0.0, 1.0)
    )
    scale = both - shift
    scales, shifts = (values.reshape(-1, values.shape[-1]) for values in (scale, shift))
    if not (np.allclose(scales, scales[0]) and np.allclose(shifts, shifts[0])):
        return PageOperation()
    return PageOperation("scale_and_shift", {}, {"scale": scales[0], "shift": shifts[0]})


def _moved(moves: Any, inputs: Inputs) -> PageOperation:
    words = {word for word, *_ in moves}
    if words == {"reshape"}:
        return PageOperation("copy")
    if words != {"zeros"}:
        return PageOperation()
    sides = [[before, after] for _, _, before, _, after in moves]
    return PageOperation("zero_padding", {"padding": sides if inputs[0].ndim == 3 else [[0, 0], sides[-1]]})
