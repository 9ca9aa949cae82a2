"""A-q1. What tells digits apart."""

from convscope.course.exercise import Exercise
from convscope.course.judges import words

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="telling_digits_apart",
    number="A-q1",
    title="What tells digits apart?",
    prompt="Which features do you use yourself to tell handwritten digits apart? Name at least two.",
    judge=words(),
    blank='"..."',
    hints=("Compare 3 with 8, and 1 with 7.", "Which parts could a thumb cover, and you would still know?"),
    explanation="For instance closed loops, stroke ends, crossings, how tall and wide it is, symmetry.",
    kind="text",
    rubric="Names at least two local features (loops, ends, crossings, proportions, symmetry).",
    reference=lambda: "closed loops, and where strokes end",
)
