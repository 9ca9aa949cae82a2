"""The MLP on MNIST, beside scikit-learn's MLPClassifier: the same layer, two passes, batches of 64, scaled pixels."""

import numpy as np
from measure import compare, report, skip, timed
from sklearn.neural_network import MLPClassifier

from convscope import ImageClassifier
from convscope.datasets import load_parts
from convscope.errors import DatasetError


def main():
    """Fit both in turn, in this process."""
    try:
        train, test = load_parts("mnist")
    except DatasetError as error:
        return skip(error.what)
    scaled, scaled_test = (np.asarray(part.pixels, np.float32) / 255 for part in (train, test))

    def ours():
        classifier = ImageClassifier("mlp", random_state=0)
        return timed(lambda: classifier.fit(train)) | {"accuracies": [classifier.score(test)]}

    def other():
        classifier = MLPClassifier((64,), batch_size=64, max_iter=2, random_state=0)
        found = timed(lambda: classifier.fit(scaled, train.labels))
        return found | {"accuracies": [classifier.score(scaled_test, test.labels)]}

    names = ("ImageClassifier('mlp')", "MLPClassifier((64,), max_iter=2)")
    return report(compare("MLP, two passes", ours, other, names=names, pairs=3))


if __name__ == "__main__":
    main()
