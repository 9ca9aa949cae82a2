"""A table that was read once is kept as an array that the next load maps into memory.

The cache is a convenience: where its folder cannot be written, tables are simply read again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from convscope.files import write_json, writing
from convscope.limits import MOST_IMAGES
from convscope.tables._array_files import labels_file
from convscope.tables._idx import labels_beside
from convscope.tables.pixel_table import PixelTable
from convscope.tables.understood import Understood, as_range

__all__ = ["load_cached", "store_cached"]

CACHE_SCHEMA = "convscope.cache/5"
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
    source = _source(path, options)
    if not any(_home().glob(f"{source}-*.json")):  # looking at the state of a large folder takes time
        return None
    base = _place(path, options)
    try:
        record = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
        if record["schema"] != CACHE_SCHEMA or (record["listed"] and record["listed"] != _state_of(path.parent)):
            return None
        pixels = np.load(base.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
        if list(pixels.shape) != record["shape"] or str(pixels.dtype) != record["dtype"]:
            return None
        height, width, channels = record["image_shape"]
        return PixelTable(
            pixels,
            (height, width, channels),
            _array(record["labels"], numbers=record["numbers"]),
            class_names=tuple(record["class_names"]),
            source=str(path),
            notes=tuple(record["notes"]),
            names=dict(record["names"]),
            split=_array(record["split"]),
            intensity=as_range(record["intensity"]),
            weights=None if record["weights"] is None else np.array(record["weights"], np.float64),
            groups=_array(record["groups"]),
            layout=record["layout"],
            understood=None if record["understood"] is None else Understood.of(record["understood"]),
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
    is_list = table.understood is not None and table.understood.kind == "list of files" and path.is_file()
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
                "listed": _state_of(path.parent) if is_list else None,  # a list is the same when a picture changes
                "shape": list(table.pixels.shape),
                "dtype": str(table.pixels.dtype),
                "image_shape": list(table.image_shape),
                "labels": _list(table.labels),
                "numbers": table.labels is not None and table.labels.dtype.kind == "i",
                "class_names": list(table.class_names),
                "notes": list(table.notes),
                "names": [[label, name] for label, name in table.names.items()],
                "split": _list(table.split),
                "intensity": table.intensity,
                "weights": _list(table.weights),
                "groups": _list(table.groups),
                "layout": table.layout,
                "understood": None if table.understood is None else table.understood.record(),
            },
        )


def _array(values: list[Any] | None, *, numbers: bool = False) -> NDArray[Any] | None:
    return None if values is None else np.array(values, dtype=np.int64 if numbers else object)


def _list(values: NDArray[Any] | None) -> list[Any] | None:
    return None if values is None else values.tolist()


def _place(path: Path, options: Any) -> Path:
    """Name the cached files by the source (so that a changed one replaces the old) and by its state."""
    return _home() / f"{_source(path, options)}-{_state_of(path)}"


def _state_of(path: Path) -> str:
    return hashlib.sha256(repr(list(islice(_states(path), MOST_IMAGES))).encode()).hexdigest()[:16]


def _home() -> Path:
    return user_cache_path("convscope", appauthor=False) / "tables"


def _source(path: Path, options: Any) -> str:
    return hashlib.sha256(f"{path.resolve()}\0{options!r}".encode()).hexdigest()[:24]


def _states(path: Path) -> Iterator[tuple[Any, ...]]:
    """Give what changes whenever a file does, or one of a folder's, or the labels beside it."""
    if path.is_dir():
        for place, folders, files in os.walk(path):
            folders.sort()
            yield place, len(files)
            for name in sorted(files):
                yield name, *_state(os.lstat(f"{place}{os.sep}{name}"))
        return
    yield _state(path.stat())
    beside = labels_beside(path) or labels_file(path)
    if beside is not None:
        yield _state(beside.stat())


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _forget_older(base: Path) -> None:
    """Delete what was kept for the same source before it changed."""
    source = base.name.split("-")[0]
    for old in base.parent.glob(f"{source}-*"):
        if old.stem != base.name:
            with suppress(OSError):
                old.unlink()
