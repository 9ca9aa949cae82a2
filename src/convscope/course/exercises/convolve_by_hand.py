"""GA-2a. A convolution of 4 × 4 by 2 × 2, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope import charts
from convscope.arithmetic import convolve
from convscope.arithmetic.worked import KERNEL, PICTURE
from convscope.course.exercise import Exercise
from convscope.course.judges import grid
from convscope.course.pictures import once_right
from convscope.language import Say

__all__ = ["EXERCISE", "answer_of", "for_numbers", "mistakes_of"]

Array = NDArray[Any]


def answer_of(picture: Array, kernel: Array, **settings: Any) -> Array:
    """Convolve one channel."""
    return np.asarray(convolve(picture[..., None], kernel[..., None, None], **settings))[..., 0]


def mistakes_of(picture: Array, kernel: Array) -> dict[str, tuple[Array, str]]:
    """List what usually goes wrong, for these numbers; the first that fits is told."""
    flipped = "This is the result for a flipped kernel. It is not flipped: its top left meets the window's top left."
    mistakes = {
        "flipped": (answer_of(picture, kernel[::-1, ::-1]), flipped),
        "transposed": (answer_of(picture, kernel.T), "The kernel's rows and columns are exchanged."),
        "window sum": (answer_of(picture, np.ones_like(kernel)), "Each window is added up, without the kernel."),
        "stride 2": (answer_of(picture, kernel, strides=(2, 2)), "The window moves by one pixel, not by two."),
        "divided": (answer_of(picture, kernel) / kernel.size, "The products are added, not averaged."),
        "padded": (answer_of(picture, kernel, padding="same"), "Only places where the whole window fits count."),
    }
    right = answer_of(picture, kernel)
    return {name: part for name, part in mistakes.items() if not np.array_equal(part[0], right)}


def for_numbers(picture: Array, kernel: Array) -> Exercise:
    """Ask the same question about other numbers."""
    judge = grid(answer_of(picture, kernel), mistakes_of(picture, kernel))
    return Exercise(
        name="convolve_by_hand",
        number="GA-2a",
        title="A convolution by hand",
        prompt=Say(
            "Slide the kernel {kernel} over the picture {picture}, one pixel at a time, without padding. Write down "
            "all the sums, as rows.",
            kernel=kernel.astype(int).tolist(),
            picture=picture.astype(int).tolist(),
        ),
        judge=judge,
        picture=once_right(judge, lambda: charts.convolution_frames(picture, kernel)),
        blank="[[..., ..., ...],\n    [..., ..., ...],\n    [..., ..., ...]]",
        hints=(
            "Each number is four products added: the window times the kernel, place by place.",
            "Begin at the top left; then move the window by one column. A 0 in the kernel drops a pixel.",
        ),
        explanation="For every place: multiply the window by the kernel, number by number, and add the four "
        "products. "
        "`convscope convolve` walks through all nine places.",
        reference=lambda: answer_of(picture, kernel),
        vary=_vary,
    )


def _vary(seed: int) -> Exercise:
    """Draw a picture and a kernel of 0 and 1 for which no usual mistake happens to be right."""
    rng = np.random.default_rng([seed, 2])
    while True:
        picture, kernel = rng.integers(0, 2, (4, 4)).astype(np.float32), rng.integers(0, 2, (2, 2)).astype(np.float32)
        if len(mistakes_of(picture, kernel)) == 6 and answer_of(picture, kernel).std() > 0.5:
            return for_numbers(picture, kernel)


EXERCISE = for_numbers(PICTURE, KERNEL)
