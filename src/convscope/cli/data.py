"""List, fetch, describe, convert and check tables and data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from convscope.cli._group import Group
from convscope.cli._options import named_for
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_lines, print_table
from convscope.cli._reading import reads_tables
from convscope.datasets import catalogue, load_table, locate, split_table
from convscope.errors import ConvscopeError, TableError, UsageError
from convscope.reading import Reading, range_text, refuse_reading
from convscope.tables import Table, note_untested, read_table, write_table
from convscope.tables.describe import describe
from convscope.tables.pixel_table import range_of
from convscope.tables.sixteen import draw_sixteen
from convscope.tables.table import LABEL_COLUMN
from convscope.wording import Words

__all__ = ["data"]

ORDERS = {"names": "by the names of the columns", "position": "as they stand, row by row"}
MOST_SHOWN = 24
"""Classes that are listed on the screen."""


data = typer.Typer(
    cls=Group,
    help="List, fetch, describe, convert and check tables and data sets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

SourceArgument = Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path to a table.")]


@data.command("list")
def list_data(json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """List the data sets and say which are already on this machine."""
    rows = [_entry(name) for name in catalogue]
    if json:
        print_json({"data": rows})
        return
    print_table(
        ["name", "shape", "at hand", "what"],
        [[row["name"], row["shape"], "yes" if row["at_hand"] else "no", row["title"]] for row in rows],
    )


@data.command()
@reads_tables
def info(source: SourceArgument, reading: Reading, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Describe a table or a data set: what it holds, where it is, how to get it."""
    if source not in catalogue:
        _print_description(describe(read_table(source, **reading)), json=json)
        return
    refuse_reading(reading, source)
    entry = _entry(source)
    if json:
        print_json(entry)
        return
    shown = ("name", "title", "kind", "shape", "classes", "source", "licence", "at_hand", "where", "how_to_get_it")
    print_table(
        ["", ""], [[key.replace("_", " "), _text(entry[key])] for key in shown if entry[key] not in (None, "", [])]
    )


@data.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Data sets to fetch.")] = None,
    all_sets: Annotated[bool, typer.Option("--all", help="Fetch every data set.")] = False,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Download data sets and verify them. Those already downloaded are only verified."""
    wanted = catalogue.names() if all_sets else list(names or [])
    if not wanted:
        raise UsageError("name the data sets to fetch, or give --all.", expected=", ".join(catalogue))
    for name in wanted:
        catalogue.get(name)
    results, failed = [], []
    for name in wanted:
        note(f"{name} ...")
        try:
            table = load_table(name, split="all", progress=not quiet)
        except ConvscopeError as error:
            failed.append(error)
            results.append({"name": name, "ok": False, "reason": error.what})
        else:
            results.append({"name": name, "ok": True, "rows": len(table), "where": locate(name).where})
    if json:
        print_json({"fetched": results})
    else:
        columns = [
            [row["name"], "ok" if row["ok"] else "failed", row.get("where", row.get("reason"))] for row in results
        ]
        print_table(["name", "", "where"], columns)
    if failed:
        raise failed[0]


@data.command()
@reads_tables
def convert(
    source: SourceArgument,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help=".csv, .csv.gz, .parquet, .npz, or a new folder.")],
    *,
    reading: Reading,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Write a table in another format, chosen by the target's file name."""
    if target.is_file() and not force:
        raise UsageError(f"{target} exists.", repair="add --force to overwrite it, or choose another name")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {target.absolute().parent}.", repair="create it first, or choose another")
    table = _read(source, reading, quiet=quiet)
    write_table(table, target)
    for text in table.notes:
        note(f"note: {text}")
    if not target.name.endswith((".parquet", ".npz")):
        _tell_lost(table, is_folder=not target.is_file())
    record = {"source": source, "target": str(target), "rows": len(table), "notes": list(table.notes)}
    if json:
        print_json(record)
    else:
        print_table(["rows", "written to"], [[len(table), str(target)]])


@data.command()
@reads_tables
def check(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A path to a table, or a data set's name.")],
    reading: Reading,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PNG", help="Draw sixteen of the pictures into this file.")
    ] = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Report what a table holds and what is unusual in it. Exit with code 3 if it cannot be used."""
    try:
        table = _read(file, reading, quiet=quiet)
        notes = () if file in catalogue else _untested(table)
    except TableError as error:
        if not json:
            raise
        print_json({"source": file, "ok": False, "problem": error.what, **_parts(error, context.command)})
        raise typer.Exit(error.exit_code) from None
    told = describe(table)
    told["notes"] += notes
    if output is not None:
        told["pictures"] = str(output)
        told["pictured"] = draw_sixteen(table, output)
    _print_description({"source": file, "ok": True, **told}, json=json)


def _untested(table: Table) -> tuple[str, ...]:
    """Note the classes that a training on this table would not test; refuse what it would refuse."""
    if table.split is not None and {"train", "test"} <= set(table.split.tolist()):
        return note_untested(*split_table(table))
    _, counts = np.unique([] if table.labels is None else table.labels, return_counts=True)
    if len(counts) < 2 or counts.min() > 1:
        return ()
    try:
        return note_untested(*split_table(table))
    except TableError as error:  # such a table can be predicted, and not trained on
        return (error.what,)


def _tell_lost(table: Table, *, is_folder: bool) -> None:
    """Say what a table in text, or a folder of images, cannot hold."""
    lost = [name for name in table.facts_by_row if name != LABEL_COLUMN] if is_folder else []
    if lost:
        note(f"note: a folder of pictures does not hold the columns {', '.join(lost)}; write .parquet, .npz or .csv")
    elif table.groups is not None:
        note("note: the file does not say that its column group is one of groups; read it with --group group")
    if table.intensity is not None and range_of(table.values) != table.intensity:
        said = range_text(table.intensity)
        note(f"note: the range of intensities is not in the file; read it with --intensity {said}")


def _read(source: str, reading: Reading, *, quiet: bool) -> Table:
    if source not in catalogue:
        return read_table(source, **reading)
    said: dict[str, Any] = dict(reading)
    return load_table(source, split=said.pop("split", "all"), progress=not quiet, **said)


def _entry(name: str) -> dict[str, Any]:
    dataset, place = catalogue.get(name), locate(name)
    return {
        "name": name,
        "title": catalogue.summary(name),
        "kind": dataset.kind,
        "shape": " x ".join(map(str, dataset.shape)),
        "classes": list(dataset.class_names),
        "source": dataset.source,
        "licence": dataset.licence,
        "at_hand": place.at_hand,
        "where": place.where,
        "how_to_get_it": place.reason,
    }


def _print_description(record: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(record)
        return
    record = {**record, "labels": record["labels"] or "none: it can be predicted, and not trained on"}
    shown = {key: value for key, value in record.items() if value not in ({}, [], None, "") and key != "notes"}
    print_table(["", ""], [[key.replace("_", " "), _worded(key, value)] for key, value in shown.items()])
    for text in record["notes"]:
        if text not in record.get("left_out", []):
            print_lines(f"note: {text}")


def _worded(key: str, value: Any) -> Any:
    """Write a range as one, and the order of pixels in words."""
    if key in ("values", "intensity") and isinstance(value, list | tuple):
        return " to ".join(f"{end:g}" for end in value)
    return ORDERS.get(value, value) if key == "order" else _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        shown = [
            f"{key}: {number:,}" if isinstance(number, int) else f"{key}: {number}" for key, number in value.items()
        ]
        return ", ".join(shown[:MOST_SHOWN]) + f", ... ({len(shown):,} in all)" * (len(shown) > MOST_SHOWN)
    if isinstance(value, list):
        return ", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _parts(error: ConvscopeError, command: Any) -> dict[str, str | None]:
    """Give an error's further parts, with settings as options of a command."""
    parts = {"received": error.received, "expected": error.expected, "repair": error.repair}
    named = named_for(command)
    return {title: text.said(named) if isinstance(text, Words) else text for title, text in parts.items()}
