"""The course as an assignment for otter-grader: its notebooks, and one test file for each exercise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from convscope.course.exercise import Exercise
from convscope.course.grades import scored_exercises
from convscope.course.notebooks import find_lessons, lesson_notebook
from convscope.errors import UsageError
from convscope.files import write_text

__all__ = ["export_otter", "otter_test"]

TEST = """\
OK_FORMAT = True

test = {test}
"""
START = "# Needs otter-grader and convscope.\nimport otter\n\ngrader = otter.Notebook()"


def otter_test(exercise: Exercise) -> str:
    """Write an exercise's test in otter's OK format: a doctest that asks the exercise's own check."""
    code = f">>> from convscope.course import ex\n>>> bool(ex.{exercise.name}.check({exercise.name}))\nTrue"
    case = {"code": code, "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    return TEST.format(test=repr({"name": exercise.name, "points": 1, "suites": [suite]}))


def export_otter(folder: Path) -> list[Path]:
    """Write the notebooks with otter's cells in them, and ``tests/`` beside them.

    Parameters
    ----------
    folder : path
        New or empty.

    Returns
    -------
    written : list of path

    Raises
    ------
    UsageError
        The folder has something in it, or its parent is not there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} already exists.", repair="choose a new or empty folder")
    if not folder.parent.is_dir():
        raise UsageError(f"there is no folder {folder.parent}.", repair="make it first, or choose another one")
    tests = folder / "tests"
    tests.mkdir(parents=True)
    written = []
    for exercise in scored_exercises():
        written.append(tests / f"{exercise.name}.py")
        write_text(written[-1], otter_test(exercise))
    scored = {exercise.name for exercise in scored_exercises()}
    for source in find_lessons():
        written.append(folder / f"{source.stem}.ipynb")
        notebook = _with_otter(lesson_notebook(source), scored)
        write_text(written[-1], json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return written


def _with_otter(notebook: dict[str, Any], scored: set[str]) -> dict[str, Any]:
    """Start otter in the first cell, and let it check each scored exercise."""
    cells = [dict(cell) for cell in notebook["cells"]]
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        name = cell["source"].rpartition("(")[2].rstrip(")")
        if "setup" in tags:
            cell["source"] = f"{cell['source']}\n\n{START}"
        if "check" in tags and name in scored:
            cell["source"] = f'grader.check("{name}")'
    return {**notebook, "cells": cells}
