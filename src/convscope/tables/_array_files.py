"""Which files of arrays belong together: X.npy and y.npy, kmnist-train-imgs.npz and kmnist-train-labels.npz."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from convscope.tables._parts import part_of

__all__ = ["IMAGES", "LABELS", "array_files", "labels_file", "part_in_name"]

IMAGES = ("images", "image", "imgs", "img", "pixels", "x", "data")
LABELS = ("labels", "label", "class", "y", "target", "targets")
SUFFIXES = (".npy", ".npz")
BETWEEN = re.compile(r"[^a-z0-9]+")


def labels_file(path: Path) -> Path | None:
    """Find the file of labels that goes with a file of images: its name differs in the one word for what it holds."""
    role, others = _taken_apart(path)
    if role != IMAGES:
        return None
    found = [one for one in _siblings(path.parent) if _taken_apart(one) == (LABELS, others)]
    return found[0] if len(found) == 1 else None


def array_files(folder: Path) -> list[Path]:
    """List the files of images in a folder that have a file of labels beside them."""
    return [path for path in _siblings(folder) if labels_file(path) is not None]


def part_in_name(path: Path) -> str | None:
    """Say which part of a data set the name of a file speaks of, if any."""
    return next((part for word in BETWEEN.split(path.stem.lower()) if (part := part_of(word))), None)


def _siblings(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES and path.is_file())


def _taken_apart(path: Path) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Part the word that says what a file holds from the others."""
    words = BETWEEN.split(path.stem.lower())
    places = [place for place, word in enumerate(words) if word in IMAGES + LABELS]
    if path.suffix.lower() not in SUFFIXES or len(places) != 1:
        return None, ()
    word, others = words[places[0]], (*words[: places[0]], *words[places[0] + 1 :], path.suffix.lower())
    return IMAGES if word in IMAGES else LABELS, others
