"""Which classes are taken for which: labels down, predictions across."""

from __future__ import annotations

from typing import Any

import altair as alt

from convscope.charts._examples import tiny_evaluation
from convscope.charts._theme import COUNTS, INK, PAPER, axis, bare, inline, title
from convscope.charts._twin import with_twin
from convscope.records import Evaluation

__all__ = ["confusion_matrix", "example"]

CELL = 30


def confusion_matrix(evaluation: Evaluation) -> alt.LayerChart:
    """Draw how often each class is taken for each other; the diagonal is left out so that mistakes can be seen.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    chart : altair.LayerChart
        Counts in the cells; label, prediction and count under the pointer.
    """
    counts, names = evaluation.confusion_matrix, list(evaluation.class_names)
    most = int((counts - counts * _diagonal(counts)).max(initial=0))
    cells = [
        {
            "label": names[row],
            "prediction": names[column],
            "count": int(counts[row, column]),
            "shown": 0 if row == column else int(counts[row, column]),
            "text": "·" if row == column else str(counts[row, column] or ""),
            "dark": row != column and counts[row, column] > 0.45 * max(1, most),
        }
        for row in range(len(names))
        for column in range(len(names))
    ]
    for cell in cells:
        cell["dark"] = bool(cell["dark"])
    base = alt.Chart(inline(cells), width=alt.Step(CELL), height=alt.Step(CELL)).encode(
        x=alt.X(
            "prediction:N",
            sort=names,
            axis=axis("prediction", orient="top", domain=False, ticks=False, **_turned(names)),
        ),
        y=alt.Y("label:N", sort=names, axis=axis("label", domain=False, ticks=False)),
        tooltip=[alt.Tooltip("label:N"), alt.Tooltip("prediction:N"), alt.Tooltip("count:Q")],
    )
    squares = base.mark_rect(stroke=PAPER, strokeWidth=2, cornerRadius=2).encode(
        color=alt.Color("shown:Q", scale=alt.Scale(domain=[0, max(1, most)], range=COUNTS), legend=None)
    )
    numbers = base.mark_text(fontSize=12).encode(
        text="text:N", color=alt.condition("datum.dark", alt.value(PAPER), alt.value(INK))
    )
    worst = max(
        (cell for cell in cells if cell["label"] != cell["prediction"]), key=lambda cell: cell["count"], default=None
    )
    sentence = (
        f"Most often {worst['label']} is taken for {worst['prediction']}: {worst['count']} times."
        if worst and worst["count"]
        else "No class is taken for another."
    )
    chart: Any = alt.layer(squares, numbers, view=bare(), title=title("Which classes it confuses", sentence))
    return with_twin(
        chart, sentence, ["label", *names], [[names[row], *counts[row].tolist()] for row in range(len(names))]
    )


def example() -> Any:
    """Draw the confusion of the tiny images."""
    return confusion_matrix(tiny_evaluation())


def _diagonal(counts: Any) -> Any:
    return (counts * 0 + 1) * [[row == column for column in range(len(counts))] for row in range(len(counts))]


def _turned(names: list[str]) -> dict[str, Any]:
    return {"labelAngle": -45} if max(map(len, names)) > 3 else {}
