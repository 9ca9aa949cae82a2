"""The second stage of grading: answers that are programs, run in the sandbox, judged outside of it."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.course.answers import Trials
from convscope.course.exercise import Exercise
from convscope.course.layers import LayerFacts
from convscope.course.lesson_data import write_for_grading
from convscope.course.sandbox import Sandbox, SandboxError
from convscope.course.submissions import NoAnswerError, NotLiteralError, Submission
from convscope.language import Say
from convscope.limits import MOST_ANSWER_LETTERS, MOST_SANDBOX_NUMBERS

__all__ = ["Runner", "prepare_runner"]

LONGEST_TEXT = 60
"""In letters, of the texts in an array or a list; in an array each takes as much as the longest."""
LARGEST = 2**64


@dataclass(frozen=True)
class Runner:
    """Runs the programs among the answers.

    Parameters
    ----------
    sandbox : Sandbox
    data : path
        The lessons' tables, with test labels that are wrong.
    labels : mapping of str to array
        The true ones; they never enter the sandbox.
    """

    sandbox: Sandbox
    data: Path
    labels: Mapping[str, NDArray[Any]]

    def needs(self, submission: Submission, exercises: Mapping[str, Exercise]) -> list[str]:
        """List the exercises whose answer must be run."""
        answers = submission.answers
        return [name for name in exercises if isinstance(answers.get(name), NotLiteralError) and submission.cells]

    def run(self, submission: Submission, exercises: Mapping[str, Exercise]) -> Submission:
        """Run a submission if an answer needs it, and put the values in the programs' place."""
        names = self.needs(submission, exercises)
        if not names:
            return submission
        seed = secrets.randbits(32)
        probes = {name: one.probes(seed) for name in names if (one := exercises[name]).probes is not None}
        job = {"cells": list(submission.cells), "names": names, "probes": _listed(probes)}
        try:
            said = self.sandbox.run(job, self.data)
        except SandboxError as error:
            values: dict[str, Any] = {name: _no_answer("It was run, but {why}.", error) for name in names}
        else:
            failures = said.get("failures")
            first = failures[0] if isinstance(failures, list) and failures else ""
            why = first[:300] if isinstance(first, str) else ""
            values = {
                name: self._value(exercises[name], said["answers"].get(name), probes.get(name), why) for name in names
            }
        return replace(submission, answers={**submission.answers, **values})

    def _value(self, exercise: Exercise, said: Any, given: list[tuple[Any, ...]] | None, why: str) -> Any:
        try:
            value = _unpacked(said, given)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, MemoryError) as error:
            return _no_answer("Its value cannot be read: {why}.", error)
        if value is ... and why:
            return _no_answer("Its program fails in {why}.", why)
        if exercise.labels_of and isinstance(value, dict):
            if exercise.labels_of not in self.labels:
                return _no_answer("The pictures of clothes are not at hand where it is graded.")
            return {**value, "labels": self.labels[exercise.labels_of]}
        return value


def _no_answer(text: str, why: object = "") -> NoAnswerError:
    return NoAnswerError(Say(text, why=why))


def _listed(probes: Mapping[str, list[tuple[Any, ...]]]) -> dict[str, list[list[Any]]]:
    return {
        name: [[part.tolist() if isinstance(part, np.ndarray) else part for part in one] for one in given]
        for name, given in probes.items()
    }


def _unpacked(
    said: Any, given: list[tuple[Any, ...]] | None, depth: int = 0, letters: int = MOST_ANSWER_LETTERS
) -> Any:
    """Turn what came out of the sandbox into numbers, text, lists, mappings, arrays; nothing else is made of it."""
    if said is None:
        return ...
    if isinstance(said, bool | int | float | str) and _is_small(said, letters):
        return said
    if not isinstance(said, dict) or depth > 8:
        raise ValueError("it is of no known kind")
    kind = said.get("is")
    if kind == "unreadable":
        raise ValueError(str(said.get("why"))[:200])
    if kind == "list":
        return [_unpacked(part, None, depth + 1, LONGEST_TEXT) for part in said["parts"]]
    if kind == "mapping":
        return {str(key): _unpacked(part, None, depth + 1) for key, part in said["parts"]}
    if kind == "array":
        return _array(said)
    if kind == "model":
        return [_layer(layer) for layer in said["layers"]]
    if kind == "function" and given is not None and len(said["outputs"]) == len(given):
        return Trials(given, [_unpacked(output, None, depth + 1) for output in said["outputs"]])
    raise ValueError("it is of no known kind")


def _array(said: Mapping[str, Any]) -> NDArray[Any]:
    """Make an array, of as many numbers as there are, or of short texts."""
    parts, shape = said["parts"], said["shape"]
    if not isinstance(parts, list) or len(parts) > MOST_SANDBOX_NUMBERS:
        raise ValueError("an array of too many numbers")
    if not all(isinstance(part, bool | int | float | str) and _is_small(part, LONGEST_TEXT) for part in parts):
        raise ValueError("an array of something other than numbers")
    if not isinstance(shape, list) or len(shape) > 8 or not all(isinstance(side, int) for side in shape):
        raise ValueError("an array without a shape")
    return np.array(parts).reshape(shape)


def _is_small(part: bool | int | float | str, letters: int) -> bool:
    if isinstance(part, str):
        return len(part) <= letters
    return isinstance(part, float) or abs(part) < LARGEST


def _layer(said: Mapping[str, Any]) -> LayerFacts:
    window = tuple(int(side) for side in said["window"])
    return LayerFacts(str(said["kind"])[:60], int(said["size"]), window, str(said["activation"])[:60])


@contextmanager
def prepare_runner(sandbox: Sandbox, rows: int) -> Iterator[Runner]:
    """Write the lessons' tables to a temporary folder, and give what runs programs on them.

    Parameters
    ----------
    sandbox : Sandbox
    rows : int
        At most so many rows to train on, and to test on.
    """
    with tempfile.TemporaryDirectory(prefix="convscope-lessons-") as folder:
        Path(folder).chmod(0o755)
        labels = write_for_grading(Path(folder), rows, secrets.randbits(32))
        yield Runner(sandbox, Path(folder), labels)
