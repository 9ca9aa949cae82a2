"""Points drawn by chance, all of them different."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from convscope.runs.searches import Search
from convscope.runs.spaces import Space

__all__ = ["search"]

POINTS = 20
DRAWS_PER_POINT = 50


def search(spaces: Mapping[str, Space], n_points: int | None, seed: int) -> Search:
    """Yield points drawn evenly; fewer if the spaces have no more.

    Parameters
    ----------
    spaces : mapping of str to Values or Range
    n_points : int, optional
        20 if left out.
    seed : int

    References
    ----------
    Bergstra and Bengio 2012, "Random search for hyper-parameter optimization", JMLR 13.

    Examples
    --------
    >>> from convscope.runs import searches
    >>> from convscope.runs.spaces import Values
    >>> len(next(searches.random({"epochs": Values((1, 2, 3))}, 2, 0)))
    2
    """
    rng, wanted = np.random.default_rng(seed), n_points or POINTS
    found: dict[str, dict[str, Any]] = {}
    for _ in range(wanted * DRAWS_PER_POINT):
        if len(found) == wanted:
            break
        point = {name: space.draw(rng) for name, space in spaces.items()}
        found.setdefault(json.dumps(point), point)
    yield list(found.values())
