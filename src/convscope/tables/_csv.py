"""CSV tables: Arrow reads the numbers, and every row that Arrow would not take is named.

pandas turns a headerless table's first image into column names, fills short rows with NaN and shifts rows
that are one field too long; here a row either has the fields of the header or is refused by its line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.reading import Options
from convscope.tables._columns import understand
from convscope.tables._lend import lend
from convscope.tables._list import lists_pictures, read_list
from convscope.tables._lists import is_list, read_numbers
from convscope.tables._names import find_pattern
from convscope.tables._roles import LISTED
from convscope.tables._sheet import HALF, Lines, is_number, sniff
from convscope.tables._source import IS_LIST, IS_NUMBER, IS_PICTURE, IS_TEXT, MOST_FEATURES, Texts
from convscope.tables._values import MISSING, is_missing
from convscope.tables._written import is_written_picture, picture_bytes
from convscope.tables.table import Table
from convscope.wording import Setting, Words

__all__ = ["TextSheet", "read_csv"]

LARGE = 64 << 20
"""From this many bytes on, loading Numba is worthwhile for a table of whole numbers."""
UNPACKED = 8
MOST_LISTED = 100
"""Columns of a list of pictures."""
NUMERALS = np.array([str(number) for number in range(256)], dtype=object)
GAPS = [*MISSING, *(text.upper() for text in MISSING if text), "NaN", "None", "Null", "N/A"]
BLOCK = 1 << 23
"""Bytes that Arrow parses at a time: with hundreds of columns, smaller blocks cost more than they spread."""
PARSE_ERROR = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): ?(.*)", re.DOTALL)
VALUE_ERROR = re.compile(r"In CSV column #(\d+):(?: Row #(\d+):)? .*invalid value '(.*)'", re.DOTALL)


def read_csv(path: Path, options: Options) -> Table:
    """Read a table from text, gzipped or not.

    Raises
    ------
    TableError, ShapeError
        Something is wrong in the file; the message names line, column and repair.
    """
    sheet = TextSheet(sniff(path))
    if sheet.may_list_pictures and lists_pictures(path):
        return read_list(path, options)
    return understand(sheet, options)


class TextSheet:
    """The columns of a text table, read when it is known what they are."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.path, self.header = lines, lines.path, lines.header
        self.kinds = [_kind(lines, column) for column in range(lines.n_columns)]

    @property
    def may_list_pictures(self) -> bool:
        """Whether a column may hold the names of pictures, and none is a pixel or a picture itself."""
        names = [name.strip().lower() for name in self.header or []]
        if (
            len(names) > MOST_LISTED
            or {IS_LIST, IS_PICTURE} & {*self.kinds}
            or not any(name in LISTED for name in names)
        ):
            return False
        try:
            return find_pattern(names, range(len(names)), self.path.name) is None
        except TableError:  # pixels, one of which is missing
            return False

    @property
    def notes(self) -> tuple[str, ...]:
        return self.lines.notes

    def row_name(self, row: int) -> str:
        return self.lines.row_name(row)

    def class_names(self, column: int) -> tuple[str, ...]:
        return ()

    def stored(self) -> None:
        return None

    def read(self, texts: Sequence[int], values: Sequence[int], options: Options) -> tuple[Texts, NDArray[Any]]:
        """Read some columns as texts and others as numbers: as bytes; where they are not all bytes, as fractions."""
        wanted = Wanted(list(texts), list(values), options.drops_missing)
        try:
            found, numbers = self._with_first_row(wanted, *self._read(wanted))
        except pa.ArrowInvalid as error:
            if "UTF8" in str(error) and self.lines.encoding == "utf-8":
                note = "the file is not UTF-8; its text is read as Latin-1"
                self.lines = replace(self.lines, encoding="latin-1", notes=(*self.lines.notes, note))
                return self.read(texts, values, options)
            raise _in_our_words(str(error), self.lines) from None
        return ({place: _with_points(text) for place, text in found.items()} if self.has_comma else found), numbers

    @property
    def has_comma(self) -> bool:
        """Whether 0,5 is a half; then 5,0 is the label 5."""
        return self.lines.decimal_point == ","

    def read_lists(self, column: int, texts: Sequence[int]) -> tuple[Texts, NDArray[Any]]:
        """Read a column of texts, each of which is a list of numbers."""
        found, _ = self.read([*texts, column], [], Options())
        written = found[column] if column in texts else found.pop(column)
        return found, read_numbers(written, self.row_name)

    def read_pictures(self, column: int, texts: Sequence[int]) -> tuple[Texts, list[tuple[str, bytes]]]:
        """Read a column of pictures that are written as text."""
        found, _ = self.read([*texts, column], [], Options())
        written = found[column] if column in texts else found.pop(column)
        return found, [(self.row_name(row), picture_bytes(text)) for row, text in enumerate(written.tolist())]

    def _read(self, wanted: Wanted) -> tuple[Texts, NDArray[Any]]:
        lines = self.lines
        parts = self._parts
        if parts is not None:
            texts = {place: NUMERALS[np.concatenate([part[:, place] for part in parts])] for place in wanted.texts}
            if wanted.values:
                del self._parts  # they are used up
            return texts, _stacked(parts, wanted.values)
        try:
            table = _at_once(lines, wanted)
        except pa.ArrowInvalid:
            kind = pa.float64() if len(wanted.values) <= MOST_FEATURES else pa.float32()
            table, values = _streamed(lines, wanted, kind)
        else:
            values = _matrix(table.to_batches(), wanted, np.uint8)
            if not len(table):
                raise TableError(f"{lines.name} has 0 rows.", expected="one row per image")
        return {place: _texts(table, place) for place in wanted.texts}, values

    @cached_property
    def _parts(self) -> list[NDArray[np.uint8]] | None:
        return _digits(self.lines)

    def _with_first_row(self, wanted: Wanted, texts: Texts, values: NDArray[Any]) -> tuple[Texts, NDArray[Any]]:
        """Put the row back that had become a header."""
        row = self.lines.first_row
        if row is None:
            return texts, values
        first = np.array([[float(row[place]) for place in wanted.values]])
        kind = (
            values.dtype if values.dtype.kind == "f" or not first.size or first.max() <= 255 else np.dtype(np.float32)
        )
        texts = {place: np.concatenate([np.array([row[place]], dtype=object), text]) for place, text in texts.items()}
        return texts, np.concatenate([first.astype(kind), values.astype(kind, copy=False)])


@dataclass(frozen=True)
class Wanted:
    """The columns to read, in order: as text, and as numbers, which may be missing."""

    texts: list[int]
    values: list[int]
    gaps: bool = False


def _with_points(texts: NDArray[Any]) -> NDArray[Any]:
    return np.array([text.replace(",", ".") if HALF.fullmatch(text) else text for text in texts.tolist()], dtype=object)


def _kind(lines: Lines, column: int) -> str:
    """Tell by the first rows what a column holds."""
    found = [row[column] for row in lines.sample if column < len(row) and not is_missing(row[column])]
    if not found or 2 * sum(is_number(text, lines.decimal_point) for text in found) >= len(found):
        return IS_NUMBER
    if all(map(is_list, found)):
        return IS_LIST
    return IS_PICTURE if all(map(is_written_picture, found)) else IS_TEXT


def _digits(sheet: Lines) -> list[NDArray[np.uint8]] | None:
    """Read a large table that holds nothing but whole numbers, if Numba is there; it takes a while to load."""
    size = sheet.path.stat().st_size * (UNPACKED if sheet.path.suffix == ".gz" else 1)
    if sheet.trailing or sheet.delimiter == " " or (size < LARGE and "numba" not in sys.modules):
        return None
    try:
        from convscope.tables._digits import digit_parts  # noqa: PLC0415
    except ImportError:
        return None
    return digit_parts(sheet.path, n_skipped=sheet.n_skipped, n_columns=sheet.n_columns, delimiter=sheet.delimiter)


def _stacked(parts: list[NDArray[Any]], columns: Sequence[int]) -> NDArray[Any]:
    """Put some columns of all parts into one array; each part is let go at once, so that little is held twice."""
    if not columns:
        return np.empty((sum(map(len, parts)), 0), np.uint8)
    first, last = columns[0], columns[-1]
    chosen: Any = slice(first, last + 1) if list(columns) == list(range(first, last + 1)) else list(columns)
    out = np.empty((sum(map(len, parts)), len(columns)), parts[0].dtype)
    start = 0
    parts.reverse()
    while parts:
        part = parts.pop()
        out[start : start + len(part)] = part[:, chosen]
        start += len(part)
    return out


def _at_once(sheet: Lines, wanted: Wanted, *, spanning: bool = False) -> pa.Table:
    """Read everything as bytes, on all cores: the usual table.

    Arrow on several cores cuts the text at line ends even inside quotes and then loses rows without a word,
    so a text with quoted fields is read again with fields that may span lines.
    """
    with lend(sheet.source()) as watched:
        table = arrow_csv.read_csv(watched, **_options(sheet, wanted, pa.uint8(), threads=True, spanning=spanning))
    if watched.n_quotes > sheet.n_header_quotes and not spanning:
        return _at_once(sheet, wanted, spanning=True)
    _check_trailing(table, sheet)
    return table


def _streamed(sheet: Lines, wanted: Wanted, kind: pa.DataType) -> tuple[pa.Table, NDArray[Any]]:
    """Read block after block on one core, so that Arrow counts rows and numbers are not held twice."""
    texts, blocks = [], []
    with lend(sheet.source()) as watched:
        for batch in arrow_csv.open_csv(watched, **_options(sheet, wanted, kind, threads=False, spanning=True)):
            if batch.num_rows:
                blocks.append(_matrix([batch], wanted, kind.to_pandas_dtype()))
                texts.append(batch.select(_text_names(sheet, wanted)))
    if not blocks:
        raise TableError(f"{sheet.name} has 0 rows.", expected="one row per image")
    table = pa.Table.from_batches(texts)
    _check_trailing(table, sheet)
    return table, _stacked(blocks, range(len(wanted.values)))


def _text_names(sheet: Lines, wanted: Wanted) -> list[str]:
    return [str(place) for place in [*wanted.texts, *([sheet.n_columns] if sheet.trailing else [])]]


def _options(sheet: Lines, wanted: Wanted, kind: pa.DataType, *, threads: bool, spanning: bool) -> dict[str, Any]:
    names = [str(place) for place in range(sheet.n_columns + sheet.trailing)]
    kinds = {str(place): kind for place in wanted.values}
    kinds |= {name: pa.string() for name in _text_names(sheet, wanted)}
    return {
        "read_options": arrow_csv.ReadOptions(
            column_names=names,
            skip_rows=sheet.n_skipped,
            encoding=sheet.encoding,
            block_size=BLOCK,
            use_threads=threads,
        ),
        "parse_options": arrow_csv.ParseOptions(delimiter=sheet.delimiter, newlines_in_values=spanning),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=kinds,
            include_columns=list(kinds),
            null_values=GAPS if wanted.gaps and kind != pa.uint8() else [],
            strings_can_be_null=False,
            decimal_point=sheet.decimal_point,
        ),
    }


def _matrix(batches: list[pa.RecordBatch], wanted: Wanted, kind: Any) -> NDArray[Any]:
    """Lay the columns out row after row, batch by batch."""
    out = np.empty((sum(batch.num_rows for batch in batches), len(wanted.values)), kind)
    if not wanted.values:
        return out
    start = 0
    for batch in batches:
        tensor = batch.select([str(place) for place in wanted.values]).to_tensor(
            null_to_nan=wanted.gaps, row_major=True
        )
        out[start : start + batch.num_rows] = tensor.to_numpy()
        start += batch.num_rows
    return out


def _texts(table: pa.Table, place: int) -> NDArray[Any]:
    return np.asarray(table.column(str(place)).to_numpy(), dtype=object)


def _check_trailing(table: pa.Table, sheet: Lines) -> None:
    """Refuse a row with something in the column that the header leaves nameless at the end."""
    if not sheet.trailing:
        return
    for row, text in enumerate(_texts(table, sheet.n_columns)):
        if text.strip():
            raise TableError(
                f"{sheet.row_name(row)} has {sheet.n_columns + 1:,} fields.",
                received=f"{text[:40]!r} in the column that has no name",
                expected=f"{sheet.n_columns:,} fields",
                repair="name the column, or delete the field",
            )


def _in_our_words(found: str, sheet: Lines) -> TableError:
    """Say what Arrow says, with the line of the file."""
    if match := PARSE_ERROR.search(found):
        opened = sheet.open_quote()
        if opened is not None:
            return _unclosed(opened, sheet)
        return TableError(
            f"line {_line(match[1], sheet)} of {sheet.name} has {int(match[3]):,} fields.",
            received=match[4][:40] + ("..." if len(match[4]) > 40 else ""),
            expected=f"{int(match[2]) - sheet.trailing:,} fields, like the {'header' if sheet.header else 'first row'}",
            repair="complete or delete this line",
        )
    if match := VALUE_ERROR.search(found):
        place, text = int(match[1]), match[3]
        name = sheet.header[place] if sheet.header else str(place + 1)
        again = sheet.header is not None and text.strip() == name
        return TableError(
            f"line {_line(match[2], sheet)} of {sheet.name} "
            + ("repeats the header." if again else f"has no number in column {name!r}."),
            received=repr(text[:40]),
            expected="a row of numbers" if again else "a number, such as an intensity 0 to 255",
            repair="delete this line"
            if again
            else Words("fill it in, or leave such rows out: ", Setting("missing", "drop"))
            if is_missing(text)
            else "correct it, or delete the row",
        )
    opened = sheet.open_quote()
    if opened is not None:
        return _unclosed(opened, sheet)
    if "straddling" in found:
        return TableError(
            f"{sheet.name} has a line that is longer than any row of pixels.",
            received=f"more than {BLOCK:,} bytes without a line end",
            expected="one line per image",
        )
    return TableError(f"{sheet.name} cannot be read: {found.splitlines()[0][:120]}.")


def _unclosed(line: int, sheet: Lines) -> TableError:
    return TableError(f"line {line} of {sheet.name} has a quote that is never closed.", repair="close the quote")


def _line(arrow_row: str | None, sheet: Lines) -> int:
    """Turn Arrow's count, which takes in the lines before the first row but no blank ones, into a line."""
    return sheet.line_of(int(arrow_row or 1) - 1 - sheet.n_skipped)
