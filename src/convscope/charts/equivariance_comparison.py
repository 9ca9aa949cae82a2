"""Which predictions stay when images are shifted, flipped, rotated or shuffled: models side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from convscope.charts._theme import INK, QUIET, axis, inline, title
from convscope.charts._twin import with_twin

__all__ = ["equivariance_comparison", "example"]

COLUMNS = ["model", "transform", "agreement", "low", "high"]
MARKS = ("circle", "square", "triangle-up", "diamond")


def equivariance_comparison(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Draw one line per transform and model: a mark for the mean agreement, a line for its interval over seeds.

    Parameters
    ----------
    rows : sequence of mappings
        ``model``, ``transform``, ``agreement`` (fraction of predictions that stay, 0..1), ``low``, ``high``.

    Returns
    -------
    chart : altair.LayerChart

    Examples
    --------
    >>> from convscope import charts
    >>> row = {"model": "cnn", "transform": "shift", "agreement": 0.55, "low": 0.47, "high": 0.63}
    >>> charts.text_twin(charts.equivariance_comparison([row])).sentence
    'Most predictions stay for shift · CNN (0.550), fewest for shift · CNN (0.550).'
    """
    lines = [
        {**{column: row[column] for column in COLUMNS}, "name": f"{row['transform']} · {str(row['model']).upper()}"}
        for row in sorted(rows, key=lambda row: _order(rows, row))
    ]
    models = list(dict.fromkeys(str(row["model"]) for row in rows))
    scale = alt.Scale(domain=[0.0, 1.0])
    y = alt.Y("name:N", sort=[line["name"] for line in lines], axis=axis(None, domain=False, ticks=False))
    base = alt.Chart(inline(lines), width=360, height=alt.Step(26))
    bars = base.mark_rule(color=QUIET, strokeWidth=2).encode(
        x=alt.X("low:Q", scale=scale, axis=axis("predictions that stay, fraction", grid=True, tickCount=6)),
        x2=alt.X2("high:Q"),
        y=y,
    )
    dots = base.mark_point(filled=True, size=90, color=INK, opacity=1).encode(
        x=alt.X("agreement:Q", scale=scale),
        y=y,
        shape=alt.Shape("model:N", scale=alt.Scale(domain=models, range=list(MARKS)), legend=None),
        tooltip=[
            alt.Tooltip("name:N"),
            *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("agreement", "low", "high")),
        ],
    )
    chart: Any = alt.layer(
        bars, dots, title=title("What stays when the image changes", "mean over seeds with its 95 % interval")
    )
    return with_twin(chart, _sentence(lines), COLUMNS, [[line[column] for column in COLUMNS] for line in lines])


def _order(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> tuple[int, int]:
    """Keep the transforms and the models in the order in which they first come."""
    transforms = list(dict.fromkeys(one["transform"] for one in rows))
    models = list(dict.fromkeys(one["model"] for one in rows))
    return transforms.index(row["transform"]), models.index(row["model"])


def _sentence(lines: Sequence[Mapping[str, Any]]) -> str:
    least = min(lines, key=lambda line: line["agreement"])
    most = max(lines, key=lambda line: line["agreement"])
    return (
        f"Most predictions stay for {most['name']} ({most['agreement']:.3f}), "
        f"fewest for {least['name']} ({least['agreement']:.3f})."
    )


def example() -> Any:
    """Draw two models and two transforms."""
    return equivariance_comparison(
        [
            {"model": "mlp", "transform": "shift", "agreement": 0.31, "low": 0.25, "high": 0.37},
            {"model": "mlp", "transform": "flip", "agreement": 0.42, "low": 0.40, "high": 0.44},
            {"model": "cnn", "transform": "shift", "agreement": 0.55, "low": 0.47, "high": 0.63},
            {"model": "cnn", "transform": "flip", "agreement": 0.44, "low": 0.41, "high": 0.47},
        ]
    )
