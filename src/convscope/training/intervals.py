"""How sure a mean over seeds is."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy.stats import t as student

__all__ = ["mean_interval"]


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Give mean, low and high of a 95 % t-interval of the mean; clipped nowhere.

    Parameters
    ----------
    values : sequence of float
        At least two, independent of each other.

    References
    ----------
    Student 1908, "The probable error of a mean", Biometrika 6.

    Examples
    --------
    >>> [round(value, 3) for value in mean_interval([1, 2, 3])]
    [2.0, -0.484, 4.484]
    """
    mean, n_values = float(np.mean(values)), len(values)
    half = float(student.ppf(0.975, n_values - 1) * np.std(values, ddof=1) / sqrt(n_values))
    return mean, mean - half, mean + half
