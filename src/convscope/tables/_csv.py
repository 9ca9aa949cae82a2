"""CSV tables: Arrow reads the numbers, and every row that Arrow would not take is named.

pandas turns a headerless table's first image into column names, fills short rows with NaN and shifts rows
that are one field too long; here a row either has the fields of the header or is refused by its line.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.tables._layout import Layout, lay_out
from convscope.tables._open import first_bytes, read_all, unpacked
from convscope.tables._values import check_labels, check_pixels, is_missing
from convscope.tables.pixel_table import PixelTable, Shape
from convscope.tables.point_table import PointTable

__all__ = ["read_csv"]

SNIFFED = 1 << 20
LINE_CAP = SNIFFED
BLOCK = 1 << 20
MOST_COLUMNS = 200_000
UTF16 = (b"\xff\xfe", b"\xfe\xff")
UTF8_BOM = b"\xef\xbb\xbf"
HTML = re.compile(rb"\s*<(!doctype|html|head|\?xml|body)", re.IGNORECASE)
PARSE_ERROR = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+): ?(.*)", re.DOTALL)
VALUE_ERROR = re.compile(r"In CSV column #(\d+):(?: Row #(\d+):)? .*invalid value '(.*)'", re.DOTALL)


@dataclass(frozen=True)
class _Sheet:
    """A CSV file as far as its first lines tell."""

    name: str
    content: bytes | None
    path: Path
    encoding: str
    delimiter: str
    header: list[str] | None
    n_columns: int
    trailing: bool
    notes: tuple[str, ...]

    def row_name(self, row: int) -> str:
        return f"line {row + 1 + (self.header is not None)} of {self.name}"

    def source(self) -> Any:
        return unpacked(self.path) if self.content is None else io.BytesIO(self.content)


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
    sheet = _sniff(path)
    layout = lay_out(sheet.header, sheet.n_columns, shape, sheet.name)
    if layout.image_shape is None:
        return _points(sheet, layout)
    columns, values, clip_notes = _pixels(sheet, layout, clip)
    texts = None if layout.label is None else _texts(columns, layout.label)
    notes = (*sheet.notes, *layout.notes, *clip_notes)
    if texts is not None and drop_missing:
        kept = np.array([not is_missing(text) for text in texts.tolist()], dtype=bool)
        if not kept.all():
            notes = (*notes, f"{int((~kept).sum()):,} rows without a label were dropped")
            texts, values = texts[kept], values[kept]
    labels = None if texts is None else check_labels(texts, sheet.row_name)
    return PixelTable(values, layout.image_shape, labels, source=str(path), notes=notes)


def _sniff(path: Path) -> _Sheet:
    """Find encoding, delimiter and header from the first lines; refuse what is no table."""
    start = first_bytes(path, SNIFFED)
    _refuse_non_tables(start, path.name)
    encoding, notes, content = "utf-8", [], None
    if start.startswith(UTF16):
        encoding = "utf-16"
    elif not _is_utf8(start):
        encoding = "latin-1"
        notes.append("the file is not UTF-8; its text is read as Latin-1")
    elif start.startswith(UTF8_BOM):
        encoding = "utf-8-sig"
    if encoding == "utf-16":
        content = read_all(path).decode("utf-16").encode("utf-8")
        start = content[:SNIFFED]
    text = start.decode("utf-8" if encoding == "utf-16" else encoding, errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise TableError(f"{path.name} is empty.", expected="a header and one row per image")
    delimiter = max(",\t;", key=lines[0].count)
    first = [field.strip() for field in next(csv.reader([lines[0]], delimiter=delimiter))]
    header = first if _is_header(first) else None
    trailing = first[-1] == "" and len(first) > 2
    if trailing:
        notes.append("every line ends in a delimiter; the empty last column is dropped")
    if len(first) > MOST_COLUMNS:
        raise TableError(f"{path.name} has {len(first):,} columns.", expected=f"at most {MOST_COLUMNS:,}")
    if header is not None and len(lines) == 1 and len(start) < SNIFFED:
        raise TableError(f"{path.name} has a header and 0 rows.", expected="one row per image")
    encoding = "utf-8" if encoding == "utf-16" else encoding
    header = header[:-1] if header is not None and trailing else header
    n_columns = len(first) - trailing
    return _Sheet(path.name, content, path, encoding, delimiter, header, n_columns, trailing, tuple(notes))


def _refuse_non_tables(start: bytes, name: str) -> None:
    if not start.strip():
        raise TableError(f"{name} is empty.", expected="a header and one row per image")
    if HTML.match(start.removeprefix(UTF8_BOM)):
        raise TableError(
            f"{name} looks like HTML, a web page, not a table.",
            received=start[:40].decode("latin-1").strip(),
            repair="the address gave an error page: download the file again",
        )
    if b"\0" in start and not start.startswith(UTF16):
        raise TableError(f"{name} holds NUL bytes: it is not a text table.", expected="CSV text")
    if len(start) >= LINE_CAP and b"\n" not in start and b"\r" not in start:
        raise TableError(
            f"line 1 of {name} is longer than any row of pixels.",
            received=f"more than {LINE_CAP:,} bytes without a line end",
            expected="one line per image",
        )


def _is_header(fields: list[str]) -> bool:
    """Tell a header, which names columns, from data, which is numbers but perhaps for the label."""
    texts = [field for field in fields if field and not _is_number(field)]
    return len(texts) > max(1, len(fields) // 2) or fields[0] in ("class", "label")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.lower() in ("na", "nan", "null")
    return True


def _is_utf8(start: bytes) -> bool:
    try:
        start[: -4 if len(start) == SNIFFED else None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _pixels(sheet: _Sheet, layout: Layout, clip: bool) -> tuple[pa.Table, NDArray[Any], tuple[str, ...]]:
    """Read the numbers as bytes; where they are not all bytes, as fractions; where neither, say where."""
    try:
        table = _parse(sheet, layout, pa.uint8())
        return table, _matrix(table, layout.values, np.uint8), ()
    except pa.ArrowInvalid:
        pass
    try:
        table = _parse(sheet, layout, pa.float64())
    except pa.ArrowInvalid:
        raise _explained(sheet, layout) from None
    values = _matrix(table, layout.values, np.float64)
    checked = check_pixels(values, lambda row, column: f"{sheet.row_name(row)}, column {layout.names[column]!r},", clip)
    return table, checked.pixels, checked.notes


def _parse(sheet: _Sheet, layout: Layout, kind: pa.DataType, *, threads: bool = True) -> pa.Table:
    names = [str(place) for place in range(sheet.n_columns + sheet.trailing)]
    texts = [place for place in (layout.label, layout.split) if place is not None]
    kinds = {str(place): kind for place in layout.values} | {str(place): pa.string() for place in texts}
    return arrow_csv.read_csv(
        sheet.source(),
        read_options=arrow_csv.ReadOptions(
            column_names=names,
            skip_rows=sheet.header is not None,
            encoding="utf-8" if sheet.encoding == "utf-8-sig" else sheet.encoding,
            use_threads=threads,
            block_size=BLOCK,
        ),
        parse_options=arrow_csv.ParseOptions(delimiter=sheet.delimiter),
        convert_options=arrow_csv.ConvertOptions(
            column_types=kinds, include_columns=list(kinds), null_values=[], strings_can_be_null=False
        ),
    )


def _matrix(table: pa.Table, places: list[int], kind: Any) -> NDArray[Any]:
    """Lay the columns out row after row, batch by batch."""
    out = np.empty((table.num_rows, len(places)), kind)
    start = 0
    for batch in table.select([str(place) for place in places]).to_batches():
        out[start : start + batch.num_rows] = batch.to_tensor(row_major=True).to_numpy()
        start += batch.num_rows
    return out


def _texts(table: pa.Table, place: int) -> NDArray[Any]:
    return np.array(table.column(str(place)).to_pylist(), dtype=object)


def _explained(sheet: _Sheet, layout: Layout) -> TableError:
    """Read once more on one thread, where Arrow counts rows, and say in our words what it says."""
    try:
        _parse(sheet, layout, pa.float64(), threads=False)
    except pa.ArrowInvalid as error:
        found = str(error)
    else:  # pragma: no cover - a file that changed while it was read
        return TableError(f"{sheet.name} cannot be read.")
    if match := PARSE_ERROR.search(found):
        row, expected, got, text = int(match[1]), int(match[2]), int(match[3]), match[4]
        unclosed = text.count('"') % 2 == 1
        return TableError(
            f"line {row} of {sheet.name} has {'a quote that is never closed' if unclosed else f'{got:,} fields'}.",
            received=text[:40] + ("..." if len(text) > 40 else ""),
            expected=f"{expected - sheet.trailing:,} fields, like the {'header' if sheet.header else 'first row'}",
            repair="close the quote" if unclosed else "complete or delete this line",
        )
    if match := VALUE_ERROR.search(found):
        place, row = int(match[1]), int(match[2] or 0)
        names = sheet.header or [f"{index + 1}" for index in range(sheet.n_columns)]
        name = names[place] if place < len(names) else str(place + 1)
        again = sheet.header is not None and match[3].strip() == name
        return TableError(
            f"line {row} of {sheet.name} "
            + ("is the header again." if again else f"has no number in column {name!r}."),
            received=repr(match[3][:40]),
            expected="a row of pixels" if again else "an intensity 0 to 255",
            repair="delete this line" if again else "correct it, or delete the row",
        )
    if "straddling" in found:
        return TableError(
            f"{sheet.name} has a line that is longer than any row of pixels.",
            received=f"more than {BLOCK:,} bytes without a line end",
            expected="one line per image; check for a quote that is never closed",
        )
    return TableError(f"{sheet.name} cannot be read: {found.splitlines()[0][:120]}.")


def _points(sheet: _Sheet, layout: Layout) -> PointTable:
    try:
        table = _parse(sheet, layout, pa.float64())
    except pa.ArrowInvalid:
        raise _explained(sheet, layout) from None
    features = _matrix(table, layout.values, np.float64)
    if not np.isfinite(features).all():
        row, column = np.argwhere(~np.isfinite(features))[0]
        raise TableError(f"{sheet.row_name(row)}, column {layout.names[column]!r}, is not a finite number.")
    return PointTable(
        features,
        tuple(layout.names),
        None if layout.label is None else check_labels(_texts(table, layout.label), sheet.row_name),
        None if layout.split is None else _texts(table, layout.split),
        source=str(sheet.path),
        notes=(*sheet.notes, *layout.notes),
    )
