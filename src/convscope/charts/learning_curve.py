"""How loss or accuracy changes from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from convscope.charts._theme import DASHES, FONT, SERIES, axis, inline, title
from convscope.charts._twin import with_twin
from convscope.errors import UsageError, did_you_mean
from convscope.records import History

__all__ = ["example", "learning_curve"]

FEW_EPOCHS = 12
LABEL_HEIGHT = 0.075
"""Of the height of the chart."""


def learning_curve(histories: History | Mapping[str, History], measure: str = "accuracy") -> alt.LayerChart:
    """Draw one curve per training run, each with its own dash and its name at its end.

    Parameters
    ----------
    histories : History or mapping of str to History
    measure : str
        ``"accuracy"``, ``"loss"``, or what else was measured.

    Returns
    -------
    chart : altair.LayerChart

    Raises
    ------
    UsageError
        A run did not measure this.

    Examples
    --------
    >>> from convscope import charts
    >>> from convscope.records import History
    >>> curve = charts.learning_curve({"MLP": History({"accuracy": [0.8, 0.9]}, (1.0, 1.0))})
    >>> charts.text_twin(curve).sentence
    'MLP ends at 0.9000 after 2 epochs.'
    """
    named = {"": histories} if isinstance(histories, History) else dict(histories)
    for history in named.values():
        if measure not in history.metrics:
            raise UsageError(f"{measure!r} was not measured.", expected=did_you_mean(measure, history.metrics))
    rows: list[dict[str, Any]] = [
        {"epoch": epoch + 1, "value": value, "run": name or measure}
        for name, history in named.items()
        for epoch, value in enumerate(history[measure])
    ]
    runs = [name or measure for name in named]
    last = max((len(history) for history in named.values()), default=1)
    ends = [[row for row in rows if row["run"] == run][-1] for run in runs if any(row["run"] == run for row in rows)]
    colour = alt.Color("run:N", scale=alt.Scale(domain=runs, range=SERIES[: len(runs)] or SERIES), legend=None)
    values = [row["value"] for row in rows]
    scale = alt.Scale(domain=[min(values), max(values)], nice=True, zero=False)
    place: dict[str, Any] = {
        "x": alt.X(
            "epoch:Q",
            axis=axis("epoch", format="d", values=_ticks(last)),
            scale=alt.Scale(domain=[1, max(2, last)]),
        ),
        "y": alt.Y("value:Q", axis=axis(measure, tickCount=5, grid=True), scale=scale),
    }
    base = alt.Chart(inline(rows)).encode(color=colour, **place)
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash(
            "run:N", scale=alt.Scale(domain=runs, range=DASHES[: len(runs)] or DASHES), legend=None
        )
    )
    dots = base.mark_point(filled=True, size=36 if last <= FEW_EPOCHS else 8).encode(
        tooltip=[alt.Tooltip("run:N"), alt.Tooltip("epoch:Q"), alt.Tooltip("value:Q", format=".4f")]
    )
    labels = (
        alt.Chart(inline(_spread(ends, rows)))
        .mark_text(align="left", dx=8, font=FONT, fontSize=12)
        .encode(text=alt.Text("run:N"), color=colour, **{**place, "y": alt.Y("label_at:Q", scale=scale)})
    )
    sentence = "; ".join(f"{end['run']} ends at {end['value']:.4f} after {_epochs(end['epoch'])}" for end in ends) + "."
    chart: Any = alt.layer(
        lines, dots, labels, width=320, height=200, title=title(f"Training {measure}, epoch by epoch")
    )
    return with_twin(
        chart, sentence, ["run", "epoch", measure], [[row["run"], row["epoch"], row["value"]] for row in rows]
    )


def example() -> Any:
    """Draw two short runs."""
    return learning_curve(
        {"MLP": History({"accuracy": [0.8, 0.9]}, (1.0, 1.0)), "CNN": History({"accuracy": [0.9, 0.97]}, (2.0, 2.0))}
    )


def _ticks(last: int) -> list[int]:
    return sorted({1, last, *range(0, last, max(1, last // 5))} - {0})


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"


def _spread(ends: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Place end labels so that close ones do not lie on each other."""
    values = [row["value"] for row in rows]
    gap = LABEL_HEIGHT * ((max(values) - min(values)) or 1.0)
    placed: list[dict[str, Any]] = []
    for end in sorted(ends, key=lambda end: float(end["value"])):
        at = max(end["value"], placed[-1]["label_at"] + gap) if placed else end["value"]
        placed.append({**end, "label_at": at})
    over = max(0.0, placed[-1]["label_at"] - max(values))
    return [{**label, "label_at": label["label_at"] - over} for label in placed]
