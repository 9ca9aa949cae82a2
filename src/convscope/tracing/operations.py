"""What a Keras layer does, in the words and numbers of the arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import ACTIVATIONS
from convscope.backend import keras
from convscope.training.logits import reading_variables

__all__ = ["Operation", "operation_of", "to_numpy"]

Settings = dict[str, Any]

IDLE = frozenset(  # pass on what they are given, once training is over
    """ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise Identity RandomBrightness
    RandomColorDegeneration RandomColorJitter RandomContrast RandomErasing RandomFlip RandomGaussianBlur RandomHue
    RandomRotation RandomSaturation RandomSharpness RandomTranslation RandomZoom SpatialDropout1D
    SpatialDropout2D""".split()  # noqa: SIM905  (a list of twenty strings reads worse)
)


@dataclass(frozen=True)
class Operation:
    """A layer without Keras.

    Parameters
    ----------
    name : str
        The arithmetic's name for it; empty where it knows none.
    settings : dict
        Plain JSON values.
    weights : dict of str to array
    function : str
        The activation's Keras name; empty where the arithmetic does not know it.
    function_settings : dict
    note : str
    """

    name: str = ""
    settings: Settings = field(default_factory=dict)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    function: str = "linear"
    function_settings: Settings = field(default_factory=dict)
    note: str = ""


def operation_of(layer: Any) -> Operation:
    """Describe a Keras layer, or an operation of a functional model.

    A class that only inherits from a Keras layer is not described: its ``call`` may do anything.
    """
    kind = type(layer).__name__
    ours = type(layer).__module__.startswith(("keras.", "keras_core."))
    if not ours or not (kind in READERS or kind in IDLE):
        return Operation(note=f"the arithmetic does not know {kind}; its values are kept as the model gives them")
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        return Operation(note="channels come first here; the values are kept as the model gives them")
    if getattr(layer, "quantization_mode", None) is not None:
        return Operation(note="quantized weights are not explained; the values are kept as the model gives them")
    if getattr(layer, "compute_dtype", "float32") not in ("float32", "float64"):
        return Operation(note=f"it computes in {layer.compute_dtype}; the values are kept as the model gives them")
    return READERS[kind](layer) if kind in READERS else Operation("identity")


def to_numpy(tensor: Any) -> NDArray[Any]:
    """Copy a tensor or variable of any backend; half-precision floats become float32."""
    with reading_variables():
        array = np.asarray(keras.ops.convert_to_numpy(tensor))
    return array if array.dtype in (np.float32, np.float64) or array.dtype.kind in "iub" else array.astype(np.float32)


def _weights(layer: Any, *names: str) -> dict[str, NDArray[Any]]:
    """Copy the weights that the layer has; one that is switched off is left out."""
    found = {name: getattr(layer, name, None) for name in names}
    return {name: to_numpy(weight) for name, weight in found.items() if weight is not None}


def _function(layer: Any) -> tuple[str, str]:
    """Name a layer's activation, and say what is wrong where there is no name."""
    function = getattr(layer, "activation", None)
    if function is None:
        return "linear", ""
    known = [name for name in ACTIVATIONS if hasattr(keras.activations, name)]
    name = next((name for name in known if keras.activations.get(name) is function), "")
    label = getattr(function, "__name__", type(function).__name__)
    return name, "" if name else f"the arithmetic does not know the activation {label}; its sums are explained"


def _with_function(name: str, layer: Any, settings: Settings, weights: dict[str, NDArray[Any]]) -> Operation:
    function, note = _function(layer)
    return Operation(name, settings, weights, function, note=note)


def _axis(axis: int) -> int:
    """Count an axis without the batch axis."""
    return axis - 1 if axis > 0 else axis


def _convolution(layer: Any) -> Operation:
    settings = {
        "strides": list(layer.strides),
        "padding": layer.padding,
        "dilation_rate": list(layer.dilation_rate),
        "groups": layer.groups,
    }
    name = "convolution" if layer.rank == 2 else "convolution_1d"
    return _with_function(name, layer, settings, _weights(layer, "kernel", "bias"))


def _depthwise(layer: Any) -> Operation:
    settings = {
        "strides": list(layer.strides),
        "padding": layer.padding,
        "dilation_rate": list(layer.dilation_rate),
    }
    separable = hasattr(layer, "pointwise_kernel")
    names = ("depthwise_kernel", "pointwise_kernel", "bias") if separable else ("kernel", "bias")
    return _with_function(
        "separable_convolution" if separable else "depthwise_convolution", layer, settings, _weights(layer, *names)
    )


def _dense(layer: Any) -> Operation:
    return _with_function("dense", layer, {}, _weights(layer, "kernel", "bias"))


def _pooling(layer: Any) -> Operation:
    settings = {
        "kind": "max" if type(layer).__name__.startswith("Max") else "average",
        "pool_size": list(layer.pool_size),
        "strides": list(layer.strides),
        "padding": layer.padding,
    }
    return Operation("pooling", settings)


def _global_pooling(layer: Any) -> Operation:
    kind = "max" if "Max" in type(layer).__name__ else "average"
    return Operation("global_pooling", {"kind": kind, "keepdims": bool(layer.keepdims)})


def _batch_normalization(layer: Any) -> Operation:
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    weights = _weights(layer, "gamma", "beta", "moving_mean", "moving_variance")
    return Operation("batch_normalization", {"axis": _axis(axis), "epsilon": float(layer.epsilon)}, weights)


def _rescaling(layer: Any) -> Operation:
    weights = {name: np.asarray(getattr(layer, name), np.float64) for name in ("scale", "offset")}
    return Operation("rescaling", {}, weights)


def _activation(layer: Any) -> Operation:
    return _with_function("activation", layer, {}, {})


def _relu(layer: Any) -> Operation:
    settings = {
        "negative_slope": float(layer.negative_slope),
        "max_value": None if layer.max_value is None else float(layer.max_value),
        "threshold": float(layer.threshold),
    }
    return Operation("activation", function="relu", function_settings=settings)


def _leaky_relu(layer: Any) -> Operation:
    settings = {"negative_slope": float(layer.negative_slope)}
    return Operation("activation", function="leaky_relu", function_settings=settings)


def _elu(layer: Any) -> Operation:
    return Operation("activation", function="elu", function_settings={"alpha": float(layer.alpha)})


def _prelu(layer: Any) -> Operation:
    return Operation("prelu", {}, _weights(layer, "alpha"))


def _softmax(layer: Any) -> Operation:
    if not isinstance(layer.axis, int):
        return Operation(note="a softmax over several axes at once is kept as the model gives it")
    return Operation("activation", function="softmax", function_settings={"axis": _axis(layer.axis)})


def _zero_padding(layer: Any) -> Operation:
    padding = layer.padding
    sides = [list(side) for side in padding] if isinstance(padding[0], tuple | list) else [[0, 0], list(padding)]
    return Operation("zero_padding", {"padding": sides})


def _concatenate(layer: Any) -> Operation:
    return Operation("concatenate", {"axis": _axis(layer.axis)})


READERS: Mapping[str, Callable[[Any], Operation]] = {
    "Activation": _activation,
    "Add": lambda layer: Operation("add"),
    "AveragePooling1D": _pooling,
    "AveragePooling2D": _pooling,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "ELU": _elu,
    "Flatten": lambda layer: Operation("reshape"),
    "GlobalAveragePooling1D": _global_pooling,
    "GlobalAveragePooling2D": _global_pooling,
    "GlobalMaxPooling1D": _global_pooling,
    "GlobalMaxPooling2D": _global_pooling,
    "LeakyReLU": _leaky_relu,
    "MaxPooling1D": _pooling,
    "MaxPooling2D": _pooling,
    "PReLU": _prelu,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": lambda layer: Operation("reshape"),
    "SeparableConv2D": _depthwise,
    "Softmax": _softmax,
    "ZeroPadding1D": _zero_padding,
    "ZeroPadding2D": _zero_padding,
}
