"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

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
    """Print a table on stdout: numbers to the right, text to the left, at the terminal's width."""
    listed = [[_cell(value) for value in row] for row in rows]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        numeric = bool(listed) and all(_is_number(row[index]) for row in listed)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


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
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Every random choice follows from it.")]
