"""The same table, seen differently: pixels shuffled, images moved or resized."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.errors import ShapeError
from convscope.tables.pixel_table import PixelTable
from convscope.tables.table import Table, require
from convscope.wording import Setting, Words

__all__ = ["pixel_permutation", "resize_images", "shift_pixels", "shuffle_pixels"]

DOCUMENT_SEED = 1234
SHUFFLE_REPAIR = Words("leave the rows as they are: ", Setting("pixel_order", "original"))


def pixel_permutation(n_pixels: int, seed: int = DOCUMENT_SEED) -> NDArray[np.int64]:
    """Give the document's shuffling order, the one that ``sklearn.utils.shuffle`` draws.

    Returns
    -------
    order : int array of shape (n_pixels,)
        Place k of a shuffled image shows pixel ``order[k]`` of the original; 0-based.

    Examples
    --------
    >>> pixel_permutation(6).tolist()
    [2, 1, 5, 0, 4, 3]
    """
    order = np.arange(n_pixels, dtype=np.int64)
    np.random.RandomState(seed).shuffle(order)  # what scikit-learn does; importing it takes a second
    return order


def shuffle_pixels(table: Table, seed: int = DOCUMENT_SEED) -> PixelTable:
    """Shuffle the pixels of all images alike; labels stay, and so does every image's set of intensities.

    Parameters
    ----------
    table : PixelTable
    seed : int
        The same seed gives the same order, for tables, pictures and both parts of a data set.

    Raises
    ------
    UsageError
        The rows are no images.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> table = load_dataset("digits").table[:1]
    >>> sorted(shuffle_pixels(table).pixels[0].tolist()) == sorted(table.pixels[0].tolist())
    True
    """
    images = require(table, PixelTable, "only the pixels of images can be shuffled.", repair=SHUFFLE_REPAIR)
    order = pixel_permutation(images.pixels.shape[1], seed)
    note = f"pixels shuffled in the same way in all images (seed {seed})"
    return replace(images, pixels=np.take(images.pixels, order, axis=1), notes=(*images.notes, note))


def shift_pixels(table: PixelTable, down: int, right: int, *, fill: int = 0) -> PixelTable:
    """Move every image; pixels that leave are lost, and ``fill`` comes in.

    Parameters
    ----------
    table : PixelTable
    down, right : int
        In pixels; negative moves up or left.
    fill : int
        Intensity of the pixels that come in.

    Examples
    --------
    >>> from convscope import images_to_table
    >>> shift_pixels(images_to_table([[[1, 2], [3, 4]]]), 0, 1).images[0, :, :, 0]
    array([[0, 1],
           [0, 3]], dtype=uint8)
    """
    images = table.images
    _, height, width, _ = images.shape
    moved = np.full_like(images, fill)
    rows, columns = slice(max(0, down), height + min(0, down)), slice(max(0, right), width + min(0, right))
    from_rows, from_columns = (
        slice(max(0, -down), height - max(0, down)),
        slice(max(0, -right), width - max(0, right)),
    )
    if abs(down) < height and abs(right) < width:
        moved[:, rows, columns] = images[:, from_rows, from_columns]
    return replace(table, pixels=moved.reshape(len(table), -1))


def resize_images(table: PixelTable, size: tuple[int, int]) -> PixelTable:
    """Resize every image by bilinear interpolation, antialiased when it shrinks.

    Parameters
    ----------
    table : PixelTable
    size : (height, width)
        In pixels, at least 1.

    Raises
    ------
    ShapeError
        A side is smaller than 1.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> resize_images(load_dataset("digits").table[:3], (28, 28)).image_shape
    (28, 28, 1)
    """
    height, width = size
    if min(size) < 1:
        raise ShapeError("images cannot be resized to nothing.", received=f"{size}", expected="(height, width) >= 1")
    *_, channels = table.image_shape
    planes = [_resized_plane(plane, height, width) for image in table.images for plane in np.moveaxis(image, -1, 0)]
    pixels = (
        np.stack(planes).reshape(len(table), channels, height, width).transpose(0, 2, 3, 1)
        if planes
        else np.empty((0, height, width, channels))
    )
    if table.pixels.dtype == np.uint8:
        pixels = np.clip(np.rint(pixels), 0, 255)
    return replace(
        table,
        pixels=np.ascontiguousarray(pixels.reshape(len(table), -1).astype(table.pixels.dtype)),
        image_shape=(height, width, channels),
    )


def _resized_plane(plane: NDArray[np.generic], height: int, width: int) -> NDArray[np.float32]:
    picture = Image.fromarray(plane.astype(np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)
