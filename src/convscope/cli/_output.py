"""Where words go: results to stdout, everything else to stderr.

All of a command's words pass through here, because any of them may come from a file of anybody's: the name of a layer,
a column or a student. What would steer the terminal is shown as what it is, see `wording.visible`.
"""

from __future__ import annotations

import codecs
import json
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from convscope.cli._options import named_for
from convscope.cli._parse import setting_option
from convscope.cli._streams import tell_unwritten
from convscope.errors import ConvscopeError
from convscope.wording import visible

__all__ = [
    "STDERR",
    "JsonFlag",
    "QuietFlag",
    "SeedOption",
    "command_line",
    "note",
    "print_csv",
    "print_error",
    "print_json",
    "print_lines",
    "print_table",
]

UNFOLDED, FOLDED = 100_000, 10
"""Letters in a line of a file, and in a line of a column that is folded."""
GAP = "  "
CSV_ROWS = 10_000
"""Rows of a table that are put into text at a time."""
STDERR = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=False)


class OutputError(ConvscopeError):
    """A result cannot be written to standard output."""


def command_line() -> str:
    """Give the command that is running, as it can be typed into a shell again."""
    return shlex.join(["convscope", *sys.argv[1:]])


def note(text: str) -> None:
    """Print something for a person that is not the result; silent under ``--quiet``."""
    STDERR.print(visible(text))


def print_error(error: ConvscopeError, command: Any = None) -> None:
    """Show an error's four parts, without a traceback, also under ``--quiet``; settings as options of a command."""
    sys.stderr.write(f"{type(error).__name__}: {error.said(named_for(command))}\n")


def print_lines(*lines: str, now: bool = False) -> None:
    """Print lines of a result on stdout; with ``now``, do not wait for more of them."""
    _write("".join(f"{visible(line)}\n" for line in lines), now=now)


def print_json(record: Any) -> None:
    """Print exactly one JSON object on stdout, in ASCII where the encoding does not have all letters."""
    text = json.dumps(record, ensure_ascii=not _has_all_letters(), allow_nan=False)
    shown = text if text.isprintable() else "".join(map(_in_json, text))
    _write(shown + "\n")


def print_csv(frame: Any) -> None:
    """Print a data frame as CSV on stdout: exactly, but on a terminal without what would steer it.

    Raises
    ------
    OutputError
        The encoding of stdout lacks a letter of it.
    """
    for text in _csv_blocks(frame):
        if not _has_all_letters():
            _check_letters(text)
        _write(visible(text, keep="\n") if sys.stdout.isatty() else text)


def _csv_blocks(frame: Any) -> Iterator[str]:
    for start in range(0, max(len(frame), 1), CSV_ROWS):
        yield frame.iloc[start : start + CSV_ROWS].to_csv(index=False, lineterminator="\n", header=start == 0)


def _check_letters(text: str) -> None:
    encoding = str(sys.stdout.encoding)
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        raise OutputError(
            "standard output cannot encode all characters of the table.",
            received=f"{text[error.start]!a} in {encoding}",
            repair="write it to a file, or set PYTHONUTF8=1",
        ) from None


def _has_all_letters() -> bool:
    """Say whether stdout is written in Unicode."""
    try:
        return codecs.lookup(sys.stdout.encoding or "utf-8").name.startswith("utf")
    except LookupError:
        return False


def _in_json(letter: str) -> str:
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]


def _write(text: str, *, now: bool = False) -> None:
    """Write to stdout; a pipe that has read enough ends the command without a word."""
    try:
        sys.stdout.write(text)
        if now:
            sys.stdout.flush()
    except OSError as error:
        raise typer.Exit(tell_unwritten(error)) from None


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """Print a table on stdout: numbers to the right, text to the left, at the width of a terminal or of ``COLUMNS``.

    In a file or a pipe nothing is folded: a path stays one word, and a row one line. Elsewhere text is folded and
    numbers are not; where too little room is left for that, each row is a block of lines.
    """
    listed = [[visible(_cell(value)) for value in row] for row in rows]
    columns = [visible(name) for name in columns]
    numeric = [bool(listed) and all(_is_number(row[index]) for row in listed) for index in range(len(columns))]
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else UNFOLDED
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    stacked = len(columns) > 2 and _least_width(columns, listed, numeric) > console.width
    if stacked:
        listed = [line for row in listed for line in (*map(list, zip(columns, row, strict=True)), ["", ""])]
        columns, numeric = ["", ""], [False, False]
    table = Table(
        title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", show_header=not stacked
    )
    for name, is_number in zip(columns, numeric, strict=True):
        table.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in listed:
        table.add_row(*row)
    with console.capture() as printed:
        console.print(table)
    _write("".join(line.rstrip() + "\n" for line in printed.get().splitlines()))


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> int:
    """Count the letters of a line that cuts neither a number nor a column's name, and text not too often."""
    widest = [max([len(name), *(len(row[index]) for row in rows)]) for index, name in enumerate(columns)]
    least = [
        width if is_number else max(len(name), min(width, FOLDED))
        for name, width, is_number in zip(columns, widest, numeric, strict=True)
    ]
    return sum(least) + len(GAP) * (len(columns) - 1)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit() or text == "–"


def _set_quiet(value: bool) -> bool:
    STDERR.quiet = value
    return value


JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
QuietFlag = Annotated[
    bool, typer.Option("--quiet", "-q", help="Hide progress and notes.", callback=_set_quiet, is_eager=True)
]
SeedOption = Annotated[int, setting_option("seed", "--seed", help="Seed for every random choice.")]
