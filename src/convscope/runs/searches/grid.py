"""Every combination of the values."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod

from convscope.errors import UsageError
from convscope.runs.searches import Search
from convscope.runs.spaces import Space
from convscope.wording import Setting, Words

__all__ = ["MOST_POINTS", "search"]

MOST_POINTS = 10_000


def search(spaces: Mapping[str, Space], n_points: int | None, seed: int) -> Search:
    """Yield all points at once; the last parameter changes fastest.

    Parameters
    ----------
    spaces : mapping of str to Values or Range
    n_points : int, optional
        Only the first so many.
    seed : int
        Unused: nothing is drawn.

    Raises
    ------
    UsageError
        There are too many points, or infinitely many.

    Examples
    --------
    >>> from convscope.runs import searches
    >>> from convscope.runs.spaces import Values
    >>> next(searches.grid({"epochs": Values((1, 2))}, None, 0))
    [{'epochs': 1}, {'epochs': 2}]
    """
    count = prod(space.count() for space in spaces.values())
    if min(count, n_points or count) > MOST_POINTS:
        raise UsageError(
            f"a grid of {count:,} combinations is too many.",
            received=" x ".join(f"{name} ({space.count():,})" for name, space in spaces.items()),
            expected=f"at most {MOST_POINTS:,}",
            repair=Words("name fewer values, or add ", Setting("search", "random"), " and ", Setting("n_points", 50)),
        )
    points = product(*(space.listed() for space in spaces.values()))
    yield [dict(zip(spaces, point, strict=True)) for _, point in zip(range(n_points or count), points, strict=False)]
