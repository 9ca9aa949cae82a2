"""GA-1a. A rule that tells 5 from 6."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.course.answers import read_words
from convscope.course.exercise import Exercise
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["EXERCISE"]

ENOUGH = 0.80


def _judge(answer: Any) -> Verdict:
    """Take ideas in words, or the predictions and labels of a rule of one's own."""
    if isinstance(answer, str):
        read_words(answer)
        return Verdict(None, "A person reads this.")
    predictions, labels = (np.asarray(answer[name]) for name in ("predictions", "labels"))
    if predictions.shape != labels.shape or not len(labels) or not set(np.unique(labels)) <= {5, 6}:
        return Verdict(False, "There must be one prediction for each label, and labels of 5 and 6 only.", "shape")
    accuracy = float((predictions == labels).mean())
    if accuracy >= ENOUGH:
        return Verdict(True, Say("Your rule is right for {accuracy:.3f} of these pictures.", accuracy=accuracy))
    low = "Your rule is right for {accuracy:.3f} of these pictures; always one digit gives about 0.5."
    return Verdict(False, Say(low, accuracy=accuracy))


EXERCISE = Exercise(
    name="five_or_six",
    number="GA-1a",
    title="5 or 6, without a network",
    prompt="How could a short program tell a 5 from a 6? Write the idea down; or give {'predictions': ..., "
    "'labels': ...} "
    "of a rule of your own on pictures of fives and sixes.",
    judge=_judge,
    blank='"..."',
    hints=("Where does a 6 have ink that a 5 has not?", "Average the pixels of one box, then choose a limit."),
    explanation="A 6 closes its loop at the lower left. The mean of rows 17 to 20, columns 9 to 14, counted from 1, "
    "against one limit is right for about nine pictures in ten.",
    kind="text",
    rubric="Names a place or a shape that differs, and how a program would measure it.",
    reference=lambda: "the mean of the pixels at the lower left, where a 6 has a loop",
)
