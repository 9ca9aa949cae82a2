"""JSON lines: one object per row, with a column for each pixel or a list of pixels."""

from __future__ import annotations

import re

from convscope.tables._format import Format
from convscope.tables._json_lines import read_json_lines

__all__ = ["FORMAT"]

OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
FORMAT = Format(lambda path, start: OBJECT.match(start) is not None, read_json_lines)
