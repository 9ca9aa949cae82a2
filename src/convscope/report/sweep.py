"""A sweep as the dictionary that the template renders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convscope import charts
from convscope.charts import parameter_name, show_parameter, show_parameters
from convscope.report.figures import figure, section
from convscope.report.words import data_name, model_name

__all__ = ["summarize_sweep"]

FEW = 3
"""With this many parameters two pictures fit side by side, but not on a narrow screen."""


def summarize_sweep(record: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the record of a sweep into text, numbers and finished pictures.

    Parameters
    ----------
    record : mapping
        From ``runs.sweep.run_sweep``.

    Returns
    -------
    summary : dict
        For `write_report`.

    Examples
    --------
    >>> row = {"parameters": {"epochs": 1}, "accuracy": 0.91, "interval": [0.88, 0.94]}
    >>> test = {"accuracy": 0.9, "interval": [0.86, 0.93]}
    >>> best = {"parameters": {"epochs": 1}, "accuracy": 0.91, "n_seeds": 1, "test": test}
    >>> record = {
    ...     "model": "mlp",
    ...     "data": "digits",
    ...     "best": best,
    ...     "rows": [{**row, "n_parameters": 4810, "seconds": 0.2}],
    ...     "failed": [],
    ...     "n_trials": 1,
    ...     "n_seeds": 1,
    ...     "n_validation": 288,
    ...     "n_test": 360,
    ...     "recipe": "fast",
    ...     "pixel_order": "original",
    ...     "search": "grid",
    ...     "backend": "jax",
    ...     "versions": {},
    ...     "data_hash": "0" * 64,
    ... }
    >>> summarize_sweep(record)["title"]
    'Sweep of MLP on digits'
    """
    best, rows = record["best"], record["rows"]
    low, high = best["test"]["interval"]
    chosen = show_parameters(best["parameters"]) or "the defaults"
    over = "the test rows" if best["n_seeds"] == 1 else f"{best['n_seeds']} seeds"
    pictures = [
        figure(
            charts.parallel_coordinates(rows),
            narrow=charts.parallel_coordinates(rows, narrow=True) if len(best["parameters"]) >= FEW else None,
            title="Every combination",
            text="Darker lines are better.",
        ),
        figure(
            charts.accuracy_versus_parameters(rows),
            title="What a larger network is worth",
            text="Each dot is a combination, with its 95 % interval; the line is the best accuracy up to a size.",
        ),
    ]
    failed = len(record["failed"])
    return {
        "title": f"Sweep of {model_name(record['model'])} on {data_name(record['data'])}",
        "lead": f"Of {len(rows):,} combinations the best is {chosen}: accuracy {best['accuracy']:.4f} on the "
        f"{record['n_validation']:,} rows held out to choose by, and {best['test']['accuracy']:.4f} on the "
        f"{record['n_test']:,} test rows, which chose nothing (95 % interval over {over}: {low:.4f} to {high:.4f}).",
        "facts": [
            data_name(record["data"]),
            f"{record['n_trials']:,} trainings",
            f"recipe {record['recipe']}",
            f"pixels {record['pixel_order']}",
            f"search {record['search']}",
        ],
        "headline": None,
        "sections": [
            section("What was tried", "", pictures, layout="whole" if len(best["parameters"]) > FEW else ""),
            section("All combinations", "", [_table(record)], layout="whole"),
        ],
        "notes": [f"{failed:,} of {record['n_trials']:,} trainings failed; the first one: {record['failed'][0]}"]
        if failed
        else [],
        "repeat": {
            "command": record.get("command", ""),
            "details": f"Backend {record['backend']}. "
            + ", ".join(f"{name} {version}" for name, version in record["versions"].items())
            + f". Data SHA-256 {record['data_hash'][:16]}.",
        },
    }


def _table(record: Mapping[str, Any]) -> dict[str, Any]:
    names = list(record["best"]["parameters"])
    rows = [
        [
            *(show_parameter(row["parameters"][name]) for name in names),
            "failed" if row["accuracy"] is None else f"{row['accuracy']:.4f}",
            "" if row["accuracy"] is None else "{:.4f} to {:.4f}".format(*row["interval"]),
            "" if row["n_parameters"] is None else f"{row['n_parameters']:,}",
            "" if row["seconds"] is None else f"{row['seconds']:.1f}",
        ]
        for row in record["rows"]
    ]
    return {
        "title": "",
        "text": "",
        "svg": None,
        "style": "listing",
        "caption": f"Accuracy on rows held out to choose by; seconds per training, mean of {record['n_seeds']}.",
        "columns": [*(parameter_name(name) for name in names), "accuracy", "95 % interval", "parameters", "seconds"],
        "rows": rows,
    }
