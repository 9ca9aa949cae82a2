"""Experiments: each file is one question, asked of real data by a function ``run``."""

from __future__ import annotations

from typing import Any

from convscope.records import ExperimentResult
from convscope.registry import collection

__all__ = ["catalogue", "run_experiment"]

catalogue = collection(__name__, "run")


def run_experiment(name: str, **settings: Any) -> ExperimentResult:
    """Run one experiment by name.

    Parameters
    ----------
    name : str
        A name of the collection, e.g. ``"the_lab"``.
    **settings
        The experiment's own arguments; see its docstring.

    Returns
    -------
    result : ExperimentResult

    Raises
    ------
    UsageError
        No experiment has this name.

    Examples
    --------
    >>> from convscope.errors import UsageError
    >>> try:
    ...     run_experiment("pixel_shufle", data="digits")
    ... except UsageError as error:
    ...     print(error.expected.split("; ")[1])
    did you mean 'pixel_shuffle'?
    """
    result: ExperimentResult = catalogue.get(name)(**settings)
    return result
