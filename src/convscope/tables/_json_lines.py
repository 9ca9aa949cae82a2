"""JSON lines: one object per row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.json as arrow_json

from convscope.errors import TableError
from convscope.limits import MOST_LINE_BYTES
from convscope.reading import Options
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._open import check_unpacked
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
            batches.append(batch)
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

    def parts(most: int) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for start in range(0, batch.num_rows, most):
                yield batch.slice(start, most)

    n_rows = sum(batch.num_rows for batch in batches)
    return understand(ArrowSheet(path, batches[0].schema, n_rows, parts), options)
