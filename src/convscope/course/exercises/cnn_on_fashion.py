"""GB-3. The CNN on Fashion-MNIST."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.course.answers import UnreadableError
from convscope.course.exercise import Exercise
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["EXERCISE"]

LEAST, MOST = 0.75, 0.96


def _judge(answer: Any) -> Verdict:
    given = {str(name).strip().lower(): value for name, value in dict(answer).items()}
    if not {"labels", "predictions"} <= set(given):
        raise UnreadableError("Expected {'labels': ..., 'predictions': ...}.")
    labels, predictions = (np.asarray(given[name]).reshape(-1) for name in ("labels", "predictions"))
    if not len(labels) == len(predictions) > 0:
        raise UnreadableError("There must be one prediction for each label.")
    accuracy = float((labels == predictions).mean())
    if accuracy > MOST:
        return Verdict(
            False, Say("{accuracy:.3f} is what digits give: are these the clothes?", accuracy=accuracy), "digits"
        )
    if accuracy < LEAST:
        return Verdict(
            False,
            Say("{accuracy:.3f} is low: build a new model for the new data, and train it on them.", accuracy=accuracy),
            "low",
        )
    return Verdict(
        True, Say("Accuracy {accuracy:.3f}. Clothes are harder than digits: shirts look like coats.", accuracy=accuracy)
    )


EXERCISE = Exercise(
    name="cnn_on_fashion",
    number="GB-3",
    title="The CNN on clothes",
    prompt="Train a new CNN on Fashion-MNIST. Give {'labels': test labels, 'predictions': what it predicts}.",
    judge=_judge,
    blank="{'labels': ..., 'predictions': ...}",
    hints=("The same model, new data.", "Build the model again: do not go on training the one for digits."),
    explanation="Around 0.88 with the settings of the lab, 0.89 with today's: the same network finds clothes harder.",
    kind="code",
    labels_of="clothes",
)
