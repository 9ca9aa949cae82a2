"""Parquet tables: typed columns, so only what the columns are needs a look, and how many cells they promise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as arrow_parquet
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.limits import largest_content
from convscope.tables._layout import Layout, lay_out
from convscope.tables._open import check_table
from convscope.tables._parquet_pages import has_encrypted_columns, unpacked_sizes
from convscope.tables._values import check_labels, check_pixels, without_missing
from convscope.tables.pixel_table import PixelTable, Shape
from convscope.tables.point_table import PointTable

__all__ = ["read_parquet"]

CELLS_AT_ONCE = 1 << 22


def read_parquet(path: Path, *, shape: Shape | None, clip: bool, drop_missing: bool) -> PixelTable | PointTable:
    """Read a pixel table or point table from Parquet; see `read_csv` for the parameters.

    Raises
    ------
    TableError, ShapeError
        The file is damaged, encrypted, holds columns that are not numbers or text, or far more cells than its size
        would let expect.
    """
    with _in_our_words(path):
        schema = arrow_parquet.ParquetFile(path).schema_arrow
    layout = lay_out(schema.names, len(schema), shape, path.name)
    _check_kinds(schema, layout, path.name)
    texts = [column.name for column in schema if not _is_number(column.type)]  # else each row has its own copy
    with _in_our_words(path), arrow_parquet.ParquetFile(path, memory_map=True, read_dictionary=texts) as file:
        values, labels, split = _read(file, layout, schema, path)
    notes = tuple(layout.notes)
    if labels is not None and drop_missing:
        kept, note = without_missing(labels)
        labels, values, notes = labels[kept], values[kept], (*notes, *note)
        split = None if split is None else split[kept]

    def row_name(row: int) -> str:
        return f"row {row + 1} of {path.name}"

    checked_labels = None if labels is None else check_labels(labels, row_name)
    if layout.image_shape is None:
        features = values.astype(np.float64, copy=False)
        return PointTable(features, tuple(layout.names), checked_labels, split, source=str(path), notes=notes)
    if values.dtype != np.uint8:
        checked = check_pixels(values, lambda row, column: f"{row_name(row)}, column {layout.names[column]!r},", clip)
        values, notes = checked.pixels, (*notes, *checked.notes)
    return PixelTable(values, layout.image_shape, checked_labels, source=str(path), notes=notes)


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except TableError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        encrypted = "crypt" in str(error).lower()
        raise TableError(
            f"{path.name} {'is encrypted' if encrypted else 'is not a complete Parquet file'}.",
            received=(str(error).splitlines() or [type(error).__name__])[0][:120],
            repair="write it again without encryption" if encrypted else "download or copy the file again",
        ) from None


def _read(
    file: Any, layout: Layout, schema: pa.Schema, path: Path
) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
    """Read numbers, labels and split, some rows at a time; each block is laid into its place at once."""
    n_rows, n_columns = file.metadata.num_rows, len(layout.values)
    kind = np.uint8 if all(schema.field(place).type == pa.uint8() for place in layout.values) else np.float64
    if n_rows == 0:
        raise TableError(f"{path.name} has 0 rows.", expected="one row per image")
    check_table(path, n_rows, n_rows * n_columns, np.dtype(kind).itemsize)
    _check_unpacked(file.metadata, path)
    values = np.empty((n_rows, n_columns), kind)
    texts: dict[int, list[NDArray[Any]]] = {place: [] for place in (layout.label, layout.split) if place is not None}
    start = 0
    for batch in file.iter_batches(batch_size=max(1, CELLS_AT_ONCE // len(schema))):
        stop = start + batch.num_rows
        for column, place in enumerate(layout.values):
            _check_complete(batch.column(place), start, schema.names[place], path.name)
            values[start:stop, column] = batch.column(place).to_numpy(zero_copy_only=False)
        for place, found in texts.items():
            found.append(_texts(batch.column(place)))
        start = stop
    if start != n_rows:
        raise TableError(f"{path.name} is damaged.", received=f"{start:,} rows", expected=f"{n_rows:,}")
    joined = {place: np.concatenate(found) for place, found in texts.items()}
    label, split = (None if place is None else joined[place] for place in (layout.label, layout.split))
    return values, label, split


def _check_unpacked(metadata: Any, path: Path) -> None:
    """Refuse pages that unpack to far more than there is: long texts shrink to nothing."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if has_encrypted_columns(content):
            raise ValueError("columns are encrypted")
        unpacked = sum(unpacked_sizes(content, metadata))
    size = path.stat().st_size
    if unpacked > largest_content(size):
        raise TableError(
            f"{path.name} unpacks to far more than a table of images should.",
            received=f"{unpacked:,} bytes from {size:,}",
            expected=f"at most {largest_content(size):,}",
        )


def _check_complete(column: pa.Array, start: int, name: str, file: str) -> None:
    if column.null_count:
        row = start + int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise TableError(
            f"row {row + 1} of {file} has no value in column {name!r}.", repair="fill it in, or delete the row"
        )


def _check_kinds(schema: pa.Schema, layout: Layout, name: str) -> None:
    for place in layout.values:
        kind = schema.field(place).type
        if not _is_number(kind):
            raise TableError(
                f"column {schema.names[place]!r} of {name} does not hold numbers.",
                received=str(kind),
                expected="integers 0 to 255, or fractions",
            )
    for place in sorted(set(range(len(schema))) - set(layout.values)):  # a column that is dropped is decoded too
        kind = schema.field(place).type
        if not _may_be_label(kind):
            raise TableError(
                f"column {schema.names[place]!r} of {name} does not hold labels.",
                received=str(kind),
                expected="numbers or text",
            )


def _may_be_label(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return _is_number(kind) or any(
        fits(kind) for fits in (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)
    )


def _is_number(kind: pa.DataType) -> bool:
    return any(fits(kind) for fits in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean))


def _texts(column: pa.Array) -> NDArray[Any]:
    """Write labels as text; many rows share one."""
    packed = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    places = np.array(packed.indices.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
    places[np.asarray(packed.indices.is_null())] = len(packed.dictionary)
    used, order = np.unique(places, return_inverse=True)
    values = packed.dictionary.take(pa.array(used[used < len(packed.dictionary)])).to_pylist()
    known = ["" if value is None else str(value) for value in values] + [""]
    texts: NDArray[Any] = np.array(known, dtype=object)[order]
    return texts
