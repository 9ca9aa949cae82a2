"""One image through the real Keras layers, with every number kept.

Nothing is computed here: each layer of the model is called as the model would call it, and its activation lets
its input be seen on the way. What the arithmetic makes of these numbers is for `step` and `verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.backend import backend_name, keras
from convscope.errors import ModelError, ShapeError
from convscope.records import LayerTrace, Trace
from convscope.tracing.inputs import as_batch, n_inputs, network_of
from convscope.tracing.layers import explain_count
from convscope.tracing.operations import Operation, operation_of, to_numpy
from convscope.training.logits import reading_variables, remembering
from convscope.training.outputs import known_network
from convscope.training.pixel_range import check_range

__all__ = ["record_activations", "record_trace", "recorder"]

Named = tuple[str, Any]  # a tensor and the name it is traced under
INPUT = "input"


@dataclass(frozen=True)
class _Call:
    """One use of one layer, for a whole batch."""

    name: str
    layer: Any
    operation: Operation
    inputs: tuple[Named, ...]
    sums: Any
    output: Any


@dataclass
class _Walk:
    """What was called so far."""

    calls: list[_Call] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)

    def name(self, wanted: str) -> str:
        """Give a name that no earlier use of a layer has."""
        self.uses[wanted] = self.uses.get(wanted, 0) + 1
        return wanted if self.uses[wanted] == 1 else f"{wanted}#{self.uses[wanted]}"


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
    named = _named_inputs(network, batch)
    walk = _run(network, named)
    return Trace(
        _as_image(model, images[0]) if len(images) == 1 else np.zeros(0),
        scale,
        {name: values[0] for (name, _), values in zip(named, batch, strict=True)},
        tuple(_layer_trace(call) for call in walk.calls),
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
        if known is not None and not known.shares_layers:
            return known.activations(batch)
        return {call.name: to_numpy(call.output) for call in _run(network, _named_inputs(network, [batch])).calls}

    return record


def _as_image(model: Any, image: ArrayLike) -> NDArray[Any]:
    """Give the image its height, width and channels where the classifier knows them."""
    array, shape = np.asarray(image), getattr(model, "image_shape_", None)
    if shape and array.size == prod(shape):
        return array.reshape(shape)
    return array[..., None] if array.ndim == 2 else array


def _named_inputs(network: Any, batch: Sequence[NDArray[Any]]) -> list[Named]:
    names = [INPUT] if len(batch) == 1 else [symbol.name for symbol in network.inputs]
    return [(name, keras.ops.convert_to_tensor(values)) for name, values in zip(names, batch, strict=True)]


def _run(network: Any, named: Sequence[Named]) -> _Walk:
    """Call every layer once, in the order of the model."""
    walk = _Walk()
    try:
        with reading_variables():
            _through_model(network, named, "", walk)
    except (ShapeError, ModelError, KeyboardInterrupt):
        raise
    except Exception as error:
        first = str(error).strip().splitlines()
        raise ModelError(
            f"the model failed on this image: {first[0] if first else type(error).__name__}",
            received=", ".join(f"{name} {tuple(tensor.shape[1:])}" for name, tensor in named),
        ) from error
    return walk


def _through_model(network: Any, named: Sequence[Named], prefix: str, walk: _Walk) -> list[Named]:
    """Follow the tensors through a model; a model of unknown make is called as a whole."""
    if isinstance(network, keras.Sequential):
        for layer in network.layers:
            named = _through(layer, named, (), {}, prefix, walk)
        return list(named)
    if not getattr(network, "_nodes_by_depth", None):
        return _call(network, named, lambda: network(named[0][1], training=False), prefix, walk, known=False)
    return _through_graph(network, named, prefix, walk)


def _through_graph(network: Any, named: Sequence[Named], prefix: str, walk: _Walk) -> list[Named]:
    """Follow the nodes of a functional model from the inputs to the outputs."""
    tensors = {id(symbol): pair for symbol, pair in zip(network.inputs, named, strict=True)}
    for node in _nodes(network):
        values = {key: tensor for key, (_, tensor) in tensors.items()}
        args, kwargs = node.arguments.fill_in(values)
        given = [tensors[id(symbol)] for symbol in node.input_tensors]
        outputs = _through(node.operation, given, args, kwargs, prefix, walk)
        tensors |= {id(symbol): pair for symbol, pair in zip(node.outputs, outputs, strict=True)}
    return [tensors[id(symbol)] for symbol in network.outputs]


def _nodes(network: Any) -> Iterator[Any]:
    """List the nodes in the order of computation; Keras keeps it to itself, deepest first."""
    by_depth = network._nodes_by_depth
    for depth in sorted(by_depth, reverse=True):
        yield from (node for node in by_depth[depth] if not node.is_input)


def _through(
    layer: Any, named: Sequence[Named], args: Sequence[Any], kwargs: dict[str, Any], prefix: str, walk: _Walk
) -> list[Named]:
    """Follow the tensors through one layer, or into the model that it is."""
    if isinstance(layer, keras.Sequential) or getattr(layer, "_nodes_by_depth", None):
        return _through_model(layer, named, f"{prefix}{layer.name}/", walk)
    arguments = tuple(args) or (named[0][1],)
    is_layer = isinstance(layer, keras.layers.Layer)
    settings = {"training": False, **{key: value for key, value in kwargs.items() if value is not None}}
    settings = settings if is_layer else dict(kwargs)
    # x + 3 is an operation with a constant, which is not the addition of two branches
    plain = is_layer or not any(isinstance(value, int | float) for value in [*args, *kwargs.values()])
    return _call(layer, named, lambda: layer(*arguments, **settings), prefix, walk, known=plain)


def _call(
    layer: Any, named: Sequence[Named], call: Callable[[], Any], prefix: str, walk: _Walk, *, known: bool
) -> list[Named]:
    """Call one layer for real, and keep what its activation is given and what comes out."""
    kind = type(layer).__name__
    own = Operation(note=f"{kind} computes in a way of its own; its values are kept as the model gives them")
    operation = operation_of(layer) if known else own
    if operation.name == "add" and len({tuple(tensor.shape) for _, tensor in named}) > 1:
        operation = Operation(note="arrays of several shapes are stretched and added; the sums are kept as they are")
    watched = bool(operation.name) and getattr(layer, "activation", None) is not None
    watching: AbstractContextManager[list[Any]] = remembering(layer) if watched else nullcontext([])
    with watching as seen:
        result = call()
    outputs = _flat(result)
    found = []
    for index, output in enumerate(outputs):
        name = walk.name(f"{prefix}{layer.name}" + (f"[{index}]" if index else ""))
        before = named[0][1] if operation.name == "activation" else output
        sums = seen[-1] if seen and not index else before
        walk.calls.append(_Call(name, layer, operation, tuple(named), sums, output))
        found.append((name, output))
    return found


def _flat(result: Any) -> list[Any]:
    """List the tensors that a layer gives: one, several in a list, or named ones."""
    if isinstance(result, dict):
        return [tensor for value in result.values() for tensor in _flat(value)]
    if isinstance(result, list | tuple):
        return [tensor for value in result for tensor in _flat(value)]
    return [result]


def _layer_trace(call: _Call) -> LayerTrace:
    before = [tuple(tensor.shape[1:]) for _, tensor in call.inputs]
    output = to_numpy(call.output)[0]
    n_parameters, arithmetic = explain_count(call.layer, before[0], output.shape)
    return LayerTrace(
        call.name,
        type(call.layer).__name__,
        call.operation.name,
        tuple(name for name, _ in call.inputs),
        call.operation.settings,
        call.operation.weights,
        call.operation.function,
        call.operation.function_settings,
        to_numpy(call.sums)[0],
        output,
        n_parameters,
        arithmetic,
        call.operation.note,
    )
