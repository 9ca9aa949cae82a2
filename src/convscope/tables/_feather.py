"""Feather files and Arrow streams: typed columns in batches of rows."""

from __future__ import annotations

import mmap as mmap_module
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pyarrow as pa

from convscope.errors import ConvscopeError, TableError
from convscope.reading import Options
from convscope.tables._arrow import CELLS_AT_ONCE, ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._open import check_unpacked
from convscope.tables._unpacked_arrow import unpacked_size, write_unpacked
from convscope.tables.table import Table

__all__ = ["arrow_sheet", "mapped", "read_feather"]

FILE = b"ARROW1"
PIECES = 2


def read_feather(path: Path, options: Options) -> Table:
    """Read a table from a Feather file or an Arrow stream.

    Raises
    ------
    TableError, ShapeError
        The file is damaged, or unpacks to far more than its size lets expect.
    """
    with _in_our_words(path):
        with path.open("rb") as file:
            content = mapped(file)
        size = unpacked_size(pa.py_buffer(content))
        if size:
            check_unpacked(path, size)
            with TemporaryFile(prefix="convscope-") as file:
                write_unpacked(pa.py_buffer(content), file)
                content = mapped(file)
        return understand(arrow_sheet(path, content), options)


def arrow_sheet(path: Path, content: mmap, ends: Sequence[int] = ()) -> ArrowSheet:
    """Give the columns of an Arrow file.

    Parameters
    ----------
    path : Path
        For messages.
    content : mmap
        A file that is not compressed; or several streams, one after the other.
    ends : sequence of int, optional
        Where each of several streams ends; a column of theirs has a type that holds the values of all.

    Raises
    ------
    TableError
        It has no rows, or takes far more memory than ``path`` lets expect.
    """
    whole = pa.py_buffer(content)
    parts = [whole[begin:end] for begin, end in pairwise((0, *(ends or [len(content)])))]
    schemas = [_reader(part).schema for part in parts]
    schema = schemas[0] if len(parts) == 1 else pa.unify_schemas(schemas, promote_options="permissive")

    def chosen(columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        for part, own in zip(parts, schemas, strict=True):
            for batch in _batches(part, columns) if own.equals(schema) else _fitted(part, own, schema, columns):
                yield batch
                del batch
                _forget(content)

    sizes = [batch.num_rows for batch in chosen(range(1))] if len(schema) else []
    if not sizes:
        raise TableError(f"{path.name} has 0 rows.", expected="one row per image")
    rows_together = max(1, *sizes)
    together = max(1, 2 * CELLS_AT_ONCE // rows_together)
    n_bytes = 0
    for first in range(0, len(schema), together):
        for batch in chosen(range(len(schema))[first : first + together]):
            batch.validate(full=True)  # else lists that begin beyond their numbers end the process
            n_bytes += batch.nbytes  # a buffer may be that of many columns
            check_unpacked(path, n_bytes)
            del batch

    def batches(most: int, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        for batch in chosen(columns):
            for start in range(0, batch.num_rows, most):
                yield batch.slice(start, most)
                if start % (PIECES * most) == 0:
                    _forget(content)

    return ArrowSheet(path, schema, sum(sizes), batches, rows_together=rows_together)


def mapped(file: IO[bytes]) -> mmap:
    """Map what is in a file, which may then be closed."""
    file.flush()
    return mmap(file.fileno(), 0, access=ACCESS_READ)  # closed by whoever uses it last


def _fitted(part: pa.Buffer, own: pa.Schema, schema: pa.Schema, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Give chosen columns of a schema that holds those of a stream and more."""
    fields = [schema.field(column) for column in columns]
    held = {field.name: own.names.index(field.name) for field in fields if field.name in own.names}
    for batch in _batches(part, list(held.values()) or [0]):
        found = dict(zip(held, batch.columns, strict=False))
        arrays = [
            found[field.name].cast(field.type, safe=False)
            if field.name in found
            else pa.nulls(batch.num_rows, field.type)
            for field in fields
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _batches(content: pa.Buffer, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Give chosen columns, in their order; of a stream, no others are touched."""
    if _is_file(content):  # Arrow copies what it is told to choose from a file
        reader = _reader(content)
        many, places = map(reader.get_batch, range(reader.num_record_batches)), list(columns)
    else:
        chosen = sorted(set(columns))
        many, places = iter(_reader(content, chosen)), [chosen.index(column) for column in columns]
    for batch in many:
        yield batch.select(places)
        del batch


def _is_file(content: pa.Buffer) -> bool:
    return bool(content[: len(FILE)].to_pybytes() == FILE)


def _reader(content: pa.Buffer, columns: list[int] | None = None) -> Any:
    options = pa.ipc.IpcReadOptions(included_fields=columns, use_threads=False)
    opened = pa.ipc.open_file if _is_file(content) else pa.ipc.open_stream
    return opened(pa.BufferReader(content), options=options)


def _forget(content: mmap) -> None:
    """Let go of the parts of the file that were read; they only seem to need memory."""
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
