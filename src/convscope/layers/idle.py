"""Layers that do something in training only, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from convscope.layers._kind import Example, LoweringError, Settings, layer_kind
from convscope.layers._making import Making, Value
from convscope.primitives.noise import Noise

__all__ = ["alpha_dropout", "dropout", "gaussian_dropout", "gaussian_noise", "identity", "varied"]

DROPPING = {"rate": 0.5, "noise_shape": None}
IMAGE = ((5, 6, 3),)


def _only_in_training(settings: Settings, before: object, after: object) -> str:
    return "only during training"


@layer_kind(
    "Identity",
    "ActivityRegularization",
    words="hands everything on",
    also="l1 l2",
    examples=[Example("Identity", IMAGE), Example("ActivityRegularization", ((4,),))],
)
def identity(making: Making, settings: Settings, x: Value) -> Value:
    """Hand on."""
    return x.put(Noise(), part="handed on")


@layer_kind(
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    words="leaves some numbers out in training, and hands all on afterwards",
    origin=_only_in_training,
    settings=DROPPING,
    also="seed data_format",
    examples=[
        Example("Dropout", IMAGE, {"rate": 0.4}),
        Example("Dropout", IMAGE, {"rate": 0.4, "noise_shape": [None, 5, 1, 3]}),
        Example("SpatialDropout1D", ((6, 3),), {"rate": 0.4}),
        Example("SpatialDropout2D", IMAGE, {"rate": 0.4}),
    ],
)
def dropout(making: Making, settings: Settings, x: Value) -> Value:
    """Drop numbers, or whole channels."""
    asked = (None, *(1,) * (len(x.shape) - 1), None) if settings["kind"] != "Dropout" else settings["noise_shape"]
    return _dropped("dropout", settings, x, asked)


@layer_kind(
    "GaussianDropout",
    words="multiplies by chance in training, and hands all on afterwards",
    origin=_only_in_training,
    settings={"rate": 0.5},
    also="seed",
    examples=[Example("GaussianDropout", IMAGE, {"rate": 0.3})],
)
def gaussian_dropout(making: Making, settings: Settings, x: Value) -> Value:
    """Multiply by normal numbers around 1."""
    return x.put(Noise(kind="gaussian dropout", rate=float(settings["rate"])), part="handed on")


@layer_kind(
    "GaussianNoise",
    words="adds chance in training, and hands all on afterwards",
    origin=_only_in_training,
    settings={"stddev": 0.1},
    also="seed",
    examples=[Example("GaussianNoise", IMAGE, {"stddev": 0.3})],
)
def gaussian_noise(making: Making, settings: Settings, x: Value) -> Value:
    """Add normal numbers around 0."""
    return x.put(Noise(kind="gaussian", rate=float(settings["stddev"])), part="handed on")


@layer_kind(
    "AlphaDropout",
    words="drops numbers to SELU's floor in training, and hands all on afterwards",
    origin=_only_in_training,
    settings=DROPPING,
    also="seed",
    examples=[Example("AlphaDropout", IMAGE, {"rate": 0.3})],
)
def alpha_dropout(making: Making, settings: Settings, x: Value) -> Value:
    """Drop so that mean and variance stay."""
    return _dropped("alpha", settings, x, settings["noise_shape"])


def _dropped(
    kind: Literal["dropout", "alpha"], settings: Settings, x: Value, shape: Sequence[int | None] | None
) -> Value:
    """Drop numbers that share a draw where the shape of the noise is 1; images that share one are left to Keras."""
    if shape is not None and len(shape) != len(x.shape) + 1:
        raise LoweringError(f"{x.making.layer} has a noise shape that does not fit: {tuple(shape)}")
    batch, *sizes = shape or (None,) * (len(x.shape) + 1)
    if batch is not None:
        return x.put(Noise(kind="varied"), part="handed on")
    alike = tuple(axis for axis, size in enumerate(sizes) if size == 1)
    return x.put(Noise(kind=kind, rate=float(settings["rate"]), alike=alike), part="handed on")


@layer_kind(
    "RandomBrightness",
    "RandomContrast",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    words="varies pictures in training, and hands them on afterwards",
    origin=_only_in_training,
    also="factor height_factor width_factor mode fill_mode fill_value interpolation data_format seed value_range scale",
    examples=[
        Example("RandomBrightness", IMAGE, {"factor": 0.2}),
        Example("RandomContrast", IMAGE, {"factor": 0.2}),
        Example("RandomErasing", IMAGE),
        Example("RandomFlip", IMAGE),
        Example("RandomRotation", IMAGE, {"factor": 0.1}),
        Example("RandomTranslation", IMAGE, {"height_factor": 0.1, "width_factor": 0.1}),
        Example("RandomZoom", IMAGE, {"height_factor": 0.1}),
    ],
)
def varied(making: Making, settings: Settings, x: Value) -> Value:
    """Hand on; who trains asks Keras to vary."""
    return x.put(Noise(kind="varied"), part="handed on")
