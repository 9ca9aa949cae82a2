"""Grading a folder of submissions, one student after the other: each is an island."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from convscope.course.answers import is_unattempted
from convscope.course.deliveries import Delivery, HandedIn, find_deliveries, fingerprint, open_delivery
from convscope.course.exercise import Exercise
from convscope.course.grades import (
    Grade,
    Item,
    judged_exercises,
    read_seeds,
    scored_exercises,
    summarize_items,
    text_exercises,
    to_csv,
)
from convscope.course.notebooks import find_lessons
from convscope.course.result import Result, Status
from convscope.course.running import Runner
from convscope.course.submissions import NoAnswerError, NotLiteralError, Submission, read_delivery
from convscope.language import Say, spoken
from convscope.limits import MOST_ANSWER_LETTERS
from convscope.wording import visible

__all__ = [
    "NOT_RUN",
    "Grade",
    "Item",
    "Memory",
    "grade_folder",
    "judged_exercises",
    "read_seeds",
    "scored_exercises",
    "summarize_items",
    "text_exercises",
    "to_csv",
]

NOT_RUN = "not run"
NO_ANSWER = "no answer when run"
MOST_MESSAGE = 500  # letters
MOST_NAMED = 60


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
        grades += [_graded(one, seeds, failed) for one in _together(files, runner, failed)]
    except Exception as error:  # whatever it is, no other student's grade depends on it
        grades.append(_ungraded(delivery.name, error, failed))
    if memory:
        memory.keep(delivery.name, "" if failed else state, grades)
    return grades


def _state(delivery: Delivery, files: list[HandedIn], seeds: Mapping[str, int]) -> str:
    """Name what a delivery's grades depend on."""
    first = delivery.name.split("/")[0]
    own = sorted((name, seed) for name, seed in seeds.items() if name == first or name.startswith(delivery.name))
    return f"{fingerprint(files)} {own}"


def _graded(submission: Submission, seeds: Mapping[str, int], failed: list[str]) -> Grade:
    try:
        return _grade(submission, seeds)
    except Exception as error:  # a zip file may hold many students
        return _ungraded(submission.name, error, failed)


def _ungraded(name: str, error: Exception, failed: list[str]) -> Grade:
    failed.append(_words(error))
    return Grade(name, {}, f"cannot be graded: {failed[-1]}")


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {visible(str(error))[:MOST_MESSAGE]}"


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
    lines = [visible(line.expandtabs(4)) for line in text.strip()[:MOST_ANSWER_LETTERS].splitlines()]
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
    message, mistake = visible(result.message)[:MOST_MESSAGE], visible(result.misconception)[:MOST_NAMED]
    return replace(result, message=message, misconception=mistake)
