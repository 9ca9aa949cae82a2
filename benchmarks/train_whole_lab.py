"""`convscope lab --recipe fast`, report and all, beside the lab's five trainings in Keras on TensorFlow."""

import tempfile

from _tables import tables
from measure import BACKENDS, OURS, SIDES, in_turn, line, program, report, skip

PAIRS = 2


def main():
    """Run both programs in turn."""
    with tables("mnist", "fashion_mnist") as folder, tempfile.TemporaryDirectory() as home:
        if folder is None:
            return skip("there is no MNIST or Fashion-MNIST: set CONVSCOPE_DATA")

        def ours():
            lab = (OURS.parent / "convscope", "lab", "--data", "mnist", "--recipe", "fast", "--json")
            found = program(*lab, CONVSCOPE_HOME=home)
            return found | {"accuracies": [one["accuracy"] for one in found["images"]]}

        def document():
            return program(BACKENDS, SIDES / "document.py", folder, "lab", KERAS_BACKEND="tensorflow")

        found = in_turn(ours, document, PAIRS, warm_up=0)
    names = ("convscope lab --recipe fast", "the lab's five trainings, Keras on TensorFlow")
    return report(
        line("the whole lab", found, names=names, least=6, aim=15),
        line("the whole lab: peak memory in MB", found, names=names, measure="peak_mb", least=3),
    )


if __name__ == "__main__":
    main()
