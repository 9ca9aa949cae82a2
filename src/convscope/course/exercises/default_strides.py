"""B-q5. What `strides` does in MaxPool2D."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope import charts
from convscope.arithmetic import pool
from convscope.arithmetic.worked import PICTURE
from convscope.course.answers import UnreadableError
from convscope.course.exercise import Exercise
from convscope.course.judges import grid
from convscope.course.pictures import once_right
from convscope.course.predictions import run_pooling
from convscope.course.result import Verdict
from convscope.language import Say, spoken

__all__ = ["EXERCISE"]


def _pooled(**settings: Any) -> Any:
    return np.asarray(pool(PICTURE[..., None], (2, 2), **settings))[..., 0]


DEFAULT, EACH = _pooled(), _pooled(strides=(1, 1))
JUDGES = {
    "default": grid(
        DEFAULT,
        {
            "stride 1": (EACH, "That is stride 1. Without a stride, windows do not overlap."),
            "average": (_pooled(kind="average"), "These are means; max pooling keeps the largest."),
        },
    ),
    "strides 1": grid(
        EACH,
        {
            "default": (DEFAULT, "Here the window moves by one pixel, so the windows overlap."),
            "average": (_pooled(kind="average", strides=(1, 1)), "These are means; max pooling keeps the largest."),
        },
    ),
}


def _judge(answer: Any) -> Verdict:
    given = {str(name).strip().lower(): value for name, value in dict(answer).items()}
    for name, judge in JUDGES.items():
        if name not in given:
            raise UnreadableError(Say("There is no answer for {name!r}.", name=name))
        verdict = judge(given[name])
        if not verdict.correct:
            return Verdict(
                False, Say("{name}: {message}", name=name, message=spoken(verdict.message)), verdict.misconception
            )
    return Verdict(True, "Without a stride, the window moves by its own size.")


EXERCISE = Exercise(
    name="default_strides",
    number="B-q5",
    title="Strides of a pooling layer",
    prompt=Say(
        "Pool the picture {picture} with windows of 2 × 2, keeping the largest number: once without giving strides, "
        "once with strides of 1. Give {{'default': rows, 'strides 1': rows}}.",
        picture=PICTURE.astype(int).tolist(),
    ),
    judge=_judge,
    picture=once_right(_judge, lambda: charts.pooling_frames(PICTURE, (2, 2), strides=(1, 1))),
    blank="{'default': ..., 'strides 1': ...}",
    runs=run_pooling,
    hints=("What happens if no stride is given?", "Windows then lie side by side, without overlap."),
    explanation="Without strides, the window moves by its own size: 2 × 2 comes out. With strides of 1 the "
    "windows overlap: "
    "3 × 3.",
    reference=lambda: {"default": DEFAULT.tolist(), "strides 1": EACH.tolist()},
)
