"""What a checkpoint costs: each one beside the epoch that it follows, the lab's CNN on all of MNIST; and the start."""

import statistics
import tempfile
import time
from contextlib import contextmanager

from measure import absolute, report, skip

from convscope import ImageClassifier
from convscope.datasets import load_table, locate
from convscope.engine import keeping
from convscope.training import classifier

FITS = 3


@contextmanager
def noting(module, name):
    """Note the seconds of every call of a function."""
    seconds, real = [], getattr(module, name)

    def timed(*arguments):
        began = time.perf_counter()
        found = real(*arguments)
        seconds.append(time.perf_counter() - began)
        return found

    setattr(module, name, timed)
    try:
        yield seconds
    finally:
        setattr(module, name, real)


def fit(table):
    """Train once; give the seconds of each epoch and of the checkpoint after it, and those before the first step."""
    with (
        tempfile.TemporaryDirectory() as folder,
        noting(keeping.Keeper, "keep") as kept,
        noting(classifier, "training_facts") as facts,
    ):
        fitted = ImageClassifier("cnn", random_state=0).fit(table, resume=folder)
    return list(zip(fitted.history_.seconds, kept[1:], strict=True)), facts[0] + kept[0]


if __name__ == "__main__":
    if not locate("mnist").at_hand:
        skip("there is no MNIST: set CONVSCOPE_DATA")
    else:
        fits = [fit(load_table("mnist")) for _ in range(FITS)]
        shares = [100 * kept / epoch for pairs, _ in fits for epoch, kept in pairs]
        starts = [1000 * start for _, start in fits]
        epochs = f"CNN, 60,000 rows, {len(shares)} epochs"
        report(
            absolute(f"a checkpoint, share of its epoch, median ({epochs})", statistics.median(shares), "%", 2),
            absolute(f"a checkpoint, share of its epoch, largest ({epochs})", max(shares), "%", 2),
            absolute("once a training: the hash of 60,000 rows, and the first checkpoint", max(starts), "ms"),
        )
