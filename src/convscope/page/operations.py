"""A traced layer in the dozen operations that the page computes.

The page knows images of shape (height, width, channels) only: a sequence is an image of height 1, "same" and
"causal" are pixels on each side, a separable convolution is one convolution, normalizing is a scale and a shift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import padding_amounts
from convscope.records import LayerTrace
from convscope.tracing.recompute import fold, pooling_place
from convscope.tracing.step import joined_kernel

__all__ = ["PageOperation", "page_operation"]

Inputs = list[NDArray[Any]]


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
    translate = TRANSLATED.get(layer.operation)
    return translate(layer, inputs) if translate else PageOperation()


def _convolution(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    kernel, flat = joined_kernel(layer), inputs[0].ndim == 2
    kernel = kernel[None] if flat else kernel
    lengths = {name: [1] * flat + list(layer.settings[name]) for name in ("strides", "dilation_rate")}
    size = (1, len(inputs[0])) if flat else inputs[0].shape[:2]
    padding = [
        _amounts(layer.settings["padding"], size[axis], kernel.shape[axis], *(part[axis] for part in lengths.values()))
        for axis in (0, 1)
    ]
    depthwise = layer.operation == "depthwise_convolution"
    settings = {**lengths, "padding": padding, "groups": layer.settings.get("groups", 1)}
    weights = {"kernel": kernel, **{name: layer.weights[name] for name in ("bias",) if name in layer.weights}}
    return PageOperation("depthwise_convolution" if depthwise else "convolution", settings, weights)


def _amounts(padding: Any, size: int, window: int, stride: int, dilation: int) -> list[int]:
    causal = (dilation * (window - 1), 0)
    return list(padding_amounts(size, window, stride, causal if padding == "causal" else padding, dilation))


def _dense(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    return PageOperation("dense", {}, dict(layer.weights))


def _pooling(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    place = pooling_place(layer)
    size = inputs[0].shape[:2] if inputs[0].ndim == 3 else (1, len(inputs[0]))
    padding = [
        _amounts(place["padding"], size[axis], place["pool_size"][axis], place["strides"][axis], 1) for axis in (0, 1)
    ]
    lengths = {name: list(place[name]) for name in ("pool_size", "strides")}
    return PageOperation("pooling", {**lengths, "kind": place["kind"], "padding": padding})


def _global_pooling(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    return PageOperation("global_pooling", {"kind": layer.settings["kind"]})


def _scale_and_shift(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    """Scale and shift per channel; a normalization along another axis is left to Python."""
    channels = inputs[0].shape[-1]
    if layer.settings.get("axis", -1) not in (-1, inputs[0].ndim - 1):
        return PageOperation()
    scale, shift = (np.broadcast_to(np.asarray(part).reshape(-1), (channels,)) for part in fold(layer))
    return PageOperation("scale_and_shift", {}, {"scale": scale, "shift": shift})


def _prelu(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    return PageOperation("prelu", {}, {"alpha": np.broadcast_to(layer.weights["alpha"], layer.shape)})


def _zero_padding(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    sides = layer.settings["padding"]
    return PageOperation("zero_padding", {"padding": sides if inputs[0].ndim == 3 else [[0, 0], sides[-1]]})


def _concatenate(layer: LayerTrace, inputs: Inputs) -> PageOperation:
    return PageOperation("concatenate", {"axis": layer.settings["axis"] % len(layer.shape)})


def _plain(name: str) -> Callable[[LayerTrace, Inputs], PageOperation]:
    return lambda layer, inputs: PageOperation(name)


TRANSLATED: Mapping[str, Callable[[LayerTrace, Inputs], PageOperation]] = {
    "activation": _plain("copy"),
    "add": _plain("add"),
    "batch_normalization": _scale_and_shift,
    "concatenate": _concatenate,
    "convolution": _convolution,
    "convolution_1d": _convolution,
    "dense": _dense,
    "depthwise_convolution": _convolution,
    "global_pooling": _global_pooling,
    "identity": _plain("copy"),
    "pooling": _pooling,
    "prelu": _prelu,
    "rescaling": _scale_and_shift,
    "reshape": _plain("copy"),
    "separable_convolution": _convolution,
    "zero_padding": _zero_padding,
}
