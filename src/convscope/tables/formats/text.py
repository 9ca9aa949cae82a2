"""Text: CSV and its relatives, with tabs, semicolons, bars or spaces, gzipped or not."""

from __future__ import annotations

from convscope.tables._csv import read_csv
from convscope.tables._format import Format

__all__ = ["FORMAT"]

FORMAT = Format(lambda path, start: True, read_csv, unpacks=True, rank=9)
