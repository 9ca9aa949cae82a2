"""One model from CSV.gz tables to its accuracy, ours and the lab's program in turn."""

from itertools import count

from _tables import tables
from measure import BACKENDS, OURS, SIDES, in_turn, line, program, report, skip

PAIRS = 3


def against_the_document(model, claim, *, recipe, training, whole, memory):
    """Run pairs of whole programs; report training, whole process and peak memory.

    Both begin with nothing but the CSV.gz tables, and no copy of them from before; whole process means from the start
    of Python to the printed accuracy.

    Parameters
    ----------
    model : {"cnn", "mlp"}
    claim : str
    recipe : str
        Ours; the lab's program has its own.
    training, whole : (least, aim)
        What the ratios have to reach.
    memory : float
    """
    with tables("mnist") as folder:
        if folder is None:
            return skip("there is no MNIST: set CONVSCOPE_DATA")
        seeds = count()

        def ours():
            seed = next(seeds)
            return program(OURS, SIDES / "convscope_fit.py", folder, model, "--recipe", recipe, "--seed", seed)

        def document():
            return program(BACKENDS, SIDES / "document.py", folder, model, KERAS_BACKEND="tensorflow")

        found = in_turn(ours, document, PAIRS)
    names = (f"convscope, recipe {recipe}", "the lab's program, Keras on TensorFlow")
    return report(
        line(f"{claim}: training", found, names=names, measure="training_seconds", least=training[0], aim=training[1]),
        line(f"{claim}: whole process", found, names=names, least=whole[0], aim=whole[1]),
        line(f"{claim}: peak memory in MB", found, names=names, measure="peak_mb", least=memory),
    )
