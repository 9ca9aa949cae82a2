"""Parquet tables: typed columns, so only what the columns are needs a look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as arrow_parquet

from convscope.errors import TableError
from convscope.tables._layout import Layout, lay_out
from convscope.tables._values import check_labels, check_pixels, without_missing
from convscope.tables.pixel_table import PixelTable, Shape
from convscope.tables.point_table import PointTable

__all__ = ["read_parquet"]

MOST_CELLS = 2 << 30


def read_parquet(path: Path, *, shape: Shape | None, clip: bool, drop_missing: bool) -> PixelTable | PointTable:
    """Read a pixel table or point table from Parquet; see `read_csv` for the parameters.

    Raises
    ------
    TableError, ShapeError
        The file is damaged, encrypted, or holds columns that are not numbers or text.
    """
    table = _open(path)
    layout = lay_out(table.column_names, table.num_columns, shape, path.name)
    _check_kinds(table, layout, path.name)
    values = np.column_stack([table.column(place).to_numpy() for place in layout.values])
    labels = None if layout.label is None else _texts(table, layout.label)
    notes = tuple(layout.notes)
    if labels is not None and drop_missing:
        kept, note = without_missing(labels)
        labels, values, notes = labels[kept], values[kept], (*notes, *note)

    def row_name(row: int) -> str:
        return f"row {row + 1} of {path.name}"

    checked_labels = None if labels is None else check_labels(labels, row_name)
    if layout.image_shape is None:
        split = None if layout.split is None else _texts(table, layout.split)
        features = values.astype(np.float64)
        return PointTable(features, tuple(layout.names), checked_labels, split, source=str(path), notes=notes)
    if values.dtype != np.uint8:
        checked = check_pixels(
            values.astype(np.float64),
            lambda row, column: f"{row_name(row)}, column {layout.names[column]!r},",
            clip,
        )
        values, notes = checked.pixels, (*notes, *checked.notes)
    return PixelTable(values, layout.image_shape, checked_labels, source=str(path), notes=notes)


def _open(path: Path) -> pa.Table:
    try:
        file = arrow_parquet.ParquetFile(path, memory_map=True)
        if file.metadata.num_rows == 0:
            raise TableError(f"{path.name} has 0 rows.", expected="one row per image")
        if file.metadata.num_rows * file.metadata.num_columns > MOST_CELLS:
            raise TableError(
                f"{path.name} is too large.",
                received=f"{file.metadata.num_rows:,} rows of {file.metadata.num_columns:,} columns",
            )
        return file.read()
    except TableError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        encrypted = "crypt" in str(error).lower()
        raise TableError(
            f"{path.name} {'is encrypted' if encrypted else 'is not a whole Parquet file'}.",
            received=(str(error).splitlines() or [type(error).__name__])[0][:120],
            repair="write it again without encryption" if encrypted else "get the file again",
        ) from None


def _check_kinds(table: pa.Table, layout: Layout, name: str) -> None:
    for place in layout.values:
        kind = table.schema.field(place).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            raise TableError(
                f"column {table.column_names[place]!r} of {name} does not hold numbers.",
                received=str(kind),
                expected="integers 0 to 255, or fractions",
            )
        if table.column(place).null_count:
            row = int(np.flatnonzero(table.column(place).is_null().to_numpy())[0])
            raise TableError(
                f"row {row + 1} of {name} has no value in column {table.column_names[place]!r}.",
                repair="fill it in, or delete the row",
            )
    for text_place in (layout.label, layout.split):
        kind = None if text_place is None else table.schema.field(text_place).type
        if kind is not None and not _may_be_label(kind):
            raise TableError(
                f"column {table.column_names[text_place]!r} of {name} does not hold labels.",
                received=str(kind),
                expected="numbers or text",
            )


def _may_be_label(kind: pa.DataType) -> bool:
    known = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_null,
    )
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(fits(kind) for fits in known)


def _texts(table: pa.Table, place: int) -> np.ndarray[Any, Any]:
    values = table.column(place).to_pylist()
    return np.array(["" if value is None else str(value) for value in values], dtype=object)
