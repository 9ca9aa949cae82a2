"""No page may fetch anything: what would be loaded from the web ends the build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.errors import SphinxError

__all__ = ["refuse_the_web", "what_is_fetched"]

LOADED = re.compile(
    r"<(?:script|img|iframe|source|embed|video|audio)\b[^>]*\bsrc(?:set)?=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?=[^>]*rel=[\"']?(?:stylesheet|icon|preload|preconnect|shortcut))[^>]*\bhref=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|(?:url\(|@import\s+)[\"']?((?:https?:)?//[^\"')\s;]+)",
    re.IGNORECASE,
)


def what_is_fetched(folder: Path) -> Iterator[str]:
    """List every address that a page or a style sheet would load."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".css"):
            for found in LOADED.finditer(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(folder)}: {next(filter(None, found.groups()))}"


def refuse_the_web(app: Any, error: Exception | None) -> None:
    """End a build whose pages would ask for something from elsewhere."""
    found = [] if error else list(what_is_fetched(Path(app.outdir)))
    if found:
        raise SphinxError("a page would fetch something from the web:\n" + "\n".join(found[:10]))
