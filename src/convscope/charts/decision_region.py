"""Where a classifier draws the border between two kinds of points."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from numpy.typing import ArrayLike

from convscope.charts._theme import CLASS_COLOURS, PAPER, SERIES, axis, inline, legend, title
from convscope.charts._twin import with_twin
from convscope.errors import ShapeError
from convscope.tables import PointTable

__all__ = ["decision_region", "example"]

SIDE = 240
FADED = 0.55
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")


def decision_region(
    points: PointTable, grid: PointTable | None = None, probability: ArrayLike | None = None, *, name: str = ""
) -> alt.LayerChart:
    """Draw points over the probability of the second class.

    Parameters
    ----------
    points : PointTable
        With labels and two features.
    grid : PointTable, optional
        Points of a regular grid, e.g. the data set ``all_points``.
    probability : array of shape (n_grid_points,), optional
        Of the second class, 0..1, at each grid point.
    name : str
        Title.

    Returns
    -------
    chart : altair.LayerChart
        Each class has its own colour and its own shape.

    Raises
    ------
    ShapeError
        The points do not have two features, or grid and probability do not fit.
    """
    if points.features.shape[1] != 2:
        raise ShapeError(
            "a decision region is drawn for two features.", received=f"{points.features.shape[1]} features"
        )
    names = [str(label) for label in points.classes.tolist()] or ["points"]
    colours = [CLASS_COLOURS.get(label, SERIES[1 + place % 4]) for place, label in enumerate(names)]
    layers = [] if grid is None or probability is None else [_region(grid, np.asarray(probability), names, colours)]
    labels = np.full(len(points), names[0]) if points.labels is None else points.labels
    rows = [
        {"x": float(x), "y": float(y), "class": str(label)}
        for (x, y), label in zip(points.features, labels, strict=True)
    ]
    layers.append(
        alt.Chart(inline(rows))
        .mark_point(filled=True, size=26, opacity=0.9, stroke=PAPER, strokeWidth=0.6)
        .encode(
            x=_axis("x", points.feature_names[0], points, grid, 0),
            y=_axis("y", points.feature_names[1], points, grid, 1),
            color=alt.Color("class:N", scale=alt.Scale(domain=names, range=colours), legend=legend("class")),
            shape=alt.Shape("class:N", scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)])), legend=None),
            tooltip=["class:N", alt.Tooltip("x:Q", format=".3f"), alt.Tooltip("y:Q", format=".3f")],
        )
    )
    share = (
        ""
        if probability is None
        else f" {np.mean(np.asarray(probability) > 0.5):.0%} of the square is called {names[-1]}."
    )
    sentence = f"{name or 'Points'}: {len(points)} points of the classes {' and '.join(names)}.{share}"
    chart: Any = alt.layer(*layers, width=SIDE, height=SIDE, title=title(name or "Points")).resolve_scale(
        color="independent"
    )
    counts = [[label, int(np.sum(labels.astype(str) == label))] for label in names]
    return with_twin(chart, sentence, ["class", "points"], counts)


def example() -> Any:
    """Draw four points and the border between them."""
    points = PointTable(
        np.array([[0.1, 0.1], [0.2, 0.3], [0.8, 0.9], [0.7, 0.8]]),
        labels=np.array(["blue", "blue", "red", "red"], dtype=object),
    )
    steps = np.arange(5) / 5
    grid = PointTable(np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2))
    return decision_region(points, grid, (grid.features.sum(axis=1) > 1).astype(float), name="linear")


def _axis(side: str, name: str, points: PointTable, grid: PointTable | None, feature: int) -> Any:
    seen = (
        points.features[:, feature] if grid is None else np.r_[points.features[:, feature], grid.features[:, feature]]
    )
    scale = alt.Scale(domain=[float(seen.min()), float(seen.max())], nice=False)
    channel = alt.X if side == "x" else alt.Y
    return channel(f"{side}:Q", axis=axis(name, tickCount=3), scale=scale)


def _region(grid: PointTable, probability: Any, names: list[str], colours: list[str]) -> alt.Chart:
    if len(probability) != len(grid):
        raise ShapeError(
            "there is not one probability per grid point.", received=f"{len(probability)} for {len(grid)} points"
        )
    wide, high = (_step(grid.features[:, feature]) for feature in (0, 1))
    rows = [
        {"x": float(x), "y": float(y), "x2": float(x + wide), "y2": float(y + high), "p": round(float(p), 4)}
        for (x, y), p in zip(grid.features, probability, strict=True)
    ]
    return (
        alt.Chart(inline(rows))
        .mark_rect(opacity=FADED, clip=True, strokeWidth=0)
        .encode(
            x=alt.X("x:Q"),
            y=alt.Y("y:Q"),
            x2="x2:Q",
            y2="y2:Q",
            color=alt.Color(
                "p:Q", scale=alt.Scale(domain=[0, 0.5, 1], range=[colours[0], "#f7f7f4", colours[-1]]), legend=None
            ),
            tooltip=[alt.Tooltip("p:Q", title=f"probability of {names[-1]}", format=".3f")],
        )
    )


def _step(values: Any) -> float:
    distinct = np.unique(values)
    return float(np.min(np.diff(distinct))) if len(distinct) > 1 else 1.0
