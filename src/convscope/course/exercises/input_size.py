"""A-q2. How many numbers enter the model."""

from typing import Any

from convscope.course.answers import UnreadableError, read_number, read_shape
from convscope.course.exercise import Exercise
from convscope.course.result import Verdict

__all__ = ["EXERCISE"]

MISTAKES = {
    785: "One column too many: the class is not a feature.",
    60_000: "That is the number of rows. How many columns enter the model for one of them?",
    64: "That is the number of units of the first layer, which the input feeds.",
    50_240: "That is the number of parameters of the first layer.",
}


def _judge(answer: Any) -> Verdict:
    try:
        size = read_number(answer)
    except UnreadableError:
        found = read_shape(answer)
        if found in ((28, 28), (28, 28, 1), (784,)):
            return Verdict(True, "One number for each pixel.")
        size = found[0] if len(found) == 1 else -1.0
    if size == 28 * 28:
        return Verdict(True, "One number for each pixel.")
    return Verdict(False, MISTAKES.get(int(size), "Count the feature columns of one row."), f"{size:g}")


EXERCISE = Exercise(
    name="input_size",
    number="A-q2",
    title="The size of the input",
    prompt="The pictures have 28 rows and 28 columns of pixels. How many numbers enter the model for one picture?",
    judge=_judge,
    hints=("How many feature columns has a row?", "Each pixel is one feature: rows times columns."),
    explanation="28 · 28 = 784: one number for each pixel; the class column does not enter.",
    reference=lambda: (None, 784),
)
