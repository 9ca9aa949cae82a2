"""One image through the real Keras layers, with every number kept.

Nothing is computed here: each layer of the model is called as the model would call it, and its activation lets
its input be seen on the way. What the arithmetic makes of these numbers is for `step` and `verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.backend import backend_name, keras
from convscope.engine.graph import Call, read_graph, with_activation
from convscope.engine.graph import Graph as Calls
from convscope.engine.logits import reading_variables
from convscope.engine.lowering import LoweringError, kind_of, lower_call
from convscope.engine.outputs import known_network
from convscope.errors import ModelError, ShapeError
from convscope.layers import kinds
from convscope.primitives import Graph
from convscope.records import LayerTrace, Trace
from convscope.tracing.inputs import as_batch, n_inputs, network_of
from convscope.tracing.layers import explain_count
from convscope.tracing.opened import computed, last_function, parts_of
from convscope.training.pixel_range import check_range

__all__ = ["record_activations", "record_trace", "recorder"]


@dataclass(frozen=True)
class _Known:
    """What is known of a layer: its graph and weights, its activation's name, and what a reader must know."""

    graph: Graph | None = None
    weights: Mapping[str, Any] = field(default_factory=dict)
    function: str = "linear"
    note: str = ""


@dataclass(frozen=True)
class _Recorded:
    """One thing that one call gave, for a whole batch."""

    name: str
    call: Call
    known: _Known
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
        layers=tuple(_layer_trace(one) for one in recorded),
        class_names=tuple(str(name) for name in getattr(model, "classes_", ())),
        backend=backend_name(),
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
    known = _known(call, [tuple(tensor.shape[1:]) for tensor in befores])
    layer, original = call.layer, vars(call.layer).get("activation")
    if known.graph is not None and original is not None:

        def see(sums: Any) -> Any:
            seen.append(sums)
            return original(sums)

        layer = with_activation(layer, see)
    found = []
    for index, output in enumerate(call(values, layer)):
        before = befores[0] if _is_activation(known.graph) else output
        sums = seen[-1] if seen and not index else before
        name, inputs = call.output_name(index), tuple(names[number] for number in call.inputs)
        found.append(_Recorded(name, call, known, inputs=inputs, befores=tuple(befores), sums=sums, output=output))
    return found


def _known(call: Call, shapes: Sequence[tuple[int, ...]]) -> _Known:
    """Lower the call by itself, or say why that cannot be done."""
    layer, kept = call.layer, "its values are kept as the model gives them"
    kind, is_ours = kind_of(layer), type(layer).__module__.startswith("keras.")
    # x + 3 is an operation with a constant, which is not the addition of two branches
    if call.settings and not isinstance(layer, keras.layers.Layer):
        return _Known(note=f"{kind} computes in a way of its own; {kept}")
    if not is_ours or kind not in kinds():
        return _Known(note=f"the arithmetic does not know {kind}; {kept}")
    if getattr(layer, "quantization_mode", None) is not None:
        return _Known(note="quantized weights are not explained; the values are kept as the model gives them")
    if getattr(layer, "compute_dtype", "float32") not in ("float32", "float64"):
        return _Known(note=f"it computes in {layer.compute_dtype}; the values are kept as the model gives them")
    try:
        graph, weights = lower_call(call, shapes)
        return _Known(graph, weights, _last_function(graph))
    except LoweringError as error:
        told = error if isinstance(layer, keras.layers.Layer) else f"the arithmetic does not know {kind}"
        return _without_activation(call, shapes) or _Known(note=f"{told}; {kept}")


def _without_activation(call: Call, shapes: Sequence[tuple[int, ...]]) -> _Known | None:
    """Lower a layer up to an activation of the user's; None where that is not what is unknown, or not the last step."""
    function = vars(call.layer).get("activation")
    if function is None:
        return None
    try:
        graph, weights = lower_call(call, shapes, activation=False)
    except LoweringError:
        return None
    if any(node and node.do.name == "scan" for node in graph.nodes):
        return None
    label = getattr(function, "__name__", type(function).__name__)
    return _Known(graph, weights, "", f"the arithmetic does not know the activation {label}; its sums are explained")


def _last_function(graph: Graph) -> str:
    """Name the function that comes last in a layer, ``"linear"`` for none."""
    found = last_function(graph)
    if found is None:
        return "linear"
    do: Any = graph.nodes[found.number].do  # type: ignore[union-attr]
    return str(do.curve) if do.name == "bend" else "log_softmax" if do.log else "softmax"


def _is_activation(graph: Graph | None) -> bool:
    """Whether a layer is nothing but a function of its input, whose axes may be put in another order for it."""
    if graph is None or last_function(graph) is None:
        return False
    nodes = [node for node in graph.nodes if node]
    functions = [node for node in nodes if node.do.name in ("bend", "softmax")]
    return len(nodes) == len(functions) + sum(node.do.name == "pick" and not node.part for node in nodes)


def _layer_trace(one: _Recorded) -> LayerTrace:
    output, layer, known = to_numpy(one.output)[0], one.call.layer, one.known
    n_parameters, arithmetic = explain_count(layer, tuple(one.befores[0].shape[1:]), output.shape)
    weights = {name: to_numpy(weight) for name, weight in known.weights.items()}
    inputs = [to_numpy(tensor)[0] for tensor in one.befores]
    return LayerTrace(
        one.name,
        kind_of(layer),
        one.inputs,
        weights=weights,
        function=known.function,
        pre_activation=to_numpy(one.sums)[0],
        activation=output,
        n_parameters=n_parameters,
        arithmetic=arithmetic,
        note=known.note,
        graph=known.graph,
        parts=() if known.graph is None else parts_of(computed(known.graph, inputs, weights)),
    )


def to_numpy(tensor: Any) -> NDArray[Any]:
    """Copy a tensor or variable of any backend; half-precision floats become float32."""
    with reading_variables():
        array = np.asarray(keras.ops.convert_to_numpy(tensor))
    return array if array.dtype in (np.float32, np.float64) or array.dtype.kind in "iub" else array.astype(np.float32)
