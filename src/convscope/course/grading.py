"""Grades of a folder of submissions: one row for each student, and which questions were hard."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from convscope.course.answers import is_unattempted
from convscope.course.exercise import Exercise
from convscope.course.exercises import catalogue
from convscope.course.language import Say, spoken
from convscope.course.notebooks import find_lessons
from convscope.course.result import Result, Status
from convscope.course.running import Runner
from convscope.course.submissions import NoAnswerError, NotLiteralError, Submission, find_submissions
from convscope.errors import TableError
from convscope.wording import visible

__all__ = [
    "NOT_RUN",
    "Grade",
    "Item",
    "grade_folder",
    "harmless",
    "judged_exercises",
    "read_seeds",
    "scored_exercises",
    "summarize_items",
    "text_exercises",
    "to_csv",
]

NOT_RUN = "not run"
NO_ANSWER = "no answer when run"


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
    found = [catalogue.get(name) for name in catalogue.names()]
    return sorted((one for one in found if one.kind in ("literal", "code")), key=lambda one: one.number)


def scored_exercises() -> list[Exercise]:
    """List the exercises that give points: 13 that are read, 4 that must be run."""
    return [one for one in judged_exercises() if not one.optional]


def text_exercises() -> list[Exercise]:
    """List the exercises that a person reads."""
    found = [catalogue.get(name) for name in catalogue.names()]
    return sorted((one for one in found if one.kind == "text"), key=lambda one: one.number)


def grade_folder(
    folder: Path,
    *,
    seeds: Mapping[str, int] | None = None,
    runner: Runner | None = None,
    tell: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> list[Grade]:
    """Grade every submission below a folder.

    Parameters
    ----------
    folder : path
    seeds : mapping of str to int, optional
        The variant that a submission was given, by its path or its first folder.
    runner : Runner, optional
        Runs the answers that are programs; without one, nothing is executed.
    tell : callable, optional
        Is told the submission that is graded next, how many are done, and how many there are.
    """
    by_name = {one.name: one for one in [*judged_exercises(), *text_exercises()]}
    found = [_unproven(one) for one in find_submissions(folder, frozenset(by_name)) if ".backup-" not in one.name]
    ready = []
    for done, one in enumerate(found):
        tell(one.name, done, len(found))
        ready.append(runner.run(one, by_name) if runner else one)
    return [_grade(one, seeds or {}) for one in _together(ready)]


def _unproven(submission: Submission) -> Submission:
    """Take values that were written down, where a program must give them, for programs."""
    written = [one.name for one in judged_exercises() if one.kind == "code"]
    values = {name: submission.answers[name] for name in written if name in submission.answers}
    claims = {
        name: NotLiteralError("written down, and must come from a program")
        for name, value in values.items()
        if not isinstance(value, NotLiteralError) and not is_unattempted(value)
    }
    return replace(submission, answers={**submission.answers, **claims})


def _together(submissions: Iterable[Submission]) -> list[Submission]:
    """Take the notebooks of the course that lie in one folder for one student's; any other file is one by itself."""
    lessons = {source.stem for source in find_lessons()}
    students: dict[str, Submission] = {}
    for one in submissions:
        path = PurePosixPath(one.name)
        name = str(path.parent) if path.stem in lessons and path.suffix == ".ipynb" else one.name
        known = students.get(name, Submission(name))
        problem = f"{path.name}: {one.problem}" if one.problem and name != one.name else one.problem
        problems = "; ".join(filter(None, (known.problem, problem)))
        students[name] = Submission(name, {**known.answers, **one.answers}, problems)
    return list(students.values())


def _grade(submission: Submission, seeds: Mapping[str, int]) -> Grade:
    seed = seeds.get(submission.name, seeds.get(submission.name.split("/")[0]))
    results = {}
    for exercise in judged_exercises():
        asked = exercise if seed is None else exercise.variant(seed)
        answer = submission.answers.get(exercise.name, ...)
        results[exercise.name] = _judged(asked, answer)
    if submission.problem and not submission.answers:
        return Grade(submission.name, {}, submission.problem)
    written = {one.name: submission.answers.get(one.name) for one in text_exercises()}
    texts = {name: text.strip() for name, text in written.items() if isinstance(text, str) and not is_unattempted(text)}
    return Grade(submission.name, results, submission.problem, texts)


def _judged(exercise: Exercise, answer: Any) -> Result:
    if isinstance(answer, NotLiteralError):
        return Result(
            exercise.name,
            Status.error,
            str(Say("The answer is {what}, and nothing was run.", what=spoken(str(answer)))),
            NOT_RUN,
        )
    if isinstance(answer, NoAnswerError):
        return Result(exercise.name, Status.error, str(answer), NO_ANSWER)
    return exercise.check(answer)


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
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} cannot be read: {error}.") from None
    seeds = {}
    for line, row in enumerate(rows, 2):
        name, seed = row.get("submission"), (row.get("seed") or "").strip()
        if not name or not seed.isdecimal():
            raise TableError(
                f"{path}, row {line}, names no submission and seed.",
                expected="the columns submission and seed, a whole number of at least 0",
            )
        seeds[name] = int(seed)
    return seeds


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
    names = [exercise.name for exercise in judged_exercises()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["submission", "points", "of", "problem", *names])
    for grade in grades:
        statuses = [grade.results[name].status.value if name in grade.results else "" for name in names]
        writer.writerow(
            [harmless(grade.name), grade.points, len(scored_exercises()), harmless(grade.problem), *statuses]
        )
    return text.getvalue()


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula, and a name on one line."""
    plain = visible(" ".join(text.split()))
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@") else plain
