"""The range of intensities that a classifier was trained on, and rows that have another one.

Pixels come in few ranges: 0..1, 0..16 (scikit-learn's digits), and 8, 10, 12 or 16 bits. A number alone does not tell
which one is meant, because pictures may be dark; so rows are compared with the range of training, and what a dark
picture may be is never complained of.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import PixelRangeWarning

__all__ = ["check_range", "largest_intensity", "range_of", "warn_of_other_range"]

Array = NDArray[Any]
Range = tuple[float, float]

LEVELS = (1, 16, 255, 1023, 4095, 65535)
SATURATED = (1, 15, *LEVELS[1:])
"""Where pictures of one range have their brightest pixel."""
MANY = 10
"""If this many rows are all equally dark, it is no accident."""
FRACTIONS_UP_TO = 64
"""Fractions below this part of the largest intensity are another range: scaled, or standardized."""


def range_of(rows: Array) -> Range:
    """Give the lowest and highest number of some rows."""
    return float(rows.min()), float(rows.max())


def largest_intensity(high: float) -> float:
    """Give the largest intensity of the range that a brightest pixel belongs to.

    Parameters
    ----------
    high : float
        The brightest pixel.

    Returns
    -------
    largest : float
        The smallest of 1, 16, 255, 1023, 4095 and 65535 that is not below ``high``; ``high`` itself above all of them.

    Examples
    --------
    >>> [largest_intensity(high) for high in (0.3, 15, 200, 4000, 1e6)]
    [1.0, 16.0, 255.0, 4095.0, 1000000.0]
    """
    return float(next((level for level in LEVELS if high <= level), high))


def check_range(model: Any, rows: Any) -> None:
    """Warn where rows do not have the range of intensities that a classifier was trained on.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        A Keras model takes what it is given.
    rows : array
        Numbers, in any shape whose first axis is that of the rows.

    Warns
    -----
    PixelRangeWarning
        They have another range, and what the classifier answers means little.
    """
    trained, rows = getattr(model, "pixel_range_", None), np.asarray(rows)
    if trained is not None and rows.size and rows.dtype.kind in "fiub":
        warn_of_other_range(trained, rows)


def warn_of_other_range(trained: Range, rows: Array) -> bool:
    """Warn where rows have another range than those of training; say whether they have."""
    low, high = range_of(rows)
    if not (trained[1] and _differs(trained, rows, low, high)):
        return False
    warnings.warn(
        f"these rows hold numbers from {low:g} to {high:g}, but the classifier was trained on {trained[0]:g} to "
        f"{trained[1]:g}: its answers are unreliable. {_cure(trained, low, high)}",
        PixelRangeWarning,
        stacklevel=4,
    )
    return True


def _differs(trained: Range, rows: Array, low: float, high: float) -> bool:
    """Say whether rows cannot come from the range of training; a dark picture, or one that is all 0, always can."""
    most = largest_intensity(trained[1])
    if high > 2 * most or low < min(0, trained[0]) - most / 2:
        return True
    if low == high == 0:
        return False
    if rows.dtype.kind == "b" and trained[1] > 1:
        return True
    if trained[0] == -1 and trained[1] <= 1:
        return low >= 0 and _n_lit(rows) >= MANY
    whole = trained[1] > 1 and all(float(end).is_integer() for end in trained)
    if whole and max(high, -low) <= max(1, most / FRACTIONS_UP_TO) and _has_fractions(rows):
        return True
    return 2 * high < most and high in SATURATED and _saturates(rows, high)


def _has_fractions(rows: Array) -> bool:
    return rows.dtype.kind == "f" and bool(np.any(rows != np.rint(rows)))


def _n_lit(rows: Array) -> int:
    return int(np.count_nonzero(rows.reshape(len(rows), -1).any(axis=1)))


def _saturates(rows: Array, high: float) -> bool:
    """Say whether many rows have their brightest pixel at, or near, the same value."""
    brightest = rows.reshape(len(rows), -1).max(axis=1)
    lit = brightest[brightest > 0]
    return len(lit) >= MANY and float(np.median(lit)) >= 0.9 * high


def _cure(trained: Range, low: float, high: float) -> str:
    ours, theirs = largest_intensity(trained[1]), largest_intensity(high)
    if low < 0 or trained[0] < 0 or ours == theirs or (high > 1 and not high.is_integer()):
        return "Bring them to the range of training."
    verb, larger, smaller = ("Multiply", ours, theirs) if ours > theirs else ("Divide", theirs, ours)
    return f"{verb} them by {larger / smaller:g}{f' ({larger:g}/{smaller:g})' * (smaller != 1)}."
