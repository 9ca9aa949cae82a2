"""What a filter answers: tried on pictures of edges and lines, whatever its size, sign or scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import convolve
from convscope.course.answers import UnreadableError
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["Answers", "find_diagonal", "find_horizontal", "try_filter"]

SIDE = 12
MOST = 7
FLAT = 0.05
SLACK = 1e-9
THIRD = 1 / 3 + SLACK
LEAST_SIZE, MOST_SIZE = 1e-100, 1e100  # of the largest number; beyond, its answers are rounded to 0, or have no end
Array = NDArray[np.float64]

_ROW, _COLUMN = np.indices((SIDE, SIDE))
STEPS: Mapping[str, Array] = {
    "━": (_ROW >= SIDE // 2).astype(np.float64),
    "┃": (_COLUMN >= SIDE // 2).astype(np.float64),
    "╲": (_COLUMN > _ROW).astype(np.float64),
    "╱": (_ROW + _COLUMN >= SIDE).astype(np.float64),
}
LINES: Mapping[str, Array] = {
    "━": (_ROW == SIDE // 2).astype(np.float64),
    "┃": (_COLUMN == SIDE // 2).astype(np.float64),
    "╲": (_ROW == _COLUMN).astype(np.float64),
    "╱": (_ROW + _COLUMN == SIDE - 1).astype(np.float64),
}


@dataclass(frozen=True)
class Answers:
    """How strongly a filter answers.

    Parameters
    ----------
    steps : mapping of str to float
        Largest size of the answer to an edge of each direction, dark on one side and bright on the other.
    above, below : mapping of str to float
        Largest answer above 0, and below, to a bright line of each direction.
    """

    steps: Mapping[str, float]
    above: Mapping[str, float]
    below: Mapping[str, float]


def try_filter(kernel: Array) -> Answers:
    """Slide a filter over all test pictures."""
    largest = np.abs(kernel).max()
    if largest and not LEAST_SIZE <= largest <= MOST_SIZE:
        raise UnreadableError("The largest number, without its sign, must lie between 1e-100 and 1e100.")
    steps, lines = ({name: _answers(picture, kernel) for name, picture in group.items()} for group in (STEPS, LINES))
    return Answers(
        {name: float(np.abs(found).max()) for name, found in steps.items()},
        {name: max(0.0, float(found.max())) for name, found in lines.items()},
        {name: max(0.0, float(-found.min())) for name, found in lines.items()},
    )


def _answers(picture: Array, kernel: Array) -> Array:
    return np.asarray(convolve(picture[..., None], kernel[..., None, None]))


def _prepared(kernel: Array) -> Array:
    """Read a plain list as one row, and refuse anything that is not a small filter."""
    filter_ = kernel[None] if kernel.ndim == 1 else kernel
    if max(filter_.shape) > MOST:
        raise UnreadableError(Say("Expected a filter of at most {n} × {n} numbers.", n=MOST))
    return filter_


def _useless(kernel: Array) -> Verdict | None:
    size = float(np.abs(kernel).sum())
    if size == 0:
        return Verdict(False, "All its numbers are 0: it responds to nothing.", "zero")
    if abs(float(kernel.sum())) > FLAT * size:
        return Verdict(False, "It responds to a flat bright image, where there is no edge.", "flat")
    return None


def find_horizontal(kernel: Array) -> Verdict:
    """Judge whether a filter finds edges that lie."""
    filter_ = _prepared(kernel)
    useless = _useless(filter_)
    if useless:
        return useless
    steps = try_filter(filter_).steps
    level, upright = steps["━"], steps["┃"]
    measured = Say("strength {level:.1f} on ━, {upright:.1f} on ┃", level=level, upright=upright)
    if level > 0 and upright <= level * THIRD:
        return Verdict(True, Say("It finds them: {measured}.", measured=measured))
    if upright > 0 and level <= upright * THIRD:
        return Verdict(False, Say("This is the vertical one: {measured}.", measured=measured), "vertical")
    return Verdict(False, Say("It responds to every direction: {measured}.", measured=measured), "every direction")


def find_diagonal(kernel: Array) -> Verdict:
    """Judge whether a filter finds diagonal edges: steps, or thin lines, along one of the two diagonals."""
    filter_ = _prepared(kernel)
    useless = _useless(filter_)
    if useless:
        return useless
    found = try_filter(filter_)
    for one, other in (("╲", "╱"), ("╱", "╲")):
        if found.steps[one] > 0 and found.steps[one] >= (2 - SLACK) * found.steps[other]:
            also = "It finds steps along {one}. Any 2 × 2 filter that does also answers straight edges."
            return Verdict(True, Say(also, one=one))
        straight = max(found.steps["━"], found.steps["┃"])
        for lines in (found.above, found.below):
            if lines[one] > 0 and lines[one] >= (2 - SLACK) * max(lines[other], lines["━"], lines["┃"], straight):
                return Verdict(True, Say("It finds thin lines along {one}.", one=one))
    measured = ", ".join(f"{name} {strength:.1f}" for name, strength in found.steps.items())
    return Verdict(False, Say("It prefers no diagonal; strengths: {measured}.", measured=measured), "no diagonal")
