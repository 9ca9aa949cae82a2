"""Pages that show what their Python gives, and places of the real page inside them.

Below each Python block of a page stands what it printed, and the chart that it ends with. ``live`` is a directive: a
place of one exported page, made once for all of them, in a frame. Nothing is fetched.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import textwrap
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import altair as alt
import vl_convert
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from convscope import ImageClassifier, export_html
from convscope.charts import text_twin
from convscope.datasets import load_parts
from convscope.training import evaluate
from generate.running import run_blocks

__all__ = ["setup"]

LIVE = "live/lab.html"
HEIGHT = 640
WIDTH = 88
"""Letters of a printed line; a longer one is broken."""
FINENESS = 2
"""Pixels of a picture per pixel of the page."""


class Live(SphinxDirective):
    """``{live} PLACE``: the exported page, opened at a place; its content is the caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"height": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        """Write the frame, with a link for those who want it alone."""
        up = "../" * self.env.docname.count("/")
        address = escape(f"{up}{LIVE}#{self.arguments[0]}")
        told = escape(" ".join(self.content))
        height = self.options.get("height", HEIGHT)
        return [
            nodes.raw(
                "",
                f'<figure class="live"><iframe src="{address}" title="{told}" loading="lazy" '
                f'style="width: 100%; height: {height}px; border: 1px solid currentColor"></iframe>'
                f'<figcaption>{told} <a href="{address}">Open it alone.</a></figcaption></figure>',
                format="html",
            )
        ]


def write_live_page(app: Any) -> None:
    """Train the network that all frames show, on digits, and export its page."""
    target = Path(app.outdir) / LIVE
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    train, test = load_parts("digits", progress=False)
    classifier = ImageClassifier("cnn", model__filters=(6, 8), epochs=12, random_state=0)
    classifier.fit(train, watch=lambda *about: None)
    facts = {"data": "digits", "accuracy": evaluate(classifier, test).accuracy}
    export_html(classifier, test, target, title="digits-cnn", facts=facts)


def show_results(app: Any, page: str, source: list[str]) -> None:
    """Put below each Python block what it printed and drew."""
    text, parts, begun = source[0], [], 0
    if not page.startswith(("tutorial/", "how-to/", "explanation/")):
        return
    with tempfile.TemporaryDirectory() as folder:
        for ran in run_blocks(text, Path(folder)):
            parts += [text[begun : ran.end], _shown(app, ran.printed, ran.value)]
            begun = ran.end
    source[0] = "".join([*parts, text[begun:]])


def _shown(app: Any, printed: str, value: Any) -> str:
    """Write output as text, and a chart as a picture whose alternative text is its own sentence."""
    lines = "\n".join(
        textwrap.fill(line, WIDTH) if len(line) > WIDTH else line for line in printed.rstrip().splitlines()
    )
    told = f"\n```text\n{lines}\n```\n" if lines.strip() else ""
    if not isinstance(value, alt.TopLevelMixin):
        return told
    picture = vl_convert.vegalite_to_png(value.to_dict(), scale=FINENESS)
    name = f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
    place = Path(app.srcdir) / "_build" / "figures" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(picture)
    twin = text_twin(value)
    sentence = twin.sentence.replace("\n", " ") if twin else "The chart that the lines above give."
    return f"{told}\n```{{image}} /_build/figures/{name}\n:alt: {sentence}\n:width: {_width(picture)}px\n```\n"


def _width(picture: bytes) -> int:
    return min(720, int.from_bytes(picture[16:20], "big") // FINENESS)


ARTICLE = "explanation/how-a-cnn-sees"


def show_article(app: Any, page: str, source: list[str]) -> None:
    """Put the page's own article in place of its file in the documentation; its links lead into the exported page."""
    if page != ARTICLE:
        return
    written = Path(app.srcdir).parent / "frontend" / "src" / "article" / "how-a-cnn-sees.md"
    links = rf'<a href="../{LIVE}#\2">\1</a>'
    source[0] = re.sub(r"\[([^\]]+)\]\(#(\w+)\)", links, written.read_text(encoding="utf-8"))


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_directive("live", Live)
    app.connect("builder-inited", write_live_page)
    app.connect("source-read", show_results)
    app.connect("source-read", show_article)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
