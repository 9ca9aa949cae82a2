"""Our side: one classifier from CSV.gz tables to its accuracy; prints one JSON object."""

import argparse
import json
import sys

from convscope import ImageClassifier, read_table


def main():
    """Train what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", help="folder with mnist_train.csv.gz and mnist_test.csv.gz")
    parser.add_argument("what", choices=["cnn", "mlp"])
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    train, test = (read_table(f"{asked.data}/mnist_{part}.csv.gz") for part in ("train", "test"))
    classifier = ImageClassifier(asked.what, recipe=asked.recipe, random_state=asked.seed).fit(train)
    found = {"training_seconds": sum(classifier.history_.seconds), "accuracies": [classifier.score(test)]}
    json.dump(found | {"with": f"engine {classifier.engine_}"}, sys.stdout)


if __name__ == "__main__":
    main()
