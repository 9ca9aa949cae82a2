"""The four networks, trained because somebody asked for it in the page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from convscope.errors import ConvscopeError, UsageError
from convscope.experiments import run_experiment
from convscope.records import ExperimentResult

__all__ = ["FourTraining"]

ROWS = (1_000, 5_000, 60_000)


class FourTraining:
    """One measurement at a time, in a thread of its own.

    Parameters
    ----------
    data : str
        A data set's name or a path.
    show : callable
        Given the result, puts it where a reloaded page finds it.
    """

    def __init__(self, data: str, show: Callable[[ExperimentResult], None]) -> None:
        self._data, self._show = data, show
        self._lock = threading.Lock()
        self.said, self.problem, self.is_at_work = "", "", False

    def start(self, rows: int) -> None:
        """Begin to train on so many rows; where that is going on already, nothing happens.

        Raises
        ------
        UsageError
            It is another number of rows than the page offers.
        """
        if rows not in ROWS:
            raise UsageError(
                "the page does not offer this number of rows.", received=str(rows), expected=f"one of {ROWS}"
            )
        with self._lock:
            if self.is_at_work:
                return
            self.is_at_work, self.problem = True, ""
        threading.Thread(target=self._measure, args=(rows,), daemon=True).start()

    def status(self) -> bytes:
        """Give the current state as JSON."""
        return json.dumps({"at_work": self.is_at_work, "said": self.said, "problem": self.problem}).encode("utf-8")

    def _measure(self, rows: int) -> None:
        try:
            self._show(run_experiment("pixel_shuffle", data=self._data, limit=rows, say=self._hear))
            self.said = "done"
        except ConvscopeError as error:
            self.problem = str(error)
        finally:
            self.is_at_work = False

    def _hear(self, text: str) -> None:
        self.said = text
