"""Answers as students write them: lists, arrays, tensors, frames, "3 x 3"; read, or refused in words.

Nothing of an answer is executed but the conversions that arrays and frames offer themselves; text is read as a
literal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.language import Say
from convscope.limits import MOST_ANSWER_CELLS, MOST_ANSWER_LETTERS

__all__ = [
    "Trials",
    "UnreadableError",
    "is_unattempted",
    "literal",
    "read_grid",
    "read_number",
    "read_shape",
    "read_words",
]

MOST_DIGITS = 200
MOST_LEVELS = 4
PLACEHOLDERS = ("", "...", "…", "fillme", "# fillme", "#fillme", "todo", "your answer", "your answer here")


class UnreadableError(Exception):
    """An answer of a different kind than the exercise expects; the text says which kind."""


@dataclass(frozen=True)
class Trials:
    """What a student's function gave for the arguments that it was tried on.

    Parameters
    ----------
    given : list of tuple
        The arguments, trial by trial.
    found : list
        What the function returned, as long as ``given``.
    """

    given: list[tuple[Any, ...]]
    found: list[Any]


def is_unattempted(answer: Any) -> bool:
    """Say whether nothing was filled in: ``...``, None, an empty text, or ``...`` somewhere inside a list.

    Examples
    --------
    >>> is_unattempted(...), is_unattempted([[1, ...]]), is_unattempted("FILLME"), is_unattempted(0)
    (True, True, True, False)
    """
    if answer is None or (isinstance(answer, Mapping | list | tuple) and not answer):
        return True
    return _has_dots(answer)


def _has_dots(answer: Any, depth: int = 0) -> bool:
    """Look for three dots, in a list of lists too; None inside a shape is the batch axis."""
    if isinstance(answer, str):
        return answer.strip().lower() in PLACEHOLDERS
    if isinstance(answer, Mapping | list | tuple) and depth < MOST_LEVELS:
        parts = list(answer.values()) if isinstance(answer, Mapping) else answer[:MOST_ANSWER_CELLS]
        return any(_has_dots(part, depth + 1) for part in parts)
    return answer is ...


def literal(text: str) -> Any:
    """Read text as a Python literal or a product of whole numbers; anything else stays text.

    Examples
    --------
    >>> literal("[1, 2]"), literal("28 * 28"), literal("34,826"), literal("3 x 3"), literal("__import__('os')")
    ([1, 2], 784, 34826, '3 x 3', "__import__('os')")
    """
    if len(text) > MOST_ANSWER_LETTERS:
        raise UnreadableError("The text is too long.")
    plain = text.strip().replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}([, ]\d{3})+", plain):
        return int(re.sub(r"[, ]", "", plain))
    if re.fullmatch(r"\d{1,6}(\s*[*·]\s*\d{1,6})+", plain):
        return prod(int(part) for part in re.findall(r"\d+", plain))
    try:
        return ast.literal_eval(plain)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def read_grid(answer: Any) -> NDArray[np.float64]:
    r"""Read rows of numbers.

    Returns
    -------
    grid : float array of shape (height, width), or (n,) where a plain list came in
        Axes of length 1 around a grid, as Keras gives them, are taken off.

    Raises
    ------
    UnreadableError
        It is something else than numbers in rows.

    Examples
    --------
    >>> read_grid("2 2\n1 0").tolist()
    [[2.0, 2.0], [1.0, 0.0]]
    """
    if isinstance(answer, str):
        answer = _grid_of_text(answer)
    if callable(answer) and not hasattr(answer, "__array__"):
        raise UnreadableError(
            "Expected a small grid of numbers; got a function. A program that finds edges, such as Canny, is built "
            "from such filters."
        )
    values = _numbers(answer)
    if values.size > MOST_ANSWER_CELLS:
        raise UnreadableError(Say("Expected a small grid of numbers; got {n:,} numbers.", n=values.size))
    while values.ndim > 2 and 1 in values.shape:
        values = values.squeeze(values.shape.index(1))
    if values.ndim not in (1, 2) or not values.size:
        raise UnreadableError(Say("Expected rows of numbers; got an array of shape {shape}.", shape=values.shape))
    if not np.isfinite(values).all():
        raise UnreadableError("Every number must be finite.")
    return values


def _grid_of_text(text: str) -> Any:
    found = literal(text)
    if not isinstance(found, str):
        return found
    rows = [re.findall(r"-?\d+(?:\.\d+)?", row.replace("−", "-")) for row in re.split(r"[\n;]", text) if row.strip()]
    if re.search(r"[A-Za-z]{2}", text) or not rows or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise UnreadableError("Expected rows of numbers, for instance [[1, 2], [3, 4]].")
    return [[float(number) for number in row] for row in rows]


def _numbers(answer: Any) -> NDArray[np.float64]:
    """Turn what holds numbers into an array of floats."""
    for method in ("to_numpy", "numpy"):
        if callable(getattr(answer, method, None)):
            answer = getattr(answer, method)()
    _count_cells(answer)
    try:
        values = np.asarray(answer)
    except ValueError:
        raise UnreadableError("The rows do not have the same length.") from None
    if values.dtype == object and values.size and all(isinstance(part, int | float) for part in values.ravel()):
        values = values.astype(np.float64)
    if values.dtype.kind not in "biuf":
        raise UnreadableError(Say("Expected numbers; got this type: {kind}.", kind=type(answer).__name__))
    return values.astype(np.float64)


def _count_cells(answer: Any) -> None:
    """Refuse long lists and texts before an array is made of them: each text takes as much as the longest."""
    level = [answer]
    while level:
        level = [part for one in level if isinstance(one, list | tuple) for part in one]
        if len(level) > MOST_ANSWER_CELLS:
            raise UnreadableError(Say("Expected a small grid of numbers; got {n:,} numbers.", n=len(level)))
        if any(isinstance(part, str) for part in level):
            raise UnreadableError(Say("Expected numbers; got this type: {kind}.", kind="str"))


def read_number(answer: Any) -> float:
    """Read one number: 784, "34,826", "28*28", or an array that holds one.

    Raises
    ------
    UnreadableError
        It is no single number.
    """
    if isinstance(answer, str) and len(answer) <= MOST_DIGITS:
        answer = literal(re.sub(r"\s*(pixels?|parameters?|channels?|features?|%)\s*$", "", answer.strip(), flags=re.I))
    if isinstance(answer, bool | str):
        raise UnreadableError("Expected one number.")
    values = _numbers(answer)
    if values.size != 1:
        raise UnreadableError(Say("Expected one number; got {n}.", n=values.size))
    return float(values.reshape(-1)[0])


def read_shape(answer: Any) -> tuple[int, ...]:
    """Read a shape: (3, 3), [3, 3], "3 x 3", "3×3"; None in front, the batch, is taken off.

    Raises
    ------
    UnreadableError
        It is no list of whole numbers.

    Examples
    --------
    >>> read_shape("26 × 26 × 32"), read_shape((None, 784)), read_shape(1600)
    ((26, 26, 32), (784,), (1600,))
    """
    if isinstance(answer, str):
        answer = [
            None if part == "None" else int(part)
            for part in re.findall(r"None|\d{1,9}", answer[:MOST_DIGITS].replace(",", " "))
        ]
    if isinstance(answer, int | np.integer) and not isinstance(answer, bool):
        answer = [answer]
    if callable(getattr(answer, "as_list", None)):
        answer = answer.as_list()
    if isinstance(answer, np.ndarray):
        answer = answer.tolist()
    if not isinstance(answer, Sequence) or isinstance(answer, str) or not answer or len(answer) > 8:
        raise UnreadableError("Expected a shape, for instance (3, 3) or 3 x 3.")
    parts = list(answer[1:] if answer[0] is None else answer)
    if not all(isinstance(part, int | float | np.number) and float(part).is_integer() and part > 0 for part in parts):
        raise UnreadableError("Expected a shape: whole numbers above 0.")
    return tuple(int(part) for part in parts)


def read_words(answer: Any) -> str:
    """Read free text.

    Raises
    ------
    UnreadableError
        It is no text, or too long.
    """
    if not isinstance(answer, str):
        raise UnreadableError('Expected text in quotes, for instance "a closed loop".')
    if len(answer) > MOST_ANSWER_LETTERS:
        raise UnreadableError(
            Say("The text has {n:,} letters; at most {most:,} are kept.", n=len(answer), most=MOST_ANSWER_LETTERS)
        )
    return answer.strip()
