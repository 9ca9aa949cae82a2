"""Altair charts: each file is one chart, a function named like the file."""

from convscope.charts._twin import TextTwin, text_twin
from convscope.registry import collection

__all__ = ["TextTwin", "catalogue", "text_twin"]

catalogue = collection(__name__, "{name}")
