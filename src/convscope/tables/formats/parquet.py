"""Parquet: typed columns, also lists of numbers and pictures as Hugging Face stores them."""

from __future__ import annotations

from convscope.tables._format import Format
from convscope.tables._parquet import read_parquet

__all__ = ["FORMAT"]

FORMAT = Format(lambda path, start: start.startswith((b"PAR1", b"PARE")), read_parquet)
