"""The layers of a model, each with its shape, its parameters, and the sum that explains both."""

from __future__ import annotations

from math import prod
from typing import Any

from convscope.arithmetic import count_depthwise, count_parameters, count_separable
from convscope.training.graph import Call, read_graph

__all__ = ["explain_count", "list_layers"]


def list_layers(model: Any) -> list[dict[str, Any]]:
    """List the layers of a model, those of models within too, in running order; one that is used again comes once.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        Built.

    Returns
    -------
    layers : list of dict
        ``name`` (``base/conv5`` in a model within), ``kind`` (the Keras class), ``output_shape`` (without the batch
        axis), ``n_parameters`` (equal to ``layer.count_params()``) and ``arithmetic``, in words and numbers.

    Examples
    --------
    >>> from convscope import models
    >>> [(layer["name"], layer["arithmetic"]) for layer in list_layers(models.mlp((28, 28, 1), 10))]
    [('hidden', '(784 + 1)·64'), ('output', '(64 + 1)·10')]
    """
    graph = read_graph(getattr(model, "model_", model))
    return [_describe(call) for call in graph.calls if not call.use]


def _describe(call: Call) -> dict[str, Any]:
    before, after = (tuple(size or 0 for size in shape) for shape in (call.input_shape, call.shape))
    n_parameters, arithmetic = explain_count(call.layer, before, after)
    return {
        "name": call.name,
        "kind": type(call.layer).__name__,
        "output_shape": list(call.shape),
        "n_parameters": n_parameters,
        "arithmetic": arithmetic,
    }


def explain_count(layer: Any, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, str]:
    """Count a layer's parameters, and say where the number or the shape comes from.

    Parameters
    ----------
    layer : keras.layers.Layer or keras.Operation
    before, after : tuple of int
        Shapes of its first input and of its output, without the batch axis.

    Returns
    -------
    n_parameters : int
        Equal to ``layer.count_params()``; 0 for an operation that is no layer.
    arithmetic : str
    """
    n_parameters = int(layer.count_params()) if hasattr(layer, "count_params") else 0
    return n_parameters, _arithmetic(layer, before, after)


def _arithmetic(layer: Any, before: tuple[int, ...], after: tuple[int, ...]) -> str:
    kind, n_parameters = type(layer).__name__, getattr(layer, "count_params", lambda: 0)()
    if n_parameters:
        return _count(layer, kind, before, after)
    if "Pooling2D" in kind and not kind.startswith("Global"):
        return _pooling_words("largest" if kind.startswith("Max") else "mean", layer, before, after)
    if kind.startswith("Global"):
        return f"{'largest' if 'Max' in kind else 'mean'} of {' × '.join(map(str, before[:-1]))}"
    if kind == "Flatten":
        return "·".join(map(str, before))
    if kind == "Reshape" and len(before) == 1:
        return f"{prod(after):,} pixels back in their places"
    if kind == "Rescaling" and isinstance(layer.scale, int | float):
        return f"each value times {float(layer.scale):.6g}"
    if kind in ("Dropout", "SpatialDropout2D"):
        return "only during training"
    return "no parameters"


def _count(layer: Any, kind: str, before: tuple[int, ...], after: tuple[int, ...]) -> str:
    """Write out the number of parameters."""
    bias = bool(getattr(layer, "use_bias", False))
    if kind in ("Conv1D", "Conv2D", "Dense"):
        window = () if kind == "Dense" else tuple(layer.kernel_size)
        return count_parameters(window, int(layer.kernel.shape[-2]), int(after[-1]), bias=bias).arithmetic
    if kind == "DepthwiseConv2D":
        return count_depthwise(layer.kernel_size, before[-1], layer.depth_multiplier, bias=bias).arithmetic
    if kind == "SeparableConv2D":
        count = count_separable(layer.kernel_size, before[-1], layer.filters, layer.depth_multiplier, bias=bias)
        return count.arithmetic
    return " + ".join(_sizes(layer))


def _pooling_words(word: str, layer: Any, before: tuple[int, ...], after: tuple[int, ...]) -> str:
    height, width = layer.pool_size
    words = f"{word} of {height} × {width}"
    cut = before and after and before[0] % layer.strides[0] and layer.padding == "valid"
    return f"{words}; {before[0]} / {layer.strides[0]}, rounded down" if cut else words


def _sizes(layer: Any) -> list[str]:
    return ["·".join(map(str, weight.shape)) or "1" for weight in layer.weights]
