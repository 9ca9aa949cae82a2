"""A traced layer once more, by the arithmetic alone: from the layer's own inputs and weights to its output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import (
    activate,
    add,
    concatenate,
    convolve,
    convolve_1d,
    dense,
    depthwise_convolve,
    fold_batch_normalization,
    global_pool,
    pool,
    reshape,
    scale_and_shift,
    separable_convolve,
    zero_padding,
)
from convscope.records import LayerTrace

__all__ = ["fold", "pooling_place", "recompute", "with_height"]

Array = NDArray[Any]


def recompute(layer: LayerTrace, inputs: list[Array]) -> tuple[Array, Array | None]:
    """Compute a layer again.

    Parameters
    ----------
    layer : LayerTrace
        Of a known operation.
    inputs : list of array
        What the layer was given, without the batch axis.

    Returns
    -------
    pre_activation, activation : array
        Like the layer's; the activation is None where the arithmetic does not know its function.
    """
    sums = RECOMPUTED[layer.operation](layer, inputs)
    if not layer.function:
        return sums, None
    return sums, activate(layer.function, sums, **layer.function_settings)


def fold(layer: LayerTrace) -> tuple[Array, Array]:
    """Give scale and shift of a batch normalization or a rescaling, one number each or one per channel."""
    weights = layer.weights
    if layer.operation == "rescaling":
        return weights["scale"], weights["offset"]
    mean, variance = weights["moving_mean"], weights["moving_variance"]
    gamma, beta = weights.get("gamma", np.ones_like(mean)), weights.get("beta", np.zeros_like(mean))
    return fold_batch_normalization(gamma, beta, mean, variance, epsilon=layer.settings["epsilon"])


def with_height(values: Array) -> Array:
    """See a sequence (length, channels) as an image of height 1; an image stays as it is."""
    return values[None] if values.ndim == 2 else values


def pooling_place(layer: LayerTrace) -> dict[str, Any]:
    """Give pool size, strides and padding along both axes; a sequence has height 1."""
    size, strides = (tuple(layer.settings[name]) for name in ("pool_size", "strides"))
    return {
        "pool_size": (1, *size) if len(size) == 1 else size,
        "strides": (1, *strides) if len(strides) == 1 else strides,
        "padding": layer.settings["padding"],
        "kind": layer.settings["kind"],
    }


def _convolution(layer: LayerTrace, inputs: list[Array]) -> Array:
    return convolve(inputs[0], layer.weights["kernel"], layer.weights.get("bias"), **_pairs(layer))


def _convolution_1d(layer: LayerTrace, inputs: list[Array]) -> Array:
    settings = dict(layer.settings)
    stride, dilation = settings.pop("strides")[0], settings.pop("dilation_rate")[0]
    kernel, bias = layer.weights["kernel"], layer.weights.get("bias")
    return convolve_1d(inputs[0], kernel, bias, stride=stride, dilation_rate=dilation, **settings)


def _depthwise_convolution(layer: LayerTrace, inputs: list[Array]) -> Array:
    return depthwise_convolve(inputs[0], layer.weights["kernel"], layer.weights.get("bias"), **_pairs(layer))


def _separable_convolution(layer: LayerTrace, inputs: list[Array]) -> Array:
    kernels = layer.weights["depthwise_kernel"], layer.weights["pointwise_kernel"]
    return separable_convolve(inputs[0], *kernels, layer.weights.get("bias"), **_pairs(layer))


def _dense(layer: LayerTrace, inputs: list[Array]) -> Array:
    return dense(inputs[0], layer.weights["kernel"], layer.weights.get("bias"))


def _pooling(layer: LayerTrace, inputs: list[Array]) -> Array:
    return pool(with_height(inputs[0]), **pooling_place(layer)).reshape(layer.shape)


def _global_pooling(layer: LayerTrace, inputs: list[Array]) -> Array:
    return global_pool(with_height(inputs[0]), kind=layer.settings["kind"]).reshape(layer.shape)


def _scale_and_shift(layer: LayerTrace, inputs: list[Array]) -> Array:
    scale, shift = fold(layer)
    return scale_and_shift(inputs[0], scale, shift, axis=layer.settings.get("axis", -1))


def _prelu(layer: LayerTrace, inputs: list[Array]) -> Array:
    return np.where(inputs[0] > 0, inputs[0], layer.weights["alpha"] * inputs[0])


def _zero_padding(layer: LayerTrace, inputs: list[Array]) -> Array:
    return zero_padding(with_height(inputs[0]), layer.settings["padding"]).reshape(layer.shape)


def _pairs(layer: LayerTrace) -> dict[str, Any]:
    """Give the settings of a convolution as the arithmetic takes them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in layer.settings.items()}


RECOMPUTED: Mapping[str, Callable[[LayerTrace, list[Array]], Array]] = {
    "activation": lambda layer, inputs: inputs[0],
    "add": lambda layer, inputs: add(inputs),
    "batch_normalization": _scale_and_shift,
    "concatenate": lambda layer, inputs: concatenate(inputs, axis=layer.settings["axis"]),
    "convolution": _convolution,
    "convolution_1d": _convolution_1d,
    "dense": _dense,
    "depthwise_convolution": _depthwise_convolution,
    "global_pooling": _global_pooling,
    "identity": lambda layer, inputs: inputs[0],
    "pooling": _pooling,
    "prelu": _prelu,
    "rescaling": _scale_and_shift,
    "reshape": lambda layer, inputs: reshape(inputs[0], layer.shape),
    "separable_convolution": _separable_convolution,
    "zero_padding": _zero_padding,
}
