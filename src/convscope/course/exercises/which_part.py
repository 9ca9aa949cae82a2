"""GA-1b. The part of the image that is enough."""

from convscope.course.exercise import Exercise
from convscope.course.judges import words
from convscope.course.pictures import draw_box

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="which_part",
    number="GA-1b",
    title="Which part is enough?",
    prompt="Does your rule for 5 and 6 need the whole picture? Which part would be enough? .show((first row, last row, "
    "first column, last column)) draws a box and says how far it gets.",
    judge=words(),
    picture=draw_box,
    blank='"..."',
    hints=("Try smaller boxes.", "Compare the lower left with the upper right."),
    explanation="No: a small region is enough, for instance the lower left, where a 6 is closed and a 5 is open.",
    kind="text",
    rubric="Says no, and names a region.",
    reference=lambda: "no, the lower left is enough",
)
