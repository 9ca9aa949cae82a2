"""Feather files and Arrow streams: typed columns in batches of rows."""

from __future__ import annotations

import mmap as mmap_module
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import pyarrow as pa

from convscope.errors import ConvscopeError, TableError
from convscope.reading import Options
from convscope.tables._arrow import CELLS_AT_ONCE, ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._open import check_unpacked
from convscope.tables.table import Table

__all__ = ["read_feather"]

FILE = b"ARROW1"
PACKED = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
LENGTH, MOST_SAID = 8, 1 << 40
BLOCK, PIECES, FEW_COLUMNS = 4 << 20, 8, 16


def read_feather(path: Path, options: Options) -> Table:
    """Read a table from a Feather file or an Arrow stream.

    Raises
    ------
    TableError, ShapeError
        The file is damaged, or unpacks to far more than its size lets expect.
    """
    with _in_our_words(path):
        with path.open("rb") as file:
            content = mmap(file.fileno(), 0, access=ACCESS_READ)  # closed by whoever uses it last
        packed = _packed_bytes(content)
        check_unpacked(path, packed)
        schema = _reader(content).schema
        sizes = [batch.num_rows for batch in _batches(content, schema, range(1), packed)] if len(schema) else []
        if not sizes:
            raise TableError(f"{path.name} has 0 rows.", expected="one row per image")
        rows_together = max(1, *sizes)
        together = max(1, 2 * CELLS_AT_ONCE // rows_together)
        n_bytes = 0
        for first in range(0, len(schema), together):
            columns = range(len(schema))[first : first + together]
            for count in (batch.nbytes for batch in _batches(content, schema, columns, packed)):  # keeps none
                n_bytes += count
                check_unpacked(path, n_bytes)

        def batches(most: int, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
            for batch in _batches(content, schema, columns, packed):
                for start in range(0, batch.num_rows, most):
                    yield batch.slice(start, most)
                    if start % (PIECES * most) == 0:
                        _forget(content)

        return understand(
            ArrowSheet(
                path,
                schema,
                sum(sizes),
                batches,
                rows_together=rows_together,
                is_ready=bool(packed) and len(sizes) == 1,
            ),
            options,
        )


def _packed_bytes(content: mmap) -> int:
    """Add up what compressed columns say that they unpack to: eight bytes before the mark of zstd or lz4."""
    total = 0
    for start in range(0, len(content), BLOCK):
        for mark in PACKED:
            end = start + BLOCK + len(mark) - 1
            place = content.find(mark, max(start, LENGTH), end)
            while place >= 0:
                said = int.from_bytes(content[place - LENGTH : place], "little", signed=True)
                total += said if 0 < said < MOST_SAID else 0  # else the mark is but a number among others
                place = content.find(mark, place + 1, end)
        _forget(content)
    return total


def _batches(content: mmap, schema: pa.Schema, columns: Sequence[int], packed: int) -> Iterator[pa.RecordBatch]:
    """Give chosen columns, in their order; of a packed file of many columns, no others are unpacked."""
    is_wide = packed and len(schema) > FEW_COLUMNS
    chosen = sorted(set(columns)) if is_wide else list(range(len(schema)))
    order = [chosen.index(column) for column in columns]
    reader = _reader(content, chosen if is_wide else None)
    many = map(reader.get_batch, range(reader.num_record_batches)) if hasattr(reader, "get_batch") else iter(reader)
    for batch in many:
        yield batch.select(order)
        del batch
        _forget(content)


def _reader(content: mmap, columns: list[int] | None = None) -> Any:
    options = pa.ipc.IpcReadOptions(included_fields=columns, use_threads=False)
    source = pa.BufferReader(pa.py_buffer(content))
    is_file = content[: len(FILE)] == FILE
    return pa.ipc.open_file(source, options=options) if is_file else pa.ipc.open_stream(source, options=options)


def _forget(content: mmap) -> None:
    """Let go of what was read: parts of the file, which only seem to need memory, and what they were unpacked to."""
    pa.default_memory_pool().release_unused()
    if hasattr(content, "madvise"):
        content.madvise(mmap_module.MADV_DONTNEED)


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
