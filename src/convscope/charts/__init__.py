"""Altair charts: each file is one chart, a function named like the file."""

from convscope.registry import collection

catalogue = collection(__name__, "{name}")
