"""X-28x28. One convolution as large as the picture."""

from __future__ import annotations

from typing import Any

from convscope.course.exercise import Exercise
from convscope.course.layers import read_layers
from convscope.course.result import Verdict

__all__ = ["EXERCISE"]


def _judge(answer: Any) -> Verdict:
    layers = read_layers(answer)
    convolutions = [layer for layer in layers if layer.kind == "Conv2D"]
    if len(convolutions) != 1 or any("Pooling" in layer.kind for layer in layers):
        return Verdict(False, "It should have one convolution, and no pooling.", "layers")
    if convolutions[0].window != (28, 28):
        return Verdict(False, "The kernel is not as large as the picture.", "window")
    return Verdict(True, "There is one place where it fits: each kernel is a dense unit over all pixels.")


EXERCISE = Exercise(
    name="whole_image_kernel",
    number="X-28x28",
    title="A kernel as large as the picture",
    prompt="Build a network with one convolution of 28 × 28 and 32 kernels, no pooling, and ten units. What "
    "does it equal? "
    "Give the model.",
    judge=_judge,
    blank="...",
    hints=("In how many places can a 28 × 28 kernel begin?", "One place: it is a weighted sum of all pixels."),
    explanation="1 × 1 × 32 comes out: the same as a dense layer of 32 units, with 25,120 + 330 = 25,450 parameters.",
    kind="code",
    optional=True,
)
