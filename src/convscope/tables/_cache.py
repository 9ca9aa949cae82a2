"""A table that was read once is kept as an array that the next load maps into memory.

The cache is a convenience: where its folder cannot be written, tables are simply read again.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from convscope.files import write_json, writing
from convscope.tables._idx import labels_beside
from convscope.tables.pixel_table import PixelTable

__all__ = ["load_cached", "store_cached"]

CACHE_SCHEMA = "convscope.cache/1"
WORTH_KEEPING = 4 << 20
"""Bytes of pixels below which reading again is as fast."""


def load_cached(path: Path, options: Any) -> PixelTable | None:
    """Give the table that `store_cached` kept for this very file and these options, or None.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope import images_to_table, write_table
    >>> write_table(images_to_table([[[0, 255]]], ["line"]), "read_once.csv")
    >>> print(load_cached(Path("read_once.csv"), None))  # so small a table is read again as quickly
    None
    """
    base = _place(path, options)
    try:
        record = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
        if record["schema"] != CACHE_SCHEMA:
            return None
        pixels = np.load(base.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
        if list(pixels.shape) != record["shape"] or str(pixels.dtype) != record["dtype"]:
            return None
        labels = None
        if record["labels"] is not None:
            labels = np.array(record["labels"], dtype=np.int64 if record["numbers"] else object)
        height, width, channels = record["image_shape"]
        return PixelTable(
            pixels,
            (height, width, channels),
            labels,
            tuple(record["class_names"]),
            str(path),
            tuple(record["notes"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store_cached(path: Path, options: Any, table: PixelTable) -> None:
    """Keep a table for the next load; does nothing where that is not possible or not worth it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope import images_to_table, write_table
    >>> table = images_to_table([[[0, 255]]], ["line"])
    >>> write_table(table, "small.csv")
    >>> store_cached(Path("small.csv"), None, table)  # does nothing: so small a table is read again as quickly
    """
    if table.pixels.nbytes < WORTH_KEEPING:
        return
    base = _place(path, options)
    with suppress(OSError):
        base.parent.mkdir(parents=True, exist_ok=True)
        _forget_older(base)
        with writing(base.with_suffix(".npy")) as temporary, temporary.open("wb") as file:
            np.save(file, table.pixels, allow_pickle=False)
        write_json(
            base.with_suffix(".json"),
            {
                "schema": CACHE_SCHEMA,
                "source": path.name,
                "shape": list(table.pixels.shape),
                "dtype": str(table.pixels.dtype),
                "image_shape": list(table.image_shape),
                "labels": None if table.labels is None else table.labels.tolist(),
                "numbers": table.labels is not None and table.labels.dtype.kind == "i",
                "class_names": list(table.class_names),
                "notes": list(table.notes),
            },
        )


def _place(path: Path, options: Any) -> Path:
    """Name the cached files by the source (so that a changed one replaces the old) and by its state."""
    beside = labels_beside(path)
    states = [
        (status.st_size, status.st_mtime_ns, status.st_ino)
        for status in (path.stat(), beside and beside.stat())
        if status
    ]
    source = hashlib.sha256(f"{path.resolve()}\0{options!r}".encode()).hexdigest()[:24]
    state = hashlib.sha256(repr(states).encode()).hexdigest()[:16]
    return user_cache_path("convscope", appauthor=False) / "tables" / f"{source}-{state}"


def _forget_older(base: Path) -> None:
    """Delete what was kept for the same source before it changed."""
    source = base.name.split("-")[0]
    for old in base.parent.glob(f"{source}-*"):
        if old.stem != base.name:
            with suppress(OSError):
                old.unlink()
