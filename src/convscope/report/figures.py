"""Charts and tables as a report holds them: finished SVG, and the text twin beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import vl_convert

from convscope.charts import text_twin

__all__ = ["figure", "section", "show_number"]


def figure(chart: Any, caption: str = "") -> dict[str, Any]:
    """Draw a chart as SVG and put its text twin beside it.

    Parameters
    ----------
    chart : altair chart from ``convscope.charts``
    caption : str, optional
        Instead of the twin's sentence.

    Returns
    -------
    figure : dict
        ``svg``, ``caption``, ``columns``, ``rows``.
    """
    twin = text_twin(chart)
    assert twin is not None, "every chart of the collection has a text twin"
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    rows = [[show_number(value) for value in row] for row in twin.rows]
    return {"svg": svg, "caption": caption or twin.sentence, "columns": twin.columns, "rows": rows}


def section(title: str, text: str, figures: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Put figures under a heading with a sentence."""
    return {"title": title, "text": text, "figures": list(figures), **more}


def show_number(value: Any) -> str:
    """Write a value for a person: a true minus sign, commas in thousands, four decimals at most."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{abs(value):,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{abs(value):,}"
    return ("−" if value < 0 and text != "0" else "") + text
