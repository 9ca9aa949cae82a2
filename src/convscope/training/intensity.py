"""The range that a table's intensities can have, compared with that of the table a classifier was trained on.

Arrays do not say their range; for them, `pixel_range` compares the numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from convscope.errors import TableError
from convscope.reading import STANDARDISED, Range, range_text
from convscope.tables import Table
from convscope.wording import Setting, Words

__all__ = ["in_trained_range", "intensity_of"]


def intensity_of(X: Any) -> Range | None:
    """Give the range of a table that was read, or that says its own; None of anything else.

    Examples
    --------
    >>> print(intensity_of([[0, 255]]))
    None
    """
    return X.intensity if isinstance(X, Table) and X.understood is not None else None


def in_trained_range(trained: Range | None, X: Any) -> Any:
    """Give rows whose intensities have the range of training; a table whose range was said is brought to it.

    Parameters
    ----------
    trained : (low, high), "standardised", or None
        None where it is not known.
    X : anything that a classifier takes
        Only tables that were read say their range.

    Raises
    ------
    TableError
        The ranges differ; the message gives the factor.

    Examples
    --------
    >>> in_trained_range((0.0, 255.0), [[0.5]])
    [[0.5]]
    """
    given = intensity_of(X)
    if given is None or trained is None or given == trained:
        return X
    if isinstance(given, str) or isinstance(trained, str):
        raise TableError(
            "standardised pixels and intensities of a range cannot be compared.",
            received=f"rows of {_shown(given)}",
            expected=_shown(trained),
            repair=Words("give rows like those of training; if they are: ", Setting("intensity", range_text(trained))),
        )
    factor = (trained[1] - trained[0]) / (given[1] - given[0])
    if not X.understood.range_said:
        verb, times = ("Multiply", factor) if factor >= 1 else ("Divide", 1 / factor)
        raise TableError(
            f"these rows have intensities {_shown(given)}, but the classifier was trained on {_shown(trained)}.",
            received=_shown(given),
            expected=_shown(trained),
            repair=Words(
                f"{verb.lower()} them by {times:g}: ", Setting("intensity", range_text(given)),
                "; if they only look so because they are dark: ", Setting("intensity", range_text(trained)),
            ),
        )  # fmt: skip
    pixels = (X.pixels.astype(np.float32) - np.float32(given[0])) * np.float32(factor) + np.float32(trained[0])
    note = f"intensities {_shown(given)} are brought to {_shown(trained)}, the range of training"
    return replace(X, pixels=pixels, intensity=trained, notes=(*X.notes, note))


def _shown(intensity: Range) -> str:
    return STANDARDISED if isinstance(intensity, str) else f"{intensity[0]:g} to {intensity[1]:g}"
