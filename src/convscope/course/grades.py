"""Grades as records, and as tables: a row for each submission, a column for each exercise."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from convscope.course.exercise import Exercise
from convscope.course.exercises import catalogue
from convscope.course.result import Result, Status
from convscope.errors import TableError
from convscope.files import read_plain
from convscope.limits import MOST_POINTS_BYTES

__all__ = [
    "Grade",
    "Item",
    "harmless",
    "judged_exercises",
    "read_points",
    "read_seeds",
    "scored_exercises",
    "summarize_items",
    "table_head",
    "table_row",
    "text_exercises",
    "to_csv",
]

FORMULA = re.compile(r"\s*'*[=+\-@＝＋－＠]")
MOST_SEED_DIGITS = 18


@dataclass(frozen=True)
class Grade:
    """What one submission was given.

    Parameters
    ----------
    name : str
        The submission's path; of several notebooks of the course in one folder, the folder's.
    results : mapping of str to Result
        By exercise; an exercise that is missing was not attempted.
    problem : str
        Why a file could not be read.
    texts : mapping of str to str
        Free text, for a person to read.
    """

    name: str
    results: Mapping[str, Result]
    problem: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """How many scored exercises are correct."""
        return sum(bool(self.results.get(exercise.name)) for exercise in scored_exercises())


@dataclass(frozen=True)
class Item:
    """How one exercise went over all submissions that could be read.

    Parameters
    ----------
    name : str
    n_correct, n_attempted : int
    pass_rate : float
        Correct among those who attempted it; 0 where nobody did.
    misconceptions : tuple of (str, int)
        The most frequent known mistakes.
    """

    name: str
    n_correct: int
    n_attempted: int
    pass_rate: float
    misconceptions: tuple[tuple[str, int], ...]


def judged_exercises() -> list[Exercise]:
    """List the exercises that are judged, in the lab's order; some of them are optional."""
    return [one for one in _exercises() if one.kind in ("literal", "code")]


def scored_exercises() -> list[Exercise]:
    """List the exercises that give points: 13 that are read, 4 that must be run."""
    return [one for one in judged_exercises() if not one.optional]


def text_exercises() -> list[Exercise]:
    """List the exercises that a person reads."""
    return [one for one in _exercises() if one.kind == "text"]


@cache
def _exercises() -> tuple[Exercise, ...]:
    """Gather all exercises, in the lab's order; to look through their folder takes milliseconds each time."""
    return tuple(sorted((catalogue.get(name) for name in catalogue.names()), key=lambda one: one.number))


def read_seeds(path: Path) -> dict[str, int]:
    """Read which variant each submission was given.

    Parameters
    ----------
    path : path
        CSV with the columns ``submission`` (a path below the folder, or its first folder) and ``seed``.

    Raises
    ------
    TableError
        A column is missing, or a seed is no whole number of at least 0.
    """
    rows, _ = read_points(path, ("submission", "seed"))
    seeds: dict[str, int] = {}
    for line, row in enumerate(rows, 2):
        name, seed = row["submission"], row["seed"].strip()
        if not name or not seed.isdecimal() or len(seed) > MOST_SEED_DIGITS:
            raise TableError(
                f"{path}, row {line}, names no submission and seed.",
                expected="the columns submission and seed, a whole number of at least 0",
            )
        if name in seeds:
            raise TableError(f"{path}, row {line}, names {name!r} a second time.", repair="delete one of the rows")
        seeds[name] = int(seed)
    return seeds


def read_points(path: Path, wanted: tuple[str, ...]) -> tuple[list[dict[str, str]], list[str]]:
    """Read a table of grades, points or seeds.

    Parameters
    ----------
    path : path
        CSV, separated by commas.
    wanted : tuple of str
        Columns that must be there.

    Returns
    -------
    rows : list of dict of str to str
        The cells by column; an empty text where a row is too short.
    columns : list of str

    Raises
    ------
    TableError
        It cannot be read, or a column is missing.
    """
    try:
        text = read_plain(os.path.realpath(path), MOST_POINTS_BYTES).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        columns = list(reader.fieldnames or [])
        rows = [{name: row[name] or "" for name in columns} for row in reader]
    except (OSError, ValueError, csv.Error) as error:
        raise TableError(f"{path} cannot be read: {error}.") from None
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise TableError(
            f"{path} has no column {missing[0]!r}.", expected=f"the columns {', '.join(wanted)}, separated by commas"
        )
    return rows, columns


def summarize_items(grades: Iterable[Grade]) -> list[Item]:
    """Say, for each exercise, how many solved it and what usually went wrong."""
    listed = [grade for grade in grades if grade.results]
    items = []
    for exercise in judged_exercises():
        results = [grade.results[exercise.name] for grade in listed]
        tried = [result for result in results if result.status is not Status.unattempted]
        right = sum(bool(result) for result in tried)
        mistakes = Counter(result.misconception for result in tried if result.misconception)
        rate = right / len(tried) if tried else 0.0
        items.append(Item(exercise.name, right, len(tried), rate, tuple(mistakes.most_common(2))))
    return items


def to_csv(grades: Iterable[Grade]) -> str:
    """Write the grades as a table: one row for each submission, one column for each exercise."""
    return table_head() + "".join(map(table_row, grades))


def table_head() -> str:
    """Write the first line of the table of grades."""
    return _csv_line(["submission", "points", "of", "problem", *(exercise.name for exercise in judged_exercises())])


def table_row(grade: Grade) -> str:
    """Write one submission's line of the table of grades."""
    names = [exercise.name for exercise in judged_exercises()]
    statuses = [grade.results[name].status.value if name in grade.results else "" for name in names]
    return _csv_line([harmless(grade.name), grade.points, len(scored_exercises()), harmless(grade.problem), *statuses])


def _csv_line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula, and the text on one line.

    A text that begins with an apostrophe before a formula gets another one, so that two names stay two.
    """
    plain = " ".join(text.splitlines())
    return f"'{plain}" if FORMULA.match(plain) else plain
