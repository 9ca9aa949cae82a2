"""Judges that several exercises share: grids, numbers, shapes, choices, words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.course.answers import read_grid, read_number, read_shape, read_words
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["choice", "grid", "number", "shape", "words"]

Judge = Callable[[Any], Verdict]
TOLERANCE = 1e-6


def grid(expected: ArrayLike, mistakes: Mapping[str, tuple[ArrayLike, str]] | None = None) -> Judge:
    """Judge a grid of numbers.

    Parameters
    ----------
    expected : array of shape (height, width)
    mistakes : mapping of str to (array, str)
        Known wrong grids by a short name, each with what to tell.
    """
    right = np.asarray(expected, np.float64)
    known = {name: (np.asarray(wrong, np.float64), text) for name, (wrong, text) in (mistakes or {}).items()}

    def judge(answer: Any) -> Verdict:
        found = read_grid(answer)
        if _same(found, right):
            return Verdict(True, "Every number is right.")
        for name, (wrong, text) in known.items():
            if _same(found, wrong):
                return Verdict(False, text, name)
        if found.size == right.size and np.allclose(found.reshape(-1), right.reshape(-1), atol=TOLERANCE):
            return Verdict(False, "The right numbers, in the wrong shape: write them as rows.", "shape")
        if found.shape != right.shape:
            shape = " × ".join(map(str, found.shape))
            return Verdict(
                False, Say("Your grid is {shape}; count again where the window can stand.", shape=shape), "size"
            )
        n_right = int(np.isclose(found, right, atol=TOLERANCE).sum())
        return Verdict(False, Say("{n} of {total} numbers are right.", n=n_right, total=right.size))

    return judge


def _same(found: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return found.shape == other.shape and bool(np.allclose(found, other, atol=TOLERANCE))


def number(expected: float, mistakes: Mapping[float, str] | None = None, otherwise: str = "That is not it.") -> Judge:
    """Judge one number; known wrong ones get their own message."""

    def judge(answer: Any) -> Verdict:
        found = read_number(answer)
        if abs(found - expected) <= TOLERANCE * max(1.0, abs(expected)):
            return Verdict(True, "That is the number.")
        for wrong, text in (mistakes or {}).items():
            if abs(found - wrong) <= TOLERANCE * max(1.0, abs(wrong)):
                return Verdict(False, text, f"{wrong:g}")
        return Verdict(False, otherwise)

    return judge


def shape(
    expected: tuple[tuple[int, ...], ...], mistakes: Mapping[tuple[int, ...], str] | None = None, otherwise: str = ""
) -> Judge:
    """Judge a shape; several ways to write it may be right."""

    def judge(answer: Any) -> Verdict:
        found = read_shape(answer)
        if found in expected:
            return Verdict(True, "That is the shape.")
        if found in (mistakes or {}):
            return Verdict(False, (mistakes or {})[found], "x".join(map(str, found)))
        return Verdict(False, otherwise or "That is not the shape.")

    return judge


def choice(expected: Mapping[str, str], told: Mapping[tuple[str, str], str], said: str) -> Judge:
    """Judge several choices at once, given as a mapping from question to choice.

    Parameters
    ----------
    expected : mapping of str to str
    told : mapping of (question, choice) to str
        What to tell about a wrong choice.
    said : str
        What to tell when all are right.
    """

    def judge(answer: Any) -> Verdict:
        given = {str(key).strip().lower(): str(value).strip().lower() for key, value in dict(answer).items()}
        for question, right in expected.items():
            found = given.get(question, "")
            if found != right:
                return Verdict(
                    False,
                    told.get((question, found), Say("Look again at {question!r}.", question=question)),
                    f"{question}={found}",
                )
        return Verdict(True, said)

    return judge


def words(thanks: str = "A person reads this.") -> Judge:
    """Take free text for a person to read; it gets no score."""

    def judge(answer: Any) -> Verdict:
        read_words(answer)
        return Verdict(None, thanks)

    return judge
