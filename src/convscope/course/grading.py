"""Grades of a folder of submissions: one row for each student, and which questions were hard."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from convscope.course.exercise import Exercise
from convscope.course.exercises import catalogue
from convscope.course.notebooks import find_lessons
from convscope.course.result import Result, Status
from convscope.course.submissions import NotLiteralError, Submission, find_submissions

__all__ = ["Grade", "Item", "grade_folder", "scored_exercises", "summarize_items", "to_csv"]

NOT_RUN = "not run"


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
    """

    name: str
    results: Mapping[str, Result]
    problem: str = ""

    @property
    def points(self) -> int:
        """How many scored exercises are correct."""
        return sum(bool(result) for result in self.results.values())


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


def scored_exercises() -> list[Exercise]:
    """List the exercises that are graded without running anything."""
    found = [catalogue.get(name) for name in catalogue.names()]
    return sorted((one for one in found if one.kind == "literal"), key=lambda one: one.number)


def grade_folder(folder: Path, *, seeds: Mapping[str, int] | None = None) -> list[Grade]:
    """Grade every submission below a folder; nothing in it is executed.

    Parameters
    ----------
    folder : path
    seeds : mapping of str to int, optional
        The variant that a submission was given, by its path or its first folder.
    """
    exercises = scored_exercises()
    names = frozenset(one.name for one in exercises)
    return [_grade(one, exercises, seeds or {}) for one in _together(find_submissions(folder, names))]


def _together(submissions: Iterable[Submission]) -> list[Submission]:
    """Take the notebooks of the course that lie in one folder for one student's; any other file is one by itself."""
    lessons = {source.stem for source in find_lessons()}
    students: dict[str, Submission] = {}
    for one in submissions:
        path = PurePosixPath(one.name)
        if ".backup-" in path.name:
            continue
        name = str(path.parent) if path.stem in lessons and path.suffix == ".ipynb" else one.name
        known = students.get(name, Submission(name))
        problem = f"{path.name}: {one.problem}" if one.problem and name != one.name else one.problem
        problems = "; ".join(filter(None, (known.problem, problem)))
        students[name] = Submission(name, {**known.answers, **one.answers}, problems)
    return list(students.values())


def _grade(submission: Submission, exercises: list[Exercise], seeds: Mapping[str, int]) -> Grade:
    seed = seeds.get(submission.name, seeds.get(submission.name.split("/")[0]))
    results = {}
    for exercise in exercises:
        asked = exercise if seed is None else exercise.variant(seed)
        answer = submission.answers.get(exercise.name, ...)
        results[exercise.name] = _judged(asked, answer)
    unread = submission.problem and not submission.answers
    return Grade(submission.name, {} if unread else results, submission.problem)


def _judged(exercise: Exercise, answer: Any) -> Result:
    if isinstance(answer, NotLiteralError):
        return Result(exercise.name, Status.error, f"The answer is {answer}, and nothing is run here.", NOT_RUN)
    return exercise.check(answer)


def summarize_items(grades: Iterable[Grade]) -> list[Item]:
    """Say, for each exercise, how many solved it and what usually went wrong."""
    listed = [grade for grade in grades if grade.results]
    items = []
    for exercise in scored_exercises():
        results = [grade.results[exercise.name] for grade in listed]
        tried = [result for result in results if result.status is not Status.unattempted]
        right = sum(bool(result) for result in tried)
        mistakes = Counter(result.misconception for result in tried if result.misconception)
        rate = right / len(tried) if tried else 0.0
        items.append(Item(exercise.name, right, len(tried), rate, tuple(mistakes.most_common(2))))
    return items


def to_csv(grades: Iterable[Grade]) -> str:
    """Write the grades as a table: one row for each submission, one column for each exercise."""
    names = [exercise.name for exercise in scored_exercises()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["submission", "points", "of", "problem", *names])
    for grade in grades:
        statuses = [grade.results[name].status.value if name in grade.results else "" for name in names]
        writer.writerow([_harmless(grade.name), grade.points, len(names), _harmless(grade.problem), *statuses])
    return text.getvalue()


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula, and a name on one line."""
    plain = " ".join(text.split())
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@") else plain
