"""The text of a list of pictures: a small table, or one JSON object per line, as it was written."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import Any

from convscope.errors import TableError
from convscope.limits import MOST_IMAGES, MOST_LIST_BYTES

__all__ = ["ListSheet", "list_sheet"]

MOST_COLUMNS = 1_000
OBJECT = re.compile(r"\s*\{")


@dataclass(frozen=True)
class ListSheet:
    """A list as it was written.

    Parameters
    ----------
    name : str
        Of its file.
    header : list of str
    lines : list of int
        The line (1-based) of each row.
    rows : list of list of str
        As many fields in each as the header has.
    notes : tuple of str
    """

    name: str
    header: list[str]
    lines: list[int]
    rows: list[list[str]]
    notes: tuple[str, ...]


def list_sheet(content: bytes, name: str) -> ListSheet:
    """Read a small table of text: with commas, semicolons or tabs, or one JSON object per line.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, for messages.

    Raises
    ------
    TableError
        It is too large, or one of its lines is no row.
    """
    if len(content) > MOST_LIST_BYTES:
        raise TableError(f"{name} is too large for a list.", expected=f"at most {MOST_LIST_BYTES:,} bytes")
    text, notes = _text(content, name)
    if OBJECT.match(text):
        return _objects(text, name, notes)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = [field.strip() for field in next(reader, [])]
        for fields in reader:
            if any(map(str.strip, fields)):
                rows.append(fields)
                lines.append(reader.line_num)
            if len(rows) > MOST_IMAGES:
                raise TableError(f"{name} lists more than {MOST_IMAGES:,} pictures.")
    except csv.Error as error:
        raise TableError(f"line {reader.line_num} of {name} is no row of a table: {error}.") from None
    if header and not header[-1] and all(len(row) == len(header) and not row[-1].strip() for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    _check_width(len(header), name)
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise TableError(
                f"line {line} of {name} has {len(row):,} fields.", expected=f"{len(header):,}, as the header has"
            )
    return ListSheet(name, header, lines, rows, notes)


def _text(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), ()
        except UnicodeDecodeError as error:
            raise TableError(f"{name} starts like UTF-16 but is damaged: {error.reason}.") from None
    if b"\0" in content:
        raise TableError(f"{name} holds NUL bytes: it is not a text table.")
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return content.decode("latin-1"), (f"{name} is not UTF-8; its text is read as Latin-1",)


def _objects(text: str, name: str, notes: tuple[str, ...]) -> ListSheet:
    """Read one object from each line; a name that only some have is an empty field in the others."""
    found: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise TableError(
                f"line {number} of {name} is no JSON object.",
                received=repr(line[:40]),
                expected='one object per line: {"file_name": "1.png", "label": "cat"}',
            )
        found.append((number, told))
        if len(found) > MOST_IMAGES:
            raise TableError(f"{name} lists more than {MOST_IMAGES:,} pictures.")
    header = list(dict.fromkeys(key for _, told in found for key in told))
    _check_width(len(header), name)
    rows = [[_field(told.get(key)) for key in header] for _, told in found]
    return ListSheet(name, header, [number for number, _ in found], rows, notes)


def _field(value: Any) -> str:
    """Write a value as a table of text holds it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, list | dict) else str(value)


def _check_width(n_columns: int, name: str) -> None:
    if n_columns > MOST_COLUMNS:
        raise TableError(f"{name} has {n_columns:,} columns.", expected=f"at most {MOST_COLUMNS:,}, in a list")
