"""Feather, which is Arrow's own file format; and its stream."""

from __future__ import annotations

from convscope.tables._feather import read_feather
from convscope.tables._format import Format

__all__ = ["FORMAT"]

FORMAT = Format(lambda path, start: start.startswith((b"ARROW1", b"\xff\xff\xff\xff")), read_feather)
