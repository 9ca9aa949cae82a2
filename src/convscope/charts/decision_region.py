"""Where a classifier draws the border between two kinds of points."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from numpy.typing import ArrayLike

from convscope.charts._pictures import share_picture
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

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import charts
    >>> from convscope.tables import PointTable
    >>> points = PointTable(np.array([[0.1, 0.2], [0.8, 0.9]]), labels=np.array(["blue", "red"], dtype=object))
    >>> charts.text_twin(charts.decision_region(points, name="two points")).sentence
    'two points: 2 points of the classes blue and red.'
    """
    if points.features.shape[1] != 2:
        raise ShapeError(
            "a decision region needs exactly two features.", received=f"{points.features.shape[1]} features"
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
            shape=alt.Shape(
                "class:N", scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)])), legend=legend("class")
            ),
            tooltip=[alt.Tooltip("class:N"), alt.Tooltip("x:Q", format=".3f"), alt.Tooltip("y:Q", format=".3f")],
        )
    )
    share = (
        ""
        if probability is None
        else f" {np.mean(np.asarray(probability) > 0.5):.0%} of the square is called {names[-1]}."
    )
    sentence = f"{name or 'Points'}: {len(points)} points of the classes {' and '.join(names)}.{share}"
    chart: Any = alt.layer(*layers, width=SIDE, height=SIDE, title=title(name or "Points"))
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
    # A grid point stands for the square of one step that begins there.
    end = (
        float(seen.max())
        if grid is None
        else max(float(seen.max()), float(grid.features[:, feature].max()) + _step(grid.features[:, feature]))
    )
    scale = alt.Scale(domain=[float(seen.min()), end], nice=False)
    channel = alt.X if side == "x" else alt.Y
    return channel(f"{side}:Q", axis=axis(name, tickCount=3), scale=scale)


def _region(grid: PointTable, probability: Any, names: list[str], colours: list[str]) -> alt.Chart:
    """Draw the grid as one picture: thousands of squares would make a chart of megabytes."""
    columns, lines = (np.unique(grid.features[:, feature]) for feature in (0, 1))
    if len(probability) != len(grid) or len(columns) * len(lines) != len(grid):
        raise ShapeError(
            "these are not the probabilities of a regular grid.",
            received=f"{len(probability)} probabilities, {len(grid)} points",
            expected=f"one for each of {len(columns)} by {len(lines)} places",
        )
    shares = np.empty((len(lines), len(columns)))
    places = np.searchsorted(lines, grid.features[:, 1]), np.searchsorted(columns, grid.features[:, 0])
    shares[places] = probability
    pale = [_pale(colours[0]), "#f7f7f4", _pale(colours[-1])]
    return (
        alt.Chart(inline([{"url": share_picture(shares[::-1], pale)}]))
        .mark_image(width=SIDE, height=SIDE, aspect=False, smooth=False)
        .encode(x=alt.value(SIDE / 2), y=alt.value(SIDE / 2), url=alt.Url("url:N"))
    )


def _pale(colour: str) -> str:
    """Mix a colour with paper, so that points of the same colour stand out from it."""
    mixed = [round(FADED * int(colour[place : place + 2], 16) + (1 - FADED) * 255) for place in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _step(values: Any) -> float:
    distinct = np.unique(values)
    return float(np.min(np.diff(distinct))) if len(distinct) > 1 else 1.0
