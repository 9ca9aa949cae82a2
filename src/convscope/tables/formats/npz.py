"""NPZ: arrays of images and labels, in parts or not."""

from __future__ import annotations

from pathlib import Path

from convscope.tables._format import Format
from convscope.tables._npz import read_npz

__all__ = ["FORMAT"]


def _is_npz(path: Path, start: bytes) -> bool:
    return start.startswith(b"PK") and path.suffix.lower() == ".npz"


FORMAT = Format(_is_npz, read_npz)
