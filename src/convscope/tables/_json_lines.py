"""JSON lines: one object per row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.json as arrow_json

from convscope.errors import TableError
from convscope.limits import MOST_LINE_BYTES
from convscope.reading import Options
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._list import lists_pictures, read_list
from convscope.tables._lists import FEWEST
from convscope.tables._open import check_unpacked
from convscope.tables._roles import LISTED
from convscope.tables._source import IS_LIST, IS_PICTURE, IS_TEXT
from convscope.tables.table import Table

__all__ = ["read_json_lines"]

BLOCK = 8 * MOST_LINE_BYTES


def read_json_lines(path: Path, options: Options) -> Table:
    """Read a table from a file with one JSON object per line.

    Raises
    ------
    TableError, ShapeError
        A line is no object, or the objects do not have the same columns.
    """
    batches: list[pa.RecordBatch] = []
    n_bytes = 0
    try:
        for batch in arrow_json.open_json(path, arrow_json.ReadOptions(block_size=BLOCK)):
            batches.append(_small(batch))
            n_bytes += batch.nbytes
            check_unpacked(path, n_bytes)
    except (pa.ArrowException, OSError) as error:
        raise TableError(
            f"{path.name} is not a table of JSON lines.",
            received=(str(error).splitlines() or ["nothing"])[0][:120],
            expected='one object per line, with the same names: {"label": 5, "pixels": [0, 255, ...]}',
        ) from None
    if not batches:
        raise TableError(f"{path.name} has 0 rows.", expected="one row per image")

    def parts(most: int, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for start in range(0, batch.num_rows, most):
                yield batch.slice(start, most).select(list(columns))

    n_rows = sum(batch.num_rows for batch in batches)
    sheet = ArrowSheet(path, batches[0].schema, n_rows, parts)
    if _may_list_pictures(sheet, batches[0]) and lists_pictures(path):
        return read_list(path, options)
    return understand(sheet, options)


def _small(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Hold lists of whole numbers as bytes, if they fit: eight times fewer than Arrow reads."""
    columns = list(batch.columns)
    for place, column in enumerate(columns):
        if pa.types.is_list(column.type) and pa.types.is_int64(column.type.value_type):
            try:
                columns[place] = column.cast(pa.list_(pa.uint8()))
            except pa.ArrowInvalid:  # a number is no byte
                return batch
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _may_list_pictures(sheet: ArrowSheet, first: pa.RecordBatch) -> bool:
    """Say whether a column may hold the names of pictures, and none holds pictures; a box is no picture."""
    names = {name.strip().lower() for name, kind in zip(sheet.header, sheet.kinds, strict=True) if kind == IS_TEXT}
    lists = [first.column(place).slice(0, 1) for place, kind in enumerate(sheet.kinds) if kind == IS_LIST]
    are_short = all(_count(one) < FEWEST for one in lists)
    return bool(names & {*LISTED}) and are_short and IS_PICTURE not in sheet.kinds


def _count(column: pa.Array) -> int:
    """Count the numbers in lists, and in lists of lists."""
    while isinstance(column, pa.ListArray):
        column = column.flatten()
    return len(column)
