"""What a larger network is worth: accuracy against the number of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

import altair as alt

from convscope.charts._parameters import show_parameters
from convscope.charts._theme import ACCENT, INK, QUIET, axis, inline, title
from convscope.charts._twin import with_twin

__all__ = ["accuracy_versus_parameters", "example"]

FEW = 6
MARGIN = 1.25
APART, WIDEST = 0.015, 0.045
"""Of the chart's width, between two networks of one size, and over all of them: intervals would hide each other."""
COLUMNS = ["combination", "parameters", "accuracy", "low", "high"]


def accuracy_versus_parameters(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Draw one dot per combination with its 95 % interval, and join those that no smaller network beats.

    Parameters
    ----------
    rows : sequence of mappings
        ``parameters`` (name to JSON value), ``n_parameters``, ``accuracy`` (0..1, None for what failed and is left
        out), ``interval`` (low, high).

    Returns
    -------
    chart : altair.LayerChart

    Examples
    --------
    >>> from convscope import charts
    >>> small = {"parameters": {"filters": [8]}, "n_parameters": 13_610, "accuracy": 0.962, "interval": [0.955, 0.968]}
    >>> large = {"parameters": {"filters": [16]}, "n_parameters": 27_210, "accuracy": 0.971, "interval": [0.966, 0.976]}
    >>> charts.text_twin(charts.accuracy_versus_parameters([small, large])).sentence
    'The best accuracy is 0.9710 with 27,210 parameters; the smallest network reaches 0.9620 with 13,610.'
    """
    dots = [
        {
            "combination": show_parameters(row["parameters"]),
            "parameters": row["n_parameters"],
            "accuracy": row["accuracy"],
            "low": row["interval"][0],
            "high": row["interval"][1],
        }
        for row in rows
        if row["accuracy"] is not None
    ]
    _set_apart(dots)
    sizes = sorted({dot["parameters"] for dot in dots}) or [1]
    x = alt.X(
        "at:Q",
        scale=alt.Scale(type="log", domain=[sizes[0] / MARGIN, sizes[-1] * MARGIN], nice=False),
        axis=axis("parameters of the network", values=_ticks(sizes), format=",d", labelOverlap="greedy"),
    )
    scale = alt.Scale(domain=_domain(dots), nice=True, zero=False, clamp=True)
    y = alt.Y("accuracy:Q", scale=scale, axis=axis("accuracy on validation rows", tickCount=5, grid=True))
    base = alt.Chart(inline(dots), width=360, height=220)
    front = alt.Chart(inline(_front(dots))).mark_line(color=ACCENT, strokeWidth=2, interpolate="step-after")
    intervals = base.mark_rule(color=QUIET, strokeWidth=1.5, opacity=0.4).encode(
        x=x, y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q")
    )
    marks = base.mark_point(filled=True, size=60, color=INK, opacity=1).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("combination:N"),
            alt.Tooltip("parameters:Q", format=",d"),
            *(alt.Tooltip(f"{name}:Q", format=".4f") for name in ("accuracy", "low", "high")),
        ],
    )
    chart: Any = alt.layer(
        front.encode(x=x, y=y),
        intervals,
        marks,
        title=title("What a larger network is worth", "dots with 95 % intervals; the line: best up to this size"),
    )
    return with_twin(chart, _sentence(dots), COLUMNS, [[dot[name] for name in COLUMNS] for dot in dots])


def example() -> Any:
    """Draw three networks."""
    sizes = [
        ([8], 13_610, 0.962, 0.955, 0.968),
        ([16], 27_210, 0.971, 0.966, 0.976),
        ([8, 16], 5_258, 0.969, 0.96, 0.974),
    ]
    return accuracy_versus_parameters(
        [
            {"parameters": {"model__filters": f}, "n_parameters": n, "accuracy": a, "interval": [low, high]}
            for f, n, a, low, high in sizes
        ]
    )


def _set_apart(dots: Sequence[dict[str, Any]]) -> None:
    """Give each dot its place ``at``: its size, or beside it where several networks have that size."""
    sizes = [dot["parameters"] for dot in dots]
    width = MARGIN**2 * max(sizes, default=1) / min(sizes, default=1)
    for size in set(sizes):
        same = [dot for dot in dots if dot["parameters"] == size]
        distance = min(APART, WIDEST / len(same))
        for place, dot in enumerate(same):
            dot["at"] = size * width ** (distance * (place - (len(same) - 1) / 2))


def _front(dots: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Keep the dots that are better than all smaller ones, from small to large."""
    kept: list[dict[str, Any]] = []
    for dot in sorted(dots, key=lambda dot: (dot["parameters"], -dot["accuracy"])):
        if not kept or dot["accuracy"] > kept[-1]["accuracy"]:
            kept.append({name: dot[name] for name in ("parameters", "at", "accuracy")})
    return kept


def _ticks(sizes: Sequence[int]) -> list[int]:
    """Mark the sizes themselves while they are few, else 1, 2 and 5 times the powers of ten."""
    if len(sizes) <= FEW:
        return list(sizes)
    powers = range(floor(log10(sizes[0])), floor(log10(sizes[-1])) + 2)
    return [step * 10**power for power in powers for step in (1, 2, 5)]


def _domain(dots: Sequence[Mapping[str, Any]]) -> list[float]:
    """Show all dots, and of their intervals what lies within twice their spread: two seeds may say next to nothing."""
    accuracies = [float(dot["accuracy"]) for dot in dots] or [0.0, 1.0]
    low, high = min(accuracies), max(accuracies)
    room = max(high - low, 0.01)
    return [
        max(low - room, min((float(dot["low"]) for dot in dots), default=low), 0.0),
        min(high + room, max((float(dot["high"]) for dot in dots), default=high), 1.0),
    ]


def _sentence(dots: Sequence[Mapping[str, Any]]) -> str:
    if not dots:
        return "No combination finished."
    front = _front(dots)
    best, small = front[-1], front[0]
    if best is small or best["parameters"] == small["parameters"]:
        return f"The smallest network, of {small['parameters']:,} parameters, does best: {small['accuracy']:.4f}."
    return (
        f"The best accuracy is {best['accuracy']:.4f} with {best['parameters']:,} parameters; "
        f"the smallest network reaches {small['accuracy']:.4f} with {small['parameters']:,}."
    )
