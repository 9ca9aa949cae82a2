"""NPY: one array of pictures."""

from __future__ import annotations

from convscope.tables._format import Format
from convscope.tables._npz import read_npy

__all__ = ["FORMAT"]

FORMAT = Format(lambda path, start: start.startswith(b"\x93NUMPY"), read_npy, unpacks=True)
