"""What a sweep tried and what came of it: one axis per parameter, one line per combination."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from convscope.charts._parameters import parameter_name, show_parameter, show_parameters
from convscope.charts._theme import FONT, INK, LINE, PAPER, QUIET, bare, inline, title
from convscope.charts._twin import with_twin

__all__ = ["example", "parallel_coordinates"]

AXIS_DISTANCE, NARROW_DISTANCE = 120, 64
WEAK, STRONG = 0.25, 1.0
"""Opacity of the worst and of the best line."""
ACCURACY = "accuracy"


def parallel_coordinates(rows: Sequence[Mapping[str, Any]], *, narrow: bool = False) -> alt.LayerChart:
    """Draw each combination as a line through its parameters to its accuracy; better ones are darker.

    Parameters
    ----------
    rows : sequence of mappings
        ``parameters`` (name to JSON value, the same names in each), ``accuracy`` (0..1, None for what failed and is
        left out). The first row is drawn strongest where accuracies are equal.
    narrow : bool
        For a telephone's screen: axes closer to each other, with slanted names.

    Returns
    -------
    chart : altair.LayerChart

    Examples
    --------
    >>> from convscope import charts
    >>> tried = [(16, 0.91), (64, 0.95)]
    >>> rows = [{"parameters": {"units": units}, "accuracy": accuracy} for units, accuracy in tried]
    >>> charts.text_twin(charts.parallel_coordinates(rows)).sentence
    'Of 2 combinations the best accuracy is 0.9500, with units 64.'
    """
    shown = [row for row in rows if row["accuracy"] is not None]
    names = list(shown[0]["parameters"]) if shown else []
    axes = {name: _places([row["parameters"][name] for row in shown]) for name in names}
    accuracies = [float(row["accuracy"]) for row in shown]
    axes[ACCURACY] = _places(accuracies)
    low, high = min(accuracies, default=0.0), max(accuracies, default=1.0)
    lines = []
    for number, row in enumerate(reversed(shown)):  # the best is drawn last, on top of the others
        share = (float(row["accuracy"]) - low) / ((high - low) or 1.0)
        about = show_parameters(row["parameters"])
        values = {**row["parameters"], ACCURACY: row["accuracy"]}
        lines += [
            {
                "line": number,
                "axis": parameter_name(name),
                "at": axes[name][_key(value)],
                "combination": about,
                "accuracy": row["accuracy"],
                "opacity": WEAK + (STRONG - WEAK) * share**2,
            }
            for name, value in values.items()
        ]
    labels = [
        {"axis": parameter_name(name), "at": at, "label": label}
        for name, places in axes.items()
        for label, at in _labels(places, numeric=name == ACCURACY)
    ]
    order = [parameter_name(name) for name in axes]
    distance = NARROW_DISTANCE if narrow else AXIS_DISTANCE
    x = alt.X(
        "axis:N",
        sort=order,
        scale=alt.Scale(paddingOuter=0.5),
        axis=alt.Axis(
            title=None, orient="top", domain=False, ticks=False, labelAngle=-30 if narrow else 0, labelFont=FONT,
            labelFontSize=12, labelColor=QUIET, labelPadding=10, labelLimit=AXIS_DISTANCE - 8,
        ),
    )  # fmt: skip
    y = alt.Y("at:Q", scale=alt.Scale(domain=[0, 1]), axis=None)
    rules = (
        alt.Chart(inline([{"axis": name, "at": 0, "end": 1} for name in order]))
        .mark_rule(color=LINE, strokeWidth=1)
        .encode(x=x, y=y, y2=alt.Y2("end:Q"))
    )
    drawn = (
        alt.Chart(inline(lines))
        .mark_line(color=INK, strokeWidth=1.5)
        .encode(
            x=x,
            y=y,
            detail=alt.Detail("line:N"),
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
            tooltip=[alt.Tooltip("combination:N"), alt.Tooltip("accuracy:Q", format=".4f")],
        )
    )
    written = [
        _written([label for label in labels if (label["axis"] == order[0]) == first], first, halo).encode(
            x=x, y=y, text=alt.Text("label:N")
        )
        for first in (True, False)
        for halo in (4, 0)
    ]
    chart: Any = alt.layer(
        rules,
        drawn,
        *written,
        width=distance * len(order),
        height=220,
        view=bare(),
        title=title("Every combination and its accuracy", "darker lines are better"),
    )
    columns = [*(parameter_name(name) for name in names), ACCURACY]
    table = [[*(show_parameter(row["parameters"][name]) for name in names), row["accuracy"]] for row in shown]
    return with_twin(chart, _sentence(shown), columns, table)


def example() -> Any:
    """Draw four combinations."""
    tried = [([32, 64], 2, 0.981), ([32, 64], 1, 0.972), ([16, 32], 2, 0.969), ([16, 32], 1, 0.955)]
    return parallel_coordinates(
        [{"parameters": {"model__filters": f, "epochs": e}, "accuracy": accuracy} for f, e, accuracy in tried]
    )


def _places(values: Sequence[Any]) -> dict[str, float]:
    """Give each value its height on the axis: numbers to scale, lists of numbers by size, the rest as it first came."""
    distinct = {_key(value): value for value in values}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in distinct.values()):
        low, high = min(distinct.values()), max(distinct.values())
        return {key: (value - low) / (high - low) if high > low else 0.5 for key, value in distinct.items()}
    keys = sorted(distinct, key=lambda key: distinct[key]) if all(map(_is_numbers, distinct.values())) else [*distinct]
    steps = max(1, len(keys) - 1)
    return {key: place / steps if len(keys) > 1 else 0.5 for place, key in enumerate(keys)}


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(number, int | float) for number in value)


def _written(labels: list[dict[str, Any]], left: bool, halo: int) -> alt.Chart:
    """Write at an axis, to its left or right; a halo of paper goes below, so that lines do not strike words out."""
    side: Any = "right" if left else "left"
    stroke = alt.Undefined if not halo else PAPER
    return alt.Chart(inline(labels)).mark_text(
        align=side, dx=-6 if left else 6, font=FONT, fontSize=11, color=QUIET, stroke=stroke, strokeWidth=halo
    )


def _labels(places: Mapping[str, float], *, numeric: bool) -> list[tuple[str, float]]:
    """Choose what is written at an axis: everything while there is room, else the ends."""
    written = sorted(places.items(), key=lambda one: one[1])
    if numeric or len(written) > 6:
        written = [written[0], written[-1]] if len(written) > 1 else written
    return [(f"{float(key):.4f}" if numeric else show_parameter(json.loads(key)), at) for key, at in written]


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "No combination finished."
    best = max(rows, key=lambda row: float(row["accuracy"]))
    told = show_parameters(best["parameters"])
    return f"Of {len(rows)} combinations the best accuracy is {best['accuracy']:.4f}, with {told}."
