"""1,797 real handwritten digits of 8 by 8 pixels, shipped inside scikit-learn (always available)."""

from dataclasses import replace

import numpy as np
from sklearn.datasets import load_digits

from convscope.datasets._records import Dataset
from convscope.tables import PixelTable, hold_out, images_to_table

__all__ = ["DATASET"]

BRIGHTEST = 16
NOTE = "scikit-learn holds intensities 0 to 16; here they are 0 to 255"


def make(split: str) -> PixelTable:
    """Load scikit-learn's digits; the split, 1,437 and 360 rows, is drawn once by class and stays the same.

    scikit-learn holds 0..16; this is the one place where they become intensities 0..255.
    """
    found = load_digits()
    images = np.rint(found.images * (255 / BRIGHTEST)).astype(np.uint8)
    table = replace(images_to_table(images, found.target.astype(np.int64)), notes=(NOTE,))
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
