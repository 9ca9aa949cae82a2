"""GB-2a. The output shape of each layer of the CNN."""

from __future__ import annotations

from typing import Any

from convscope.course.answers import UnreadableError, read_shape
from convscope.course.exercise import Exercise
from convscope.course.predictions import list_shapes
from convscope.course.result import Verdict
from convscope.language import Say, spoken

__all__ = ["EXERCISE"]

SHAPES = ((28, 28, 1), (26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (1600,), (10,))
NAMES = (
    Say("input"),
    Say("first convolution"),
    Say("first pooling"),
    Say("second convolution"),
    Say("second pooling"),
    Say("flatten"),
    Say("output"),
)
MISTAKES = {
    (6, 6, 64): "11 / 2 is rounded down: the last row and column are left out.",
    (28, 28, 32): "Without padding a 3 × 3 window does not fit at the border.",
    (12, 12, 64): "A 3 × 3 window loses two rows and columns, not one.",
    (25, 25, 32): "A 3 × 3 window loses two rows and columns, not three.",
    (2304,): "This follows from 6 × 6: 11 / 2 is rounded down.",
}


def _judge(answer: Any) -> Verdict:
    given = list(answer.values()) if isinstance(answer, dict) else list(answer)
    if len(given) == len(SHAPES) - 1:
        given = [SHAPES[0], *given]  # the input may be left out
    if len(given) != len(SHAPES):
        raise UnreadableError(
            Say("Expected {n} shapes, one for each: {names}.", n=len(SHAPES), names=", ".join(map(str, NAMES)))
        )
    for name, right, part in zip(NAMES, SHAPES, given, strict=True):
        found = read_shape(part)
        found = found[1:] if len(found) == len(right) + 1 and found[0] == 1 else found
        if found != right and found != (*right, 1):
            text = MISTAKES.get(found, "Count the places of the window, or look at the layer before.")
            return Verdict(
                False,
                Say("{layer}: {message}", layer=spoken(name).capitalize(), message=spoken(text)),
                f"{name}: {'x'.join(map(str, found))}",
            )
    return Verdict(True, "All shapes are right.")


EXERCISE = Exercise(
    name="layer_shapes",
    number="GB-2a",
    title="The shapes of all layers",
    prompt="A picture of 28 × 28 pixels goes through 32 kernels of 3 × 3, max pooling 2 × 2, 64 kernels of 3 × "
    "3, max pooling "
    "2 × 2, flatten, and 10 units. Predict the shape after each layer, beginning with the input.",
    judge=_judge,
    blank="[(28, 28, 1), ..., ..., ..., ..., ..., ...]",
    runs=list_shapes,
    hints=("A convolution of 3 × 3 loses two rows and columns.", "Pooling 2 × 2 halves and rounds down: 11 becomes 5."),
    explanation="(28, 28, 1), (26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), 1,600, 10.",
    reference=lambda: [*SHAPES[:5], "1600", "(None, 10)"],
)
