"""X-1x1. The CNN with kernels of 1 × 1."""

from __future__ import annotations

from typing import Any

from convscope.course.exercise import Exercise
from convscope.course.layers import read_layers
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["EXERCISE"]


def _judge(answer: Any) -> Verdict:
    windows = [layer.window for layer in read_layers(answer) if layer.kind == "Conv2D"]
    if len(windows) != 2:
        return Verdict(
            False, Say("It has {n} convolutions; the network of the lab has two.", n=len(windows)), "number of layers"
        )
    if any(window != (1, 1) for window in windows):
        return Verdict(False, "Not all kernels are 1 × 1.", "window")
    return Verdict(True, "Each window is one pixel: channels are mixed, neighbours are not seen. Compare the accuracy.")


EXERCISE = Exercise(
    name="one_by_one_kernels",
    number="X-1x1",
    title="Kernels of 1 × 1",
    prompt="Build the CNN with kernels of 1 × 1 and train it. Predict first: better or worse? Give the model.",
    judge=_judge,
    blank="...",
    hints=("What can a window of one pixel see?", "The same pixel, in many channels."),
    explanation="28 to 14 to 7 pixels a side, 33,546 parameters. It loses accuracy: no pattern of neighbours "
    "can be found, "
    "only pooling looks at an area.",
    kind="code",
    optional=True,
)
