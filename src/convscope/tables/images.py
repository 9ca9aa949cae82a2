"""Tables to arrays of images and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from convscope.errors import ShapeError
from convscope.reading import options_of
from convscope.tables._arrays import lay_out
from convscope.tables.pixel_table import PixelTable, as_intensities
from convscope.tables.table import Table, require
from convscope.wording import Setting, Words

__all__ = ["images_to_table", "table_to_images"]

COLOURS = (3, 4)


def table_to_images(table: Table | pd.DataFrame, image_shape: Sequence[int] | None = None) -> NDArray[Any]:
    """Give the images of a table as an array.

    Parameters
    ----------
    table : PixelTable or DataFrame
        A frame may have a column ``class``; its pixel columns are row-major.
    image_shape : (height, width) or (height, width, channels), optional
        For a frame whose columns do not tell.

    Returns
    -------
    images : array of shape (n_rows, height, width, channels)
        Shares its memory with a PixelTable.

    Raises
    ------
    ShapeError
        The columns are not those of an image.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame([["line", 0, 255, 0, 255]], columns=["class", "1x1", "1x2", "2x1", "2x2"])
    >>> table_to_images(frame)[0, :, :, 0]
    array([[  0, 255],
           [  0, 255]], dtype=uint8)
    """
    pictures = table if isinstance(table, Table) else PixelTable.from_frame(table, image_shape)
    return require(pictures, PixelTable, "images are taken from a table of images.").images


def images_to_table(
    images: ArrayLike, labels: ArrayLike | None = None, *, layout: str | None = None, source: str = "an array"
) -> PixelTable:
    """Make a table of an array of images.

    Parameters
    ----------
    images : array of shape (n_rows, height, width) or (n_rows, height, width, channels)
        Row then column. Whole numbers 0..255 are held as uint8, anything else as float32.
    labels : array of shape (n_rows,), optional
    layout : str, optional
        Order of the axes from slowest to fastest, if it is another one: ``CHW``, ``HWCN``, ...

    Returns
    -------
    table : PixelTable

    Raises
    ------
    ShapeError
        The array has another number of axes, or the labels do not match the images in number.

    Examples
    --------
    >>> images_to_table([[[0, 255], [255, 0]]], ["cross"]).frame
       class  1x1  1x2  2x1  2x2
    0  cross    0  255  255    0
    """
    array = np.asarray(images)
    if layout is not None:
        laid = lay_out(array, None, options_of(layout=layout), source)
        array = laid.flat.reshape(-1, *laid.shape)
    elif array.ndim == 4 and array.shape[1] in COLOURS and array.shape[3] > max(COLOURS):
        raise ShapeError(
            f"images of shape {array.shape} seem to have their channels first.",
            received=f"shape {array.shape}",
            expected="(n_rows, height, width, channels)",
            repair=Words("say so: ", Setting("layout", "CHW"), "; or that they are last: ", Setting("layout", "HWC")),
        )
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4:
        raise ShapeError(
            "images are not an array of images.",
            received=f"shape {array.shape}",
            expected="(n_rows, height, width) or (n_rows, height, width, channels)",
        )
    _, height, width, channels = array.shape
    pixels = as_intensities(np.ascontiguousarray(array).reshape(len(array), height * width * channels))
    known = None if labels is None else np.asarray(labels)
    if known is not None and known.dtype.kind in "US":
        known = known.astype(object)
    return PixelTable(pixels, (height, width, channels), known, source=source)
