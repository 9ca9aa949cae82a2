"""CSV tables: Arrow reads the numbers, and every row that Arrow would not take is named.

pandas turns a headerless table's first image into column names, fills short rows with NaN and shifts rows
that are one field too long; here a row either has the fields of the header or is refused by its line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.tables._formulas import unescape_formulas
from convscope.tables._layout import Layout, lay_out
from convscope.tables._lend import lend
from convscope.tables._sheet import Sheet, sniff
from convscope.tables._values import check_finite, check_labels, check_pixels, without_missing
from convscope.tables.pixel_table import PixelTable, Shape
from convscope.tables.point_table import PointTable

__all__ = ["read_csv"]

LARGE = 64 << 20
"""From this many bytes on, loading Numba is worthwhile for a table of whole numbers."""
UNPACKED = 8
NUMERALS = np.array([str(number) for number in range(256)], dtype=object)
NO_TEXTS: NDArray[Any] = np.empty(0, dtype=object)
BLOCK = 1 << 23
"""Bytes that Arrow parses at a time: with hundreds of columns, smaller blocks cost more than they spread."""
PARSE_ERROR = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): ?(.*)", re.DOTALL)
VALUE_ERROR = re.compile(r"In CSV column #(\d+):(?: Row #(\d+):)? .*invalid value '(.*)'", re.DOTALL)


def read_csv(path: Path, *, shape: Shape | None, clip: bool, drop_missing: bool) -> PixelTable | PointTable:
    """Read a pixel table or point table from CSV, gzipped or not.

    Parameters
    ----------
    path : Path
    shape : (height, width, channels), optional
        For columns whose names do not tell.
    clip : bool
        Move values outside 0..255 to the nearest end.
    drop_missing : bool
        Leave out rows without a label.

    Raises
    ------
    TableError, ShapeError
        Something is wrong in the file; the message names line, column and repair.
    """
    return _read(sniff(path), shape, clip, drop_missing)


def _read(sheet: Sheet, shape: Shape | None, clip: bool, drop_missing: bool) -> PixelTable | PointTable:
    layout = lay_out(sheet.header, sheet.n_columns, shape, sheet.name)
    try:
        if layout.image_shape is None:
            return _points(sheet, layout, drop_missing)
        texts, values, clip_notes = _pixels(sheet, layout, clip)
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error) and sheet.encoding == "utf-8":
            note = "the file is not UTF-8; its text is read as Latin-1"
            return _read(replace(sheet, encoding="latin-1", notes=(*sheet.notes, note)), shape, clip, drop_missing)
        raise _in_our_words(str(error), sheet) from None
    notes: tuple[str, ...] = (*sheet.notes, *layout.notes, *clip_notes)
    if layout.label is None:
        return PixelTable(values, layout.image_shape, source=str(sheet.path), notes=notes)
    texts = unescape_formulas(texts)
    if drop_missing:
        kept, dropped = without_missing(texts)
        texts, values, notes = texts[kept], values[kept], (*notes, *dropped)
    labels = check_labels(texts, sheet.row_name)
    return PixelTable(values, layout.image_shape, labels, source=str(sheet.path), notes=notes)


def _points(sheet: Sheet, layout: Layout, drop_missing: bool) -> PointTable:
    table, features = _streamed(sheet, layout, pa.float64())
    check_finite(features, lambda row, column: f"{sheet.row_name(row)}, column {layout.names[column]!r},")
    labels, split = (None if place is None else _texts(table, place) for place in (layout.label, layout.split))
    notes: tuple[str, ...] = (*sheet.notes, *layout.notes)
    if labels is not None and drop_missing:
        kept, dropped = without_missing(labels)
        features, labels, notes = features[kept], labels[kept], (*notes, *dropped)
        split = None if split is None else split[kept]
    if labels is not None:
        labels = check_labels(unescape_formulas(labels), sheet.row_name)
    return PointTable(features, tuple(layout.names), labels, split, source=str(sheet.path), notes=notes)


def _pixels(sheet: Sheet, layout: Layout, clip: bool) -> tuple[NDArray[Any], NDArray[Any], tuple[str, ...]]:
    """Read the numbers as bytes; where they are not all bytes, as fractions; where neither, say where.

    Returns the texts of the label column, none without one; the numbers; and what was changed in them.
    """
    everything = _digits(sheet)
    if everything is not None:
        texts = NUMERALS[everything[:, layout.label]] if layout.label is not None else NO_TEXTS
        return texts, _chosen(everything, layout.values), ()
    try:
        table = _at_once(sheet, layout)
    except pa.ArrowInvalid:
        table, values = _streamed(sheet, layout, pa.float32())
        checked = check_pixels(
            values, lambda row, column: f"{sheet.row_name(row)}, column {layout.names[column]!r},", clip
        )
        values, notes = checked.pixels, checked.notes
    else:
        values, notes = _matrix(table.to_batches(), layout, np.uint8), ()
    return NO_TEXTS if layout.label is None else _texts(table, layout.label), values, notes


def _digits(sheet: Sheet) -> NDArray[np.uint8] | None:
    """Read a large table that holds nothing but whole numbers, if Numba is there; it takes a while to load."""
    size = sheet.path.stat().st_size * (UNPACKED if sheet.path.suffix == ".gz" else 1)
    if sheet.trailing or (size < LARGE and "numba" not in sys.modules):
        return None
    try:
        from convscope.tables._digits import read_digits  # noqa: PLC0415
    except ImportError:
        return None
    return read_digits(sheet.path, n_skipped=sheet.n_skipped, n_columns=sheet.n_columns, delimiter=sheet.delimiter)


def _chosen(everything: NDArray[np.uint8], places: Sequence[int]) -> NDArray[np.uint8]:
    """Take some columns; in one copy where they stand side by side."""
    first, last = places[0], places[-1]
    if list(places) == list(range(first, last + 1)):
        return np.ascontiguousarray(everything[:, first : last + 1])
    return everything[:, places]


def _at_once(sheet: Sheet, layout: Layout, *, spanning: bool = False) -> pa.Table:
    """Read everything as bytes, on all cores: the usual table.

    Arrow on several cores cuts the text at line ends even inside quotes and then loses rows without a word,
    so a text with quoted fields is read again with fields that may span lines.
    """
    with lend(sheet.source()) as watched:
        table = arrow_csv.read_csv(watched, **_options(sheet, layout, pa.uint8(), threads=True, spanning=spanning))
    if watched.n_quotes > sheet.n_header_quotes and not spanning:
        return _at_once(sheet, layout, spanning=True)
    _check_trailing(table, sheet)
    return table


def _streamed(sheet: Sheet, layout: Layout, kind: pa.DataType) -> tuple[pa.Table, NDArray[Any]]:
    """Read block after block on one core, so that Arrow counts rows and numbers are not held twice."""
    texts, blocks = [], []
    with lend(sheet.source()) as watched:
        for batch in arrow_csv.open_csv(watched, **_options(sheet, layout, kind, threads=False, spanning=True)):
            if batch.num_rows:
                blocks.append(_matrix([batch], layout, kind.to_pandas_dtype()))
                texts.append(batch.select(_text_names(sheet, layout)))
    if not blocks:
        raise TableError(f"{sheet.name} has 0 rows.", expected="one row per image")
    table = pa.Table.from_batches(texts)
    _check_trailing(table, sheet)
    return table, np.concatenate(blocks)


def _text_names(sheet: Sheet, layout: Layout) -> list[str]:
    places = [place for place in (layout.label, layout.split) if place is not None]
    return [str(place) for place in [*places, *([sheet.n_columns] if sheet.trailing else [])]]


def _options(sheet: Sheet, layout: Layout, kind: pa.DataType, *, threads: bool, spanning: bool) -> dict[str, Any]:
    names = [str(place) for place in range(sheet.n_columns + sheet.trailing)]
    kinds = {str(place): kind for place in layout.values}
    kinds |= {name: pa.string() for name in _text_names(sheet, layout)}
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
            column_types=kinds, include_columns=list(kinds), null_values=[], strings_can_be_null=False
        ),
    }


def _matrix(batches: list[pa.RecordBatch], layout: Layout, kind: Any) -> NDArray[Any]:
    """Lay the columns out row after row, batch by batch."""
    out = np.empty((sum(batch.num_rows for batch in batches), len(layout.values)), kind)
    start = 0
    for batch in batches:
        tensor = batch.select([str(place) for place in layout.values]).to_tensor(row_major=True)
        out[start : start + batch.num_rows] = tensor.to_numpy()
        start += batch.num_rows
    return out


def _texts(table: pa.Table, place: int) -> NDArray[Any]:
    return np.asarray(table.column(str(place)).to_numpy(), dtype=object)


def _check_trailing(table: pa.Table, sheet: Sheet) -> None:
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


def _in_our_words(found: str, sheet: Sheet) -> TableError:
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
            repair="delete this line" if again else "correct it, or delete the row",
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


def _unclosed(line: int, sheet: Sheet) -> TableError:
    return TableError(f"line {line} of {sheet.name} has a quote that is never closed.", repair="close the quote")


def _line(arrow_row: str | None, sheet: Sheet) -> int:
    """Turn Arrow's count, which takes in the lines before the first row but no blank ones, into a line."""
    return sheet.line_of(int(arrow_row or 1) - 1 - sheet.n_skipped)
