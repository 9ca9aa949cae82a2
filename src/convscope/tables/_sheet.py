"""What the first lines of a CSV file tell: encoding, delimiter, header, and which line holds which row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convscope.errors import TableError
from convscope.limits import COLUMN_BYTES, FREE_TABLE_BYTES, MOST_COLUMNS, largest_content
from convscope.limits import MOST_LINE_BYTES as LINE_CAP
from convscope.tables._names import numbered
from convscope.tables._open import first_bytes, read_all, unpacked
from convscope.tables._roles import LABEL_NAMES

__all__ = ["Lines", "is_number", "sniff"]

FEWEST_NUMBERED = 16
"""From this many columns on, a first row 0, 1, 2, 3, ... is read as names, not as a picture."""
SAMPLED = 20
"""Rows at the beginning that tell what the columns hold."""
DELIMITERS = ",\t;|"
QUOTED = re.compile(r'"[^"]*"')
HALF, POINT = re.compile(r"[+-]?\d+,\d+"), re.compile(r"[+-]?\d+\.\d+")
REPEAT, WHOLE = re.compile(r"(\d+)\.(\d+)"), re.compile(r"\d+")
UTF16 = (b"\xff\xfe", b"\xfe\xff")
LFS = b"version https://git-lfs"
UTF8_BOM = b"\xef\xbb\xbf"
SEPARATOR = re.compile(r"(?i:sep)=([,;|\t])")
HTML = re.compile(rb"\s*<(!doctype|!--|html|head|\?xml|body)", re.IGNORECASE)


@dataclass(frozen=True)
class Lines:
    """A CSV file as far as its first lines tell.

    Parameters
    ----------
    path : Path
    content : bytes or None
        The text as UTF-8 where the file itself is UTF-16.
    encoding, delimiter : str
    header : list of str, or None
        Column names; None where the first line is data.
    n_columns : int
        Without the empty last one.
    trailing : bool
        Every line ends in a delimiter.
    n_skipped, n_header_quotes : int
        Lines before the first row, blank ones and the header; and the quotes in them.
    notes : tuple of str
    sample : list of list of str
        The first rows.
    decimal_point : str
        A comma in some tables whose fields are separated by semicolons or tabs.
    first_row : list of str, or None
        A row that is not in the file as such: pandas took it for the header.
    """

    path: Path
    content: bytes | None
    encoding: str
    delimiter: str
    header: list[str] | None
    n_columns: int
    trailing: bool
    n_skipped: int
    n_header_quotes: int
    notes: tuple[str, ...]
    sample: list[list[str]] = field(default_factory=list)
    decimal_point: str = "."
    first_row: list[str] | None = None

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    def source(self) -> Any:
        """Open the text for reading, as bytes."""
        return unpacked(self.path, lines=True) if self.content is None else io.BytesIO(self.content)

    def row_name(self, row: int) -> str:
        """Name a data row (0-based) by its line in the file (1-based)."""
        return f"line {self.line_of(row)} of {self.name}"

    def line_of(self, row: int) -> int:
        """Find the line (1-based) that a data row (0-based) begins in; blank lines hold no row."""
        seen, quotes = -1, 0
        with self.source() as file:
            for line, text in enumerate(file, 1):
                begins = quotes % 2 == 0 and line > self.n_skipped and bool(text.strip(b"\r\n"))
                seen += begins
                if begins and seen == row:
                    return line
                quotes += text.count(b'"') if line > self.n_skipped else 0
        return row + 1 + self.n_skipped

    def open_quote(self) -> int | None:
        """Find the line (1-based) of a quote that is not closed within the longest line allowed."""
        opened, length = None, 0
        with self.source() as file:
            for line, text in enumerate(file, 1):
                length += len(text)
                if text.count(b'"') % 2:
                    opened, length = (line, 0) if opened is None else (None, 0)
                if opened is not None and length > LINE_CAP:
                    break
        return opened


def sniff(path: Path) -> Lines:
    """Read the first lines of a CSV file.

    Raises
    ------
    TableError
        It is empty, holds no rows, or is no text table at all.
    """
    start = first_bytes(path, LINE_CAP)
    _refuse_non_tables(start, path.name)
    encoding, content, notes = _encoding(start, path)
    if content is not None:
        start = content[:LINE_CAP]
    lines = re.split(r"\r\n|\n|\r", start.decode(encoding, errors="replace").removeprefix("\ufeff"))
    filled = [index for index, line in enumerate(lines) if line.removeprefix("#").strip()]
    if not filled:
        raise _empty(path.name)
    above, said = _above_the_table([lines[index] for index in filled[: 2 * SAMPLED]])
    notes.extend(_told_above([lines[index] for index in filled[:above]], said))
    filled = filled[above:]
    _refuse_title([lines[index] for index in filled[:SAMPLED]], path.name)
    delimiter = said or _delimiter([lines[index] for index in filled[:SAMPLED]])
    first = _fields(lines[filled[0]].removeprefix("#"), delimiter, path.name)
    most = min(MOST_COLUMNS, largest_content(path.stat().st_size, free=FREE_TABLE_BYTES) // COLUMN_BYTES)
    if len(first) > most:
        raise TableError(
            f"{path.name} has {len(first):,} columns.",
            expected=f"at most {most:,}, in a file of its size",
            repair="keep larger pictures as NPZ, Parquet or in a folder of class folders",
        )
    trailing = first[-1] == "" and len(first) > 2
    if trailing:
        first.pop()
        notes.append("every line ends in a delimiter; the empty last column is dropped")
    first_row = _row_in_header(first)
    named = first_row is None and _is_header(first, delimiter)
    if named and len(filled) == 1 and len(start) < LINE_CAP:
        raise TableError(f"{path.name} has a header and 0 rows.", expected="one row per image")
    if first_row is not None:
        notes.append("the first picture had become a header; it is put back as the first row")
    begin = filled[0] + (named or first_row is not None)
    sample = _sample(lines[begin:], delimiter, complete=len(start) < LINE_CAP)
    decimal_point = "," if delimiter != "," and _has_decimal_comma(sample) else "."
    if decimal_point == ",":
        notes.append("numbers have a decimal comma: 0,5 is a half")
    return Lines(
        path,
        content,
        encoding,
        delimiter=delimiter,
        header=first if named else None,
        n_columns=len(first),
        trailing=trailing,
        n_skipped=begin,
        n_header_quotes="".join(lines[:begin]).count('"'),
        notes=tuple(notes),
        sample=[] if first_row is None and not sample else [*([] if first_row is None else [first_row]), *sample],
        decimal_point=decimal_point,
        first_row=first_row,
    )


def _above_the_table(lines: list[str]) -> tuple[int, str | None]:
    """Count the lines before the table: a spreadsheet's ``sep=;``, which names the delimiter, and comments after #.

    NumPy writes names of columns behind a # too; these have as many fields as the rows below.
    """
    said = SEPARATOR.fullmatch(lines[0].strip())
    n_said = int(said is not None and len(lines) > 1)
    rest = lines[n_said:]
    n_marked = next((place for place, line in enumerate(rest) if not line.startswith("#")), 0)
    delimiter = said[1] if said and n_said else _delimiter(rest[n_marked:])
    names = rest[n_marked - 1].removeprefix("#").strip() if n_marked else ""
    if names and names.count(delimiter) == rest[n_marked].count(delimiter):
        n_marked -= 1
    return n_said + n_marked, delimiter if n_said else None


def _refuse_title(lines: list[str], name: str) -> None:
    """Refuse a line above the table that is none of its rows, such as a title."""
    first, *others = lines
    delimiter = _delimiter(others) if len(others) > 1 else " "
    n_marks = {line.count(delimiter) for line in others}
    if delimiter != " " and not any(mark in first for mark in DELIMITERS) and len(n_marks) == 1 and n_marks != {0}:
        raise TableError(
            f"the first line of {name} is no row of the table below it.",
            received=f"{first[:40]!r}, above {n_marks.pop() + 1:,} fields in each line",
            expected="names of columns, or the first row",
            repair="delete what stands above the table, or begin each such line with #",
        )


def _told_above(lines: list[str], said: str | None) -> list[str]:
    comments = lines[said is not None :]
    told = [] if said is None else [f"the first line says what separates the fields: {said!r}"]
    if comments:
        what = "line before the table is a comment" if len(comments) == 1 else "lines before the table are comments"
        told.append(f"{len(comments)} {what}, first {comments[0][:40]!r}")
    return told


def _delimiter(lines: list[str]) -> str:
    """Find what separates the fields: what cuts the lines into most fields, as many in each.

    Commas may be decimal commas: between semicolons or tabs they separate nothing.
    """
    bare = [QUOTED.sub("", line) for line in lines]
    counts = {mark: bare[0].count(mark) for mark in DELIMITERS}
    for mark in ("\t", ";"):
        fields = bare[0].split(mark)
        if len(fields) > 1 and all(is_number(field, ",") for field in fields) and "," in bare[0]:
            return mark
        if counts[mark] and all(line.count(mark) == counts[mark] for line in bare) and counts[mark] * 2 > counts[","]:
            return mark
    best = max(DELIMITERS, key=counts.__getitem__)
    if counts[best]:
        return best
    return " " if _are_spaced([line.strip().split(" ") for line in bare]) else ","


def _are_spaced(rows: list[list[str]]) -> bool:
    """Say whether spaces separate numbers, perhaps below names; one field in each row may be a label."""
    first, *others = rows
    if len(first) < FEWEST_NUMBERED or any(len(row) != len(first) for row in others):
        return False
    are_rows = all(sum(map(is_number, row)) >= len(row) - 1 for row in others)
    return all(map(is_number, first)) or (bool(others) and are_rows)


def _sample(lines: list[str], delimiter: str, *, complete: bool) -> list[list[str]]:
    """Read the first rows; the last line of what was read may be cut."""
    whole = lines if complete else lines[:-1]
    rows = [line for line in whole[: 4 * SAMPLED] if line.strip()][:SAMPLED]
    try:
        with _long_fields():
            return [[field.strip() for field in row] for row in csv.reader(rows, delimiter=delimiter)]
    except csv.Error:  # whoever reads all of it says what is wrong
        return []


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let a field be as long as a line may be: 224x224 numbers written as one text are longer than Python's limit."""
    before = csv.field_size_limit(LINE_CAP)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _has_decimal_comma(sample: list[list[str]]) -> bool:
    fields = [text for row in sample for text in row]
    return any(HALF.fullmatch(text) for text in fields) and not any(POINT.fullmatch(text) for text in fields)


def _row_in_header(fields: list[str]) -> list[str] | None:
    """Take the first row out of a header that pandas made of it: each second 0 became 0.1, the third 0.2.

    References
    ----------
    pandas: ``read_csv`` without ``header=None``, then ``to_csv``.
    """
    seen: dict[str, int] = {}
    row = []
    for text in fields:
        repeat = REPEAT.fullmatch(text)
        if repeat and seen.get(repeat[1]) == int(repeat[2]):
            row.append(repeat[1])
            seen[repeat[1]] += 1
        elif text in seen or not WHOLE.fullmatch(text):
            return None
        else:
            row.append(text)
            seen[text] = 1
    return row if len(row) >= FEWEST_NUMBERED and len(seen) < len(row) else None


def _encoding(start: bytes, path: Path) -> tuple[str, bytes | None, list[str]]:
    """Tell the encoding; UTF-16 is turned into UTF-8 as a whole."""
    if start.startswith(UTF16):
        try:
            return "utf-8", read_all(path, lines=True).decode("utf-16").encode("utf-8"), []
        except UnicodeDecodeError as error:
            raise TableError(f"{path.name} starts like UTF-16 but is damaged: {error.reason}.") from None
    try:
        start[: -4 if len(start) == LINE_CAP else None].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1", None, ["the file is not UTF-8; its text is read as Latin-1"]
    return "utf-8", None, []


def _refuse_non_tables(start: bytes, name: str) -> None:
    text = start.removeprefix(UTF8_BOM).lstrip()
    if not text:
        raise _empty(name)
    if HTML.match(text):
        raise TableError(
            f"{name} looks like HTML, a web page, not a table.",
            received=text[:40].decode("latin-1").strip(),
            repair="the address gave an error page: download the file again",
        )
    if text.startswith(LFS):
        raise TableError(
            f"{name} is a pointer of Git LFS: the table itself was not downloaded.",
            received=text[:40].decode("latin-1").strip(),
            repair="run: git lfs pull",
        )
    if text[:1] in (b"{", b"["):
        raise TableError(
            f"{name} looks like JSON, not a table.",
            expected="CSV text: class,1x1,1x2,...; or JSON lines, one object per row",
            repair='write one object per line: frame.to_json(path, orient="records", lines=True)',
        )
    if b"\0" in start and not start.startswith(UTF16):
        raise TableError(
            f"{name} holds NUL bytes: it is not a text table.",
            expected="CSV text: class,1x1,1x2,...; or Parquet, Feather, NPY, NPZ or IDX",
            repair="save the images in one of these formats",
        )
    if len(start) >= LINE_CAP and b"\n" not in start and b"\r" not in start:
        raise TableError(
            f"line 1 of {name} is longer than any row of pixels.",
            received=f"more than {LINE_CAP:,} bytes without a line end",
            expected="one line per image",
        )


def _empty(name: str) -> TableError:
    return TableError(f"{name} is empty.", expected="a header and one row per image")


def _fields(line: str, delimiter: str, name: str) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error as error:
        raise TableError(
            f"the first line of {name} is no row of a table: {error}.",
            received=f"{line[:40]!r} ...",
            expected="names of columns, or numbers",
        ) from None


def _is_header(fields: list[str], delimiter: str) -> bool:
    """Tell a header, which names columns, from data, which is numbers but perhaps for the label."""
    if fields[0].lower() in LABEL_NAMES or fields[-1].lower() in LABEL_NAMES:
        return True
    if len(fields) >= FEWEST_NUMBERED and numbered(fields):
        return True
    if len(fields) == 1:
        return len(fields[0].split()) == 1 and not is_number(fields[0])
    points = (".",) if delimiter == "," else (".", ",")
    n_words = sum(bool(field) and not any(is_number(field, point) for point in points) for field in fields)
    return n_words > max(1, len(fields) // 2)


def is_number(text: str, decimal_point: str = ".") -> bool:
    """Say whether a text is a number; 1_1 is a name, though Python reads it as 11."""
    if "_" in text:
        return False
    try:
        float(text.replace(decimal_point, "."))
    except ValueError:
        return text.lower() in ("na", "nan", "null")
    return True
