"""GA-3c. Filters for other edges, and for curves."""

from convscope.course.exercise import Exercise
from convscope.course.judges import words

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="curves",
    number="GA-3c",
    title="Other edges, and curves",
    prompt="Could a filter find other things than straight edges, for instance curves? What would it need?",
    judge=words(),
    blank='"..."',
    hints=(
        "What is the smallest picture in which a curve looks different from a line?",
        "Draw the curve into 5 × 5 cells and subtract the mean.",
    ),
    explanation="Yes, with a larger filter or with several layers. No 2 × 2 filter responds to a corner "
    "or an arc more than to the best straight line; a 3 × 3 template of a corner responds to it 1.67 times as much, "
    "a 5 × 5 arc 2.25 times.",
    kind="text",
    rubric="Says yes, and that it takes a larger filter or several layers.",
    reference=lambda: "yes, with a larger filter or a second layer",
)
