"""Charts and tables as a report holds them: finished SVG, and the text twin beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import vl_convert

from convscope import charts
from convscope.charts import show_number, text_twin

LIVE_ONLY = re.compile(r' (?:role="graphics-symbol"|aria-roledescription="[^"]*")')

__all__ = ["figure", "layer_list", "section", "show_number"]


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
        ``title``, ``text``, ``svg``, ``narrow`` (or None), ``caption``, ``columns``, ``rows``.
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


def _svg(chart: Any) -> str:
    """Draw a chart without its title, which the caption repeats, and without what only a live chart needs."""
    spec = chart.to_dict()
    spec.pop("title", None)
    spec |= {"background": None, "padding": 1}
    svg: str = vl_convert.vegalite_to_svg(spec)
    return LIVE_ONLY.sub("", svg)
