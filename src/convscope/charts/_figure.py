"""A chart as one piece of HTML that needs neither script nor web: the drawing, its sentence, its numbers."""

from __future__ import annotations

import base64
import sys
from html import escape
from typing import Any

from convscope.charts._twin import show_number, text_twin
from convscope.wording import visible, visible_values

__all__ = ["figure_html", "show_in_notebooks"]

MOST_ROWS = 200


def figure_html(chart: Any) -> str:
    """Draw a chart as a picture with alternative text, and put its numbers below as a table that opens.

    Parameters
    ----------
    chart : altair chart
        Of ``convscope.charts``; another one has neither sentence nor numbers.

    Examples
    --------
    >>> from convscope import charts
    >>> html = figure_html(charts.image([[0, 255], [255, 0]]))
    >>> html.startswith("<figure"), "http://" in html.split("base64")[0]
    (True, False)
    """
    import vl_convert  # noqa: PLC0415  (this folder is imported long before a chart is drawn)

    twin = text_twin(chart)
    svg: str = vl_convert.vegalite_to_svg(visible_values(chart.to_dict()))
    address = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    words = _text(twin.sentence if twin else "A chart.")
    picture = f'<img alt="{words}" src="{address}" style="max-width: 100%">'
    if twin is None:
        return f"<figure>{picture}</figure>"
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in twin.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_text(show_number(value))}</td>" for value in row) + "</tr>"
        for row in twin.rows[:MOST_ROWS]
    )
    more = f"<p>… and {len(twin.rows) - MOST_ROWS:,} more rows</p>" if len(twin.rows) > MOST_ROWS else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"
    return (
        f'<figure style="margin: 0">{picture}'
        f"<details><summary>numbers</summary><p>{words}</p>{table}</details></figure>"
    )


def _text(words: str) -> str:
    return escape(visible(words))


def show_in_notebooks() -> None:
    """Show charts in this notebook as `figure_html` makes them; by default Altair loads a program from the web.

    Outside a notebook nothing happens.

    Examples
    --------
    >>> show_in_notebooks()
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        import altair as alt  # noqa: PLC0415  (as above)

        shell.display_formatter.mimebundle_formatter.for_type(alt.TopLevelMixin, _mimebundle)


def _mimebundle(chart: Any, **more: Any) -> dict[str, str]:
    twin = text_twin(chart)
    return {"text/html": figure_html(chart), "text/plain": twin.sentence if twin else "A chart."}
