"""JSON lines: one object per row, read some lines at a time into an Arrow file of small numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.json as arrow_json

from convscope.errors import TableError
from convscope.limits import DEEPEST_JSON, FREE_BYTES, MOST_LINE_BYTES
from convscope.reading import Options
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._feather import arrow_sheet, mapped
from convscope.tables._list import lists_pictures, read_list
from convscope.tables._lists import FEWEST
from convscope.tables._open import check_table, check_unpacked
from convscope.tables._roles import LISTED
from convscope.tables._source import IS_LIST, IS_PICTURE, IS_TEXT
from convscope.tables.table import Table

__all__ = ["read_json_lines"]

BLOCK, LONGEST_LINE = MOST_LINE_BYTES, 8 * MOST_LINE_BYTES
NOT_MARKS = bytes(set(range(256)) - set(b'"[]{}:\n'))
ESCAPED, QUOTED, NAME = re.compile(rb"\\."), re.compile(rb'"[^"\n]*"'), re.compile(rb'"([^"\n]*)"\s*:')
DEEPER = np.zeros(256, np.int8)
DEEPER[[*b"[{"]], DEEPER[[*b"]}"]] = 1, -1
ROW = re.compile(r"in row (\d+)")
VALUE_BYTES = 8
"""What Arrow takes for a value, also for one that is missing."""


def read_json_lines(path: Path, options: Options) -> Table:
    """Read a table from a file with one JSON object per line.

    Raises
    ------
    TableError, ShapeError
        A line is no object, or the objects do not have the same columns.
    """
    with TemporaryFile(prefix="convscope-") as file:
        try:
            ends = _write(path, file)
            if not ends:
                raise TableError(f"{path.name} has 0 rows.", expected="one row per image")
            sheet = arrow_sheet(path, mapped(file), ends)
        except pa.ArrowException as error:
            raise TableError(
                f"{path.name} is not a table of JSON lines.",
                received=(str(error).splitlines() or ["nothing"])[0][:120],
                expected='one object per line, with the same names: {"label": 5, "pixels": [0, 255, ...]}',
            ) from None
    if _may_list_pictures(sheet) and lists_pictures(path):
        return read_list(path, options)
    return understand(sheet, options)


def _write(path: Path, target: IO[bytes]) -> list[int]:
    """Write the rows as Arrow streams, a new one wherever the types change, and say where each ends."""
    ends = []
    for schema, batches in groupby(_batches(path), lambda batch: batch.schema):
        with pa.ipc.new_stream(target, schema) as stream:
            for batch in batches:
                stream.write_batch(batch)
        ends.append(target.tell())
    return ends


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    n_rows = n_bytes = 0
    dates: dict[str, pa.DataType] = {}
    for block in _blocks(path):
        _check(block, path)
        try:
            table = _parsed(block, dates)
        except pa.ArrowException as error:
            told, where = str(error), ROW.search(str(error))
            row = int(where[1]) + n_rows + 1 if where else 0
            raise pa.ArrowInvalid(ROW.sub(f"in row {row}", told)) from None
        n_rows, n_bytes = n_rows + table.num_rows, n_bytes + table.nbytes
        check_unpacked(path, n_bytes)
        yield from table.combine_chunks().to_batches()


def _blocks(path: Path) -> Iterator[bytes]:
    """Give the lines of a file, about a megabyte of them at a time."""
    rest = b""
    with path.open("rb") as file:
        while part := file.read(BLOCK):
            lines, _, rest = (rest + part).rpartition(b"\n")
            if len(rest) > LONGEST_LINE:
                raise TableError(
                    f"{path.name} has a line that is longer than any row of pixels.",
                    expected=f"at most {LONGEST_LINE:,} bytes in a line",
                )
            if lines.strip():
                yield lines
        if rest.strip():
            yield rest


def _check(block: bytes, path: Path) -> None:
    """Refuse what Arrow would take too much memory for: things in things, and rows that lack most of their columns."""
    plain = ESCAPED.sub(b"", block) if b"\\" in block else block
    marks = QUOTED.sub(b"", plain.translate(None, NOT_MARKS))
    depth = int(DEEPER[np.frombuffer(marks, np.uint8)].cumsum(dtype=np.int32).max(initial=0))
    if depth > DEEPEST_JSON:
        raise TableError(
            f"{path.name} holds lists or objects that are nested too deeply.",
            received=f"{depth:,} within each other",
            expected="numbers, text, lists of numbers, or lists of such lists",
        )
    n_rows, n_names = block.count(b"\n") + 1, marks.count(b":")
    if n_rows * n_names * VALUE_BYTES > FREE_BYTES:
        n_names = len(set(NAME.findall(plain)))
    check_table(path, n_rows, n_rows * n_names, VALUE_BYTES)


def _parsed(block: bytes, dates: dict[str, pa.DataType]) -> pa.Table:
    """Read lines; what looks like a date stays text, and what fits into bytes becomes bytes."""
    table = _read(block, dates)
    found = {field.name: pa.string() for field in table.schema if pa.types.is_timestamp(field.type)}
    if found:
        dates |= found
        table = _read(block, dates)
    return pa.table([_small(column.combine_chunks()) for column in table.columns], names=table.column_names)


def _read(block: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    return arrow_json.read_json(
        pa.BufferReader(block),
        arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
        arrow_json.ParseOptions(explicit_schema=pa.schema(list(types.items()))) if types else None,
    )


def _small(column: pa.Array) -> pa.Array:
    """Hold whole numbers, and lists of them, as bytes, if all fit: eight times fewer than Arrow reads."""
    try:
        return column.cast(_in_bytes(column.type))
    except pa.ArrowInvalid:  # a number is no byte
        return column


def _in_bytes(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_in_bytes(kind.value_type))
    return pa.uint8() if pa.types.is_int64(kind) else kind


def _may_list_pictures(sheet: ArrowSheet) -> bool:
    """Say whether a column may hold the names of pictures, and none holds pictures; a box is no picture."""
    names = {name.strip().lower() for name, kind in zip(sheet.header, sheet.kinds, strict=True) if kind == IS_TEXT}
    lists = [place for place, kind in enumerate(sheet.kinds) if kind == IS_LIST]
    are_short = all(_count(sheet.first(place)) < FEWEST for place in lists)
    return bool(names & {*LISTED}) and are_short and IS_PICTURE not in sheet.kinds


def _count(column: pa.Array) -> int:
    """Count the numbers in lists, and in lists of lists."""
    while isinstance(column, pa.ListArray):
        column = column.flatten()
    return len(column)
