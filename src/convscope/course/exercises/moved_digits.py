"""GA-1c. The same rule on digits that moved."""

from convscope.course.exercise import Exercise
from convscope.course.judges import words
from convscope.course.pictures import draw_box

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="moved_digits",
    number="GA-1c",
    title="Bigger, smaller, moved",
    prompt="Would your rule still work if the digits were bigger, smaller, or moved by a few pixels? "
    ".show((first row, last row, first column, last column)) measures the rule of that box on pictures that move.",
    judge=words(),
    picture=draw_box,
    blank='"..."',
    hints=("Move every digit by 3 pixels and measure again.", "What would have to move along with the digit?"),
    explanation="Mostly not. A rule with a fixed box loses with every pixel: about 0.85 after 1, 0.75 after 2, 0.62 "
    "after 3, and guessing after 4. The place to look at would have to move with the digit, as a convolution does.",
    kind="text",
    rubric="Says that it mostly fails, and that the box is fixed while the digit moves.",
    reference=lambda: "no, the box stays where it is while the digit moves",
)
