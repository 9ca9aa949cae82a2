"""Accuracies side by side, each with its interval, and next to an earlier figure if there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from convscope.charts._theme import INK, QUIET, axis, inline, title
from convscope.charts._twin import with_twin

__all__ = ["accuracy_comparison", "example"]


def accuracy_comparison(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Draw one line per model: a dot for this run, its 95 % interval, a ring for the document's figure.

    Parameters
    ----------
    rows : sequence of mappings
        ``model``, ``data``, ``pixel_order``, ``accuracy``, ``interval`` (low, high), and ``document`` or None.

    Returns
    -------
    chart : altair.LayerChart

    Examples
    --------
    >>> from convscope import charts
    >>> row = {"model": "mlp", "data": "mnist", "pixel_order": "original", "accuracy": 0.97, "interval": [0.966, 0.973]}
    >>> charts.text_twin(charts.accuracy_comparison([{**row, "document": 0.9033}])).sentence
    'The highest accuracy is 0.9700, of MLP · mnist · original.'
    """
    lines = [
        {
            "name": f"{str(row['model']).upper()} · {row['data']} · {row['pixel_order']}",
            "accuracy": row["accuracy"],
            "low": row["interval"][0],
            "high": row["interval"][1],
            "document": row.get("document"),
        }
        for row in rows
    ]
    names = [line["name"] for line in lines]
    known = [value for line in lines for value in (line["low"], line["document"]) if value is not None]
    scale = alt.Scale(domain=[max(0.0, min(known, default=0) - 0.02), 1.0], nice=False)
    y = alt.Y("name:N", sort=names, axis=axis(None, domain=False, ticks=False, labelLimit=260))
    base = alt.Chart(inline(lines), width=360, height=alt.Step(28))
    bars = base.mark_rule(color=INK, strokeWidth=2).encode(
        x=alt.X("low:Q", scale=scale, axis=axis("accuracy", grid=True, tickCount=6)), x2=alt.X2("high:Q"), y=y
    )
    dots = base.mark_point(filled=True, size=90, color=INK, opacity=1).encode(
        x=alt.X("accuracy:Q", scale=scale),
        y=y,
        tooltip=[
            alt.Tooltip("name:N"),
            alt.Tooltip("accuracy:Q", format=".4f"),
            alt.Tooltip("low:Q", format=".4f"),
            alt.Tooltip("high:Q", format=".4f"),
        ],
    )
    rings = (
        base.transform_filter("isValid(datum.document)")
        .mark_point(filled=False, size=70, color=QUIET, strokeWidth=2, opacity=1)
        .encode(x=alt.X("document:Q", scale=scale), y=y, tooltip=[alt.Tooltip("document:Q", format=".4f")])
    )
    best = max(lines, key=lambda line: line["accuracy"])
    sentence = f"The highest accuracy is {best['accuracy']:.4f}, of {best['name']}."
    below = "dot: this run with its 95 % interval" + (
        "; ring: the document of 2021" if any(line["document"] for line in lines) else ""
    )
    chart: Any = alt.layer(bars, rings, dots, title=title("Accuracy on test images", below))
    columns = ["name", "accuracy", "low", "high", "document"]
    return with_twin(chart, sentence, columns, [[line[column] for column in columns] for line in lines])


def example() -> Any:
    """Draw two models."""
    return accuracy_comparison(
        [
            {
                "model": "mlp",
                "data": "mnist",
                "pixel_order": "original",
                "accuracy": 0.97,
                "interval": [0.966, 0.973],
                "document": 0.9033,
            },
            {
                "model": "cnn",
                "data": "mnist",
                "pixel_order": "original",
                "accuracy": 0.99,
                "interval": [0.988, 0.992],
                "document": None,
            },
        ]
    )
