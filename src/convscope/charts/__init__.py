"""Altair charts: each file is one chart, a function named like the file.

Examples
--------
>>> from convscope import charts, load_dataset
>>> chart = charts.image(load_dataset("digits").table, 0)
>>> charts.text_twin(chart).sentence
'Image of class 0: 8 by 8 pixels, 35 of them not black.'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convscope.charts._figure import figure_html, show_in_notebooks
from convscope.charts._parameters import parameter_name, show_parameter, show_parameters
from convscope.charts._twin import TextTwin, show_number, text_twin
from convscope.registry import collection

__all__ = [
    "TextTwin",
    "catalogue",
    "figure_html",
    "parameter_name",
    "show_in_notebooks",
    "show_number",
    "show_parameter",
    "show_parameters",
    "text_twin",
]

catalogue = collection(__name__, "{name}")

if TYPE_CHECKING:  # the entries are found in the folder, so a type checker cannot list them

    def __getattr__(name: str) -> Any: ...
