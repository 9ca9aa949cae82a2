"""B-v1. A function that convolves with Keras, tried on other sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.course.answers import Trials, UnreadableError, read_grid
from convscope.course.exercise import Exercise
from convscope.course.exercises.convolve_by_hand import answer_of
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["EXERCISE"]

TRIES = 20
TOLERANCE = 1e-5


def _probes(seed: int) -> list[tuple[np.ndarray[Any, Any], ...]]:
    """Draw pictures and kernels of many sizes."""
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(size=tuple(rng.integers(1, 4, 2))).astype(np.float32) for _ in range(TRIES)]
    sizes = [tuple(np.array(kernel.shape) + rng.integers(0, 5, 2)) for kernel in kernels]
    return [(rng.normal(size=size).astype(np.float32), kernel) for size, kernel in zip(sizes, kernels, strict=True)]


def _judge(answer: Any) -> Verdict:
    if not isinstance(answer, Trials):
        raise UnreadableError("Expected a function of a picture and a kernel.")
    for (picture, kernel), output in zip(answer.given, answer.found, strict=True):
        right, found = answer_of(picture, kernel), read_grid(output)
        sizes = Say("a picture of {picture} and a kernel of {kernel}", picture=picture.shape, kernel=kernel.shape)
        if found.size != right.size or (found.ndim == 2 and found.shape != right.shape):
            return Verdict(
                False,
                Say("For {sizes} the shape is wrong; is a size of the example written into it?", sizes=sizes),
                "size",
            )
        if not np.allclose(found.reshape(right.shape), right, atol=TOLERANCE):
            turned = np.allclose(found.reshape(right.shape), answer_of(picture, kernel[::-1, ::-1]), atol=TOLERANCE)
            if turned:
                return Verdict(False, Say("For {sizes} the kernel is turned around.", sizes=sizes), "flipped")
            return Verdict(False, Say("For {sizes} the numbers differ.", sizes=sizes), "numbers")
    return Verdict(True, Say("Right for {n} random pictures and kernels.", n=TRIES))


EXERCISE = Exercise(
    name="convolution_function",
    number="B-v1",
    title="The same in Keras",
    prompt="Write a function of a picture and a kernel that convolves with a Keras layer and returns the sums, for "
    "pictures and "
    "kernels of any size.",
    judge=_judge,
    blank="...",
    hints=(
        "A Keras layer wants a picture of shape (1, height, width, 1) and a kernel of shape (height, width, 1, 1).",
        "The output has shape (1, H − h + 1, W − w + 1, 1): take its size from there, not from the example.",
    ),
    explanation="Reshape picture and kernel, set the kernel as the layer's weights without a bias, call the "
    "layer, and take "
    "the first picture and channel of what comes out.",
    kind="code",
    probes=_probes,
    reference=lambda: answer_of,
)
