"""Parquet tables: typed columns, so only what the columns are needs a look, and how many cells they promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as arrow_parquet

from convscope.errors import ConvscopeError, TableError
from convscope.limits import largest_content
from convscope.reading import Options
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._open import check_table, size_of
from convscope.tables._parquet_pages import has_encrypted_columns, unpacked_sizes
from convscope.tables.table import Table

__all__ = ["ROWS_TOGETHER", "ParquetTable", "read_parquet"]

BUFFER = 1 << 20
ROWS_TOGETHER = 1 << 15
"""Each column that is read has pages of its own in memory, as much as so many rows."""


class ParquetTable:
    """A Parquet file whose promises were checked before one number is decoded.

    Parameters
    ----------
    path : Path

    Raises
    ------
    TableError
        The file is damaged, encrypted, or holds far more cells than its size would let expect.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _in_our_words(path):
            file = arrow_parquet.ParquetFile(path)
            self.schema, self._metadata = file.schema_arrow, file.metadata
            _check_unpacked(self._metadata, path)
            self.n_bytes = _check_cells(self._metadata, self.schema, path)
        self.n_rows: int = self._metadata.num_rows
        self._packed = [
            column.name for column in self.schema if _widths(column.type) == [0] and not pa.types.is_nested(column.type)
        ]  # else each row has its own copy

    def batches(self, n_rows: int, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Give chosen columns of the rows, some rows at a time."""
        names = [self.schema.names[place] for place in columns]
        chosen = {} if len(set(self.schema.names)) < len(self.schema.names) else {"columns": names}
        with (
            _in_our_words(self.path),
            arrow_parquet.ParquetFile(
                self.path,
                metadata=self._metadata,
                read_dictionary=self._packed,
                buffer_size=BUFFER,
                pre_buffer=False,
            ) as again,
        ):
            for batch in again.iter_batches(batch_size=n_rows, use_threads=False, **chosen):
                found = batch.schema.names  # of columns 1 and 1.1, the former brings the latter
                yield batch.select([found.index(name) for name in names] if chosen else list(columns))
        pa.default_memory_pool().release_unused()


def read_parquet(path: Path, options: Options) -> Table:
    """Read a table from Parquet.

    Raises
    ------
    TableError, ShapeError
        The file is damaged, encrypted, holds columns that are neither numbers, text nor pictures, or far more cells
        than its size would let expect.
    """
    table = ParquetTable(path)
    with _in_our_words(path):
        sheet = ArrowSheet(path, table.schema, table.n_rows, table.batches, rows_together=ROWS_TOGETHER)
        return understand(sheet, options)


def _check_cells(metadata: Any, schema: pa.Schema, path: Path) -> int:
    """Refuse far more numbers than the file's size lets expect, before one is decoded; those in lists count too."""
    widths = [width for column in schema for width in _widths(column.type)]
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    cells = sum(
        group.column(place).num_values * width for group in groups for place, width in enumerate(widths) if width
    )
    most = largest_content(size_of(path))
    if cells > most:
        raise TableError(
            f"{path.name} unpacks to far more than a file of its size should.",
            received=f"{metadata.num_rows:,} rows: {cells:,} bytes of numbers from {size_of(path):,}",
            expected=f"at most {most:,}: 150 times its size, or 32 MiB",
            repair="keep fewer rows, or pixels as bytes (uint8); if it is your own, write it as CSV",
        )
    check_table(path, metadata.num_rows, 0, 0)
    return int(cells)


def _widths(kind: pa.DataType) -> list[int]:
    """List the bytes that each number of a column takes, for each column of the file that it is stored as."""
    if isinstance(kind, pa.BaseExtensionType):
        return _widths(kind.storage_type)
    if pa.types.is_nested(kind):
        return [width for place in range(kind.num_fields) for width in _widths(kind.field(place).type)]
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return [max(1, kind.bit_width // 8) if is_number else 0]


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except ConvscopeError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        encrypted = "crypt" in str(error).lower()
        raise TableError(
            f"{path.name} {'is encrypted' if encrypted else 'is not a complete Parquet file'}.",
            received=(str(error).splitlines() or [type(error).__name__])[0][:120],
            repair="write it again without encryption" if encrypted else "download or copy the file again",
        ) from None


def _check_unpacked(metadata: Any, path: Path) -> None:
    """Refuse pages that unpack to far more than there is: long texts shrink to nothing."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if has_encrypted_columns(content):
            raise ValueError("columns are encrypted")
        unpacked = sum(unpacked_sizes(content, metadata))
    size = size_of(path)
    if unpacked > largest_content(size):
        raise TableError(
            f"{path.name} unpacks to far more than a table of images should.",
            received=f"{unpacked:,} bytes from {size:,}",
            expected=f"at most {largest_content(size):,}",
        )
