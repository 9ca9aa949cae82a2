"""R1. A network for points with three inner layers of 10, 5 and 5 units."""

from __future__ import annotations

from typing import Any

from convscope.course.exercise import Exercise
from convscope.course.layers import read_layers
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["EXERCISE"]

INNER = (10, 5, 5)


def _judge(answer: Any) -> Verdict:
    layers = [layer for layer in read_layers(answer) if layer.kind == "Dense"]
    *inner, last = layers if layers else [None]
    if last is None:
        return Verdict(False, "There is no Dense layer in it.", "no dense")
    sizes = tuple(layer.size for layer in inner if layer is not None)
    if sizes == tuple(reversed(INNER)):
        return Verdict(False, "The inner layers are there, in the opposite order.", "order")
    if len(sizes) != len(INNER):
        return Verdict(
            False, Say("It has {n} inner layers: those before the last one.", n=len(sizes)), "number of layers"
        )
    if sizes != INNER:
        return Verdict(False, Say("The inner layers have {units} units.", units=", ".join(map(str, sizes))), "sizes")
    if any(layer is not None and layer.activation == "linear" for layer in inner):
        return Verdict(False, "An inner layer has no activation: two such layers in a row are worth one.", "activation")
    if (last.size, last.activation) not in ((1, "sigmoid"), (2, "softmax")):
        return Verdict(False, "The last layer must give the probability of a class.", "output")
    return Verdict(True, "Three inner layers of the right sizes. Compare its accuracy with 0.682, always guessing red.")


EXERCISE = Exercise(
    name="three_inner_layers",
    number="R1",
    title="Three inner layers",
    prompt="Build a network for the points with three inner layers of 10, 5 and 5 units, train it, and say how well "
    "it does. Give the model or the fitted classifier.",
    judge=_judge,
    blank="...",
    hints=(
        "Inner layers are those before the last one, which gives the probability.",
        'Three lines Dense(..., activation="relu"), then Dense(1, activation="sigmoid").',
    ),
    explanation="Dense 10, 5, 5 with ReLU and one sigmoid unit: (2 + 1)·10 + (10 + 1)·5 + (5 + 1)·5 + (5 + 1)·1 "
    "= 121 "
    "parameters. On all points always guessing the more frequent colour gives 375 / 550 = 0.682.",
    kind="code",
)
