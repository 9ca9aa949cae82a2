"""Which classes are mistaken for which: labels down, predictions across."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from convscope.charts._examples import tiny_evaluation
from convscope.charts._theme import COUNTS, FONT, ON_CELL, PAPER, axis, bare, inline, title
from convscope.charts._twin import with_twin
from convscope.records import Evaluation

__all__ = ["confusion_matrix", "example"]

CELL = 30


def confusion_matrix(evaluation: Evaluation) -> alt.LayerChart:
    """Draw how often each class is mistaken for another; the diagonal is left out so that mistakes can be seen.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    chart : altair.LayerChart
        Counts in the cells; label, prediction and count under the pointer.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import charts
    >>> from convscope.records import Evaluation
    >>> probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    >>> measured = Evaluation(np.array([0, 0, 1]), probabilities.argmax(axis=1), probabilities, ("no", "yes"))
    >>> charts.text_twin(charts.confusion_matrix(measured)).sentence
    'Most often no is mistaken for yes: once.'
    """
    counts, names = evaluation.confusion_matrix, list(evaluation.class_names)
    mistakes = counts - np.diag(np.diag(counts))
    most = max(1, int(mistakes.max(initial=0)))
    cells: list[dict[str, Any]] = [
        {
            "label": names[row],
            "prediction": names[column],
            "count": int(counts[row, column]),
            "shown": int(mistakes[row, column]),
            "text": "·" if row == column else str(counts[row, column] or ""),
            "ink": PAPER if mistakes[row, column] > 0.45 * most else ON_CELL,
        }
        for row in range(len(names))
        for column in range(len(names))
    ]
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
        color=alt.Color("shown:Q", scale=alt.Scale(domain=[0, most], range=COUNTS), legend=None)
    )
    numbers = base.mark_text(font=FONT, fontSize=12).encode(
        text=alt.Text("text:N"), color=alt.Color("ink:N", scale=None, legend=None)
    )
    worst = max(
        (cell for cell in cells if cell["label"] != cell["prediction"]), key=lambda cell: cell["count"], default=None
    )
    sentence = (
        f"Most often {worst['label']} is mistaken for {worst['prediction']}: {_times(worst['count'])}."
        if worst and worst["count"]
        else "No class is mistaken for another."
    )
    chart: Any = alt.layer(
        squares, numbers, view=bare(), title=title("Which classes it confuses", sentence)
    ).resolve_scale(color="independent")
    return with_twin(
        chart, sentence, ["label", *names], [[names[row], *counts[row].tolist()] for row in range(len(names))]
    )


def example() -> Any:
    """Draw the confusion of the tiny images."""
    return confusion_matrix(tiny_evaluation())


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _turned(names: list[str]) -> dict[str, Any]:
    return {"labelAngle": -45} if max(map(len, names)) > 3 else {}
