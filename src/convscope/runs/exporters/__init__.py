"""A run in the words of other programs: each file is one, with ``export(run, target)``, which returns what it wrote.

A target that cannot be written whole is left as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from convscope.errors import RunError
from convscope.registry import collection
from convscope.runs.store import Run

__all__ = ["catalogue", "end_times", "settings_of", "training_of"]

catalogue = collection(__name__, "export")

SETTINGS = (
    "model", "data", "pixel_order", "recipe", "seed", "engine", "backend", "epochs", "n_train", "n_test",
    "n_parameters", "pixel_scale",
)  # fmt: skip


def training_of(run: Run) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read a training's record, and the measures of its epochs.

    Raises
    ------
    RunError
        They are damaged, or do not say when it ended, and how well it did.

    Examples
    --------
    >>> from convscope.runs import create_run
    >>> run = create_run("example")
    >>> run.write_record({"created": "2021-05-01T12:00:00", "accuracy": 0.9})
    >>> training_of(run)[0]["accuracy"]
    0.9
    """
    record = run.record()
    try:
        datetime.fromisoformat(str(record.get("created"))).timestamp()
        missing = "accuracy" if record.get("accuracy") is None else ""
    except (ValueError, OverflowError, OSError):  # the last two: a year that no clock can show
        missing = "moment at which it was created"
    if missing:
        raise RunError(f"{run.path / 'run.json'} has no {missing}.", repair="copy the whole run again")
    return record, run.metrics()


def settings_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what a run was asked, as plain values; a trial's parameters by their own names.

    Examples
    --------
    >>> settings_of({"model": "cnn", "epochs": 2, "accuracy": 0.98, "parameters": {"model__filters": [8]}})
    {'model': 'cnn', 'epochs': 2, 'model__filters': [8]}
    """
    return {name: record[name] for name in SETTINGS if name in record} | dict(record.get("parameters") or {})


def end_times(record: Mapping[str, Any], metrics: list[dict[str, Any]]) -> list[float]:
    """Give the time at which each epoch ended, in seconds since 1970: the last one with the training.

    Examples
    --------
    >>> record = {"created": "2021-05-01T12:00:00+00:00"}
    >>> end_times(record, [{"epoch": 1, "seconds": 4.0}, {"epoch": 2, "seconds": 3.0}])
    [1619870397.0, 1619870400.0]
    """
    ended = datetime.fromisoformat(record["created"]).timestamp()
    seconds = [float(row.get("seconds") or 0.0) for row in metrics]
    return [ended - sum(seconds[place + 1 :]) for place in range(len(seconds))] or [ended]
