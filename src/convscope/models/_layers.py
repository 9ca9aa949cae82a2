"""What the builders share: the size of the input, and the layer that answers."""

from __future__ import annotations

from math import prod

from convscope.backend import keras

__all__ = ["answer", "n_pixels"]


def n_pixels(image_shape: tuple[int, ...]) -> int:
    """Count the input columns: height times width times channels."""
    return prod(image_shape)


def answer(n_classes: int, *, always_softmax: bool = False) -> keras.layers.Layer:
    """Make the last layer: one sigmoid unit for two classes, else one softmax unit per class."""
    if n_classes == 2 and not always_softmax:
        return keras.layers.Dense(1, activation="sigmoid", name="output")
    return keras.layers.Dense(n_classes, activation="softmax", name="output")
