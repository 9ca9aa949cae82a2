"""Files that are either whole or not there: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["write_bytes", "write_json", "write_text", "writing"]


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and move it there when the block ends well.

    Parameters
    ----------
    path : str or Path
        The file to be. Its folder must exist. It appears complete or not at all.

    Yields
    ------
    temporary : Path
        An empty file in the same folder; write to it and close it.

    Raises
    ------
    OSError
        The folder is missing, read-only or full; nothing is left behind.
    """
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _sync(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file whole; see `writing`."""
    with writing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write UTF-8 text whole; see `writing`."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: str | Path, record: Any) -> None:
    """Write one JSON object, indented, whole; NaN and infinities are refused with ValueError."""
    write_text(path, json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _sync(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows cannot open a folder; its rename needs no second sync
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
