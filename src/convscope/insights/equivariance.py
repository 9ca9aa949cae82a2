"""Symmetry, measured: shift, flip, rotate or shuffle images, and see what moves along and what stays.

A layer is *equivariant* where its maps move along with the image, and *invariant* where they stay. Convolution and
pooling are equivariant to shifts by their stride; what a kernel looks for decides about flips and rotations; a
dense layer knows no places, so nothing can move along. Shuffling all pixels leaves no neighbourhood to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.errors import ShapeError, UsageError, did_you_mean
from convscope.records import Trace
from convscope.tables import pixel_permutation
from convscope.tracing import record_activations, record_trace
from convscope.tracing.field import strides_of

__all__ = ["TRANSFORMS", "Equivariance", "equivariance"]

Array = NDArray[Any]
Pair = tuple[int, int]
TRANSFORMS = ("shift", "flip", "rotate", "shuffle")


@dataclass(frozen=True)
class Equivariance:
    """How a model answers to transformed images.

    Parameters
    ----------
    n_images : int
    shift : (int, int)
        Pixels down and right of the transform ``"shift"``.
    layers : list of dict
        Per transform and layer: ``equivariance_error`` (None where a layer has no maps that could move along) and
        ``invariance_error``. Both are 0 for exactly, and about 1.4 for arrays that have nothing to do with
        each other.
    predictions : list of dict
        Per transform: ``agreement``, the fraction of images whose prediction stays, and ``probability_change``,
        the mean distance of the probabilities.
    """

    n_images: int
    shift: Pair
    layers: list[dict[str, Any]]
    predictions: list[dict[str, Any]]


def equivariance(
    model: Any,
    images: ArrayLike,
    *,
    transforms: Sequence[str] = TRANSFORMS,
    shift: Pair | None = None,
    seed: int | None = None,
) -> Equivariance:
    """Transform images and measure how far each layer moves along, and how far the predictions stay.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
    images : array of shape (n_images, height, width, channels)
        As `record_activations` takes them.
    transforms : sequence of {"shift", "flip", "rotate", "shuffle"}
        Down and right; left to right; by 90 degrees, square images only; all pixels in another order, the same
        for each image.
    shift : (int, int), optional
        Pixels down and right; the stride of the deepest map if left out, so that every map can move along.
    seed : int, optional
        Of the shuffle; the document's permutation if left out.

    Returns
    -------
    result : Equivariance
        With ``error = ‖f(g x) − g f(x)‖ / ‖g f(x)‖`` over all images, where both have a value: a shift
        compares the part of the map that the moved image fills.

    Raises
    ------
    UsageError
        There is no such transform.
    ShapeError
        Images that are no images, or not square where they are to be rotated.

    References
    ----------
    Lenc and Vedaldi 2015, "Understanding image representations by measuring their equivariance and equivalence",
    arXiv:1411.5908.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> images = np.random.default_rng(0).random((2, 28, 28, 1))
    >>> measured = equivariance(models.cnn((28, 28, 1), 10), images, transforms=["shift"])
    >>> [layer["equivariance_error"] < 1e-5 for layer in measured.layers[:4]]
    [True, True, True, True]
    """
    pixels = _checked(images, transforms)
    strides = _strides(record_trace(model, pixels[0]), pixels.shape[1:])
    shift = shift or (_common_stride(strides, pixels.shape, 0), _common_stride(strides, pixels.shape, 1))
    moves = _moves(shift, pixels.shape[1:3], seed)
    before = record_activations(model, pixels)
    layers, predictions = [], []
    for name in transforms:
        after = record_activations(model, moves[name](pixels, (1, 1), 0))
        for layer, values in after.items():
            movable = _can_move(name, before[layer], strides.get(layer), shift, pixels.shape[1:3])
            moved = moves[name](before[layer], strides[layer], np.nan) if movable else None
            layers.append(
                {
                    "transform": name,
                    "layer": layer,
                    "shape": list(values.shape[1:]),
                    "equivariance_error": None if moved is None else _error(values, moved),
                    "invariance_error": _error(values, before[layer]),
                }
            )
        *_, last = after
        predictions.append({"transform": name, **_agreement(before[last], after[last])})
    return Equivariance(len(pixels), shift, layers, predictions)


def _checked(images: ArrayLike, transforms: Sequence[str]) -> Array:
    pixels = np.asarray(images)
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    if pixels.ndim != 4 or not len(pixels):
        raise ShapeError(
            "equivariance must be measured on several images.",
            received=f"images {np.shape(images)}",
            expected="images (n_images, height, width, channels)",
        )
    for name in transforms:
        if name not in TRANSFORMS:
            raise UsageError(
                f"there is no transform {name!r}.", received=repr(name), expected=did_you_mean(name, TRANSFORMS)
            )
    if "rotate" in transforms and pixels.shape[1] != pixels.shape[2]:
        raise ShapeError(
            "only square images can be rotated by 90 degrees and keep their shape.",
            received=f"images of {pixels.shape[1]} x {pixels.shape[2]}",
            repair='leave "rotate" out of transforms',
        )
    return pixels


def _strides(trace: Trace, image_shape: tuple[int, ...]) -> dict[str, Pair]:
    """Follow the layers from the image on: pixels of the image from one value of a map to the next."""
    strides: dict[str, Pair] = {"input": (1, 1)} if trace["input"].ndim == 3 else {}
    for layer in trace.layers:
        before, own = next((strides[name] for name in layer.inputs if name in strides), None), strides_of(layer)
        if before is not None and own is not None:
            strides[layer.name] = (before[0] * own[0], before[1] * own[1])
        elif "input" not in strides and layer.inputs == ("input",) and layer.shape == tuple(image_shape):
            strides[layer.name] = (1, 1)
    return strides or {"input": (1, 1)}


def _common_stride(strides: dict[str, Pair], shape: tuple[int, ...], axis: int) -> int:
    """Find a shift, with strides of at most half the image, that is a whole number of steps in their maps."""
    return lcm(*(stride[axis] for stride in strides.values() if stride[axis] <= shape[1 + axis] // 2))


def _moves(shift: Pair, size: tuple[int, ...], seed: int | None) -> Mapping[str, Callable[[Array, Pair, float], Array]]:
    """Give each transform as a function of images or maps, of their stride, and of what fills places left empty."""
    n_pixels = size[0] * size[1]
    order = pixel_permutation(n_pixels) if seed is None else pixel_permutation(n_pixels, seed)
    return {
        "shift": lambda maps, stride, fill: _shifted(maps, shift[0] // stride[0], shift[1] // stride[1], fill),
        "flip": lambda maps, stride, fill: maps[:, :, ::-1],
        "rotate": lambda maps, stride, fill: np.rot90(maps, axes=(1, 2)),
        "shuffle": lambda maps, stride, fill: maps.reshape(len(maps), n_pixels, -1)[:, order].reshape(maps.shape),
    }


def _shifted(maps: Array, down: int, right: int, fill: float) -> Array:
    """Move maps down and right."""
    moved = np.full(maps.shape, fill, maps.dtype)
    moved[:, down:, right:] = maps[:, : maps.shape[1] - down, : maps.shape[2] - right]
    return moved


def _can_move(name: str, maps: Array, stride: Pair | None, shift: Pair, size: tuple[int, ...]) -> bool:
    """Say whether a layer has maps that can move along: places, and for a shift whole steps that leave some over."""
    if maps.ndim != 4 or stride is None:
        return False
    if name == "shuffle":
        return maps.shape[1:3] == size
    steps = [pixels / step for pixels, step in zip(shift, stride, strict=True)]
    fits = all(step.is_integer() and step < side for step, side in zip(steps, maps.shape[1:3], strict=True))
    return name != "shift" or fits


def _error(values: Array, wanted: Array) -> float:
    """Relative distance of two arrays over all images, where the wanted one has a value."""
    known = ~np.isnan(wanted)
    size = float(np.linalg.norm(wanted[known].astype(np.float64)))
    apart = float(np.linalg.norm(values[known].astype(np.float64) - wanted[known]))
    return apart / size if size else float(apart > 0)


def _agreement(before: Array, after: Array) -> dict[str, float]:
    one, other = (values.reshape(len(values), -1) for values in (before, after))
    if one.shape[1] == 1:
        one, other = (np.hstack([1 - values, values]) for values in (one, other))
    return {
        "agreement": float(np.mean(one.argmax(axis=1) == other.argmax(axis=1))),
        "probability_change": float(np.abs(one - other).sum(axis=1).mean() / 2),
    }
