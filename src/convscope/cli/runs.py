"""List, show, compare, rename, tag, delete and export runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from convscope.charts import parameter_name
from convscope.cli._group import Group
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_table
from convscope.errors import UsageError
from convscope.runs import exporters, find_run, open_run
from convscope.runs.index import IndexedRun, delete_run, list_runs, rename_run, tag_run
from convscope.runs.sequence import SEQUENCE
from convscope.wording import visible

__all__ = ["runs"]

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or the name of a run.")]
NOT_COMPARED = ("schema", "created", "command", "interval", "seconds", "accuracy", "trial", "validation", *SEQUENCE)
WIDEST = 40
SIDE_BY_SIDE = 3
"""This many runs fit next to each other; more are listed below each other."""

runs = typer.Typer(
    cls=Group,
    help="List, show, compare, rename, tag, delete and export runs.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@runs.command("list")
def list_(
    tag: Annotated[str | None, typer.Option(help="Only runs with this tag.")] = None,
    data: Annotated[str | None, typer.Option(help="Only runs trained on this data.")] = None,
    model: Annotated[str | None, typer.Option(help="Only runs of this model.")] = None,
    most: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many, newest first.")] = 20,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List runs, newest first."""
    wanted = {"data": data, "model": model}
    found = [
        run
        for run in list_runs()
        if (tag is None or tag in run.tags)
        and all(value is None or run.record.get(name) == value for name, value in wanted.items())
    ]
    shown = found[:most]
    if json:
        print_json({"n_runs": len(found), "runs": [_row(run) for run in shown]})
        return
    columns = ("run", "model", "data", "accuracy", "n_test", "tags")
    print_table(
        [name.replace("n_", "") for name in columns],
        [
            [", ".join(value) if isinstance(value := _row(run).get(name), list) else value for name in columns]
            for run in shown
        ],
    )
    if len(found) > len(shown):
        note(f"{len(found) - len(shown):,} older ones: --limit {len(found)} shows all")
    if not found:
        note("there is no such run; convscope train DATA creates one")


def _row(run: IndexedRun) -> dict[str, Any]:
    state = run.record.get("model", run.record.get("kind"))
    return {**run.record, "run": run.name, "model": state, "tags": list(run.tags)}


@runs.command()
def show(run: RunArgument, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Show everything that a run recorded."""
    found = open_run(run)
    tags = list(tag_names(found.path.name, found.path.parent))
    record = {"run": "", **found.record()} | {"run": str(found.path), "tags": tags}
    if json:
        print_json(record)
        return
    print_table(["what", "value"], [[name, _told(value)] for name, value in record.items()])


def tag_names(name: str, home: Path) -> tuple[str, ...]:
    """Look up the tags of one run."""
    return next((one.tags for one in list_runs(home) if one.name == name), ())


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{parameter_name(name)} {_told_inside(one)}" for name, one in value.items())
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return f"{len(value)}, all of them in run.json"
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _told_inside(value: Any) -> str:
    """Keep together what belongs to one of several names."""
    around = "[{}]" if isinstance(value, list) else "({})" if isinstance(value, dict) else "{}"
    return around.format(_told(value))


@runs.command()
def compare(
    names: Annotated[list[str], typer.Argument(metavar="RUN", help="Two or more runs.")],
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Compare runs: accuracy with its interval, and the settings that differ."""
    if len(names) < 2:
        raise UsageError("there is nothing to compare.", received=f"{len(names)} run", expected="two runs or more")
    records = [open_run(name).record() for name in names]
    every = dict.fromkeys(name for record in records for name in record if name not in NOT_COMPARED)
    apart = [name for name in every if len({_told(record.get(name)) for record in records}) > 1]
    if json:
        rows = [{**record, "run": name} for name, record in zip(names, records, strict=True)]
        print_json({"differ_in": apart, "runs": rows})
        return
    shown = [[r.get("accuracy"), _interval(r), *(_told(r.get(name))[:WIDEST] for name in apart)] for r in records]
    columns = ["accuracy", "95% interval", *apart]
    if len(names) > SIDE_BY_SIDE:
        folders = [Path(name).name for name in names]
        print_table(["run", *columns], [[folder, *row] for folder, row in zip(folders, shown, strict=True)])
    else:
        print_table(["what", *names], [[what, *values] for what, *values in zip(columns, *shown, strict=True)])


def _interval(record: dict[str, Any]) -> str:
    low, high = record.get("interval") or (None, None)
    return "–" if low is None or high is None else f"{low:.4f} to {high:.4f}"


@runs.command()
def rename(
    run: RunArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Rename a run."""
    after = rename_run(find_run(run), name)
    if json:
        print_json({"run": str(after.path)})
    else:
        print_table(["run"], [[str(after.path)]])


@runs.command()
def tag(
    run: RunArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG", help="Tags to add.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A tag to remove; can be repeated.")] = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Add tags to a run, or remove them."""
    found = open_run(run)
    after = tag_run(found, tags or (), remove or ())
    if json:
        print_json({"run": str(found.path), "tags": list(after)})
    else:
        print_table(["run", "tags"], [[found.path.name, ", ".join(after)]])


@runs.command()
def delete(
    names: Annotated[list[str], typer.Argument(metavar="RUN", help="Runs to delete, with all their files.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Delete runs permanently."""
    found = [find_run(name) for name in names]
    for run in found:
        if not (run.is_finished or (run.path / "request.json").is_file()):
            raise UsageError(f"{run.path} is not a run, and was left alone.")
    if not yes and not typer.confirm(visible(f"Remove {', '.join(run.path.name for run in found)}?"), err=True):
        raise typer.Exit(1)
    for run in found:
        delete_run(run)
    if json:
        print_json({"deleted": [str(run.path) for run in found]})
    else:
        print_table(["removed"], [[str(run.path)] for run in found])


@runs.command()
def export(
    run: RunArgument,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A new file that ends in .zip, or a folder.")],
    to: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="zip, tensorboard or mlflow. [default: zip for .zip]"),
    ] = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Export a complete run as one zip file, or for TensorBoard or MLflow."""
    found = open_run(run)
    kind = to or ("zip" if target.suffix.lower() == ".zip" else None)
    if kind is None:
        raise UsageError(
            f"{target} does not say which format to write.",
            expected="a file that ends in .zip, or --to " + " or --to ".join(exporters.catalogue),
        )
    if kind != "zip" and found.record().get("kind") != "training":
        raise UsageError(f"{found.path} is not a single training.", repair="name one of the runs in it")
    written = exporters.catalogue.get(kind)(found, target)
    if json:
        print_json({"run": str(found.path), "kind": kind, "written": str(written)})
    else:
        print_table(["written", ""], [[kind, str(written)]])
