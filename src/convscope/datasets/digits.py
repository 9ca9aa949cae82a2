"""1,797 real handwritten digits of 8 by 8 pixels, shipped inside scikit-learn (always available)."""

import gzip
from dataclasses import replace
from importlib.resources import files

import numpy as np

from convscope.datasets._records import Dataset
from convscope.tables import PixelTable, hold_out, images_to_table

__all__ = ["DATASET"]

BRIGHTEST = 16
NOTE = "scikit-learn holds intensities 0 to 16; here they are 0 to 255"


def make(split: str) -> PixelTable:
    """Load scikit-learn's digits; the split, 1,437 and 360 rows, is drawn once by class and stays the same.

    The file is read here, as importing ``sklearn.datasets`` imports all of scipy.stats.
    It holds 0..16; this is the one place where they become intensities 0..255.
    """
    packed = files("sklearn").joinpath("datasets/data/digits.csv.gz").read_bytes()
    rows = np.loadtxt(gzip.decompress(packed).decode().splitlines(), delimiter=",")
    images = np.rint(rows[:, :-1].reshape(-1, 8, 8) * (255 / BRIGHTEST)).astype(np.uint8)
    table = replace(images_to_table(images, rows[:, -1].astype(np.int64)), notes=(NOTE,))
    if split == "all":
        return table
    train, test = hold_out(table, share=0.2, seed=0)
    return train if split == "train" else test


DATASET = Dataset(
    kind="images",
    source="E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI 1998; inside scikit-learn",
    licence="CC BY 4.0",
    shape=(8, 8, 1),
    make=make,
)
