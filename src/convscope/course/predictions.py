"""Predict first, then run: what Keras gives, shown beside a prediction and never before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.arithmetic.worked import KERNEL, PICTURE
from convscope.language import Say

__all__ = ["Ran", "count_parameters", "list_shapes", "run_convolution", "run_pooling"]

Run = Callable[[], Any]
IMAGE = (28, 28, 1)


@dataclass(frozen=True)
class Ran:
    """What came out, beside what was predicted."""

    predicted: Any
    found: Any

    def __repr__(self) -> str:
        return str(Say("You predicted: {predicted}\nKeras gives: {found}", predicted=self.predicted, found=self.found))


def run_convolution(strides: tuple[int, int]) -> Run:
    """Convolve the hand-worked picture in Keras."""

    def run() -> Any:
        from convscope.backend import keras  # noqa: PLC0415  (a check needs no Keras, and Keras takes seconds)

        layer = keras.layers.Conv2D(1, KERNEL.shape, strides=strides, use_bias=False)
        layer.build((1, *PICTURE.shape, 1))
        layer.set_weights([KERNEL[..., None, None]])
        return _rows(layer(PICTURE[None, ..., None]))

    return run


def run_pooling() -> Any:
    """Pool the hand-worked picture in Keras, without strides and with strides of 1."""
    from convscope.backend import keras  # noqa: PLC0415  (as above)

    settings: dict[str, dict[str, Any]] = {"default": {}, "strides 1": {"strides": 1}}
    batch = PICTURE[None, ..., None]
    return {name: _rows(keras.layers.MaxPooling2D((2, 2), **given)(batch)) for name, given in settings.items()}


def list_shapes() -> list[tuple[int, ...]]:
    """List the shapes that the lab's CNN gives, layer by layer, beginning with the input."""
    model = _network()
    return [tuple(layer.output.shape[1:]) for layer in model.layers if type(layer).__name__ != "InputLayer"]


def count_parameters() -> dict[str, int]:
    """Count the parameters of the lab's CNN, layer by layer."""
    model = _network()
    counts = {layer.name: int(layer.count_params()) for layer in model.layers}
    return {name: count for name, count in counts.items() if count} | {"total": int(model.count_params())}


def _network() -> Any:
    from convscope.models import catalogue  # noqa: PLC0415  (as above)

    return catalogue.get("cnn")(IMAGE, 10)


def _rows(batch: Any) -> list[list[int]]:
    found: list[list[int]] = np.asarray(batch)[0, ..., 0].astype(int).tolist()
    return found
