"""One file that opens anywhere: page, weights and images, and nothing to fetch."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Any

from convscope.files import write_text
from convscope.page._document import MODULE, STYLE, TEACH, WORDS
from convscope.page.exhibit import Exhibit
from convscope.page.film import FilmShow, film_of
from convscope.wording import visible

__all__ = ["MODULE", "STYLE", "WORDS", "export_html", "page_html"]

FILM_BYTES = 3_000_000
MISTAKES_BYTES = 2_000_000


def export_html(
    model: Any, table: Any, path: str | Path, *, n_images: int = 30, teach: bool = False, **about: Any
) -> Path:
    """Write a model and some images as one HTML file; of a watched training also its film, at most 3 MB of it.

    The file opens from a disk, asks for nothing, and computes every number in the browser.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        Fitted or built, with one input.
    table : PixelTable, PointTable, DataFrame, or array of shape (n_images, height, width, channels)
        Images to choose from.
    path : path
        The file; replaced if it exists.
    n_images : int
        How many images to put in: every class in turn, mistakes among them. Of the other mistakes as many follow, the
        surest first, as fit into 2 MB.
    teach : bool
        Put in the screen Teach as well, which trains networks on pictures of the reader's own. About 0.1 MB.
    **about
        ``title``, ``facts``, ``class_names`` and ``pixel_scale`` of `Exhibit`.

    Returns
    -------
    path : Path

    Raises
    ------
    UsageError, ShapeError
        The model has several inputs, or the images do not fit.

    Examples
    --------
    >>> from convscope import ImageClassifier, load_dataset
    >>> digits = load_dataset("digits")
    >>> classifier = ImageClassifier("mlp", epochs=1, random_state=0).fit(digits.data, digits.target)
    >>> export_html(classifier, digits.table, "digits.html", n_images=10).name
    'digits.html'
    """
    target = Path(path)
    exhibit = Exhibit(model, table, **about)
    write_text(target, page_html(exhibit, n_images, film_of(exhibit), teach=teach))
    return target


def page_html(exhibit: Exhibit, n_images: int = 30, film: FilmShow | None = None, *, teach: bool = False) -> str:
    """Put page and bundle into one document that may run nothing but itself; with `teach` it also trains."""
    script, style = MODULE.read_text(encoding="utf-8"), STYLE.read_text(encoding="utf-8")
    bundle = base64.b64encode(exhibit.bundle(n_images, film=film is not None, mistakes_bytes=MISTAKES_BYTES)).decode(
        "ascii"
    )
    words = WORDS.read_text(encoding="utf-8").replace("<", "\\u003c")  # no end tag inside of a script
    looks = "" if film is None else base64.b64encode(film.whole(FILM_BYTES)).decode("ascii")
    trains = TEACH.read_text(encoding="utf-8") if teach else ""
    scripts = " ".join(_digest(text) for text in (script, trains) if text)
    policy = (
        f"default-src 'none'; script-src {scripts} 'wasm-unsafe-eval'; "
        f"style-src {_digest(style)}; img-src data: blob:; "
        "worker-src blob:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{escape(visible(exhibit.title))} · convscope</title>
<style>{style}</style>
</head>
<body>
<div id="convscope-page" class="convscope">Opening {escape(visible(exhibit.title))} …</div>
<script type="text/plain" id="convscope-bundle">{bundle}</script>
<script type="text/plain" id="convscope-film">{looks}</script>
<script type="text/plain" id="convscope-words">{words}</script>
<script type="text/plain" id="convscope-teach">{trains}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def _digest(text: str) -> str:
    """Name a script or style by its content, so that no other may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
