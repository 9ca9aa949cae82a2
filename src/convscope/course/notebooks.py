"""Lessons as notebooks: text sources in, student's ``.ipynb`` out, with the exercises filled in.

A source is a Jupytext percent file. Two kinds of cells are its own: ``# %% exercise NAME`` becomes the prompt, the
blank to fill in and the check; ``# %% solution`` is left out for students and stands in for the blank when the course
is tested. A text cell may be followed by the same text in another language, ``# %% [markdown] es``; what has none is
looked up in the catalogues.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from convscope.course.exercise import Exercise
from convscope.course.exercises import catalogue
from convscope.errors import UsageError
from convscope.files import read_plain, write_text
from convscope.language import Say, chosen_language, known_languages, speaking, spoken
from convscope.limits import MOST_SUBMISSION_BYTES

__all__ = ["find_lessons", "lesson_notebook", "new_course", "paragraphs", "reset_exercise"]

PACKAGED = Path(__file__).with_name("lessons")
IN_THE_CHECKOUT = Path(__file__).parents[3] / "notebooks"
SETUP = """\
# On Colab: upload the wheel of convscope, which is installed beside what is there, upgrading nothing.
import importlib.util
import os

if "COLAB_RELEASE_TAG" in os.environ and not importlib.util.find_spec("convscope"):
    %pip install --quiet --upgrade-strategy only-if-needed convscope-*.whl

# Charts as pictures that need no internet, each with its numbers below.
from convscope import charts

charts.show_in_notebooks()
"""
SPEAK = """
from convscope.course import use_language

use_language({language!r})
"""


@dataclass(frozen=True)
class Cell:
    """One cell of a source: its kind, what follows the kind, and its text."""

    kind: str
    name: str
    text: str


def find_lessons() -> list[Path]:
    """List the sources of all lessons, in order."""
    folder = PACKAGED if PACKAGED.is_dir() else IN_THE_CHECKOUT
    return sorted(folder.glob("[0-9]*_*.py"), key=lambda path: int(path.stem.partition("_")[0]))


def lesson_notebook(
    source: Path, *, seed: int | None = None, solved: bool = False, language: str = "en"
) -> dict[str, Any]:
    """Make a notebook of a lesson.

    Parameters
    ----------
    source : path
    seed : int, optional
        Other numbers in the exercises that have variants.
    solved : bool
        Fill the answers in, as the tests of the course do.
    language : str
        Of all text; what is in the code cells stays as it is.

    Returns
    -------
    notebook : dict
        nbformat 4.5, without outputs; a cell has the same id whenever it is made.
    """
    with speaking(language):
        made = _made(source, seed, solved=solved)
    setup = SETUP + (SPEAK.format(language=language) if language != "en" else "")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [_notebook_cell("code", setup.strip(), "setup", ["setup"]), *made]
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _made(source: Path, seed: int | None, *, solved: bool) -> list[dict[str, Any]]:
    cells = list(_cells(source.read_text(encoding="utf-8")))
    made = []
    for index, cell in enumerate(cells):
        if cell.kind == "exercise":
            answer = cells[index + 1].text if index + 1 < len(cells) and cells[index + 1].kind == "solution" else None
            made += _exercise_cells(_asked(cell.name, seed), answer, seed, solved=solved)
        elif cell.kind == "markdown" and not cell.name:
            text = _in_other_languages(cells, index).get(chosen_language()) or _translated(cell.text)
            made.append(_notebook_cell("markdown", text, f"{source.stem}-{index}"))
        elif cell.kind == "code":
            made.append(_notebook_cell("code", _varied(cell.text, seed), f"{source.stem}-{index}"))
    return made


def _cells(text: str) -> Iterator[Cell]:
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        words = head.split()
        if words[:1] == ["[markdown]"]:
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip("\n").split("\n")]
            yield Cell("markdown", "".join(words[1:2]), "\n".join(lines))
        else:
            yield Cell(words[0] if words else "code", words[1] if len(words) > 1 else "", body.strip("\n"))


def text_cells(source: Path) -> list[str]:
    """List the text of a lesson's source that catalogues translate, cell by cell."""
    cells = list(_cells(source.read_text(encoding="utf-8")))
    texts = [index for index, cell in enumerate(cells) if cell.kind == "markdown" and not cell.name]
    others = {code for code in known_languages() if code != "en"}
    return [cells[index].text for index in texts if others - set(_in_other_languages(cells, index))]


def _in_other_languages(cells: list[Cell], index: int) -> dict[str, str]:
    """Find the text of a cell in other languages: in the cells right after it."""
    after = takewhile(lambda cell: cell.kind == "markdown" and cell.name, cells[index + 1 :])
    return {cell.name: cell.text for cell in after}


def _translated(text: str) -> str:
    """Put a cell's paragraphs into the reader's language; each is one message of the catalogue."""
    return "\n\n".join(spoken(part) for part in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    r"""Split a text cell at its empty lines, and join the lines of each part.

    Examples
    --------
    >>> paragraphs("# Title\n\nOne line\nand another.")
    ['# Title', 'One line and another.']
    """
    return [" ".join(part.split("\n")) for part in text.split("\n\n")]


def _varied(code: str, seed: int | None) -> str:
    """Let the cells next to an exercise use the student's own numbers too."""
    if seed is None:
        return code
    return re.sub(r"\bex\.(\w+)\.", lambda found: f"ex.{found[1]}{_variant(catalogue.get(found[1]), seed)}.", code)


def _variant(exercise: Exercise, seed: int | None) -> str:
    return "" if seed is None or exercise.vary is None else f".variant({seed})"


def _asked(name: str, seed: int | None) -> Exercise:
    found: Exercise = catalogue.get(name)
    return found if seed is None else found.variant(seed)


def _exercise_cells(exercise: Exercise, answer: str | None, seed: int | None, *, solved: bool) -> list[dict[str, Any]]:
    variant = _variant(exercise, seed)
    stuck = Say("Stuck? `ex.{name}.hint()`, then `.hint(2)`.", name=exercise.name)
    prompt = f"## {spoken(exercise.title)}\n\n{spoken(exercise.prompt)}\n\n{stuck}"
    text = exercise.starter
    if solved:
        given = f"{exercise.name} = ex.{exercise.name}{variant}.reference()"
        text = answer if answer is not None else given
    check = f"ex.{exercise.name}{variant}.check({exercise.name})"
    return [
        _notebook_cell("markdown", prompt, f"{exercise.name}-prompt"),
        _notebook_cell("code", text, f"{exercise.name}-answer", ["answer"]),
        _notebook_cell("code", check, f"{exercise.name}-check", ["check"]),
    ]


def _notebook_cell(kind: str, text: str, key: str, tags: list[str] | None = None) -> dict[str, Any]:
    name = hashlib.sha256(key.encode()).hexdigest()[:12]
    cell = {"cell_type": kind, "id": name, "metadata": {"tags": tags} if tags else {}, "source": text}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


def new_course(folder: Path, *, seed: int | None = None, language: str = "en") -> tuple[list[Path], list[Path]]:
    """Write the notebooks that are not there yet; never over work.

    Returns
    -------
    written, kept : lists of path

    Raises
    ------
    UsageError
        The folder is a file, or its parent is not there.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file.", repair="choose another name")
    if not folder.parent.is_dir():
        raise UsageError(f"there is no folder {folder.parent}.", repair="make it first, or choose another one")
    folder.mkdir(exist_ok=True)
    written, kept = [], []
    for source in find_lessons():
        target = folder / f"{source.stem}.ipynb"
        text = json.dumps(lesson_notebook(source, seed=seed, language=language), indent=1, ensure_ascii=False) + "\n"
        try:
            with target.open("x", encoding="utf-8") as file:
                file.write(text)
            written.append(target)
        except FileExistsError:
            kept.append(target)
    return written, kept


def reset_exercise(folder: Path, name: str, *, seed: int | None = None) -> tuple[Path, Path]:
    """Restore the blank of one exercise, and keep a backup of the notebook.

    Parameters
    ----------
    folder : path
        Where `new_course` wrote the notebooks.
    name : str
        The exercise.
    seed : int, optional
        As in `new_course`.

    Returns
    -------
    notebook, backup : path

    Raises
    ------
    UsageError
        There is no such exercise, or no notebook of this folder has it.
    """
    exercise = _asked(name, seed)
    wanted = _notebook_cell("code", "", f"{name}-answer")["id"]
    for path in sorted(folder.glob("*.ipynb")):
        try:
            notebook = json.loads(read_plain(path, MOST_SUBMISSION_BYTES))
            cell = next((one for one in notebook["cells"] if one.get("id") == wanted), None)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue  # a file that is no notebook has no exercise either
        if cell is None or ".backup-" in path.name:
            continue
        backup = _unused(path)
        backup.write_bytes(path.read_bytes())
        cell["source"], cell["outputs"], cell["execution_count"] = exercise.starter, [], None
        write_text(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
        return path, backup
    raise UsageError(
        f"no notebook in {folder} has the exercise {name}.", repair=f"convscope course new {folder} writes them"
    )


def _unused(path: Path) -> Path:
    number = 1
    while (backup := path.with_name(f"{path.stem}.backup-{number}.ipynb")).exists():
        number += 1
    return backup
