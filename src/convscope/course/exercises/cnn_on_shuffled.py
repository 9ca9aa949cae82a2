"""GB-1. The CNN on shuffled pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.course.answers import UnreadableError
from convscope.course.exercise import Exercise
from convscope.course.result import Verdict
from convscope.language import Say

__all__ = ["EXERCISE"]

LEAST_LOSS = 0.005
CHANCE = 0.35
SURE = 2000  # test rows; with fewer, a small loss may be luck
PARTS = ("labels", "original", "shuffled", "train columns", "test columns")


def _judge(answer: Any) -> Verdict:
    given = {str(name).replace("_", " ").strip().lower(): value for name, value in dict(answer).items()}
    missing = [name for name in PARTS if name not in given]
    if missing:
        raise UnreadableError(Say("Missing: {names}.", names=", ".join(missing)))
    labels, original, shuffled = (np.asarray(given[name]).reshape(-1) for name in PARTS[:3])
    if not len(labels) == len(original) == len(shuffled) > 0:
        raise UnreadableError("There must be one prediction for each label, twice.")
    train, test = ([str(name) for name in given[part]] for part in PARTS[3:])
    if sorted(train) != sorted(test) or len(set(train)) != len(train):
        raise UnreadableError("Both lists of columns must name every pixel column once.")
    by_place = sorted(train, key=lambda name: [int(part) for part in name.split("x")])
    if train == by_place:
        return Verdict(False, "The columns are in their original order: nothing is shuffled.", "not shuffled")
    if train != test:
        return Verdict(False, "Train and test rows are shuffled in different ways.", "two permutations")
    before, after = (float((found == labels).mean()) for found in (original, shuffled))
    if after <= CHANCE:
        return Verdict(
            False,
            Say("Accuracy {after:.3f} is close to guessing: was the model trained on shuffled rows?", after=after),
            "chance",
        )
    sure = len(labels) >= SURE
    if not sure and abs(after - before) < 2 * (2 * before * (1 - before) / len(labels) + 1e-4) ** 0.5:
        few = "{before:.3f} and {after:.3f}: done right, but with {n_rows:,} test rows the difference is within chance."
        return Verdict(True, Say(few, before=before, after=after, n_rows=len(labels)))
    if after >= before - LEAST_LOSS:
        return Verdict(
            False,
            Say("{before:.3f} and {after:.3f}: no loss. Were both models the CNN?", before=before, after=after),
            "no loss",
        )
    lost = "{before:.3f} on pictures, {after:.3f} on shuffled ones: its neighbours are gone."
    return Verdict(True, Say(lost, before=before, after=after))


EXERCISE = Exercise(
    name="cnn_on_shuffled",
    number="GB-1",
    title="The CNN on shuffled pictures",
    prompt="Train the CNN once more on shuffled columns. Give {'labels', 'original', 'shuffled', 'train "
    "columns', 'test "
    "columns'}: the test labels, both predictions, and the order of columns that you used.",
    judge=_judge,
    blank="{'labels': ..., 'original': ..., 'shuffled': ..., 'train columns': ..., 'test columns': ...}",
    hints=("Only the order of the columns changes.", "Use one list of shuffled columns in both calls."),
    explanation="It gets worse: windows of 3 × 3 and pooling are worth something because neighbours belong "
    "together, and "
    "shuffling takes the neighbours away. The plain network loses nothing.",
    kind="code",
    labels_of="images",
)
