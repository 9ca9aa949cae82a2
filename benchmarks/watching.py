"""What watching a training costs: the lab's CNN on 20,000 images, watched and not, in turn."""

import numpy as np
from measure import absolute, report

from convscope import ImageClassifier
from convscope.datasets import load_parts

PAIRS = 4


def seconds(rows, watch):
    """Time one training; opening the page is not part of it."""
    classifier = ImageClassifier("cnn", epochs=1, random_state=0)
    classifier.fit(rows, watch=watch and (lambda *about: None))
    return sum(classifier.history_.seconds), classifier


if __name__ == "__main__":
    rows = load_parts("mnist", progress=False)[0][:20_000]
    seconds(rows[:2_000], True)
    ratios = []
    for _ in range(PAIRS):
        alone, _ = seconds(rows, False)
        watched, classifier = seconds(rows, True)
        ratios.append(100 * (watched / alone - 1))
    film = classifier.film_
    report(
        absolute("watching a training adds, median", round(float(np.median(ratios)), 1), "%", most=5),
        absolute("looks at a training of one pass", len(film.looks), "looks"),
        absolute("their weights", round(film.n_bytes / 1e6, 2), "MB", most=20),
    )
