"""The caller's images, converted to a model's input."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.backend import keras
from convscope.errors import ModelError, ShapeError

__all__ = ["as_batch", "n_inputs", "network_of"]


def network_of(model: Any) -> Any:
    """Find the Keras model in a fitted classifier; a Keras model is one already."""
    network = getattr(model, "model_", model)
    if not isinstance(network, keras.Model):
        raise ModelError(
            "only a fitted classifier or a Keras model can be traced.",
            received=type(model).__name__,
            expected="a fitted ImageClassifier, or a keras.Model",
            repair="call fit first" if hasattr(model, "fit") else None,
        )
    return network


def n_inputs(network: Any) -> int:
    """Count what a model takes at once."""
    return len(getattr(network, "inputs", None) or [None])


def _input_shape(network: Any, index: int) -> tuple[int | None, ...] | None:
    """Shape of an input without the batch axis; None for a model that takes what comes."""
    tensors = getattr(network, "inputs", None)
    return tuple(tensors[index].shape[1:]) if tensors else None


def as_batch(network: Any, values: ArrayLike, scale: float, index: int, *, many: bool = False) -> NDArray[Any]:
    """Scale and reshape images, row by row and channel fastest, into what the model takes."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub" or array.size == 0:
        raise ShapeError(
            "this is not an image.",
            received=f"{array.dtype} {array.shape}",
            expected="an array of numbers",
            repair="give one image, (height, width) or (height, width, channels), or one row of the table",
        )
    shape, rows = _input_shape(network, index), array if many else array[None]
    scaled = rows.astype(np.float32) / np.float32(scale)
    if shape is None:
        return scaled
    if len(shape) == 3 and scaled.ndim == 3:
        scaled = scaled[..., None]
    open_ended = None in shape and scaled.ndim == len(shape) + 1
    fits = [known in (None, found) for known, found in zip(shape, scaled.shape[1:], strict=False)]
    if open_ended and all(fits):
        return scaled
    if None in shape or prod(scaled.shape[1:]) != prod(known or 0 for known in shape):
        raise ShapeError(
            "the image does not fit the model's input.",
            received=f"image {array.shape[1:] if many else array.shape}",
            expected=f"{shape}" + (f", or {prod(known or 1 for known in shape)} numbers" if None not in shape else ""),
            repair="give one image of the size that the model was built for"
            if not many
            else "give images of the size that the model was built for",
        )
    return scaled.reshape(len(scaled), *(known or 0 for known in shape))
