"""Every chart, drawn from its own example."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import vl_convert

from convscope.charts import catalogue, text_twin
from generate.markup import block, heading, literal, toctree, words, write_page

__all__ = ["write"]


def write(folder: Path) -> None:
    """Write a page with a picture for each chart, and their list."""
    place = folder / "charts"
    thumbnails = []
    for name in catalogue.names():
        module = catalogue.module(name)
        chart = module.example()
        twin = text_twin(chart)
        sentence = words(twin.sentence if twin else name)
        write_page(place / f"{name}.svg", vl_convert.vegalite_to_svg(chart.to_dict()))
        write_page(place / f"{name}.rst", *_page(name, module, sentence))
        thumbnails.append(
            block(f"figure:: {name}.svg", f":doc:`{name}`: {words(catalogue.summary(name))}", f":alt: {sentence}")
        )
    write_page(
        place / "index.rst",
        heading("Charts"),
        "Each is a function of ``convscope.charts`` that gives an Altair chart. ``charts.text_twin(chart)`` says the\n"
        "same in one sentence and a table.\n",
        block("container:: chart-grid", "\n".join(thumbnails)),
        toctree(catalogue.names(), ":hidden:"),
    )


def _page(name: str, module: Any, sentence: str) -> tuple[str, ...]:
    return (
        heading(name),
        block(f"image:: {name}.svg", "", f":alt: {sentence}"),
        f"*{sentence}*\n",
        block(f"autofunction:: convscope.charts.{name}"),
        heading("The picture above", "-"),
        literal(inspect.getsource(module.example)),
    )
