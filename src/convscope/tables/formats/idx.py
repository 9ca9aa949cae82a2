"""IDX, the format of MNIST; labels are found beside the images."""

from __future__ import annotations

from pathlib import Path

from convscope.tables._format import Format
from convscope.tables._idx import looks_like_idx, read_idx

__all__ = ["FORMAT"]


def _is_idx(path: Path, start: bytes) -> bool:
    return looks_like_idx(start) or ("idx" in path.name and "ubyte" in path.name)


FORMAT = Format(_is_idx, read_idx, unpacks=True)
