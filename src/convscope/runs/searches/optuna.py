"""Points where earlier ones did well, chosen by Optuna's tree of Parzen estimators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from convscope.errors import MissingExtraError
from convscope.installing import install_line
from convscope.runs.searches import Search
from convscope.runs.spaces import Range, Space

try:
    import optuna
except ImportError:
    raise MissingExtraError("the package optuna is not installed.", repair=install_line("optuna")) from None

__all__ = ["search"]

POINTS = 20
BATCH = 4
"""Points asked for before any of them is told: fixed, so that the search is the same with any number of workers."""


def search(spaces: Mapping[str, Space], n_points: int | None, seed: int) -> Search:
    """Yield points in batches of four, each chosen after the scores of the batches before it.

    Parameters
    ----------
    spaces : mapping of str to Values or Range
    n_points : int, optional
        20 if left out.
    seed : int

    References
    ----------
    Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", NeurIPS 24; Akiba et al. 2019, "Optuna",
    arXiv:1907.10902.

    Examples
    --------
    >>> from convscope.runs import searches
    >>> from convscope.runs.spaces import Values
    >>> len(next(searches.optuna({"epochs": Values((1, 2, 3))}, 4, 0)))
    4
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    left = n_points or POINTS
    while left > 0:
        asked = [study.ask() for _ in range(min(BATCH, left))]
        left -= len(asked)
        scores = yield [{name: _suggested(one, name, space) for name, space in spaces.items()} for one in asked]
        for one, score in zip(asked, scores, strict=True):
            failed = optuna.trial.TrialState.FAIL if score is None else None
            study.tell(one, None if failed else score, state=failed)


def _suggested(asked: optuna.Trial, name: str, space: Space) -> Any:
    if isinstance(space, Range):
        if space.whole:
            return asked.suggest_int(name, int(space.low), int(space.high), log=space.logarithmic)
        return float(f"{asked.suggest_float(name, space.low, space.high, log=space.logarithmic):.4g}")
    return json.loads(asked.suggest_categorical(name, [json.dumps(value) for value in space.values]))
