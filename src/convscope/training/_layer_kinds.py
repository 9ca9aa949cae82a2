"""Every kind of layer that a model file may hold: its settings, what comes out of what goes in, and its weights.

Shapes are those of one image, without the batch; weights stand in the order in which Keras lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from convscope.errors import ModelError

__all__ = ["KINDS", "MERGING", "Kind", "Shape", "input_shape", "is_int"]

Shape = tuple[int, ...]
Settings = Mapping[str, Any]
Weights = list[tuple[str, Shape]]

SPATIAL = "strides padding data_format"
BIASED = "activation use_bias bias_initializer bias_regularizer bias_constraint"
KERNEL = "kernel_initializer kernel_regularizer kernel_constraint"
MOVED = "fill_mode fill_value interpolation data_format seed"
DEPTHWISE = "depthwise_initializer depthwise_regularizer depthwise_constraint depth_multiplier"
POINTWISE = "pointwise_initializer pointwise_regularizer pointwise_constraint"
SCALED = (
    "epsilon center scale beta_initializer gamma_initializer beta_regularizer gamma_regularizer beta_constraint "
    "gamma_constraint"
)
WINDOW = f"kernel_size dilation_rate {SPATIAL} {BIASED}"


@dataclass(frozen=True)
class Kind:
    """A kind of layer.

    Parameters
    ----------
    settings : str
        Names of its own settings.
    shape : callable
        What comes out of what goes in.
    weights : callable
        The weights, given the first input.
    """

    settings: str
    shape: Callable[[Settings, Sequence[Shape]], Shape]
    weights: Callable[[Settings, Shape], Weights] = lambda settings, shape: []


def is_int(value: Any) -> bool:
    """Say whether a value is a whole number; True is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _sizes(value: Any, rank: int, least: int = 1) -> Shape:
    """Read a length per axis; one number serves all."""
    sizes = [value] * rank if is_int(value) else value
    if not isinstance(sizes, list) or len(sizes) != rank or not all(is_int(size) and size >= least for size in sizes):
        raise ModelError(f"{value!r} is not a valid size.", received=f"{value!r}"[:80])
    return tuple(sizes)


def _count(settings: Settings, name: str, default: int | None = None) -> int:
    value = settings.get(name, default)
    if not is_int(value) or value < 1:
        raise ModelError(f"{name} must be a positive integer.", received=f"{name}={value!r}"[:80])
    return int(value)


def _ranked(shape: Shape, rank: int) -> Shape:
    if len(shape) != rank + 1:
        raise ModelError("its input is not an image.", received=f"{shape}")
    return shape


def _split(settings: Settings, shape: Shape) -> tuple[Shape, int]:
    """Part the lengths of an image from its channels."""
    if settings.get("data_format") == "channels_first":
        return shape[1:], shape[0]
    return shape[:-1], shape[-1]


def _join(settings: Settings, lengths: Shape, channels: int) -> Shape:
    return (channels, *lengths) if settings.get("data_format") == "channels_first" else (*lengths, channels)


def _places(settings: Settings, lengths: Shape, window: Shape, strides: Any, dilation: Any = 1) -> Shape:
    """Count the places of a window along each axis."""
    rank, padding = len(lengths), settings.get("padding", "valid")
    steps, spread = _sizes(strides, rank), _sizes(dilation, rank)
    if padding in ("same", "causal"):
        return tuple(-(-length // step) for length, step in zip(lengths, steps, strict=True))
    if padding != "valid":
        raise ModelError("this is not a valid padding.", received=f"{padding!r}"[:80])
    reach = [gap * (size - 1) + 1 for size, gap in zip(window, spread, strict=True)]
    if any(size > length for size, length in zip(reach, lengths, strict=True)):
        raise ModelError("the window is larger than its input.", received=f"{tuple(reach)} on {lengths}")
    return tuple((length - size) // step + 1 for length, size, step in zip(lengths, reach, steps, strict=True))


def _same(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    return inputs[0]


def input_shape(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    """Read the shape that an input layer promises."""
    shape = settings.get("batch_shape") or settings.get("batch_input_shape")
    if not isinstance(shape, list) or len(shape) < 2:
        raise ModelError("the input has no shape.", received=f"{shape!r}"[:80])
    return _sizes(shape[1:], len(shape) - 1)


def _convolved(rank: int) -> Callable[[Settings, Sequence[Shape]], Shape]:
    def shape(settings: Settings, inputs: Sequence[Shape]) -> Shape:
        lengths, channels = _split(settings, _ranked(inputs[0], rank))
        groups, filters = _count(settings, "groups", 1), _count(settings, "filters")
        if channels % groups or filters % groups:
            raise ModelError("the groups divide the channels unevenly.", received=f"{channels} in {groups} groups")
        window = _sizes(settings["kernel_size"], rank)
        places = _places(settings, lengths, window, settings.get("strides", 1), settings.get("dilation_rate", 1))
        return _join(settings, places, filters)

    return shape


def _depthwise(rank: int) -> Callable[[Settings, Sequence[Shape]], Shape]:
    def shape(settings: Settings, inputs: Sequence[Shape]) -> Shape:
        lengths, channels = _split(settings, _ranked(inputs[0], rank))
        window = _sizes(settings["kernel_size"], rank)
        places = _places(settings, lengths, window, settings.get("strides", 1), settings.get("dilation_rate", 1))
        return _join(settings, places, channels * _count(settings, "depth_multiplier", 1))

    return shape


def _transposed(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    lengths, _ = _split(settings, _ranked(inputs[0], 2))
    window, strides = _sizes(settings["kernel_size"], 2), _sizes(settings.get("strides", 1), 2)
    spread = _sizes(settings.get("dilation_rate", 1), 2)
    more = settings.get("output_padding")
    added: Sequence[int | None] = (None, None) if more is None else _sizes(more, 2, 0)
    made = []
    for length, size, step, gap, extra in zip(lengths, window, strides, spread, added, strict=True):
        reach = gap * (size - 1) + 1
        if settings.get("padding") == "valid":
            made.append((length - 1) * step + reach + (max(reach, step) - reach if extra is None else extra))
        else:
            made.append(length * step if extra is None else (length - 1) * step + reach % 2 + extra)
    return _join(settings, tuple(made), _count(settings, "filters"))


def _pooled(rank: int) -> Callable[[Settings, Sequence[Shape]], Shape]:
    def shape(settings: Settings, inputs: Sequence[Shape]) -> Shape:
        lengths, channels = _split(settings, _ranked(inputs[0], rank))
        window = _sizes(settings["pool_size"], rank)
        return _join(settings, _places(settings, lengths, window, settings.get("strides") or list(window)), channels)

    return shape


def _pooled_whole(rank: int) -> Callable[[Settings, Sequence[Shape]], Shape]:
    def shape(settings: Settings, inputs: Sequence[Shape]) -> Shape:
        _, channels = _split(settings, _ranked(inputs[0], rank))
        return _join(settings, (1,) * rank, channels) if settings.get("keepdims") else (channels,)

    return shape


def _sides(value: Any) -> list[Shape]:
    """Read ((top, bottom), (left, right))."""
    if is_int(value):
        return [_sizes(value, 2, 0)] * 2
    return [_sizes(side, 2, 0) for side in value]


def _padded(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    lengths, channels = _split(settings, _ranked(inputs[0], 2))
    sides = _sides(settings["padding"])
    return _join(settings, tuple(n + sum(side) for n, side in zip(lengths, sides, strict=True)), channels)


def _cropped(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    lengths, channels = _split(settings, _ranked(inputs[0], 2))
    sides = _sides(settings["cropping"])
    return _join(settings, tuple(n - sum(side) for n, side in zip(lengths, sides, strict=True)), channels)


def _enlarged(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    lengths, channels = _split(settings, _ranked(inputs[0], 2))
    factors = _sizes(settings["size"], 2)
    return _join(settings, tuple(n * factor for n, factor in zip(lengths, factors, strict=True)), channels)


def _reshaped(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    total, wanted = prod(inputs[0]), settings["target_shape"]
    sizes = list(_sizes(wanted, len(wanted), -1))
    if sizes.count(-1) == 1 and 0 not in sizes:
        sizes[sizes.index(-1)] = total // -prod(sizes)
    if prod(sizes) != total or any(size < 1 for size in sizes):
        raise ModelError("its shape does not fit its input.", received=f"{inputs[0]} as {tuple(wanted)}")
    return tuple(sizes)


def _permuted(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    order = _sizes(settings["dims"], len(inputs[0]))
    if sorted(order) != list(range(1, len(order) + 1)):
        raise ModelError("the order is not a valid order of axes.", received=f"{order}")
    return tuple(inputs[0][axis - 1] for axis in order)


def _merged(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    """Broadcast as NumPy does."""
    if len({len(shape) for shape in inputs if shape}) > 1 or not any(inputs):
        raise ModelError("its inputs differ in their number of axes.", received=f"{list(inputs)}")
    rank = max(len(shape) for shape in inputs)
    sizes = []
    for axis in range(-rank, 0):
        found = {shape[axis] for shape in inputs if len(shape) >= -axis} - {1}
        if len(found) > 1:
            raise ModelError("its inputs differ in size.", received=f"{list(inputs)}")
        sizes.append(found.pop() if found else 1)
    return tuple(sizes)


def _joined(settings: Settings, inputs: Sequence[Shape]) -> Shape:
    axis = _axis(settings.get("axis", -1), inputs[0])
    others = {(*shape[:axis], *shape[axis + 1 :]) for shape in inputs}
    if len(others) != 1 or len({len(shape) for shape in inputs}) != 1:
        raise ModelError("its inputs differ in size.", received=f"{list(inputs)}")
    return (*inputs[0][:axis], sum(shape[axis] for shape in inputs), *inputs[0][axis + 1 :])


def _axis(axis: Any, shape: Shape) -> int:
    """Turn an axis of a batch into one of an image."""
    place = axis + len(shape) + 1 if is_int(axis) and axis < 0 else axis
    if not is_int(place) or not 1 <= place <= len(shape):
        raise ModelError("it works along an axis that does not exist.", received=f"axis {axis!r}"[:80])
    return int(place) - 1


# Weights ---------------------------------------------------------------------------------------------------


def _biased(settings: Settings, weights: Weights, channels: int) -> Weights:
    return [*weights, ("bias", (channels,))] if settings.get("use_bias", True) else weights


def _dense_weights(settings: Settings, shape: Shape) -> Weights:
    units = _count(settings, "units")
    return _biased(settings, [("kernel", (shape[-1], units))], units)


def _convolution_weights(rank: int) -> Callable[[Settings, Shape], Weights]:
    def weights(settings: Settings, shape: Shape) -> Weights:
        channels, filters = _split(settings, shape)[1], _count(settings, "filters")
        window = _sizes(settings["kernel_size"], rank)
        kernel = (*window, channels // _count(settings, "groups", 1), filters)
        return _biased(settings, [("kernel", kernel)], filters)

    return weights


def _transposed_weights(settings: Settings, shape: Shape) -> Weights:
    channels, filters = _split(settings, shape)[1], _count(settings, "filters")
    return _biased(settings, [("kernel", (*_sizes(settings["kernel_size"], 2), filters, channels))], filters)


def _depthwise_weights(rank: int) -> Callable[[Settings, Shape], Weights]:
    def weights(settings: Settings, shape: Shape) -> Weights:
        channels, times = _split(settings, shape)[1], _count(settings, "depth_multiplier", 1)
        kernel = (*_sizes(settings["kernel_size"], rank), channels, times)
        return _biased(settings, [("kernel", kernel)], channels * times)

    return weights


def _separable_weights(rank: int) -> Callable[[Settings, Shape], Weights]:
    def weights(settings: Settings, shape: Shape) -> Weights:
        channels, times = _split(settings, shape)[1], _count(settings, "depth_multiplier", 1)
        filters = _count(settings, "filters")
        parts: Weights = [
            ("depthwise_kernel", (*_sizes(settings["kernel_size"], rank), channels, times)),
            ("pointwise_kernel", (*(1,) * rank, channels * times, filters)),
        ]
        return _biased(settings, parts, filters)

    return weights


def _gamma_and_beta(settings: Settings, shape: Shape) -> Weights:
    return [(name, shape) for name, switch in (("gamma", "scale"), ("beta", "center")) if settings.get(switch, True)]


def _batch_weights(settings: Settings, shape: Shape) -> Weights:
    if settings.get("renorm"):
        raise ModelError("renorm is not supported.", received="renorm=True")
    channels = (shape[_axis(settings.get("axis", -1), shape)],)
    return [*_gamma_and_beta(settings, channels), ("moving_mean", channels), ("moving_variance", channels)]


def _axes(settings: Settings, shape: Shape) -> list[int]:
    axis = settings.get("axis", -1)
    return [_axis(one, shape) for one in (axis if isinstance(axis, list) else [axis])]


def _layer_weights(settings: Settings, shape: Shape) -> Weights:
    if settings.get("rms_scaling"):
        raise ModelError("rms_scaling is not supported.", received="rms_scaling=True")
    return _gamma_and_beta(settings, tuple(shape[axis] for axis in _axes(settings, shape)))


def _group_weights(settings: Settings, shape: Shape) -> Weights:
    channels, groups = shape[_axis(settings.get("axis", -1), shape)], settings.get("groups", 32)
    if not is_int(groups) or (groups != -1 and (groups < 1 or channels % groups)):
        raise ModelError("the groups divide the channels unevenly.", received=f"{channels} in {groups!r} groups"[:80])
    return _gamma_and_beta(settings, (channels,))


def _measured_weights(settings: Settings, shape: Shape) -> Weights:
    if settings.get("mean") is not None:
        return []
    kept = () if settings.get("axis") is None else tuple(shape[axis] for axis in _axes(settings, shape))
    return [("mean", kept), ("variance", kept), ("count", ())]


def _prelu_weights(settings: Settings, shape: Shape) -> Weights:
    shared = {_axis(axis, shape) for axis in settings.get("shared_axes") or []}
    return [("alpha", tuple(1 if axis in shared else size for axis, size in enumerate(shape)))]


MERGING = frozenset({"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"})
KINDS: Mapping[str, Kind] = {
    **{kind: Kind("", _merged) for kind in MERGING - {"Concatenate"}},
    **{
        f"{name}Pooling{rank}D": Kind(f"pool_size {SPATIAL}", _pooled(rank))
        for name in ("Average", "Max")
        for rank in (1, 2)
    },
    **{
        f"Global{name}Pooling{rank}D": Kind("data_format keepdims", _pooled_whole(rank))
        for name in ("Average", "Max")
        for rank in (1, 2)
    },
    **{
        f"Conv{rank}D": Kind(f"filters groups {WINDOW} {KERNEL}", _convolved(rank), _convolution_weights(rank))
        for rank in (1, 2)
    },
    **{
        f"DepthwiseConv{rank}D": Kind(f"{WINDOW} {DEPTHWISE}", _depthwise(rank), _depthwise_weights(rank))
        for rank in (1, 2)
    },
    **{
        f"SeparableConv{rank}D": Kind(
            f"filters groups {WINDOW} {DEPTHWISE} {POINTWISE} {KERNEL}", _convolved(rank), _separable_weights(rank)
        )
        for rank in (1, 2)
    },
    "Activation": Kind("activation", _same),
    "AlphaDropout": Kind("rate seed noise_shape", _same),
    "BatchNormalization": Kind(
        f"axis momentum {SCALED} moving_mean_initializer moving_variance_initializer synchronized renorm "
        "renorm_clipping renorm_momentum",
        _same,
        _batch_weights,
    ),
    "Concatenate": Kind("axis", _joined),
    "Conv2DTranspose": Kind(f"filters output_padding groups {WINDOW} {KERNEL}", _transposed, _transposed_weights),
    "Cropping2D": Kind("cropping data_format", _cropped),
    "Dense": Kind(f"units {BIASED} {KERNEL}", lambda s, inputs: (*inputs[0][:-1], _count(s, "units")), _dense_weights),
    "Dropout": Kind("rate seed noise_shape", _same),
    "ELU": Kind("alpha", _same),
    "Flatten": Kind("data_format", lambda s, inputs: (prod(inputs[0]),)),
    "GaussianDropout": Kind("rate seed", _same),
    "GaussianNoise": Kind("stddev seed", _same),
    "GroupNormalization": Kind(f"groups axis {SCALED}", _same, _group_weights),
    "InputLayer": Kind("batch_shape batch_input_shape sparse ragged optional", input_shape),
    "LayerNormalization": Kind(f"axis rms_scaling {SCALED}", _same, _layer_weights),
    "LeakyReLU": Kind("negative_slope", _same),
    "Normalization": Kind("axis invert mean variance", _same, _measured_weights),
    "PReLU": Kind("alpha_initializer alpha_regularizer alpha_constraint shared_axes", _same, _prelu_weights),
    "Permute": Kind("dims", _permuted),
    "RandomBrightness": Kind("factor value_range data_format seed", _same),
    "RandomContrast": Kind("factor value_range data_format seed", _same),
    "RandomFlip": Kind("mode data_format seed", _same),
    "RandomRotation": Kind(f"factor {MOVED}", _same),
    "RandomTranslation": Kind(f"height_factor width_factor {MOVED}", _same),
    "RandomZoom": Kind(f"height_factor width_factor {MOVED}", _same),
    "ReLU": Kind("max_value negative_slope threshold", _same),
    "RepeatVector": Kind("n", lambda s, inputs: (_count(s, "n"), *_ranked(inputs[0], 0))),
    "Rescaling": Kind("scale offset", _same),
    "Reshape": Kind("target_shape", _reshaped),
    "Softmax": Kind("axis", _same),
    "SpatialDropout2D": Kind("rate seed data_format noise_shape", _same),
    "UpSampling2D": Kind("size data_format interpolation", _enlarged),
    "ZeroPadding2D": Kind("padding data_format", _padded),
}
