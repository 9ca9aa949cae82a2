"""GA-3b. A filter that finds diagonal edges."""

from convscope.course.answers import read_grid
from convscope.course.exercise import Exercise
from convscope.course.filters import find_diagonal
from convscope.course.pictures import draw_filter

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="diagonal_edges",
    number="GA-3b",
    title="A filter for diagonal edges",
    prompt="Write a small filter that prefers one diagonal. Both readings count: a step from dark to bright along a "
    "diagonal, or a thin bright line along it.",
    judge=lambda answer: find_diagonal(read_grid(answer)),
    picture=draw_filter,
    blank="[[..., ...],\n    [..., ...]]",
    hints=(
        "Draw ╲ into 2 × 2 cells: which two does it cover?",
        "The covered cells above 0, the others below; check that a flat picture gives 0.",
    ),
    explanation="[[1, −1], [−1, 1]] answers thin lines along ╲; [[0, −1], [1, 0]] answers steps along one "
    "diagonal more "
    "than along the other. A 2 × 2 filter for steps answers straight edges too.",
    reference=lambda: [[1, -1], [-1, 1]],
)
