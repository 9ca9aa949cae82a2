"""The layers of a model, each with its shape, its parameters, and the sum that explains both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from convscope.arithmetic import count_parameters
from convscope.backend import keras
from convscope.engine.graph import Call, read_graph
from convscope.engine.lowering import LoweringError, is_seed, kind_of, lower_call
from convscope.layers import kinds
from convscope.tracing.inputs import network_of

__all__ = ["explain_count", "has_maps", "list_layers", "slides"]


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
    kind = kinds().get(kind_of(layer)) if isinstance(layer, keras.layers.Layer) else None
    told = kind.origin(layer.get_config(), before, after) if kind is not None and kind.origin is not None else ""
    return (
        told
        or " + ".join(_counts([weight for weight in getattr(layer, "weights", []) if not is_seed(weight)]))
        or ("no parameters")
    )


def _counts(weights: Sequence[Any]) -> Iterator[str]:
    """Write out the size of each weight; a bias is one more number for each map of the kernel before it."""
    waiting = list(weights)
    while waiting:
        one = waiting.pop(0)
        shape: tuple[int, ...] = (1, 1, *one.shape)
        *window, in_channels, out_channels = shape
        if one.name != "kernel":
            yield "·".join(map(str, one.shape)) or "1"
            continue
        bias = bool(waiting) and waiting[0].name == "bias" and tuple(waiting[0].shape) == (out_channels,)
        del waiting[: int(bias)]
        yield count_parameters(tuple(window[2:]), in_channels, out_channels, bias=bias).arithmetic


def has_maps(model: Any) -> bool:
    """Say whether a model has a convolution, whose maps have places."""
    return any(slides(call) and len(call.shape) == 3 for call in read_graph(network_of(model)).calls)


def slides(call: Call) -> bool:
    """Say whether a layer slides kernels; its name tells where nothing else is known."""
    sizes = tuple(size for size in call.input_shape if size is not None)
    if len(sizes) < len(call.input_shape) or len(call.inputs) != 1:
        return call.is_convolution
    try:
        graph, _ = lower_call(call, [sizes], activation=False)
    except LoweringError:
        return call.is_convolution
    return any(node is not None and node.do.name == "convolve" for node in graph.nodes)
