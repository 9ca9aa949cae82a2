"""Which points of its spaces a sweep tries: each file is one way to search.

A search is a generator: it yields batches of points, each a mapping of parameter names to JSON values, and is sent the
scores of a batch in its order, None for a point that failed. The same arguments and scores give the same points.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from convscope.registry import collection

__all__ = ["Point", "Search", "catalogue"]

Point = Mapping[str, Any]
"""What one trial is to try: parameter names to JSON values.

Examples
--------
>>> point: Point = {"model__filters": [8, 16], "epochs": 2}
>>> sorted(point)
['epochs', 'model__filters']
"""
Search = Generator[list[Point], list[float | None], None]
"""Yields batches of points, and is sent their scores.

Examples
--------
>>> from convscope.runs import searches
>>> from convscope.runs.spaces import Values
>>> search: Search = searches.grid({"epochs": Values((1, 2))}, None, 0)
>>> next(search)
[{'epochs': 1}, {'epochs': 2}]
"""

catalogue = collection(__name__, "search")
catalogue.noun = "search"
