"""One row per image: a label, and one column per pixel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from convscope.errors import ShapeError, TableError
from convscope.reading import Range
from convscope.tables.table import GROUP_COLUMN, LABEL_COLUMN, Shape, Table
from convscope.tables.understood import Understood
from convscope.wording import Setting, Words

__all__ = [
    "PixelTable",
    "are_whole",
    "image_shape_of",
    "pixel_columns",
    "range_of",
    "square_shape",
]

PIXEL_NAME = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})(?:x([1-9]\d?))?")

DEEPEST_VALUE, LARGEST_OF_12_BITS = 65535, 4095
ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class PixelTable(Table):
    """Images as a table.

    Parameters
    ----------
    pixels : array of shape (n_rows, height * width * channels)
        uint8 intensities 0..255, or float32 where the file holds fractions; row-major, channel fastest. May
        be a read-only memory map.
    image_shape : (height, width, channels)
    labels : array of shape (n_rows,), optional
        int64, or text as objects.
    class_names : tuple of str
        One name per entry of `classes`; the labels themselves if left out.
    names : mapping of label to str
        Names of classes that need not occur here: a part of a table knows those of the whole.
    source : str
        Where the rows come from.
    notes : tuple of str
        What a reader must know: what was dropped, decoded, clipped or rescaled.
    split : array of str of shape (n_rows,), optional
        "train", "val" or "test" for each row, where the file says so.
    intensity : (low, high) or "standardised"
        The range that intensities of these pictures can have; found in the pixels if left out.
    weights : float64 array of shape (n_rows,), optional
        How much each row counts in training.
    groups : array of shape (n_rows,), optional
        Rows of one group, such as frames of one source, are not divided between training and test.
    layout : str
        How the order of the pixels was found: "names", "position", or letters from slowest to fastest.
    understood : Understood, optional
        What the reader of the file made of it.

    Raises
    ------
    ShapeError
        The number of columns or labels does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> table = PixelTable(np.array([[0, 255, 255, 0]], np.uint8), (2, 2, 1), np.array(["line"], dtype=object))
    >>> table.columns, table.images.shape
    (['1x1', '1x2', '2x1', '2x2'], (1, 2, 2, 1))
    >>> table.frame
      class  1x1  1x2  2x1  2x2
    0  line    0  255  255    0
    """

    kind = "images"
    default_model = "cnn"
    by_row = ("pixels", *Table.by_row)

    pixels: NDArray[Any]
    image_shape: Shape
    labels: NDArray[Any] | None = None
    class_names: tuple[str, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()
    names: Mapping[Any, str] = field(default_factory=dict, repr=False)
    split: NDArray[Any] | None = None
    intensity: Range | None = None
    weights: NDArray[np.float64] | None = None
    groups: NDArray[Any] | None = None
    layout: str = "names"
    understood: Understood | None = None

    def __post_init__(self) -> None:
        expected = int(np.prod(self.image_shape))
        if self.pixels.ndim != 2 or self.pixels.shape[1] != expected:
            raise ShapeError(
                "the pixels do not fit the image shape.",
                received=f"pixels {self.pixels.shape}, image shape {self.image_shape}",
                expected=f"pixels (n_rows, {expected})",
            )
        self.check_rows()
        if self.intensity is None:
            object.__setattr__(self, "intensity", range_of(self.pixels))
        if not self.class_names:
            object.__setattr__(self, "class_names", tuple(map(self.name_of, self.classes.tolist())))
        here = dict(zip(self.classes.tolist(), self.class_names, strict=False))
        object.__setattr__(self, "names", {**self.names, **here})

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame, image_shape: Sequence[int] | None = None, *, source: str = "a data frame"
    ) -> PixelTable:
        """Make a table from a data frame with a column ``class`` (optional) and one column per pixel.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, n_pixels) or (n_rows, 1 + n_pixels)
        image_shape : (height, width) or (height, width, channels), optional
            Read from the column names if left out, else a square is tried.

        Raises
        ------
        ShapeError
            The columns are not those of an image.
        TableError
            A pixel is missing or is not a number.
        """
        columns = [str(name) for name in frame.columns if name != LABEL_COLUMN]
        shape = shaped(image_shape) or image_shape_of(columns) or square_shape(len(columns), "image_shape")
        values = frame[[name for name in frame.columns if name != LABEL_COLUMN]].to_numpy()
        if values.dtype == object or values.dtype.kind not in "uifb":
            raise TableError("a pixel column holds something other than numbers.", received=str(values.dtype))
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise TableError(f"row {row}, column {columns[column]!r} is not a finite number.")
        labels = frame[LABEL_COLUMN].to_numpy() if LABEL_COLUMN in frame.columns else None
        return cls(as_intensities(values), shape, labels, source=source)

    @property
    def values(self) -> NDArray[Any]:
        """The pixels; shape (n_rows, height * width * channels)."""
        return self.pixels

    @property
    def columns(self) -> list[str]:
        """Names of the pixel columns: "1x1", "1x2", ..., row-major, 1-based."""
        return pixel_columns(self.image_shape)

    @property
    def images(self) -> NDArray[Any]:
        """The images as an array view of shape (n_rows, height, width, channels)."""
        return self.pixels.reshape(-1, *self.image_shape)

    def named(self, names: Mapping[Any, str]) -> PixelTable:
        """Give classes names, whether they occur here or not."""
        return self.having(class_names=(), names=names)

    @property
    def stored(self) -> dict[str, Any]:
        """The range of intensities, the names of classes and the column of groups, which columns do not say."""
        names = {str(label): name for label, name in self.names.items()}
        group = None if self.groups is None else GROUP_COLUMN
        return {"intensity": self._range, "class_names": names, "group": group}

    @property
    def particulars(self) -> dict[str, Any]:
        """How classes are called, what intensities can be, and what was understood of the file."""
        names = {str(label): name for label, name in self.names.items() if str(label) != name}
        told: dict[str, Any] = {"class_names": names, "intensity": self._range, "order": self.layout}
        told["groups"] = None if self.groups is None else len(np.unique(self.groups))
        if self.understood is not None:
            record = self.understood.record()
            told |= {"read_as": record["kind"], "label": record["label"], "columns": record["columns"]}
            told |= {"sizes": [f"{height}x{width}: {count:,}" for height, width, count in record["sizes"]]}
            told |= {"left_out": [str(one) for one in self.understood.left_out]}
        return told

    @property
    def _range(self) -> str | list[float]:
        return self.intensity if isinstance(self.intensity, str) else list(self.intensity or ())

    def _of_rows(self, columns: dict[str, Any]) -> PixelTable:
        return self.having(class_names=(), **columns)


def range_of(pixels: NDArray[Any]) -> Range:
    """Tell the range that intensities can have from those that there are, as `read_table` does.

    Examples
    --------
    >>> import numpy as np
    >>> range_of(np.array([[0, 200]])), range_of(np.array([[0.0, 0.5]])), range_of(np.array([[0, 9]]))
    ((0.0, 255.0), (0.0, 1.0), (0.0, 16.0))
    """
    low, high = (float(pixels.min()), float(pixels.max())) if pixels.size else (0.0, 255.0)
    if pixels.dtype.kind not in "uib" and low >= -1 and high <= 1 and not (low >= 0 and are_whole(pixels)):
        return (-1.0 if low < 0 else 0.0), 1.0
    if low < 0 or high > DEEPEST_VALUE:
        return "standardised"
    if high > 255:
        return 0.0, float(LARGEST_OF_12_BITS if high <= LARGEST_OF_12_BITS else DEEPEST_VALUE)
    for most in (1.0, 16.0):
        if high <= most and are_whole(pixels):
            return 0.0, most
    return 0.0, 255.0


def are_whole(values: NDArray[Any]) -> bool:
    """Say whether all numbers are whole."""
    blocks = (values[start : start + ROWS_AT_ONCE] for start in range(0, len(values), ROWS_AT_ONCE))
    return values.dtype.kind in "uib" or all(bool((block == np.floor(block)).all()) for block in blocks)


def pixel_columns(image_shape: Sequence[int]) -> list[str]:
    """Name the pixel columns of an image, row-major, channel fastest, 1-based.

    Examples
    --------
    >>> pixel_columns((2, 2))
    ['1x1', '1x2', '2x1', '2x2']
    >>> pixel_columns((1, 1, 3))
    ['1x1x1', '1x1x2', '1x1x3']
    """
    height, width, *rest = image_shape
    channels = rest[0] if rest else 1
    places = [f"{row}x{column}" for row in range(1, height + 1) for column in range(1, width + 1)]
    if channels == 1:
        return places
    return [f"{place}x{channel}" for place in places for channel in range(1, channels + 1)]


def image_shape_of(columns: Sequence[Any]) -> Shape | None:
    """Read the image shape from column names; None if they are not, in order, the names of an image's pixels.

    Examples
    --------
    >>> image_shape_of(["1x1", "1x2", "2x1", "2x2"])
    (2, 2, 1)
    """
    last = PIXEL_NAME.fullmatch(str(columns[-1])) if len(columns) else None
    if last is None:
        return None
    shape = (int(last[1]), int(last[2]), int(last[3] or 1))
    if int(np.prod(shape)) != len(columns) or pixel_columns(shape) != list(map(str, columns)):
        return None
    return shape


def square_shape(n_pixels: int, setting: str = "shape") -> Shape:
    """Read a number of pixels as a square image of one channel; the setting is what a caller may say instead.

    Raises
    ------
    ShapeError
        It is not a square.
    """
    side = isqrt(n_pixels)
    if side == 0 or side * side != n_pixels:
        raise ShapeError(
            f"{n_pixels:,} pixel columns are not a square image.",
            received=f"{n_pixels:,} columns without names like 1x1, 1x2",
            expected=f"for example {side * side:,} or {(side + 1) ** 2:,} columns",
            repair=Words("give the height and width of an image: ", Setting(setting)),
        )
    return side, side, 1


def shaped(image_shape: Sequence[int] | None) -> Shape | None:
    """Complete (height, width) to (height, width, 1)."""
    if image_shape is None:
        return None
    height, width, *rest = image_shape
    return int(height), int(width), int(rest[0]) if rest else 1


def as_intensities(values: NDArray[Any]) -> NDArray[Any]:
    """Store whole numbers 0..255 as uint8 and all others as float32; values are not rescaled."""
    if values.dtype == np.uint8:
        return values
    if values.size and values.min() >= 0 and values.max() <= 255:
        as_bytes = values.astype(np.uint8)
        if np.array_equal(as_bytes, values):
            return as_bytes
    return values.astype(np.float32)
