"""Strongest images: which of one's own images excite a channel most, and where in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError, did_you_mean
from convscope.tables import PixelTable, Table
from convscope.tracing import record_trace, recorder
from convscope.tracing.field import field_of

__all__ = ["StrongestImages", "strongest_images"]

Array = NDArray[Any]
IMAGES_AT_ONCE = 256


@dataclass(frozen=True)
class StrongestImages:
    """The images in which a channel has its largest values, the largest first; each image once.

    Parameters
    ----------
    layer : str
    channel : int
    rows : int array of shape (n,)
        Of the table.
    values : array of shape (n,)
        The channel's largest value in each.
    places : int array of shape (n, 2)
        Where it stands in the map: row and column, from 0; (0, 0) for a unit.
    windows : list of ((int, int), (int, int)), or None
        The pixels that it sees: first and last row, first and last column, from 0, cut at the edges; None where the
        layer sees the whole image.
    """

    layer: str
    channel: int
    rows: NDArray[np.int64]
    values: Array
    places: NDArray[np.int64]
    windows: list[tuple[tuple[int, int], tuple[int, int]]] | None


def strongest_images(
    model: Any, images: PixelTable | Array, layer: str, channel: int, *, n: int = 9
) -> StrongestImages:
    """Send all images through, and keep those in which one channel of one layer has its largest values.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input.
    images : PixelTable, or array of shape (n_images, height, width, channels) or (n_images, n_pixels)
    layer : str
        By its name.
    channel : int
        0-based; the unit of a layer without maps.
    n : int
        How many to keep.

    Returns
    -------
    found : StrongestImages

    Raises
    ------
    UsageError
        There is no such layer or channel, no image, or n is below 1.

    References
    ----------
    Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", arXiv:1311.2901, section 4.

    Examples
    --------
    >>> from convscope import load_dataset, models
    >>> digits = load_dataset("digits")
    >>> found = strongest_images(models.mlp((8, 8, 1), 10), digits.images, "hidden", 3, n=4)
    >>> len(found.rows)
    4
    """
    pixels = np.asarray(images.values) if isinstance(images, Table) else np.asarray(images)
    if n < 1 or not len(pixels):
        raise UsageError("there is nothing to choose from.", received=f"n={n} of {len(pixels)} images")
    record = recorder(model)
    rows: Array = np.empty(0, np.int64)
    values: Array = np.empty(0, np.float32)
    places: Array = np.empty((0, 2), np.int64)
    for first in range(0, len(pixels), IMAGES_AT_ONCE):
        maps = _channel(record(pixels[first : first + IMAGES_AT_ONCE]), layer, channel)
        flat = maps.reshape(len(maps), -1)
        where = flat.argmax(axis=1)
        rows = np.concatenate([rows, first + np.arange(len(maps))])
        values = np.concatenate([values, flat[np.arange(len(maps)), where]])
        places = np.concatenate([places, np.stack(np.divmod(where, maps.shape[2]), axis=1)])
        kept = np.argsort(-values, kind="stable")[:n]  # of several alike the first
        rows, values, places = rows[kept], values[kept], places[kept]
    return StrongestImages(
        layer, channel, rows, values=values, places=places, windows=_windows(model, pixels[rows[0]], layer, places)
    )


def _channel(activations: dict[str, Array], layer: str, channel: int) -> Array:
    """Return one channel of a layer: shape (n_images, height, width), 1 by 1 for a unit."""
    if layer not in activations:
        raise UsageError(f"there is no layer {layer!r}.", expected=did_you_mean(layer, list(activations)))
    found = activations[layer]
    if not 0 <= channel < found.shape[-1]:
        raise UsageError(
            f"layer {layer} has no channel {channel}.", expected=f"0 to {found.shape[-1] - 1}", received=str(channel)
        )
    return found[..., channel].reshape(len(found), *(found.shape[1:3] if found.ndim == 4 else (1, 1)))


def _windows(
    model: Any, image: Array, layer: str, places: NDArray[np.int64]
) -> list[tuple[tuple[int, int], tuple[int, int]]] | None:
    trace = record_trace(model, image)
    found = []
    for row, column in places.tolist():
        seen = field_of(trace, layer, row, column)
        if seen is None:
            return None
        rows, columns = seen
        found.append(((rows[0], rows[-1]), (columns[0], columns[-1])))
    return found
