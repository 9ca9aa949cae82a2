"""A little reStructuredText: headings, lists, tables, and text that means itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from textwrap import indent

__all__ = ["about", "block", "heading", "literal", "table", "toctree", "words", "write_page"]


def words(text: object) -> str:
    """Let every letter stand for itself, on one line."""
    return re.sub(r"([\\*`_|])", r"\\\1", " ".join(str(text).split()))


def heading(text: str, line: str = "=") -> str:
    """Underline a heading."""
    return f"{text}\n{line * len(text)}\n"


def about(thing: object) -> str:
    """Take the docstring of a package or file; its headings become titles that stand in no table of contents."""
    return re.sub(r"^(\w+)\n-+$", r".. rubric:: \1\n", inspect.getdoc(thing) or "", flags=re.MULTILINE)


def block(directive: str, body: str = "", *options: str) -> str:
    """Write a directive with options and an indented body."""
    head = "\n".join([f".. {directive}", *(f"   {option}" for option in options)])
    return f"{head}\n\n{indent(body, '   ')}\n"


def literal(text: str) -> str:
    """Show text as it is."""
    return block("code-block:: text", text)


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a table; cells are markup already."""
    lines = "".join(
        "".join(("* - " if k == 0 else "  - ") + f"{cell}\n" for k, cell in enumerate(row)) for row in (columns, *rows)
    )
    return block("list-table::", lines, ":header-rows: 1", ":widths: auto")


def toctree(pages: Iterable[str], *options: str) -> str:
    """List pages."""
    return block("toctree::", "\n".join(pages), *options)


def write_page(path: Path, *parts: str) -> None:
    """Write a page if it says something new."""
    text = "\n".join(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
