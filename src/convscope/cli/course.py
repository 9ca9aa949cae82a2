"""The lab as a course: exercises that check themselves, and grades without running anything."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_table
from convscope.cli._walk import sentence
from convscope.course import Exercise, Status
from convscope.course.exercises import catalogue
from convscope.course.grading import grade_folder, summarize_items, to_csv
from convscope.course.notebooks import new_course, reset_exercise
from convscope.course.submissions import NotLiteralError, value_of
from convscope.errors import MissingExtraError, TableError, UsageError
from convscope.files import write_text

__all__ = ["course"]

course = typer.Typer(
    help="The lab as a course: exercises that check themselves, and grades without running anything.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

NameArgument = Annotated[str, typer.Argument(metavar="EXERCISE", help="Its name; `convscope course list` shows all.")]
VariantOption = Annotated[
    int | None, typer.Option(min=0, help="Other numbers for each student: the same seed gives the same ones.")
]


def _exercise(name: str, variant: int | None = None) -> Exercise:
    found: Exercise = catalogue.get(name)
    return found if variant is None else found.variant(variant)


@course.command("list")
def list_exercises(json: JsonFlag = False) -> None:
    """List all exercises."""
    found = sorted((catalogue.get(name) for name in catalogue.names()), key=lambda one: one.number)
    if json:
        print_json({"exercises": [{"name": one.name, "number": one.number, "kind": one.kind} for one in found]})
        return
    print_table(
        ["exercise", "number", "asks for", "title"], [[one.name, one.number, one.kind, one.title] for one in found]
    )


@course.command("show")
def show(exercise: NameArgument, variant: VariantOption = None) -> None:
    """Print one exercise: what is asked, and what to fill in."""
    found = _exercise(exercise, variant)
    sys.stdout.write(
        "\n".join([f"{found.number}. {found.title}", "", *sentence(found.prompt), "", found.starter]) + "\n"
    )


@course.command("check")
def check(
    exercise: NameArgument,
    answer: Annotated[str, typer.Argument(help="The answer, as Python writes it, e.g. '[[2, 3], [1, 0]]'.")],
    variant: VariantOption = None,
    json: JsonFlag = False,
) -> None:
    """Check one answer; exit code 0 if it is correct or recorded, else 1."""
    result = _exercise(exercise, variant).check(_value(answer))
    if json:
        print_json({**asdict(result), "status": result.status.value})
    else:
        sys.stdout.write("\n".join(sentence(str(result))) + "\n")
    if result.status not in (Status.correct, Status.recorded):
        raise typer.Exit(1)


def _value(text: str) -> Any:
    """Read an answer from the command line: a literal, else plain text."""
    try:
        return value_of(ast.parse(text.strip(), mode="eval").body)
    except (NotLiteralError, SyntaxError, ValueError, RecursionError, MemoryError):
        return text


@course.command("hint")
def hint(
    exercise: NameArgument, number: Annotated[int, typer.Option(min=1, max=2, help="1 helps a little, 2 much.")] = 1
) -> None:
    """Print a hint."""
    sys.stdout.write("\n".join(sentence(_exercise(exercise).hint(number))) + "\n")


@course.command("grade")
def grade(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Submissions: .ipynb, .py, .json, .zip, in any folders.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the grades.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Grade a folder of submissions; nothing in them is executed.

    Answers are read from the last assignment of each exercise's name. Answers that would have to be run are not graded.
    """
    if not folder.is_dir():
        raise TableError(f"there is no folder {folder}.", expected="a folder with submissions in it")
    if out.exists() and (out.is_dir() or not force):
        raise UsageError(f"{out} exists already.", repair="choose another name, or add --force")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent}.", repair="make it first, or choose another one")
    grades = grade_folder(folder)
    if not grades:
        raise TableError(
            f"there is no submission in {folder}.", expected="files that end in .ipynb, .py, .json or .zip"
        )
    write_text(out, to_csv(grades))
    items = summarize_items(grades)
    bad = [one for one in grades if one.problem]
    if json:
        problems = {one.name: one.problem for one in bad}
        print_json(
            {"out": str(out), "submissions": len(grades), "problems": problems, "items": [asdict(one) for one in items]}
        )
        return
    rows = [
        [
            item.name,
            f"{item.n_correct} of {item.n_attempted}",
            ", ".join(f"{name} ({n})" for name, n in item.misconceptions),
        ]
        for item in items
    ]
    print_table(["exercise", "correct of attempted", "usual mistakes"], rows)
    note(f"{len(grades)} submissions, {len(bad)} of them could not be read; grades in {out}")
    for one in bad[:10]:
        note(f"  {' '.join(one.name.split())}: {one.problem}")


@course.command("new")
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the notebooks go; work in it is kept.")],
    variant: VariantOption = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Write the notebooks of the course; a notebook that is there already stays as it is."""
    written, kept = new_course(folder, seed=variant)
    if json:
        print_json({"written": [str(path) for path in written], "kept": [str(path) for path in kept]})
        return
    for path in written:
        typer.echo(str(path))
    if kept:
        note(f"{len(kept)} notebooks were there already, and stay as they are")
    note("Open them with JupyterLab: pip install 'convscope[notebook]', then jupyter lab")


@course.command("reset")
def reset(
    exercise: NameArgument,
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the notebooks are.")] = Path(),
    variant: VariantOption = None,
) -> None:
    """Put the blank of one exercise back; the notebook as it was is kept beside it."""
    notebook, backup = reset_exercise(folder, exercise, seed=variant)
    typer.echo(f"{notebook}: {exercise} is blank again; as it was: {backup}")


@course.command("open")
def open_course(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where the notebooks are.")] = Path(),
) -> None:
    """Open the notebooks in JupyterLab, in the Python that convscope runs in."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("JupyterLab is not installed.", repair="pip install 'convscope[notebook]'")
    if not folder.is_dir() or not any(folder.glob("*.ipynb")):
        raise UsageError(f"there is no notebook in {folder}.", repair=f"convscope course new {folder} writes them")
    raise typer.Exit(subprocess.run([sys.executable, "-m", "jupyterlab"], cwd=folder, check=False).returncode)
