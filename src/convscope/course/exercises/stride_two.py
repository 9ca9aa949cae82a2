"""B-q4. A convolution with stride 2."""

from convscope import charts
from convscope.arithmetic.worked import KERNEL, PICTURE
from convscope.course.exercise import Exercise
from convscope.course.exercises.convolve_by_hand import answer_of
from convscope.course.judges import grid
from convscope.course.pictures import once_right
from convscope.course.predictions import run_convolution
from convscope.language import Say

__all__ = ["EXERCISE"]

ONE_DIRECTION = "Only one direction was doubled."

JUDGE = grid(
    answer_of(PICTURE, KERNEL, strides=(2, 2)),
    {
        "stride right only": (answer_of(PICTURE, KERNEL, strides=(1, 2)), ONE_DIRECTION),
        "stride down only": (answer_of(PICTURE, KERNEL, strides=(2, 1)), ONE_DIRECTION),
        "stride 1": (answer_of(PICTURE, KERNEL), "That is stride 1: which of these places are left out now?"),
    },
)

EXERCISE = Exercise(
    name="stride_two",
    number="B-q4",
    title="Stride 2 in both directions",
    prompt=Say(
        "Slide the kernel {kernel} over the picture {picture} once more, now with stride 2 down and right. Write down "
        "the sums, as rows. Predict the shape first.",
        kernel=KERNEL.astype(int).tolist(),
        picture=PICTURE.astype(int).tolist(),
    ),
    judge=JUDGE,
    picture=once_right(JUDGE, lambda: charts.convolution_frames(PICTURE, KERNEL, strides=(2, 2))),
    blank="[[..., ...],\n    [..., ...]]",
    runs=run_convolution((2, 2)),
    hints=("Begin with the grid for stride 1: which cells survive?", "Keep the first and the third row and column."),
    explanation="Every second place of the stride 1 grid is kept, in both directions: it is 2 × 2.",
    reference=lambda: answer_of(PICTURE, KERNEL, strides=(2, 2)).tolist(),
)
