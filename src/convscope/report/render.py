"""A summary as one HTML file that requests nothing from other servers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from convscope.files import write_text
from convscope.report.figures import finished, show_number
from convscope.wording import shown_in_html

__all__ = ["render_report", "write_report"]


def render_report(summary: Mapping[str, Any]) -> str:
    """Render a summary as HTML; text is escaped, and only our own SVG is inserted unchanged."""
    environment = Environment(
        loader=PackageLoader("convscope.report"),
        autoescape=True,
        finalize=shown_in_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = show_number
    environment.filters["svg"] = lambda svg: Markup(finished(svg))
    folder = Path(__file__).parent / "templates"
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    return environment.get_template("report.html").render(**summary, style=Markup(style), script=Markup(script))


def write_report(summary: Mapping[str, Any], path: str | Path) -> None:
    """Write a summary as one self-contained HTML file, completely or not at all.

    Parameters
    ----------
    summary : mapping
        From `summarize_lab` or `summarize_training`.
    path : path

    Raises
    ------
    OSError
        The disk is full or read-only.

    Examples
    --------
    >>> from pathlib import Path
    >>> summary = {"title": "Digits", "lead": "Nothing was trained.", "facts": [], "headline": None}
    >>> repeat = {"command": "convscope train digits", "details": ""}
    >>> write_report({**summary, "sections": [], "notes": [], "repeat": repeat}, "report.html")
    >>> "Nothing was trained." in Path("report.html").read_text(encoding="utf-8")
    True
    """
    write_text(path, render_report(summary))
