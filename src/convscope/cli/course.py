"""The lab as a course: notebooks, exercises that check themselves, and grading."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from convscope.cli._group import Group
from convscope.cli._output import STDERR, JsonFlag, QuietFlag, note, print_json, print_lines, print_table
from convscope.cli._walk import sentence
from convscope.course import Exercise, Status
from convscope.course.deliveries import find_deliveries
from convscope.course.exercises import catalogue
from convscope.course.feedback import write_feedback, write_gradescope
from convscope.course.grades import Grade, read_seeds, summarize_items
from convscope.course.grading import NOT_RUN, grade_folder
from convscope.course.journal import Journal, keeping_grades
from convscope.course.literals import NotLiteralError, value_of
from convscope.course.notebooks import new_course, reset_exercise
from convscope.course.otter import export_otter
from convscope.course.rubric import merge_points, rubric_table
from convscope.course.running import prepare_runner
from convscope.course.sandbox import Limits, Sandbox, find_sandbox
from convscope.course.sandbox import own_files as own_sandbox
from convscope.errors import MissingExtraError, TableError, UsageError
from convscope.files import write_text
from convscope.installing import install_line
from convscope.language import chosen_language, spoken, use_language

__all__ = ["course"]

course = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@course.callback(help="The lab as a course: notebooks, exercises that check themselves, and grading.")
def choose_language(
    language: Annotated[
        str | None,
        typer.Option(
            envvar="CONVSCOPE_LANGUAGE", metavar="CODE", help="Language of prompts, hints and verdicts: en or es."
        ),
    ] = None,
) -> None:
    """Choose the language for the commands of the course."""
    if language:
        use_language(language)


NameArgument = Annotated[
    str, typer.Argument(metavar="EXERCISE", help="The exercise's name; `convscope course list` shows all.")
]
FolderArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER", help="Folder of submissions: .ipynb, .py, .json and .zip files, also in subfolders."
    ),
]
ForceFlag = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]
VariantOption = Annotated[
    int | None, typer.Option(min=0, help="Seed for a student's own numbers; the same seed gives the same numbers.")
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
        ["exercise", "number", "asks for", "title"],
        [[one.name, one.number, one.kind, spoken(one.title)] for one in found],
    )


@course.command("show")
def show(exercise: NameArgument, variant: VariantOption = None) -> None:
    """Print one exercise: what is asked, and what to fill in."""
    found = _exercise(exercise, variant)
    title = f"{found.number}. {spoken(found.title)}"
    print_lines(title, "", *sentence(spoken(found.prompt)), "", *found.starter.split("\n"))


@course.command("check")
def check(
    exercise: NameArgument,
    answer: Annotated[
        str, typer.Argument(metavar="ANSWER", help="The answer as a Python value, e.g. '[[2, 3], [1, 0]]'.")
    ],
    variant: VariantOption = None,
    json: JsonFlag = False,
) -> None:
    """Check one answer; exit code 0 if it is correct or recorded, else 1."""
    result = _exercise(exercise, variant).check(_value(answer))
    if json:
        print_json({**asdict(result), "status": result.status.value})
    else:
        print_lines(*sentence(str(result)))
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
    exercise: NameArgument,
    number: Annotated[int, typer.Option(min=1, max=2, help="1 is a gentle hint, 2 a strong one.")] = 1,
) -> None:
    """Print a hint."""
    print_lines(*sentence(_exercise(exercise).hint(number)))


@course.command("grade")
def grade(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the grades.")],
    run: Annotated[
        bool,
        typer.Option("--run", help="Also run answers that are programs, in a sandbox (bubblewrap, podman or docker)."),
    ] = False,
    own_files: Annotated[
        bool, typer.Option("--own-files", help="Run without a sandbox; only for files that you wrote yourself.")
    ] = False,
    rows: Annotated[int, typer.Option(min=100, help="Images that programs train and test on.")] = 2000,
    seconds: Annotated[int, typer.Option(min=5, help="Time limit for one program.")] = 600,
    variants: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV file with the columns submission and seed.")
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also write a feedback page for each student into this folder."),
    ] = None,
    gradescope: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write results.json for Gradescope into this folder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Start over: grade everything, and replace FILE.")] = False,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Grade a folder of submissions. Nothing in them is executed unless you add --run.

    An answer is the last value assigned to the exercise's name. Most scored exercises are graded from that value;
    the others are programs, which --run runs in a sandbox that hides the test labels from them.

    Rows are written as they come. After Ctrl-C the same command goes on: what was graded is kept in FILE.journal, and
    graded again only where a file, the course or these options have changed.
    """
    _check_target(out, force=True)
    for other in (feedback, gradescope):
        _check_folder(other, folder)
    seeds = read_seeds(variants) if variants else None
    limits = Limits(seconds=seconds)
    sandbox = None
    if own_files:
        sandbox = own_sandbox(limits)
    elif run:
        sandbox = find_sandbox(limits)
    settings = {"run": [sandbox.tool, seconds, rows] if sandbox else []}
    _check_submissions(folder)
    with keeping_grades(out, settings, anew=force) as journal:
        grades = _graded(folder, seeds, sandbox, rows, journal)
    if feedback:
        write_feedback(feedback, grades)
    if gradescope:
        write_gradescope(gradescope, grades)
    items = summarize_items(grades)
    bad = [one for one in grades if one.problem]
    if json:
        problems = {one.name: one.problem for one in bad}
        print_json(
            {"out": str(out), "submissions": len(grades), "problems": problems, "items": [asdict(one) for one in items]}
        )
        return
    rows_shown = [
        [
            item.name,
            f"{item.n_correct} of {item.n_attempted}",
            ", ".join(f"{name} ({n})" for name, n in item.misconceptions),
        ]
        for item in items
    ]
    print_table(["exercise", "correct of attempted", "usual mistakes"], rows_shown)
    note(f"{len(grades)} submissions, {len(bad)} of them could not be read; grades in {out}")
    if not sandbox and (left := sum(NOT_RUN in _mistakes(one) for one in grades)):
        note(f"{left} submissions have answers that are programs; --run grades them too")
    for one in bad[:10]:
        note(f"  {one.name}: {one.problem}")


def _mistakes(grade: Grade) -> set[str]:
    return {result.misconception for result in grade.results.values()}


def _check_target(out: Path, *, force: bool) -> None:
    if out.exists() and (out.is_dir() or not force):
        raise UsageError(f"{out} already exists.", repair="choose another name, or add --force")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent}.", repair="create it first, or choose another one")


def _check_folder(folder: Path | None, submissions: Path) -> None:
    if folder and submissions.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise UsageError(f"{folder} lies in the folder of submissions.", repair="choose a folder beside it")
    if folder and (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is a file.", repair="choose a folder")
    if folder and not folder.parent.is_dir():
        raise UsageError(f"there is no folder {folder.parent}.", repair="create it first, or choose another one")
    if folder and not os.access(folder if folder.exists() else folder.parent, os.W_OK):
        raise UsageError(f"{folder} cannot be written.", repair="choose another folder")


def _check_submissions(folder: Path) -> None:
    """Refuse a folder with nothing to grade, and report files that will not be graded."""
    if not folder.is_dir():
        raise TableError(f"there is no folder {folder}.", expected="a folder with submissions in it")
    found = find_deliveries(folder)
    if not found.deliveries:
        raise TableError(
            f"there is no submission in {folder}.", expected="files that end in .ipynb, .py, .json or .zip"
        )
    if found.others:
        note(f"{len(found.others)} files of other kinds are left out, first {found.others[0]}")


def _graded(
    folder: Path, seeds: dict[str, int] | None, sandbox: Sandbox | None, rows: int, journal: Journal
) -> list[Grade]:
    """Grade a folder, and report progress if it takes long or is interrupted."""
    try:
        if sandbox is None:
            return grade_folder(folder, seeds=seeds, memory=journal)
        note(f"Programs run in {sandbox.tool}." if sandbox.tool != "none" else "Programs run without a sandbox.")
        with prepare_runner(sandbox, rows) as runner, STDERR.status("") as shown:
            return grade_folder(
                folder,
                seeds=seeds,
                runner=runner,
                tell=lambda name, done, total: shown.update(Text(f"{done} of {total} files; {name[:50]}")),
                memory=journal,
            )
    except KeyboardInterrupt:
        note(f"{journal.n_graded} are graded, with their rows in {journal.out}")
        note("Run the same command without --force to continue.")
        raise


@course.command("rubric")
def rubric(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the table.")],
    force: ForceFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Collect the free-text answers of a folder of submissions in one table, to be graded by hand."""
    _check_target(out, force=force)
    _check_submissions(folder)
    grades = grade_folder(folder)
    write_text(out, rubric_table(grades))
    n_texts = sum(len(one.texts) for one in grades)
    note(f"{n_texts} answers of {len(grades)} submissions in {out}; fill in its column points, then: course merge")


@course.command("merge")
def merge(
    grades: Annotated[Path, typer.Argument(metavar="GRADES", help="What `course grade` wrote.")],
    texts: Annotated[Path, typer.Argument(metavar="TEXTS", help="What `course rubric` wrote, with your points.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the totals.")],
    force: ForceFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Add the points given by hand to the automatic grades."""
    _check_target(out, force=force)
    write_text(out, merge_points(grades, texts))
    note(f"Sums in {out}")


@course.command("export-otter")
def to_otter(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    quiet: QuietFlag = False,
) -> None:
    """Write the course as an assignment for otter-grader."""
    written = export_otter(folder)
    note(f"{len(written)} files in {folder}; check one with: otter check NOTEBOOK -t {folder}/tests")


@course.command("new")
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder for the notebooks; existing work is kept.")],
    variant: VariantOption = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Write the course notebooks. Existing notebooks are left unchanged."""
    written, kept = new_course(folder, seed=variant, language=chosen_language())
    if json:
        print_json({"written": [str(path) for path in written], "kept": [str(path) for path in kept]})
        return
    print_lines(*map(str, written))
    if kept:
        note(f"{len(kept)} notebooks were there already, and are unchanged")
    note(f"Open them with JupyterLab: {install_line('notebook')}, then jupyter lab")


@course.command("reset")
def reset(
    exercise: NameArgument,
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the notebooks are.")] = Path(),
    variant: VariantOption = None,
) -> None:
    """Clear your answer to one exercise. The old notebook is kept as a backup."""
    notebook, backup = reset_exercise(folder, exercise, seed=variant)
    print_lines(f"{notebook}: {exercise} is blank again; backup: {backup}")


@course.command("open")
def open_course(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the notebooks are.")] = Path(),
) -> None:
    """Open the notebooks in JupyterLab, with the Python that runs convscope."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("JupyterLab is not installed.", repair=install_line("notebook"))
    if not folder.is_dir() or not any(folder.glob("*.ipynb")):
        raise UsageError(f"there is no notebook in {folder}.", repair=f"convscope course new {folder} writes them")
    raise typer.Exit(subprocess.run([sys.executable, "-m", "jupyterlab"], cwd=folder, check=False).returncode)
