"""Each kind of layer in ONNX' operations, with values laid out as Keras lays them out: channels last.

A convolution wants channels first, so it stands between two transpositions; runtimes join those that meet.

References
----------
ONNX operator reference, https://onnx.ai/onnx/operators/, operator set 20.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from convscope.arithmetic import padding_amounts
from convscope.errors import ModelError
from convscope.training.architecture import Call

__all__ = ["Graph", "activation", "translate"]

Arrays = Mapping[str, NDArray[Any]]
KERAS_EPSILON = 1e-7


@dataclass
class Graph:
    """Operations in the order of their making; every value has a name of its own."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def add(self, operation: str, *inputs: str, **settings: Any) -> str:
        """Add an operation and return the name of what it gives."""
        name = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **settings))
        return name

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        """Add an array and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def whole(self, *numbers: int) -> str:
        """Add a list of whole numbers, such as a shape."""
        return self.constant(numbers, np.int64)


@dataclass(frozen=True)
class _Layer:
    """One call of a layer, ready to be translated."""

    graph: Graph
    call: Call
    inputs: Sequence[str]
    weights: Arrays

    @property
    def value(self) -> str:
        return self.inputs[0]

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.call.settings

    @property
    def rank(self) -> int:
        """Axes of an image beside the channels."""
        return len(self.call.shapes[0]) - 1

    @property
    def channels_first(self) -> bool:
        return self.settings.get("data_format") == "channels_first"

    @property
    def lengths(self) -> tuple[int, ...]:
        shape = self.call.shapes[0]
        return shape[1:] if self.channels_first else shape[:-1]

    def sizes(self, name: str, default: Any = 1) -> list[int]:
        value = self.settings.get(name) or default
        return [value] * self.rank if isinstance(value, int) else list(value)

    def add(self, operation: str, *inputs: str, **settings: Any) -> str:
        return self.graph.add(operation, *inputs, **settings)

    def to_first(self, value: str) -> str:
        order = [0, self.rank + 1, *range(1, self.rank + 1)]
        return value if self.channels_first else self.add("Transpose", value, perm=order)

    def to_last(self, value: str) -> str:
        order = [0, *range(2, self.rank + 2), 1]
        return value if self.channels_first else self.add("Transpose", value, perm=order)

    def spatial(self, operation: str, value: str, *inputs: str, **settings: Any) -> str:
        """Work on images with channels first."""
        return self.to_last(self.add(operation, self.to_first(value), *inputs, **settings))

    def activated(self, value: str) -> str:
        return activation(self.graph, self.settings.get("activation"), value, self.call)

    def axis(self, axis: int) -> int:
        """Count an axis with the batch, from the left."""
        return axis + len(self.call.shapes[0]) + 1 if axis < 0 else axis


def translate(graph: Graph, call: Call, inputs: Sequence[str], weights: Arrays) -> str:
    """Add a layer to a graph and return the name of what it gives.

    Parameters
    ----------
    graph : Graph
    call : Call
    inputs : sequence of str
        Names of the values that the layer takes.
    weights : mapping of str to array

    Raises
    ------
    ModelError
        The layer does something that ONNX has no operation for; the message names it.
    """
    precision = call.settings.get("dtype")
    name = precision["config"].get("name") if isinstance(precision, dict) else precision
    if name not in (None, "float32"):
        raise _unknown(call, f"computing in {name}")
    return TRANSLATED[call.kind](_Layer(graph, call, inputs, weights))


def _unknown(call: Call, what: str) -> ModelError:
    return ModelError(
        f"layer {call.layer} ({call.kind}) cannot be written as ONNX: {what}.",
        repair="export the run as keras or zip, or train it without this setting",
    )


# Activations -----------------------------------------------------------------------------------------------


def activation(graph: Graph, function: Any, value: str, call: Call) -> str:
    """Add an activation, by its Keras name or as one of Keras' activation layers."""
    if isinstance(function, dict):
        layer = Call(call.layer, function["class_name"], function["config"], (0,), (call.shape,), call.shape, ())
        return translate(graph, layer, [value], {})
    if function in (None, "linear"):
        return value
    if function in OPERATIONS:
        operation, settings = OPERATIONS[function]
        return graph.add(operation, value, **settings)
    if function not in WRITTEN_OUT:
        raise _unknown(call, f"the activation {function}")
    return WRITTEN_OUT[function](graph, value)


def _clipped(graph: Graph, value: str, low: float, high: float) -> str:
    return graph.add("Clip", value, graph.constant(low), graph.constant(high))


def _beyond(graph: Graph, value: str, then: str) -> str:
    """Give ``then`` where a value is further than 0.5 from zero, and else zero."""
    far = graph.add("Greater", graph.add("Abs", value), graph.constant(0.5))
    return graph.add("Where", far, then, graph.constant(0.0))


def _soft_shrink(graph: Graph, value: str) -> str:
    nearer = graph.add("Sub", value, graph.add("Mul", graph.add("Sign", value), graph.constant(0.5)))
    return _beyond(graph, value, nearer)


def _squareplus(graph: Graph, value: str) -> str:
    root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", value, value), graph.constant(4.0)))
    return graph.add("Mul", graph.add("Add", value, root), graph.constant(0.5))


def _sparse_plus(graph: Graph, value: str) -> str:
    near = graph.add("Add", _clipped(graph, value, -1.0, 1.0), graph.constant(1.0))
    curve = graph.add("Mul", graph.add("Mul", near, near), graph.constant(0.25))
    return graph.add("Where", graph.add("Greater", value, graph.constant(1.0)), value, curve)


def _sparse_sigmoid(graph: Graph, value: str) -> str:
    half = graph.add("Mul", graph.add("Add", value, graph.constant(1.0)), graph.constant(0.5))
    return _clipped(graph, half, 0.0, 1.0)


def _times(operation: str) -> Callable[[Graph, str], str]:
    return lambda graph, value: graph.add("Mul", value, graph.add(operation, value))


OPERATIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "celu": ("Celu", {"alpha": 1.0}),
    "elu": ("Elu", {"alpha": 1.0}),
    "exponential": ("Exp", {}),
    "gelu": ("Gelu", {"approximate": "none"}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "hard_swish": ("HardSwish", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "relu": ("Relu", {}),
    "selu": ("Selu", {}),
    "sigmoid": ("Sigmoid", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "tanh": ("Tanh", {}),
}
WRITTEN_OUT: Mapping[str, Callable[[Graph, str], str]] = {
    "hard_shrink": lambda graph, value: _beyond(graph, value, value),
    "hard_tanh": lambda graph, value: _clipped(graph, value, -1.0, 1.0),
    "log_sigmoid": lambda graph, value: graph.add("Neg", graph.add("Softplus", graph.add("Neg", value))),
    "mish": lambda graph, value: graph.add("Mul", value, graph.add("Tanh", graph.add("Softplus", value))),
    "relu6": lambda graph, value: _clipped(graph, value, 0.0, 6.0),
    "silu": _times("Sigmoid"),
    "soft_shrink": _soft_shrink,
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "squareplus": _squareplus,
    "swish": _times("Sigmoid"),
    "tanh_shrink": lambda graph, value: graph.add("Sub", value, graph.add("Tanh", value)),
}


def _relu(layer: _Layer) -> str:
    settings, graph, value = layer.settings, layer.graph, layer.value
    slope, limit = settings.get("negative_slope") or 0.0, settings.get("max_value")
    threshold = settings.get("threshold") or 0.0
    below = graph.add("Mul", graph.add("Sub", value, graph.constant(threshold)), graph.constant(slope))
    above = graph.add("GreaterOrEqual", value, graph.constant(threshold))
    found = graph.add("Where", above, value, below)
    return found if limit is None else graph.add("Min", found, graph.constant(limit))


def _prelu(layer: _Layer) -> str:
    return layer.add("PRelu", layer.value, layer.graph.constant(layer.weights["alpha"]))


def _softmax(layer: _Layer) -> str:
    axis = layer.settings.get("axis", -1)
    if isinstance(axis, int):
        return layer.add("Softmax", layer.value, axis=axis)
    axes = layer.graph.whole(*(layer.axis(one) for one in axis))
    return layer.add("Exp", layer.add("Sub", layer.value, layer.add("ReduceLogSumExp", layer.value, axes)))


# Layers with weights ---------------------------------------------------------------------------------------


def _dense(layer: _Layer) -> str:
    found = layer.add("MatMul", layer.value, layer.graph.constant(layer.weights["kernel"]))
    if "bias" in layer.weights:
        found = layer.add("Add", found, layer.graph.constant(layer.weights["bias"]))
    return layer.activated(found)


def _pads(layer: _Layer, window: list[int], strides: list[int], dilations: list[int]) -> list[int]:
    """Count the pixels before each axis, then those after."""
    sides = []
    for length, size, step, gap in zip(layer.lengths, window, strides, dilations, strict=True):
        padding = layer.settings.get("padding", "valid")
        sides.append(
            (gap * (size - 1), 0) if padding == "causal" else padding_amounts(length, size, step, padding, gap)
        )
    return [before for before, _ in sides] + [after for _, after in sides]


def _convolved(layer: _Layer, value: str, kernel: NDArray[Any], groups: int) -> str:
    """Convolve an image with channels first; the kernel as ONNX wants it."""
    window, strides, dilations = list(kernel.shape[2:]), layer.sizes("strides"), layer.sizes("dilation_rate")
    pads = _pads(layer, window, strides, dilations)
    constants = [layer.graph.constant(kernel)]
    if "bias" in layer.weights and "pointwise_kernel" not in layer.weights:
        constants.append(layer.graph.constant(layer.weights["bias"]))
    settings = {"strides": strides, "dilations": dilations, "pads": pads, "group": groups, "kernel_shape": window}
    return layer.add("Conv", value, *constants, **settings)


def _front(kernel: NDArray[Any]) -> NDArray[Any]:
    """Move (in, out), the last two axes, to the front as (out, in)."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def _per_channel(kernel: NDArray[Any]) -> NDArray[Any]:
    """Turn a kernel per channel, (..., in, multiplier), into (in·multiplier, 1, ...)."""
    moved = np.moveaxis(kernel, (-2, -1), (0, 1))
    return moved.reshape(-1, 1, *moved.shape[2:])


def _convolution(layer: _Layer) -> str:
    found = _convolved(
        layer, layer.to_first(layer.value), _front(layer.weights["kernel"]), layer.settings.get("groups", 1)
    )
    return layer.activated(layer.to_last(found))


def _depthwise(layer: _Layer) -> str:
    kernel = layer.weights["kernel"]
    found = _convolved(layer, layer.to_first(layer.value), _per_channel(kernel), kernel.shape[-2])
    return layer.activated(layer.to_last(found))


def _separable(layer: _Layer) -> str:
    kernel = layer.weights["depthwise_kernel"]
    between = _convolved(layer, layer.to_first(layer.value), _per_channel(kernel), kernel.shape[-2])
    constants = [layer.graph.constant(_front(layer.weights["pointwise_kernel"]))]
    constants += [layer.graph.constant(layer.weights[name]) for name in ("bias",) if name in layer.weights]
    return layer.activated(layer.to_last(layer.add("Conv", between, *constants)))


def _transposed(layer: _Layer) -> str:
    """Spread each pixel over a window; cut as Keras cuts, or go on where it goes on."""
    kernel, strides, dilations = layer.weights["kernel"], layer.sizes("strides"), layer.sizes("dilation_rate")
    extra = layer.settings.get("output_padding")
    extras: Sequence[int | None] = [None] * 2 if extra is None else layer.sizes("output_padding", 0)
    before, after = [], []
    for size, step, gap, more in zip(kernel.shape[:2], strides, dilations, extras, strict=True):
        reach = gap * (size - 1) + 1
        if layer.settings.get("padding") == "valid":
            cut = [0, -(max(reach, step) - reach if more is None else more)]
        else:
            total = step + reach - 2 if more is None else reach + reach % 2 - 2 + more
            left = min(total // 2 + total % 2, reach - 1)
            cut = [reach - 1 - left, reach - 1 - (total - left)]
        before.append(cut[0])
        after.append(cut[1])
    constants = [layer.graph.constant(np.moveaxis(kernel, (-1, -2), (0, 1)))]
    constants += [layer.graph.constant(layer.weights[name]) for name in ("bias",) if name in layer.weights]
    found = layer.add(
        "ConvTranspose",
        layer.to_first(layer.value),
        *constants,
        strides=strides,
        dilations=dilations,
        pads=[*before, *(max(0, one) for one in after)],
        output_padding=[max(0, -one) for one in after],
    )
    return layer.activated(layer.to_last(found))


def _along(values: NDArray[Any], axes: Sequence[int], n_axes: int) -> NDArray[Any]:
    """Give an array the axes of a batch, its own at ``axes``."""
    shape = [1] * n_axes
    for axis, size in zip(axes, values.shape, strict=True):
        shape[axis] = size
    return values.reshape(shape)


def _batch_normalization(layer: _Layer) -> str:
    weights = {name: values.astype(np.float64) for name, values in layer.weights.items()}
    scale = weights.get("gamma", 1.0) / np.sqrt(weights["moving_variance"] + layer.settings.get("epsilon", 1e-3))
    shift = weights.get("beta", 0.0) - weights["moving_mean"] * scale
    axis, n_axes = layer.axis(layer.settings.get("axis", -1)), layer.rank + 2
    found = layer.add("Mul", layer.value, layer.graph.constant(_along(scale, [axis], n_axes)))
    return layer.add("Add", found, layer.graph.constant(_along(shift, [axis], n_axes)))


def _normalized(layer: _Layer, value: str, axes: Sequence[int]) -> str:
    """Subtract the mean along some axes, and divide by the standard deviation."""
    graph = layer.graph
    centred = graph.add("Sub", value, graph.add("ReduceMean", value, graph.whole(*axes)))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), graph.whole(*axes))
    epsilon = graph.constant(layer.settings.get("epsilon", 1e-3))
    return graph.add("Div", centred, graph.add("Sqrt", graph.add("Add", variance, epsilon)))


def _scaled(layer: _Layer, value: str, axes: Sequence[int]) -> str:
    for name, operation in (("gamma", "Mul"), ("beta", "Add")):
        if name in layer.weights:
            array = _along(layer.weights[name], axes, layer.rank + 2)
            value = layer.add(operation, value, layer.graph.constant(array))
    return value


def _layer_normalization(layer: _Layer) -> str:
    axis = layer.settings.get("axis", -1)
    axes = [layer.axis(one) for one in (axis if isinstance(axis, list) else [axis])]
    return _scaled(layer, _normalized(layer, layer.value, axes), axes)


def _group_normalization(layer: _Layer) -> str:
    axis, shape = layer.axis(layer.settings.get("axis", -1)), [0, *layer.call.shapes[0]]
    groups = layer.settings.get("groups", 32)
    groups = shape[axis] if groups == -1 else groups
    parted = [*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :]]
    value = layer.add("Reshape", layer.value, layer.graph.whole(*parted))
    value = _normalized(layer, value, [place for place in range(1, len(parted)) if place != axis])
    return _scaled(layer, layer.add("Reshape", value, layer.graph.whole(*shape)), [axis])


def _measured(layer: _Layer) -> str:
    """Subtract a stored mean and divide by a stored deviation, or the other way round."""
    settings, axis = layer.settings, layer.settings.get("axis", -1)
    axes = [layer.axis(one) for one in (axis if isinstance(axis, list) else [] if axis is None else [axis])]
    found = [np.asarray(layer.weights.get(name, settings.get(name)), np.float32) for name in ("mean", "variance")]
    mean, variance = (
        array if array.ndim == len(layer.call.shapes[0]) + 1 else _along(array, axes, layer.rank + 2) for array in found
    )
    deviation = layer.graph.constant(np.maximum(np.sqrt(variance), KERAS_EPSILON))
    centre = layer.graph.constant(mean)
    if settings.get("invert"):
        return layer.add("Add", layer.add("Mul", layer.value, deviation), centre)
    return layer.add("Div", layer.add("Sub", layer.value, centre), deviation)


# Layers without weights ------------------------------------------------------------------------------------


def _pooling(layer: _Layer) -> str:
    window = layer.sizes("pool_size")
    strides = layer.sizes("strides", window)
    settings = {"kernel_shape": window, "strides": strides, "pads": _pads(layer, window, strides, [1] * layer.rank)}
    return layer.spatial("MaxPool" if layer.call.kind.startswith("Max") else "AveragePool", layer.value, **settings)


def _global_pooling(layer: _Layer) -> str:
    first = 2 if layer.channels_first else 1
    axes = layer.graph.whole(*range(first, first + layer.rank))
    operation = "ReduceMax" if "Max" in layer.call.kind else "ReduceMean"
    return layer.add(operation, layer.value, axes, keepdims=int(bool(layer.settings.get("keepdims"))))


def _sides(value: Any) -> list[list[int]]:
    return (
        [[value, value]] * 2
        if isinstance(value, int)
        else [[one, one] if isinstance(one, int) else one for one in value]
    )


def _spatial_axes(layer: _Layer) -> list[int]:
    return [2, 3] if layer.channels_first else [1, 2]


def _zero_padding(layer: _Layer) -> str:
    sides, graph = _sides(layer.settings["padding"]), layer.graph
    pads = graph.whole(*(side[0] for side in sides), *(side[1] for side in sides))
    return graph.add("Pad", layer.value, pads, graph.constant(0.0), graph.whole(*_spatial_axes(layer)))


def _cropping(layer: _Layer) -> str:
    sides, graph = _sides(layer.settings["cropping"]), layer.graph
    ends = [length - side[1] for length, side in zip(layer.lengths, sides, strict=True)]
    starts = graph.whole(*(side[0] for side in sides))
    return graph.add("Slice", layer.value, starts, graph.whole(*ends), graph.whole(*_spatial_axes(layer)))


def _enlarged(layer: _Layer) -> str:
    settings = INTERPOLATIONS.get(layer.settings.get("interpolation", "nearest"))
    if settings is None:
        raise _unknown(layer.call, f"the interpolation {layer.settings['interpolation']}")
    scales = layer.graph.constant([1.0, 1.0, *map(float, layer.sizes("size"))])
    return layer.spatial("Resize", layer.value, "", scales, **settings)


INTERPOLATIONS: Mapping[str, dict[str, Any]] = {
    "nearest": {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    "bicubic": {
        "mode": "cubic",
        "coordinate_transformation_mode": "half_pixel",
        "cubic_coeff_a": -0.5,
        "exclude_outside": 1,
    },
}


def _reshaped(layer: _Layer) -> str:
    return layer.add("Reshape", layer.value, layer.graph.whole(0, *layer.call.shape))


def _flattened(layer: _Layer) -> str:
    value = layer.value
    if layer.channels_first and layer.rank:
        value = layer.add("Transpose", value, perm=[0, *range(2, layer.rank + 2), 1])
    return layer.add("Reshape", value, layer.graph.whole(0, *layer.call.shape))


def _repeated(layer: _Layer) -> str:
    opened = layer.add("Unsqueeze", layer.value, layer.graph.whole(1))
    return layer.add("Tile", opened, layer.graph.whole(1, layer.settings["n"], 1))


def _rescaled(layer: _Layer) -> str:
    scale, offset = (layer.settings.get(name, default) for name, default in (("scale", 1.0), ("offset", 0.0)))
    found = layer.add("Mul", layer.value, layer.graph.constant(scale))
    return layer.add("Add", found, layer.graph.constant(offset))


def _idle(layer: _Layer) -> str:
    return layer.value


def _merging(operation: str) -> Callable[[_Layer], str]:
    def merged(layer: _Layer) -> str:
        value = layer.inputs[0]
        for other in layer.inputs[1:]:
            value = layer.add(operation, value, other)
        return value

    return merged


def _average(layer: _Layer) -> str:
    return layer.add("Mean", *layer.inputs)


def _concatenated(layer: _Layer) -> str:
    return layer.add("Concat", *layer.inputs, axis=layer.settings.get("axis", -1))


TRANSLATED: Mapping[str, Callable[[_Layer], str]] = {
    **dict.fromkeys(("AveragePooling1D", "AveragePooling2D", "MaxPooling1D", "MaxPooling2D"), _pooling),
    **{f"Global{kind}Pooling{rank}D": _global_pooling for kind in ("Average", "Max") for rank in (1, 2)},
    **dict.fromkeys(("Conv1D", "Conv2D"), _convolution),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
    **dict.fromkeys(("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D"), _idle),
    **{f"Random{kind}": _idle for kind in ("Brightness", "Contrast", "Flip", "Rotation", "Translation", "Zoom")},
    "Activation": lambda layer: layer.activated(layer.value),
    "Add": _merging("Add"),
    "Average": _average,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenated,
    "Conv2DTranspose": _transposed,
    "Cropping2D": _cropping,
    "Dense": _dense,
    "ELU": lambda layer: layer.add("Elu", layer.value, alpha=float(layer.settings.get("alpha", 1.0))),
    "Flatten": _flattened,
    "GroupNormalization": _group_normalization,
    "LayerNormalization": _layer_normalization,
    "LeakyReLU": lambda layer: layer.add(
        "LeakyRelu", layer.value, alpha=float(layer.settings.get("negative_slope", 0.3))
    ),
    "Maximum": _merging("Max"),
    "Minimum": _merging("Min"),
    "Multiply": _merging("Mul"),
    "Normalization": _measured,
    "PReLU": _prelu,
    "Permute": lambda layer: layer.add("Transpose", layer.value, perm=[0, *layer.settings["dims"]]),
    "ReLU": _relu,
    "RepeatVector": _repeated,
    "Rescaling": _rescaled,
    "Reshape": _reshaped,
    "Softmax": _softmax,
    "Subtract": _merging("Sub"),
    "UpSampling2D": _enlarged,
    "ZeroPadding2D": _zero_padding,
}
