"""GB-2b. The parameters of each layer of the CNN."""

from __future__ import annotations

from typing import Any

from convscope.course.answers import UnreadableError, read_number
from convscope.course.exercise import Exercise
from convscope.course.layers import count_parameters_of
from convscope.course.predictions import count_parameters
from convscope.course.result import Verdict

__all__ = ["EXERCISE"]

COUNTS = (320, 18_496, 16_010)
TOTAL = sum(COUNTS)
MISTAKES = {
    288: "The biases are missing: one for each output channel.",
    18_432: "The biases are missing: one for each output channel.",
    16_000: "The biases are missing: one for each class.",
    640: "Each kernel sees 3 · 3 · 32 numbers here.",
    34_720: "The biases are missing.",
    50_890: "That is the plain network.",
}


def _judge(answer: Any) -> Verdict:
    """Take the total, the counts of all layers, or the model."""
    if hasattr(answer, "count_params") or hasattr(answer, "model_"):
        found = [float(count_parameters_of(answer))]
    elif isinstance(answer, list | tuple):
        found = [count for count in map(read_number, answer) if count]
    else:
        found = [read_number(answer)]
    if found in ([TOTAL], list(COUNTS), [*COUNTS, TOTAL]):
        return Verdict(True, "Every weight is counted.")
    if len(found) not in (1, len(COUNTS), len(COUNTS) + 1):
        raise UnreadableError("Expected the total, or one count for each layer with parameters.")
    wrong = next((count for count in found if count in MISTAKES), None)
    if wrong is not None:
        return Verdict(False, MISTAKES[int(wrong)], f"{wrong:g}")
    return Verdict(False, "Weights = height · width · channels in · channels out, plus one bias for each channel out.")


EXERCISE = Exercise(
    name="parameter_counts",
    number="GB-2b",
    title="Count the parameters",
    prompt="How many parameters has that CNN? Give the total, or one number for each layer, and compare with "
    "summary().",
    judge=_judge,
    runs=count_parameters,
    hints=(
        "Weights = kernel height · kernel width · channels in · channels out, plus one bias for each channel out.",
        "The second convolution: 3 · 3 · 32 · 64 + 64.",
    ),
    explanation="(3·3·1 + 1)·32 = 320, (3·3·32 + 1)·64 = 18,496, (1,600 + 1)·10 = 16,010: 34,826 in total. The plain "
    "network has 50,890.",
    reference=lambda: "34,826",
)
