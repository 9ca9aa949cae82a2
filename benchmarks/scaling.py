"""How the cost of training grows: with rows, with the side of the images, with the channels of the CNN.

Time for one pass, beside the growth of the multiplications that it takes.
"""

import numpy as np
from measure import absolute, report, timed

from convscope import ImageClassifier

RANDOM = np.random.default_rng(0)
ROUNDS = 3


def seconds(n_rows, side, filters):
    """Take the least of some passes over random images."""
    rows = RANDOM.integers(0, 256, (n_rows, side * side), np.uint8)
    labels = np.arange(n_rows) % 10
    classifier = ImageClassifier("cnn", epochs=1, random_state=0, model__filters=filters)
    return min(timed(lambda: classifier.fit(rows, labels))["wall"] for _ in range(ROUNDS))


def products(n_rows, side, filters):
    """Count the multiplications of one pass forwards."""
    found, channels = 0, 1
    for n_filters in filters:
        side = side - 2
        found += side * side * 9 * channels * n_filters
        side, channels = side // 2, n_filters
    return n_rows * (found + side * side * channels * 10)


if __name__ == "__main__":
    base = (4_000, 28, (32, 64))
    grown = {
        "four times the rows": (16_000, 28, (32, 64)),
        "twice the side": (4_000, 56, (32, 64)),
        "twice the channels": (4_000, 28, (64, 128)),
    }
    seconds(*base)  # compiles
    begin = seconds(*base)
    lines = []
    for what, case in grown.items():
        time_ratio, product_ratio = seconds(*case) / begin, products(*case) / products(*base)
        claim = f"{what}: {product_ratio:.1f} times the multiplications, growth of the time"
        lines.append(absolute(claim, round(time_ratio, 2), "times", most=round(1.1 * product_ratio, 2)))
    report(*lines)
