"""Which of several named arrays are images and which are labels, of which part: told by their names alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.errors import TableError
from convscope.reading import Options
from convscope.tables._array_files import IMAGES, LABELS
from convscope.tables._parts import PARTS, part_of
from convscope.tables._roles import is_id
from convscope.tables.table import GROUP_COLUMN
from convscope.tables.understood import LeftOut
from convscope.wording import Setting, Words

__all__ = ["FACTS", "IMAGE_SHAPE", "SPLIT", "STORED", "WEIGHT", "Header", "Pair", "named_arrays", "pairs_of",
           "without_label"]  # fmt: skip

IMAGE_SHAPE, SPLIT, WEIGHT, FACTS = "image_shape", "split", "weight", "facts"
STORED = (IMAGE_SHAPE, SPLIT, WEIGHT, GROUP_COLUMN, FACTS)
"""What `write_table` stores beside images and labels."""
UNNAMED = ("arr_0", "arr_1")


@dataclass(frozen=True)
class Header:
    """What an array in the file is said to be."""

    shape: tuple[int, ...]
    kind: np.dtype[Any]


@dataclass(frozen=True)
class Pair:
    """The names of one part's arrays."""

    part: str | None
    images: str
    labels: str | None


def named_arrays(
    arrays: Mapping[str, Any], name: str, options: Options
) -> tuple[list[tuple[str | None, Any, Any]], Options, tuple[str, ...], tuple[LeftOut, ...]]:
    """Find the images and labels of each part among arrays in memory, by their names.

    Returns
    -------
    parts : list of (part, images, labels)
        The part is None where there are none; so are labels.
    options : Options
        Those that are left to `from_arrays`.
    notes : tuple of str
    left_out : tuple of LeftOut

    Raises
    ------
    TableError
        Their names do not tell.
    """
    headers = {str(key): _header_of(one) for key, one in arrays.items()}
    pairs, notes = pairs_of(headers, name, options.label)
    known = {str(key): one for key, one in arrays.items()}
    used = {name for pair in pairs for name in (pair.images, pair.labels)}
    others = [key for key in known if key not in used]
    left_out = (LeftOut.of(others, "arrays", "neither images nor labels"),) if others else ()
    parts = [(pair.part, known[pair.images], None if pair.labels is None else known[pair.labels]) for pair in pairs]
    return parts, without_label(options, headers), notes, left_out


def _header_of(array: Any) -> Header:
    """Say what an array in memory is; tensors of other libraries are taken to hold whole numbers."""
    kind = array.dtype if isinstance(array, np.ndarray) else np.dtype(np.uint8)
    return Header(getattr(array, "shape", None) or np.shape(array), kind)


def pairs_of(headers: Mapping[str, Header], name: str, label: str | None = None) -> tuple[list[Pair], tuple[str, ...]]:
    """Find which arrays are images and labels, of which part; ``label`` may name the labels."""
    found: dict[tuple[str, str | None], str] = {}
    label_words = LABELS if label not in headers else ()
    for array in headers:
        word, part = _taken_apart(array)
        role = "images" if word in IMAGES else "labels" if word in label_words or array == label else None
        if role is None:
            continue
        if array == label:
            part = None
        if (role, part) in found:
            raise TableError(
                f"{name} holds two arrays that may be the {role}.",
                received=f"{found[role, part]}, {array}",
                expected="one array of images and one of labels",
            )
        found[role, part] = array
    parts = [part for part in (None, *PARTS) if ("images", part) in found]
    if not parts and UNNAMED[0] in headers:
        return _unnamed(headers, name)
    if not parts or (None in parts and len(parts) > 1):
        raise TableError(
            f"{name} holds no images." if not parts else f"{name} holds several arrays of images.",
            received=", ".join(f"{array} {one.shape}" for array, one in headers.items()) or "no arrays",
            expected="an array named images of shape (n_rows, height, width) and one named labels",
            repair="save them under these names: np.savez(path, images=..., labels=...)",
        )
    pairs = [Pair(part, found["images", part], found.get(("labels", part))) for part in parts]
    _ask_label(headers, pairs, name, label)
    return pairs, _told(pairs)


def _ask_label(headers: Mapping[str, Header], pairs: Sequence[Pair], name: str, label: str | None) -> None:
    """Refuse images without labels if an array beside them may be the labels, and nothing says so."""
    if label is not None or any(pair.labels is not None for pair in pairs):
        return
    n_rows = {header.shape[0] for pair in pairs if (header := headers[pair.images]).shape}
    used = {pair.images for pair in pairs}
    maybe = [
        array
        for array, one in headers.items()
        if array not in (*used, *STORED) and not is_id(array) and one.kind.kind in "biuSU" and _one_per_row(one, n_rows)
    ]
    if maybe:
        raise TableError(
            f"it is not clear which array of {name} holds the labels.",
            received=", ".join(f"{array} {headers[array].shape}" for array in maybe),
            expected="an array named labels",
            repair=Words("say it: ", Setting("label", maybe[0]), "; or read no labels: ", Setting("label", "none")),
        )


def _one_per_row(header: Header, n_rows: set[int]) -> bool:
    return header.shape[:1] != () and header.shape[0] in n_rows and header.shape[1:] in ((), (1,))


def without_label(options: Options, headers: Mapping[str, Header]) -> Options:
    """Leave out the name of an array of labels, once that is found."""
    return options.having(label=None) if options.label in headers else options


def _unnamed(headers: Mapping[str, Header], name: str) -> tuple[list[Pair], tuple[str, ...]]:
    """Read arrays that were saved without names: the one with more axes is the images."""
    arrays = sorted(headers, key=lambda array: -len(headers[array].shape))
    if set(headers) == {UNNAMED[0]}:
        return [Pair(None, UNNAMED[0], None)], (f"{UNNAMED[0]} is read as the images",)
    axes = [len(headers[array].shape) for array in arrays]
    if (
        set(headers) != set(UNNAMED)
        or axes[0] == axes[1]
        or headers[arrays[1]].shape[0] not in headers[arrays[0]].shape
    ):
        raise TableError(
            f"the arrays of {name} have no names that tell which are images and which labels.",
            received=", ".join(f"{array} {one.shape}" for array, one in headers.items()),
            expected="images and labels; or two arrays, of which one has more axes",
            repair="save them under these names: np.savez(path, images=..., labels=...)",
        )
    return [Pair(None, arrays[0], arrays[1])], (f"{arrays[0]} is read as the images, {arrays[1]} as the labels",)


def _taken_apart(array: str) -> tuple[str, str | None]:
    """Take x_train and train_images apart: what it is, and of which part."""
    words = array.lower().replace("-", "_").split("_")
    for place in (0, -1):
        part = part_of(words[place]) if len(words) > 1 else None
        if part:
            return "_".join(words[1:] if place == 0 else words[:-1]), part
    return array.lower(), None


def _told(pairs: Sequence[Pair]) -> tuple[str, ...]:
    names = [name for pair in pairs for name in (pair.images, pair.labels) if name]
    usual = set(names) <= {"images", "labels"}
    what = "images and labels are the arrays" if len(names) > len(pairs) else "images are the arrays"
    return () if usual else (f"{what} {', '.join(names)}",)
