"""A-q3. Recognising shuffled images."""

from convscope.course.exercise import Exercise
from convscope.course.judges import words

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="shuffled_images",
    number="A-q3",
    title="Guess the shuffled digits",
    prompt="Look at the shuffled pictures. Which digits are they? A guess is enough; nobody scores it.",
    judge=words("A guess; the next cell shows the pictures in order."),
    blank='"..."',
    explanation="People cannot tell: what we recognise are neighbours, and they are gone.",
    kind="unscored",
    reference=lambda: "5, 9, 7",
)
