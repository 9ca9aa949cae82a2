"""A rule that looks at one box of the picture, and how often it is right when the pictures move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from convscope.charts._examples import tiny_table
from convscope.charts._pictures import grey_picture
from convscope.charts._theme import ACCENT, FONT, INK, PAPER, axis, bare, inline, number, title
from convscope.charts._twin import with_twin
from convscope.tables import PixelTable

__all__ = ["box_rule", "example"]

SIDE, GAP = 168, 24


def box_rule(table: PixelTable, box: tuple[int, int, int, int], accuracies: Mapping[int, float]) -> Any:
    """Draw the mean picture of each class with the box on it, and the accuracies beside them.

    Parameters
    ----------
    table : PixelTable
        Of a few classes.
    box : (first_row, last_row, first_column, last_column)
        1-based, both ends belong to it.
    accuracies : mapping of int to float
        By how many pixels the pictures were moved; 0 is where they are.

    Returns
    -------
    chart : altair.HConcatChart

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import charts, images_to_table
    >>> images = np.zeros((4, 3, 3), np.uint8)
    >>> images[:2, 0] = images[2:, 2] = 255
    >>> table = images_to_table(images, ["top", "top", "bottom", "bottom"])
    >>> charts.text_twin(charts.box_rule(table, (1, 1, 1, 3), {0: 1.0, 1: 0.5})).sentence
    'The mean of rows 1 to 1, columns 1 to 3, tells bottom from top for 1.000 of the pictures.'
    """
    assert table.labels is not None
    means = [table.images[table.labels == label].mean(axis=0) for label in table.classes]
    brightest = max(float(mean.max()) for mean in means)
    high, wide = table.image_shape[:2]
    first_row, last_row, first_column, last_column = box
    pictures, boxes = [], []
    for place, (mean, name) in enumerate(zip(means, table.class_names, strict=True)):
        left = place * (SIDE + GAP)
        pictures.append({"x": left + SIDE / 2, "y": SIDE / 2, "url": grey_picture(mean, brightest), "class": name})
        boxes.append(
            {
                "x": left + (first_column - 1) / wide * SIDE,
                "x2": left + last_column / wide * SIDE,
                "y": (first_row - 1) / high * SIDE,
                "y2": last_row / high * SIDE,
            }
        )
    width = len(means) * (SIDE + GAP) - GAP
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[SIDE + 20, 0], nice=False))
    drawn = alt.Chart(inline(pictures)).mark_image(width=SIDE, height=SIDE, smooth=False)
    layers: list[Any] = [drawn.encode(x=x, y=y, url=alt.Url("url:N"), tooltip=[alt.Tooltip("class:N")])]
    for colour, thick in ((PAPER, 5), (ACCENT, 2)):
        outline = alt.Chart(inline(boxes)).mark_rect(fill=None, stroke=colour, strokeWidth=thick)
        layers.append(outline.encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")))
    names = alt.Chart(inline(pictures)).mark_text(font=FONT, fontSize=13, color=INK)
    layers.append(names.encode(x=x, y=alt.value(SIDE + 12), text=alt.Text("class:N")))
    means_chart = alt.layer(*layers, width=width, height=SIDE + 20, view=bare())
    rows = [{"moved": moved, "accuracy": accuracy} for moved, accuracy in accuracies.items()]
    bars = (
        alt.Chart(inline(rows), width=alt.Step(34), height=SIDE)
        .mark_bar(color=INK)
        .encode(
            x=alt.X("moved:O", axis=axis("moved by, in pixels", labelAngle=0)),
            y=alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1]), axis=axis("accuracy", grid=True, tickCount=6)),
            tooltip=[alt.Tooltip("moved:O"), alt.Tooltip("accuracy:Q", format=".3f")],
        )
    )
    there = next(iter(accuracies.values()))
    sentence = (
        f"The mean of rows {first_row} to {last_row}, columns {first_column} to {last_column}, tells "
        f"{' from '.join(table.class_names)} for {number(there)} of the pictures."
    )
    chart = alt.hconcat(means_chart, bars, title=title("One box, one limit", sentence))
    return with_twin(chart, sentence, ["moved by", "accuracy"], [[row["moved"], row["accuracy"]] for row in rows])


def example() -> Any:
    """Draw a box on the tiny pictures."""
    return box_rule(tiny_table(), (1, 1, 1, 3), {0: 1.0, 1: 0.5})
