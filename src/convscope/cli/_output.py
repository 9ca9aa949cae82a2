"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from convscope.cli._parse import setting_option
from convscope.errors import ConvscopeError

__all__ = [
    "STDERR",
    "JsonFlag",
    "QuietFlag",
    "SeedOption",
    "command_line",
    "note",
    "print_error",
    "print_json",
    "print_table",
]

UNFOLDED, FOLDED = 100_000, 10
"""Letters in a line of a file, and in a line of a column that is folded."""
GAP = "  "
STDERR = Console(stderr=True, highlight=False, soft_wrap=False)


def command_line() -> str:
    """Give the command that is running, as it can be typed into a shell again."""
    return shlex.join(["convscope", *sys.argv[1:]])


def note(text: str) -> None:
    """Tell a person something that is not the result; silent under ``--quiet``."""
    STDERR.print(text, markup=False)


def print_error(error: ConvscopeError) -> None:
    """Show an error's four parts, without a traceback, also under ``--quiet``."""
    what, *rest = str(error).split("\n")
    sys.stderr.write("\n".join([f"{type(error).__name__}: {what}", *rest]) + "\n")


def print_json(record: Any) -> None:
    """Print exactly one JSON object on stdout."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """Print a table on stdout: numbers to the right, text to the left, at the width of a terminal or of ``COLUMNS``.

    In a file or a pipe nothing is folded: a path stays one word, and a row one line. Elsewhere text is folded and
    numbers are not; where too little room is left for that, each row is a block of lines.
    """
    listed = [[_cell(value) for value in row] for row in rows]
    numeric = [bool(listed) and all(_is_number(row[index]) for row in listed) for index in range(len(columns))]
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else UNFOLDED
    console = Console(highlight=False, markup=False, width=width)
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
    sys.stdout.write("".join(line.rstrip() + "\n" for line in printed.get().splitlines()))


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
    bool, typer.Option("--quiet", "-q", help="No progress and no notes.", callback=_set_quiet, is_eager=True)
]
SeedOption = Annotated[int, setting_option("seed", "--seed", help="Every random choice follows from it.")]
