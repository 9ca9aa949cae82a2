"""GA-3a. A filter that finds horizontal edges."""

from convscope.course.answers import read_grid
from convscope.course.exercise import Exercise
from convscope.course.filters import find_horizontal
from convscope.course.pictures import draw_filter

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="horizontal_edges",
    number="GA-3a",
    title="A filter for horizontal edges",
    prompt="Write a small filter that answers strongly where a picture turns from dark to bright from one row "
    "to the next, "
    "and not where it turns from one column to the next. Any size up to 7 × 7, any sign, any scale.",
    judge=lambda answer: find_horizontal(read_grid(answer)),
    picture=draw_filter,
    blank="[[..., ...],\n    [..., ...]]",
    hints=(
        "The example answers ┃. What must change from top to bottom, instead of from left to right?",
        "One row below 0, the other above, each row constant; all numbers add up to 0.",
    ),
    explanation="For instance [[−0.5, −0.5], [0.5, 0.5]]: a flat picture gives 0, a step from one row to the "
    "next gives 1.",
    reference=lambda: [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
)
