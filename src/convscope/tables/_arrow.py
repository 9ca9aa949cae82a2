"""Columns that know their types: of Parquet, Feather and JSON lines, and of data sets in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.reading import Options
from convscope.tables._decode import UnreadableError, kind_of
from convscope.tables._facts import STORED
from convscope.tables._format import START_BYTES
from convscope.tables._lists import is_list, read_numbers
from convscope.tables._source import IS_LIST, IS_NUMBER, IS_OTHER, IS_PICTURE, IS_TEXT, MOST_FEATURES, Texts
from convscope.tables._written import is_written_picture, picture_bytes
from convscope.wording import Setting, Words

__all__ = ["CELLS_AT_ONCE", "ArrowSheet"]

CELLS_AT_ONCE = 1 << 19
"""Numbers that are looked at together, so that the table is all that takes memory."""
LARGEST_BYTE = 255
LOOKED_AT = 20
"""Rows that tell what texts and bytes are."""
Batches = Callable[[int, Sequence[int]], Iterator[pa.RecordBatch]]


class ArrowSheet:
    """Columns with types.

    Parameters
    ----------
    path : Path
        For messages, and as the source.
    schema : pyarrow.Schema
    n_rows : int
    batches : callable
        Gives chosen columns of the rows again and again, as many rows at a time as it is told.
    rows_together : int
        Rows whose numbers are in memory together, however few are asked for; of many columns, some are then read after
        the others.
    """

    notes: tuple[str, ...] = ()

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        n_rows: int,
        batches: Batches,
        *,
        rows_together: int = 1,
    ) -> None:
        self.path, self.schema, self.n_rows, self._batches = path, schema, n_rows, batches
        self._columns_together = max(1, 2 * CELLS_AT_ONCE // rows_together)
        self.header = list(schema.names)
        self.kinds = [_kind(column.type) for column in schema]
        self._look_at_first_rows()

    def row_name(self, row: int) -> str:
        return f"row {row + 1} of {self.path.name}"

    def stored(self) -> str | bytes | None:
        """Give what `write_table` stored in the metadata of the file."""
        found: bytes | None = (self.schema.metadata or {}).get(STORED)
        return found

    def class_names(self, column: int) -> Sequence[str]:
        """Names that Hugging Face's ``ClassLabel`` has in the metadata of a file."""
        try:
            told = json.loads((self.schema.metadata or {}).get(b"huggingface", b"{}"))
            found = told["info"]["features"][self.header[column]]["names"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ()
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def first(self, column: int) -> pa.Array:
        """Give the first row of a column."""
        batch = next((one for one in self._batches(1, [column]) if one.num_rows), None)
        return pa.nulls(0, self.schema.field(column).type) if batch is None else batch.column(0)

    def read(self, texts: Sequence[int], values: Sequence[int], options: Options) -> tuple[Texts, NDArray[Any]]:
        """Read some columns as texts and others as numbers: as bytes, as long as all are."""
        self._check(texts, values)
        kinds = {self.schema.field(place).type for place in values}
        deep = next(iter(kinds)).to_pandas_dtype() if len(kinds) == 1 else None
        wide = deep if deep in (np.uint16, np.int16) else np.float64 if len(values) <= MOST_FEATURES else np.float32
        matrix: NDArray[Any] = np.empty((self.n_rows, len(values)), wide if deep == wide else np.uint8)
        for first in range(0, len(values), self._columns_together):
            columns = values[first : first + self._columns_together]
            for start, batch in self._rows(columns):
                block = self._block(batch, columns, start, gaps=options.drops_missing)
                if matrix.dtype == np.uint8 and not _are_bytes(block):
                    matrix = matrix.astype(wide)
                matrix[start : start + len(block), first : first + len(columns)] = block
        return self._texts(texts), matrix

    def read_lists(self, column: int, texts: Sequence[int]) -> tuple[Texts, NDArray[Any]]:
        """Read lists, or lists of lists, all of one size."""
        self._check(texts, ())
        values: NDArray[Any] | None = None
        n_numbers = self._list_block(self.first(column), 0).size
        for start, batch in self._rows([column], n_numbers):
            block = self._list_block(batch.column(0), start)
            if values is None:
                values = np.empty((self.n_rows, *block.shape[1:]), block.dtype)
            if block.shape[1:] != values.shape[1:]:
                raise self._uneven(start, block.shape[1:], values.shape[1:])
            kind = np.result_type(values, block)
            values = values if kind == values.dtype else values.astype(kind)
            values[start : start + len(block)] = block
        return self._texts(texts), np.empty((0, 0), np.uint8) if values is None else values

    def read_pictures(self, column: int, texts: Sequence[int]) -> tuple[Texts, list[tuple[str, bytes]]]:
        """Read the files that pictures are stored as."""
        self._check(texts, ())
        named: list[tuple[str, bytes]] = []
        for start, batch in self._rows([column]):
            stored = batch.column(0)
            paths: list[Any] = [None] * len(stored)
            if pa.types.is_struct(stored.type):
                fields = [stored.type.field(place).name for place in range(stored.type.num_fields)]
                paths = stored.field("path").to_pylist() if "path" in fields else paths
                stored = stored.field("bytes")
            is_written = _is_text(stored.type)
            for place, (path, content) in enumerate(zip(paths, stored.to_pylist(), strict=True), start):
                name = self.row_name(place)
                content = picture_bytes(content or "") if is_written else content or b""
                named.append((f"{path} ({name})" if path else name, content))
        return self._texts(texts), named

    def _texts(self, columns: Sequence[int]) -> Texts:
        found: dict[int, list[NDArray[Any]]] = {place: [] for place in columns}
        if columns:
            for _, batch in self._rows(columns):
                for place, column in zip(columns, batch.columns, strict=True):
                    found[place].append(_texts(column))
        return {place: _joined(parts) for place, parts in found.items()}

    def _rows(self, columns: Sequence[int], n_numbers: int = 0) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Give the rows some at a time: few, if there are many columns, or many numbers in one of them."""
        start = 0
        for batch in self._batches(max(1, CELLS_AT_ONCE // max(n_numbers, len(columns))), columns):
            yield start, batch
            start += batch.num_rows
        if start != self.n_rows:
            raise TableError(f"{self.path.name} is damaged.", received=f"{start:,} rows", expected=f"{self.n_rows:,}")

    def _block(self, batch: pa.RecordBatch, values: Sequence[int], start: int, *, gaps: bool) -> NDArray[Any]:
        columns = batch.columns
        for place, column in zip(values, columns, strict=True):
            if column.null_count and not gaps:
                self._refuse_gap(column, start, self.header[place])
        return np.stack([_numbers(column) for column in columns], axis=1)

    def _list_block(self, column: pa.Array, start: int) -> NDArray[Any]:
        if isinstance(column, pa.ExtensionArray):
            column = column.storage
        if _is_text(column.type):
            return read_numbers(column.to_pylist(), lambda row: self.row_name(start + row))
        if _is_binary(column.type.value_type if pa.types.is_dictionary(column.type) else column.type):
            return self._raw_block(column, start)
        lengths: list[int] = []
        n_outer = len(column)
        while _is_list(column.type):
            if column.null_count:
                self._refuse_gap(column, start, "of lists")
            sizes = np.asarray(column.value_lengths().to_numpy(zero_copy_only=False))
            if len(sizes) and (sizes != sizes[0]).any():
                row = int(np.flatnonzero(sizes != sizes[0])[0]) // max(1, len(sizes) // max(1, n_outer))
                raise self._uneven(start + row, (int(sizes[sizes != sizes[0]][0]),), (int(sizes[0]),))
            lengths.append(int(sizes[0]) if len(sizes) else 0)
            column = column.flatten()
        if column.null_count:
            row = int(np.flatnonzero(np.asarray(column.is_null()))[0]) // max(1, int(np.prod(lengths)))
            raise self._gap(start + row, "of lists")
        numbers = _numbers(column).reshape(n_outer, *lengths)
        return _smallest(numbers)

    def _raw_block(self, column: pa.Array, start: int) -> NDArray[np.uint8]:
        """Read the bytes of each row as pixels."""
        if column.null_count:
            self._refuse_gap(column, start, "of bytes")
        rows = column.to_pylist()
        for place, row in enumerate(rows):
            if len(row) != len(rows[0]):
                raise self._uneven(start + place, (len(row),), (len(rows[0]),))
        return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)

    def _check(self, texts: Sequence[int], values: Sequence[int]) -> None:
        if self.n_rows == 0:
            raise TableError(f"{self.path.name} has 0 rows.", expected="one row per image")
        for places, legal, what in ((values, (IS_NUMBER,), "numbers"), (texts, (IS_NUMBER, IS_TEXT), "labels")):
            for place in places:
                if self.kinds[place] not in legal:
                    raise TableError(
                        f"column {self.header[place]!r} of {self.path.name} does not hold {what}.",
                        received=str(self.schema.field(place).type),
                        expected="integers 0 to 255, or fractions" if what == "numbers" else "numbers or text",
                        repair=Words("leave it out: ", Setting("drop", self.header[place])),
                    )

    def _refuse_gap(self, column: pa.Array, start: int, name: str) -> None:
        raise self._gap(start + int(np.flatnonzero(np.asarray(column.is_null()))[0]), repr(name))

    def _gap(self, row: int, name: str) -> TableError:
        return TableError(
            f"{self.row_name(row)} has no value in column {name}.",
            repair=Words("fill it in, or leave such rows out: ", Setting("missing", "drop")),
        )

    def _uneven(self, row: int, shape: tuple[int, ...], first: tuple[int, ...]) -> TableError:
        return TableError(
            f"{self.row_name(row)} has a list of another size than those before it.",
            received=" x ".join(map(str, shape)),
            expected=" x ".join(map(str, first)),
        )

    def _look_at_first_rows(self) -> None:
        """Find columns of text that hold lists of numbers or pictures, and columns of bytes that hold no pictures."""
        columns = [place for place, field in enumerate(self.schema) if self._may_be_more(place, field.type)]
        first = next(self._batches(LOOKED_AT, columns), None) if columns else None
        if first is None or not first.num_rows:
            return
        for place, column in zip(columns, first.columns, strict=True):
            found = [value for value in column.slice(0, LOOKED_AT).to_pylist() if value]
            if not found:
                continue
            if self.kinds[place] == IS_PICTURE:
                if not any(map(_begins_like_a_picture, found)) and len({len(value) for value in found}) == 1:
                    self.kinds[place] = IS_LIST
            elif all(is_list(str(text)) for text in found):
                self.kinds[place] = IS_LIST
            elif all(is_written_picture(str(text)) for text in found):
                self.kinds[place] = IS_PICTURE

    def _may_be_more(self, place: int, kind: pa.DataType) -> bool:
        return self.kinds[place] == IS_TEXT or (self.kinds[place] == IS_PICTURE and _is_binary(kind))


def _begins_like_a_picture(content: bytes) -> bool:
    try:
        return bool(kind_of(content[:START_BYTES]))
    except UnreadableError as error:
        return str(error) != "no pictures"  # a format that is not read is told, not taken for pixels


def _kind(kind: pa.DataType) -> str:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if _is_number(kind):
        return IS_NUMBER
    if _is_text(kind):
        return IS_TEXT
    if _is_list(kind):
        return IS_LIST if _is_number(_inner(kind)) else IS_OTHER
    if pa.types.is_struct(kind):
        fields = {kind.field(place).name: kind.field(place).type for place in range(kind.num_fields)}
        return IS_PICTURE if "bytes" in fields and _is_binary(fields["bytes"]) else IS_OTHER
    return IS_PICTURE if _is_binary(kind) else IS_OTHER


def _inner(kind: pa.DataType) -> pa.DataType:
    """Say what lists hold."""
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    while _is_list(kind):
        kind = kind.value_type
    return kind


def _is_number(kind: pa.DataType) -> bool:
    return any(fits(kind) for fits in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean))


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    fits = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null, pa.types.is_string_view)
    return _is_number(kind) or any(bool(fit(kind)) for fit in fits)


def _is_list(kind: pa.DataType) -> bool:
    return any(fits(kind) for fits in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _numbers(column: pa.Array) -> NDArray[Any]:
    numbers = column.to_numpy(zero_copy_only=False)
    return numbers.astype(np.float64) if numbers.dtype == object else np.asarray(numbers)


def _are_bytes(numbers: NDArray[Any]) -> bool:
    if numbers.dtype == np.uint8 or not numbers.size:
        return True
    if numbers.dtype.itemsize == 2 and numbers.dtype.kind in "iu":  # 16-bit, whatever the values
        return False
    if not (numbers.min() >= 0 and numbers.max() <= LARGEST_BYTE):
        return False
    return numbers.dtype.kind in "iub" or bool((numbers == np.floor(numbers)).all())


def _smallest(numbers: NDArray[Any]) -> NDArray[Any]:
    """Hold numbers as bytes if they are, and as floats as pixels are kept; 16-bit ones are what they are."""
    if _are_bytes(numbers):
        return numbers.astype(np.uint8, copy=False)
    is_deep = numbers.dtype.kind in "iu" and numbers.dtype.itemsize == 2
    return numbers if is_deep else numbers.astype(np.float32, copy=False)


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


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=object)
