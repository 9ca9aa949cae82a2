"""B-m1. A convolution over two input channels."""

import numpy as np

from convscope import charts
from convscope.arithmetic.worked import KERNEL, PICTURE, SECOND_CHANNEL, SECOND_KERNEL
from convscope.course.exercise import Exercise
from convscope.course.exercises.convolve_by_hand import answer_of
from convscope.course.judges import grid
from convscope.course.pictures import once_right
from convscope.language import Say

__all__ = ["EXERCISE"]

FIRST, SECOND = answer_of(PICTURE, KERNEL), answer_of(SECOND_CHANNEL, SECOND_KERNEL)

BOTH, KERNELS = np.stack([PICTURE, SECOND_CHANNEL], axis=-1), np.stack([KERNEL, SECOND_KERNEL], axis=-1)
JUDGE = grid(
    FIRST + SECOND,
    {
        "first channel only": (FIRST, "The second channel is missing."),
        "second channel only": (SECOND, "The first channel is missing."),
        "one kernel for both": (
            FIRST + answer_of(SECOND_CHANNEL, KERNEL),
            "Each channel has a kernel of its own; here the first one is used for both.",
        ),
        "averaged": ((FIRST + SECOND) / 2, "The channels are added, not averaged."),
        "largest": (np.maximum(FIRST, SECOND), "The channels are added; the larger one is not chosen."),
    },
)

EXERCISE = Exercise(
    name="two_channels",
    number="B-m1",
    title="Two input channels",
    prompt=Say(
        "The picture {picture}, with the kernel {first}, gets a second channel, {channel}, with a kernel of its own, "
        "{kernel}. Write down the one output map, as rows.",
        picture=PICTURE.astype(int).tolist(),
        first=KERNEL.astype(int).tolist(),
        channel=SECOND_CHANNEL.astype(int).tolist(),
        kernel=SECOND_KERNEL.astype(int).tolist(),
    ),
    judge=JUDGE,
    picture=once_right(JUDGE, lambda: charts.channels_sum(BOTH, KERNELS)),
    blank="[[..., ..., ...],\n    [..., ..., ...],\n    [..., ..., ...]]",
    hints=(
        "There is one kernel slice for each input channel.",
        "Convolve each channel with its own, then add the two.",
    ),
    explanation="Each channel is convolved with its own kernel, and the two maps are added, place by place.",
    reference=lambda: (FIRST + SECOND).tolist(),
)
