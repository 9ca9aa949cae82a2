"""One image through the real Keras layers, with every number kept.

Nothing is computed here: each layer of the model is called as the model would call it, and its activation lets
its input be seen on the way. What the arithmetic makes of these numbers is for `step` and `verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.backend import backend_name, keras
from convscope.errors import ModelError, ShapeError
from convscope.primitives import Graph
from convscope.records import LayerTrace, Trace
from convscope.tracing.inputs import as_batch, n_inputs, network_of
from convscope.tracing.layers import explain_count
from convscope.tracing.operations import Operation, operation_of, to_numpy
from convscope.training.graph import Call, read_graph, with_activation
from convscope.training.graph import Graph as Calls
from convscope.training.logits import reading_variables
from convscope.training.lowering import LoweringError, lower_call
from convscope.training.outputs import known_network
from convscope.training.pixel_range import check_range

__all__ = ["record_activations", "record_trace", "recorder"]


@dataclass(frozen=True)
class _Recorded:
    """One thing that one call gave, for a whole batch."""

    name: str
    call: Call
    operation: Operation
    inputs: tuple[str, ...]
    befores: tuple[Any, ...]
    sums: Any
    output: Any


def record_trace(model: Any, image: Any) -> Trace:
    """Send one image through a model and keep every pre-activation and activation.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        Fitted or built; sequential, functional with branches and shared layers, models inside models. A model with
        a ``call`` of its own is one layer, kept as it is.
    image : array of shape (height, width, channels) or (height, width), or one row of the table
        For a classifier intensities as in its table, scaled as in training; for a Keras model what it expects.
        One array per input in a list where the model has several.

    Returns
    -------
    trace : Trace

    Raises
    ------
    ShapeError
        The image does not fit the model's input.
    ModelError
        The model is not built, or it failed on this image.

    Warns
    -----
    PixelRangeWarning
        The image does not have the range of intensities that the classifier was trained on.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> trace = record_trace(models.cnn((28, 28, 1), 10), np.zeros((28, 28)))
    >>> trace["max_pooling2d_1"].shape
    (13, 13, 32)
    """
    network, scale = network_of(model), float(getattr(model, "pixel_scale_", 1.0))
    images = list(image) if n_inputs(network) > 1 else [image]
    check_range(model, np.asarray(images[0])[None])
    batch = [as_batch(network, values, scale, index) for index, values in enumerate(images)]
    graph = read_graph(network)
    recorded = _run(graph, batch)
    return Trace(
        _as_image(model, images[0]) if len(images) == 1 else np.zeros(0),
        scale,
        {name: values[0] for name, values in zip(graph.inputs, batch, strict=True)},
        tuple(_layer_trace(one) for one in recorded),
        tuple(str(name) for name in getattr(model, "classes_", ())),
        backend_name(),
    )


def record_activations(model: Any, images: ArrayLike) -> dict[str, NDArray[Any]]:
    """Send many images through a model at once: by our own layers where all are known, which is ten times as fast.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input.
    images : array of shape (n_images, height, width, channels), or rows of the table
        As in `record_trace`.

    Returns
    -------
    activations : dict of str to array of shape (n_images, ...)
        By layer, in the order of computation.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> record_activations(models.mlp((8, 8, 1), 10), np.ones((3, 8, 8, 1)))["hidden"].shape
    (3, 64)
    """
    return recorder(model)(images)


def recorder(model: Any) -> Callable[[ArrayLike], dict[str, NDArray[Any]]]:
    """Read a model once, to send images through it again and again.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input; as it is now: what is changed in it later may not be seen.

    Returns
    -------
    record : callable
        Takes images, gives activations, as `record_activations` does.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> record = recorder(models.mlp((8, 8, 1), 10))
    >>> list(record(np.ones((1, 8, 8, 1))))
    ['hidden', 'output']
    """
    network, scale = network_of(model), float(getattr(model, "pixel_scale_", 1.0))
    known = None if getattr(model, "engine", "auto") == "keras" else known_network(network)

    def record(images: ArrayLike) -> dict[str, NDArray[Any]]:
        batch = as_batch(network, images, scale, 0, many=True)
        check_range(model, images)
        if known is not None:
            return known.activations(batch)
        return {one.name: to_numpy(one.output) for one in _run(read_graph(network), [batch])}

    return record


def _as_image(model: Any, image: ArrayLike) -> NDArray[Any]:
    """Give the image its height, width and channels where the classifier knows them."""
    array, shape = np.asarray(image), getattr(model, "image_shape_", None)
    if shape and array.size == prod(shape):
        return array.reshape(shape)
    return array[..., None] if array.ndim == 2 else array


def _run(graph: Calls, batch: Sequence[NDArray[Any]]) -> list[_Recorded]:
    """Make every call of a model once, in its order."""
    values = [keras.ops.convert_to_tensor(one) for one in batch]
    names, recorded = list(graph.inputs), []
    try:
        with reading_variables():
            for call in graph.calls:
                found = _record(call, names, values)
                recorded += found
                numbered = found[: len(call.outputs)]  # a model with a call of its own may give more
                names += [one.name for one in numbered]
                values += [one.output for one in numbered]
    except (ShapeError, ModelError, KeyboardInterrupt):
        raise
    except Exception as error:
        first = str(error).strip().splitlines()
        raise ModelError(
            f"the model failed on this image: {first[0] if first else type(error).__name__}",
            received=", ".join(f"{name} {one.shape[1:]}" for name, one in zip(graph.inputs, batch, strict=True)),
        ) from error
    return recorded


def _record(call: Call, names: Sequence[str], values: Sequence[Any]) -> list[_Recorded]:
    """Make one call for real, and keep what its activation is given and what comes out."""
    befores, seen = [values[number] for number in call.inputs], []
    operation = _operation(call, befores)
    layer, original = call.layer, vars(call.layer).get("activation")
    if operation.name and original is not None:

        def see(sums: Any) -> Any:
            seen.append(sums)
            return original(sums)

        layer = with_activation(layer, see)
    found = []
    for index, output in enumerate(call(values, layer)):
        before = befores[0] if operation.name == "activation" else output
        sums = seen[-1] if seen and not index else before
        name, inputs = call.output_name(index), tuple(names[number] for number in call.inputs)
        found.append(_Recorded(name, call, operation, inputs, tuple(befores), sums, output))
    return found


def _operation(call: Call, befores: Sequence[Any]) -> Operation:
    """Put the call into the arithmetic's words, if it has some."""
    # x + 3 is an operation with a constant, which is not the addition of two branches
    if call.settings and not isinstance(call.layer, keras.layers.Layer):
        kind = type(call.layer).__name__
        return Operation(note=f"{kind} computes in a way of its own; its values are kept as the model gives them")
    operation = operation_of(call.layer)
    if operation.name == "add" and len({tuple(tensor.shape) for tensor in befores}) > 1:
        return Operation(note="arrays of several shapes are stretched and added; the sums are kept unchanged")
    return operation


def _layer_trace(one: _Recorded) -> LayerTrace:
    output, layer, operation = to_numpy(one.output)[0], one.call.layer, one.operation
    n_parameters, arithmetic = explain_count(layer, tuple(one.befores[0].shape[1:]), output.shape)
    graph, weights = _graph(one)
    return LayerTrace(
        one.name,
        type(layer).__name__,
        operation.name,
        one.inputs,
        operation.settings,
        operation.weights if operation.name else weights,
        operation.function,
        operation.function_settings,
        to_numpy(one.sums)[0],
        output,
        n_parameters,
        arithmetic,
        operation.note,
        graph,
    )


def _graph(one: _Recorded) -> tuple[Graph | None, dict[str, NDArray[Any]]]:
    """Lower the call by itself, if it is of a known kind: its graph, and its weights in the graph's order."""
    try:
        graph, weights = lower_call(one.call, [tuple(tensor.shape[1:]) for tensor in one.befores])
    except LoweringError:
        return None, {}
    return graph, {name: to_numpy(variable) for name, variable in weights.items()}
