"""Grades of a folder of submissions: one row for each student, and which questions were hard."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from convscope.course.answers import is_unattempted
from convscope.course.deliveries import Delivery, HandedIn, find_deliveries, fingerprint, open_delivery
from convscope.course.exercise import Exercise
from convscope.course.exercises import catalogue
from convscope.course.language import Say, spoken
from convscope.course.notebooks import find_lessons
from convscope.course.result import Result, Status
from convscope.course.running import Runner
from convscope.course.submissions import NoAnswerError, NotLiteralError, Submission, read_delivery
from convscope.errors import TableError, printable
from convscope.files import read_plain
from convscope.limits import MOST_ANSWER_LETTERS, MOST_POINTS_BYTES

__all__ = [
    "NOT_RUN",
    "Grade",
    "Item",
    "Memory",
    "grade_folder",
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

NOT_RUN = "not run"
NO_ANSWER = "no answer when run"
FORMULA = re.compile(r"\s*'*[=+\-@＝＋－＠]")
MOST_MESSAGE = 500  # letters
MOST_NAMED = 60
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


class Memory(Protocol):
    """Keeps grades, so that what is finished is not graded again; a `Journal`."""

    def recall(self, name: str, state: str) -> list[Grade] | None:
        """Give the grades of a delivery, if it was graded in this state."""

    def keep(self, name: str, state: str, grades: list[Grade]) -> None:
        """Take the grades of a delivery; without a state they are to be given anew the next time."""

    def begin(self, recalled: Iterable[Grade]) -> None:
        """Take what was recalled, before anything is graded."""

    def end(self, grades: Iterable[Grade], names: Iterable[str]) -> None:
        """Take all grades in order, and the names of all deliveries."""


def grade_folder(
    folder: Path,
    *,
    seeds: Mapping[str, int] | None = None,
    runner: Runner | None = None,
    tell: Callable[[str, int, int], None] = lambda name, done, total: None,
    memory: Memory | None = None,
) -> list[Grade]:
    """Grade every submission below a folder; whatever one of them does, the others are graded.

    Parameters
    ----------
    folder : path
    seeds : mapping of str to int, optional
        The variant that a submission was given, by its path or its first folder.
    runner : Runner, optional
        Runs the answers that are programs; without one, nothing is executed.
    tell : callable, optional
        Is told the submission that is graded next, how many are done, and how many there are.
    memory : Memory, optional
        Is asked what was graded already, and given each student's grades as they come.
    """
    deliveries = find_deliveries(folder, frozenset(source.stem for source in find_lessons())).deliveries
    found: dict[str, list[Grade]] = {}
    if memory:
        states = ((one, _state(one, open_delivery(one), seeds or {})) for one in deliveries)
        found = {one.name: known for one, state in states if (known := memory.recall(one.name, state))}
        memory.begin(grade for known in found.values() for grade in known)
    for done, one in enumerate(deliveries):
        if one.name not in found:
            tell(one.name, done, len(deliveries))
            found[one.name] = _grade_one(one, seeds or {}, runner, memory)
    grades = [grade for one in deliveries for grade in found[one.name]]
    if memory:
        memory.end(grades, found)
    return grades


def _grade_one(
    delivery: Delivery, seeds: Mapping[str, int], runner: Runner | None, memory: Memory | None
) -> list[Grade]:
    """Grade what one student handed in; what goes wrong here ends nothing else, and is tried again the next time."""
    grades: list[Grade] = []
    failed: list[str] = []
    state = ""
    try:
        files = open_delivery(delivery)
        state = _state(delivery, files, seeds)
        grades += [_grade(one, seeds) for one in _together(files, runner, failed)]
    except Exception as error:  # whatever it is, no other student's grade depends on it
        failed.append(_words(error))
        grades = [Grade(delivery.name, {}, f"cannot be graded: {failed[-1]}")]
    if memory:
        memory.keep(delivery.name, "" if failed else state, grades)
    return grades


def _state(delivery: Delivery, files: list[HandedIn], seeds: Mapping[str, int]) -> str:
    """Name what a delivery's grades depend on."""
    first = delivery.name.split("/")[0]
    own = sorted((name, seed) for name, seed in seeds.items() if name == first or name.startswith(delivery.name))
    return f"{fingerprint(files)} {own}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {printable(str(error))[:MOST_MESSAGE]}"


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


def _together(files: list[HandedIn], runner: Runner | None, failed: list[str]) -> list[Submission]:
    """Take the notebooks of the course that lie in one folder for one student's; any other file is one by itself."""
    lessons = {source.stem for source in find_lessons()}
    exercises = {one.name: one for one in [*judged_exercises(), *text_exercises()]}
    students: dict[str, Submission] = {}
    for read in read_delivery(files, frozenset(exercises)):
        one = _run(_unproven(read), runner, exercises, failed)
        path = PurePosixPath(one.name)
        name = str(path.parent) if path.stem in lessons and path.suffix == ".ipynb" else one.name
        known = students.get(name, Submission(name))
        problem = f"{path.name}: {one.problem}" if one.problem and name != one.name else one.problem
        problems = "; ".join(filter(None, (known.problem, problem)))
        students[name] = Submission(name, {**known.answers, **one.answers}, problems)
    return list(students.values())


def _run(
    submission: Submission, runner: Runner | None, exercises: Mapping[str, Exercise], failed: list[str]
) -> Submission:
    """Run a submission; where no program can be run at all, what was written down is graded all the same."""
    try:
        return runner.run(submission, exercises) if runner else submission
    except Exception as error:  # the sandbox could not be started, or its answer not be held
        failed.append(_words(error))
        return replace(submission, problem=f"it could not be run: {failed[-1]}")


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
    texts = {name: _text(one) for name, one in written.items() if isinstance(one, str) and not is_unattempted(one)}
    return Grade(submission.name, results, submission.problem, texts)


def _text(text: str) -> str:
    """Keep a free text as a person can read it: its lines, no signs that steer a terminal, and not without end."""
    lines = [printable(line.expandtabs(4)) for line in text.strip()[:MOST_ANSWER_LETTERS].splitlines()]
    return "\n".join([*lines, "[…]"] if len(text) > MOST_ANSWER_LETTERS else lines)


def _judged(exercise: Exercise, answer: Any) -> Result:
    """Judge an answer, in words that can be printed whatever the answer was."""
    if isinstance(answer, NotLiteralError):
        said = str(Say("The answer is {what}, and nothing was run.", what=spoken(str(answer))))
        result = Result(exercise.name, Status.error, said, NOT_RUN)
    elif isinstance(answer, NoAnswerError):
        result = Result(exercise.name, Status.error, str(answer), NO_ANSWER)
    else:
        result = exercise.check(answer)
    message, mistake = printable(result.message)[:MOST_MESSAGE], printable(result.misconception)[:MOST_NAMED]
    return replace(result, message=message, misconception=mistake)


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
