"""A-q4. Why shuffling does not hurt the plain network."""

from convscope.course.exercise import Exercise
from convscope.course.judges import words

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="shuffling_is_harmless",
    number="A-q4",
    title="Why shuffling is harmless here",
    prompt="The plain network does as well when all pictures are shuffled in the same way. Why?",
    judge=words(),
    blank='"..."',
    hints=(
        "Does a sum care about the order of its parts?",
        "If pixel 17 moves to place 402 in every picture, which weight must move along?",
    ),
    explanation="Each unit adds all inputs, each times its own weight. Shuffle the weights with the pixels, and "
    "every "
    "sum stays as it was: x[p] @ W[p] equals x @ W. Training finds the shuffled weights as easily.",
    kind="text",
    rubric="Says that a dense unit sums over all inputs, and that the same permutation is used for every picture.",
    reference=lambda: "A dense unit is a sum over all pixels, and the order of a sum does not matter.",
)
