"""B-q1. The input of the network that CNN Explainer shows."""

from convscope.course.exercise import Exercise
from convscope.course.judges import shape

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="explainer_input",
    number="B-q1",
    title="The input of CNN Explainer's network",
    prompt="How high and wide are the pictures that enter the network on the page CNN Explainer?",
    judge=shape(
        ((64, 64), (64, 64, 3)),
        {(62, 62): "That is the first convolution's output.", (64,): "Give the height and the width."},
        "Hover over the first column of the page.",
    ),
    hints=("Hover over the first column.", "It is square, and a power of two."),
    explanation="64 × 64 pixels, in 3 channels.",
    reference=lambda: "64 x 64",
)
