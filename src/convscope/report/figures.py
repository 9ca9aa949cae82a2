"""Charts and tables as a report holds them: finished SVG, and the text twin beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from convscope import charts
from convscope.charts import show_number, text_twin
from convscope.report.drawing import draw

LIVE_ONLY = re.compile(r' (?:role="graphics-symbol"|aria-roledescription="[^"]*")')

__all__ = ["figure", "finished", "layer_list", "section", "show_number"]


def figure(chart: Any, caption: str = "", *, narrow: Any = None, title: str = "", text: str = "") -> dict[str, Any]:
    """Draw a chart as SVG and put its text twin beside it.

    Parameters
    ----------
    chart : altair chart from ``convscope.charts``
    caption : str, optional
        Instead of the twin's sentence.
    narrow : altair chart, optional
        The same chart for a narrow screen.
    title, text : str
        A heading of its own and what stands below it, where two findings share a row.

    Returns
    -------
    figure : dict
        ``title``, ``text``, ``svg``, ``narrow`` (or None), ``caption``, ``columns``, ``rows``; the drawings are
        still being made, and `finished` waits for one.
    """
    twin = text_twin(chart)
    assert twin is not None, "every chart of the collection has a text twin"
    rows = [[show_number(value) for value in row] for row in twin.rows]
    small = None if narrow is None else _svg(narrow)
    return {
        "title": title,
        "text": text,
        "svg": _svg(chart),
        "narrow": small,
        "caption": caption or twin.sentence,
        "columns": twin.columns,
        "rows": rows,
    }


def layer_list(layers: Sequence[Mapping[str, Any]], *, title: str = "", text: str = "") -> dict[str, Any]:
    """Show what a network is made of as a table, which is its own text twin.

    Parameters
    ----------
    layers : sequence of mappings
        From ``tracing.list_layers``.
    title, text : str
        As in `figure`.

    Returns
    -------
    figure : dict
        Like `figure`'s, with ``svg`` None and the total as the last row.
    """
    twin = text_twin(charts.layer_table(layers))
    assert twin is not None, "every chart of the collection has a text twin"
    return {
        "title": title,
        "text": text,
        "svg": None,
        "caption": twin.sentence,
        "columns": twin.columns,
        "rows": twin.rows,
    }


def section(title: str, text: str, figures: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Put figures under a heading with a sentence; ``layout`` may be "whole" (one column) or "pair"."""
    return {"title": title, "text": text, "figures": list(figures), **more}


def finished(svg: Future[str]) -> str:
    """Wait for a drawing, and leave out what only a live chart needs."""
    return LIVE_ONLY.sub("", svg.result())


def _svg(chart: Any) -> Future[str]:
    """Draw a chart without its title, which the caption repeats."""
    spec = chart.to_dict(validate=False)  # the tests hold each chart to the schema; here that takes half of the time
    spec.pop("title", None)
    spec |= {"background": None, "padding": 1}
    return draw(spec)
