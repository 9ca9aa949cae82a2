"""Which rows a run was trained on: what is measured on those says nothing about new ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from convscope.errors import RunError
from convscope.files import write_bytes
from convscope.runs.store import Run
from convscope.tables import Table, mark_rows

__all__ = ["find_trained", "write_trained_rows"]

NAME = "rows"


def write_trained_rows(run: Run, marks: NDArray[np.uint64]) -> None:
    """Keep the marks of the training rows, see `tables.mark_rows`."""
    write_bytes(run.rows_path, save({NAME: np.unique(marks)}))


def find_trained(run: Run, table: Table) -> NDArray[np.bool_] | None:
    """Say of each row of a table whether the run was trained on it; None if the run does not know.

    Raises
    ------
    RunError
        What the run kept of its rows is damaged.
    """
    if not run.rows_path.is_file():
        return None
    try:
        arrays: dict[str, Any] = load(run.rows_path.read_bytes())
        marks = arrays[NAME]
        if marks.dtype != np.uint64 or marks.ndim != 1:
            raise ValueError(f"marks of kind {marks.dtype}")
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise RunError(
            f"{run.rows_path} is damaged: {error}.", repair="delete it; the run then does not know its training rows"
        ) from None
    return np.isin(mark_rows(table), marks)
