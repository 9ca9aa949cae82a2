"""Colours and type of every chart: calm paper, black ink, one meaning per colour.

Styles are set on marks and axes, not in a chart's configuration, so that charts can be joined with ``&`` and ``|``.
"""

from __future__ import annotations

from typing import Any

import altair as alt

__all__ = [
    "ACCENT",
    "CLASS_COLOURS",
    "COUNTS",
    "GREYS",
    "INK",
    "LINE",
    "ON_CELL",
    "PAPER",
    "QUIET",
    "SERIES",
    "SIGNED",
    "axis",
    "bare",
    "inline",
    "legend",
    "signed",
    "title",
]

PAPER, INK, QUIET, LINE, ACCENT = "#ffffff", "#1b1c1f", "#54565b", "#dcdcd7", "#b4128c"
# Ink on a coloured cell stays dark where a dark page turns INK light, so the two must not be equal.
ON_CELL = "#1b1c1e"
GREYS = ["#0f1012", "#ffffff"]
COUNTS = ["#f7f7f4", "#c5c7c9", "#898d93", "#484d56", "#2b2f37"]
SIGNED = [
    "#733000", "#a04a00", "#c9702a", "#e29e68", "#efcfb0", "#f7f7f4",
    "#b9d2f0", "#7fade2", "#4487d0", "#1463b5", "#063f7c",
]  # fmt: skip
SERIES = ["#1b1c1f", "#1463b5", "#b85c12", "#1a7f6e", "#7a4fb5"]
DASHES: list[list[int]] = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4]]
CLASS_COLOURS = {"red": "#b3372b", "blue": "#1463b5"}
FONT = "Inter, system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
MINUS = "−"


def axis(name: str | None, **more: Any) -> alt.Axis:
    """Make a quiet, named axis with few ticks."""
    quiet: dict[str, Any] = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": QUIET,
        "titleColor": QUIET,
        "domainColor": LINE,
        "tickColor": LINE,
        "gridColor": LINE,
        "grid": False,
        "labelAngle": 0,
    }
    return alt.Axis(title=name, **(quiet | more))


def inline(rows: list[dict[str, Any]]) -> Any:
    """Give rows to a chart unchanged; Altair's own classes check each row against the schema, twice.

    Altair copies lists, and all that is in them, each time when charts are joined; a tuple it takes as it is.
    """
    return {"values": tuple(rows)}


def legend(name: str, **more: Any) -> alt.Legend:
    """Make a quiet legend."""
    quiet: dict[str, Any] = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelColor": QUIET,
        "titleColor": QUIET,
        "titleFontWeight": "normal",
    }
    return alt.Legend(title=name, **(quiet | more))


def title(text: str, below: str = "") -> alt.TitleParams:
    """Make a chart's title, with a quieter line below it."""
    return alt.TitleParams(
        text,
        subtitle=[below] if below else [],
        anchor="start",
        font=FONT,
        fontSize=14,
        fontWeight=600,
        color=INK,
        subtitleFont=FONT,
        subtitleFontSize=12,
        subtitleColor=QUIET,
    )


def bare() -> alt.ViewBackground:
    """Leave out the frame around a gallery or table."""
    return alt.ViewBackground(stroke=None)


def signed(largest: float) -> alt.Scale:
    """Make the scale of signed numbers: orange below 0, paper at 0, blue above, symmetric."""
    bound = largest or 1.0
    domain = [bound * step / 5 for step in range(-5, 6)]
    return alt.Scale(domain=domain, range=SIGNED)


def number(value: float, digits: int = 3) -> str:
    """Write a number with a true minus sign."""
    text = f"{abs(value):,.{digits}f}"
    return (MINUS if value < 0 and float(text.replace(",", "")) != 0 else "") + text
