"""The picture of an example: the chart that its last line gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from PIL import Image

from convscope.charts import text_twin
from generate.markup import block, words

__all__ = ["draw_chart"]

FINENESS = 2
"""Pixels of the picture per pixel of the page."""


def draw_chart(example_block: Any, found: dict[str, Any], settings: dict[str, Any]) -> str:
    """Draw the chart that a block of an example ends with, as sphinx-gallery asks its scrapers to."""
    chart = found["example_globals"].get("___")
    if not isinstance(chart, alt.TopLevelMixin):
        return ""
    path = Path(next(found["image_path_iterator"]))
    path.write_bytes(vl_convert.vegalite_to_png(chart.to_dict(), scale=FINENESS))
    width = Image.open(path).width // FINENESS
    twin = text_twin(chart)
    sentence = words(twin.sentence if twin else "The chart that the lines above give.")
    address = "/" + path.relative_to(settings["src_dir"]).as_posix()
    return block(f"image:: {address}", "", f":alt: {sentence}", f":width: {width}px")
