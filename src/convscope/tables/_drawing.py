"""Draw rows by class, as scikit-learn's ``train_test_split`` draws them, without the second that importing it takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["drawn_by_class"]


def drawn_by_class(classes: NDArray[np.int64], n_drawn: int, seed: int) -> NDArray[np.int64]:
    """Draw rows, each class in proportion; the rows that ``train_test_split(..., stratify=classes)`` tests with.

    Parameters
    ----------
    classes : int array of shape (n_rows,), from 0
    n_drawn : int
    seed : int

    Returns
    -------
    drawn : int array of shape (n_drawn,), in no order
    """
    _, classes, counts = np.unique(classes, return_inverse=True, return_counts=True)
    chance = np.random.RandomState(seed)
    n_kept = _in_proportion(counts, len(classes) - n_drawn, chance)
    n_of_each = _in_proportion(counts - n_kept, n_drawn, chance)
    rows_of_each = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    drawn = []
    for rows, kept, wanted in zip(rows_of_each, n_kept, n_of_each, strict=True):
        drawn.append(rows[chance.permutation(len(rows))][kept : kept + wanted])
    return np.concatenate(drawn)


def _in_proportion(counts: NDArray[np.int64], n_drawn: int, chance: np.random.RandomState) -> NDArray[np.int64]:
    """Share a number of rows out among classes; what rounding leaves goes to the largest remainders, ties by lot."""
    exact = counts / counts.sum() * n_drawn
    found: NDArray[np.float64] = np.floor(exact)
    missing = int(n_drawn - found.sum())
    for remainder in np.unique(exact - np.floor(exact))[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(exact - np.floor(exact) == remainder)
        lucky = chance.choice(tied, size=min(len(tied), missing), replace=False)
        found[lucky] += 1
        missing -= len(lucky)
    return found.astype(np.int64)
