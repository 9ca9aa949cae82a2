"""GA-2b. How the output grows with the input and shrinks with the filter."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.course.answers import Trials, UnreadableError, read_shape
from convscope.course.exercise import Exercise
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["EXERCISE"]

TRIES = 50
RIGHT = {"taller input": ((4, 3), "+1"), "wider filter": ((3, 2), "-1")}


def _judge(answer: Any) -> Verdict:
    """Take a function of sizes, tried on random ones, or the two new sizes or changes."""
    if isinstance(answer, Trials):
        return _judge_function(answer)
    given = {str(name).strip().lower(): value for name, value in dict(answer).items()}
    for name, (size, change) in RIGHT.items():
        if name not in given:
            raise UnreadableError(Say("There is no answer for {name!r}.", name=name))
        found = given[name]
        text = str(found).strip().replace("−", "-").replace(" ", "").lower()
        as_change = {"1": "+1", "onemore": "+1", "oneless": "-1", "onefewer": "-1"}.get(text, text)
        changes = ("+1", "-1", "0", "+2", "-2")
        right = as_change == change if as_change in changes else read_shape(found) == size
        if not right:
            return Verdict(
                False, Say("Look again at {name!r}: count the places where the window can begin.", name=name), name
            )
    return Verdict(True, "Both right: an output has as many rows as places where the window can begin.")


def _probes(seed: int) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(seed)
    kernels = rng.integers(1, 8, (TRIES, 2))
    return [tuple(row) for row in np.hstack([kernels + rng.integers(0, 20, (TRIES, 2)), kernels]).tolist()]


def _judge_function(trials: Trials) -> Verdict:
    for (height, width, down, right), output in zip(trials.given, trials.found, strict=True):
        found = read_shape(output)
        if found != (height - down + 1, width - right + 1):
            sizes = Say("input {input} and filter {filter}", input=f"{height} × {width}", filter=f"{down} × {right}")
            size = " × ".join(map(str, found))
            return Verdict(False, Say("For {sizes} it gives {size}.", sizes=sizes, size=size), "function")
    return Verdict(True, Say("Right for {n} random sizes.", n=TRIES))


EXERCISE = Exercise(
    name="output_size",
    number="GA-2b",
    title="The size of the output",
    prompt="The input is 4 × 4, the filter 2 × 2, and the output 3 × 3. How large is the output if the input "
    "has one row "
    "more? If the filter has one column more? Give {'taller input': ..., 'wider filter': ...} as sizes or "
    "changes; or a "
    "function of (height, width, filter height, filter width).",
    judge=_judge,
    blank="{'taller input': ..., 'wider filter': ...}",
    hints=(
        "In how many rows can the filter begin?",
        "Rows of the output = rows of the input − rows of the filter + 1.",
    ),
    explanation="input − filter + 1 along each side: a taller input gives one row more (4 × 3), a wider filter one "
    "column less (3 × 2).",
    probes=_probes,
    reference=lambda: {"taller input": "4 x 3", "wider filter": "-1"},
)
