"""What the columns of a table are: labels, pixels, points, or nothing of use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isqrt

from convscope.errors import ShapeError, TableError
from convscope.tables.pixel_table import LABEL_COLUMN, Shape, image_shape_of, pixel_columns, square_shape
from convscope.wording import Setting, Words

__all__ = ["LABEL_NAMES", "Layout", "lay_out"]

LABEL_NAMES = (LABEL_COLUMN, "label", "target", "y")
SPLIT_COLUMN = "split"
FEATURE_NAME = re.compile(r"(feature|x)_?\d+|x|y", re.IGNORECASE)
RGB = 3


@dataclass(frozen=True)
class Layout:
    """Roles of a table's columns, by their place.

    Parameters
    ----------
    label, split : int or None
        Place of the column, 0-based.
    values : list of int
        Places of pixels or features, in order.
    names : list of str
        Their names.
    image_shape : (height, width, channels), or None for points
    notes : list of str
    """

    label: int | None
    split: int | None
    values: list[int]
    names: list[str]
    image_shape: Shape | None
    notes: list[str] = field(default_factory=list)


def lay_out(names: Sequence[str] | None, n_columns: int, shape: Shape | None, where: str) -> Layout:
    """Decide what each column is.

    Parameters
    ----------
    names : sequence of str, or None
        The header; None for a table without one.
    n_columns : int
    shape : (height, width, channels), optional
        As the user gave it.
    where : str
        The file, for messages.

    Raises
    ------
    TableError
        A column name occurs twice, or there is nothing but labels.
    ShapeError
        The pixel columns do not make an image.
    """
    if names is None:
        return _without_header(n_columns, shape)
    _check_distinct(names, where)
    notes: list[str] = []
    label = next((names.index(name) for name in LABEL_NAMES if name in names), None)
    if label is not None and names[label] != LABEL_COLUMN:
        notes.append(f"column {names[label]!r} is read as the label")
    split = names.index(SPLIT_COLUMN) if SPLIT_COLUMN in names else None
    values = [place for place in range(n_columns) if place not in (label, split)]
    if values and values[0] == 0 and names[0].strip().lower() in ("", "unnamed: 0", "index"):
        values = values[1:]
        notes.append(f"the first column {names[0]!r} is an index and is dropped")
    chosen = [names[place] for place in values]
    if not values:
        raise TableError(
            f"{where} has no pixel columns.", received=f"columns {list(names)[:3]}", expected="1x1, 1x2, ..."
        )
    if _are_points(chosen, split is not None, shape):
        return Layout(label, split, values, chosen, None, notes)
    return _with_pixels(label, split, values, chosen, shape, notes)


def _without_header(n_columns: int, shape: Shape | None) -> Layout:
    notes = ["no header: the first row is data"]
    n_pixels = shape[0] * shape[1] * shape[2] if shape else None
    square = isqrt(n_columns) ** 2 == n_columns
    labelled = n_columns - 1 == n_pixels if n_pixels else not square
    values = list(range(1 if labelled else 0, n_columns))
    if labelled:
        notes.append("the first column is the label")
    layout = _with_pixels(0 if labelled else None, None, values, [], shape, notes)
    return Layout(layout.label, None, values, pixel_columns(layout.image_shape or ()), layout.image_shape, layout.notes)


def _with_pixels(
    label: int | None,
    split: int | None,
    values: list[int],
    names: list[str],
    shape: Shape | None,
    notes: list[str],
) -> Layout:
    if shape is not None:
        expected = shape[0] * shape[1] * shape[2]
        if expected != len(values):
            raise ShapeError(
                "the shape does not fit the pixel columns.",
                received=f"shape {shape[0]}x{shape[1]}x{shape[2]} for {len(values):,} columns",
                expected=f"{expected:,} columns",
                repair="check the height and the width of the images",
            )
        return Layout(label, split, values, names, shape, notes)
    named = image_shape_of(names)
    if named is not None:
        return Layout(label, split, values, names, named, notes)
    ordered = _in_order(values, names)
    if ordered is not None:
        values, names = ordered
        notes.append("the pixel columns were out of order and have been put into row-major order")
        return Layout(label, split, values, names, image_shape_of(names), notes)
    colour = len(values) // RGB
    if len(values) % RGB == 0 and isqrt(colour) ** 2 == colour and isqrt(len(values)) ** 2 != len(values):
        side = isqrt(colour)
        raise ShapeError(
            f"{len(values):,} columns are a {side}x{side} colour image, but their order is unclear.",
            received=f"{len(values):,} columns without names like 1x1x1",
            expected="one value after the other: 1x1x1, 1x1x2, 1x1x3, 1x2x1, ... (interleaved)",
            repair=Words(
                "interleaved: ",
                Setting("shape", (side, side, RGB)),
                "; one plane after the other: rearrange the columns first",
            ),
        )
    return Layout(label, split, values, names, square_shape(len(values)), notes)


def _in_order(values: list[int], names: list[str]) -> tuple[list[int], list[str]] | None:
    """Sort pixel columns that are all there but stand in another order."""
    numbers = [tuple(map(int, name.split("x"))) if re.fullmatch(r"\d+(x\d+){1,2}", name) else () for name in names]
    if not all(numbers):
        return None
    order = sorted(range(len(names)), key=lambda place: numbers[place])
    arranged = [names[place] for place in order]
    return None if image_shape_of(arranged) is None else ([values[place] for place in order], arranged)


def _are_points(names: list[str], has_split: bool, shape: Shape | None) -> bool:
    if shape is not None or image_shape_of(names) is not None:
        return False
    return has_split or all(FEATURE_NAME.fullmatch(name) for name in names)


def _check_distinct(names: Sequence[str], where: str) -> None:
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in seen and name:
            raise TableError(
                f"{where} has two columns named {name!r}.",
                received=f"columns {seen[name] + 1} and {place + 1}",
                expected="each name once",
                repair="delete or rename one of them",
            )
        seen[name] = place
