"""Feather files and Arrow streams: typed columns in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import pyarrow as pa

from convscope.errors import ConvscopeError, TableError
from convscope.reading import Options
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._open import check_unpacked
from convscope.tables.table import Table

__all__ = ["read_feather"]

FILE = b"ARROW1"
PACKED = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
LENGTH, MOST_SAID = 8, 1 << 40


def read_feather(path: Path, options: Options) -> Table:
    """Read a table from a Feather file or an Arrow stream.

    Raises
    ------
    TableError, ShapeError
        The file is damaged, or unpacks to far more than its size lets expect.
    """
    with _in_our_words(path):
        check_unpacked(path, _packed_bytes(path))
        schema, n_rows, n_bytes = None, 0, 0
        for batch in _batches(path):
            n_rows, n_bytes, schema = n_rows + batch.num_rows, n_bytes + batch.nbytes, batch.schema
            check_unpacked(path, n_bytes)
        if schema is None:
            raise TableError(f"{path.name} has 0 rows.", expected="one row per image")

        def batches(most: int) -> Iterator[pa.RecordBatch]:
            for batch in _batches(path):
                for start in range(0, batch.num_rows, most):
                    yield batch.slice(start, most)

        return understand(ArrowSheet(path, schema, n_rows, batches), options)


def _packed_bytes(path: Path) -> int:
    """Add up what compressed columns say that they unpack to: eight bytes before the mark of zstd or lz4."""
    total = 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        for mark in PACKED:
            place = content.find(mark, LENGTH)
            while place >= 0:
                said = int.from_bytes(content[place - LENGTH : place], "little", signed=True)
                total += said if 0 < said < MOST_SAID else 0  # else the mark is but a number among others
                place = content.find(mark, place + 1)
    return total


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as file:
        start = file.read(len(FILE))
        file.seek(0)
        if start == FILE:
            reader: Any = pa.ipc.open_file(file)
            for place in range(reader.num_record_batches):
                yield reader.get_batch(place)
        else:
            yield from pa.ipc.open_stream(file)


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except ConvscopeError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise TableError(
            f"{path.name} is not a complete Arrow file.",
            received=(str(error).splitlines() or [type(error).__name__])[0][:120],
            repair="download or copy the file again",
        ) from None
