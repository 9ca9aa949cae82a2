"""IDX files, the format of MNIST: a short header that says how many bytes follow, and the bytes.

References
----------
Y. LeCun, C. Cortes: "The MNIST database of handwritten digits", section on file formats.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.limits import GZIP_AT_MOST, MOST_TABLE_BYTES
from convscope.reading import Options
from convscope.tables._arrays import Part, from_arrays
from convscope.tables._open import check_table, first_bytes, unpacked
from convscope.tables._order import is_emnist
from convscope.tables._parts import PARTS, part_of
from convscope.tables._values import check_not_empty
from convscope.tables.pixel_table import PixelTable

__all__ = ["idx_files", "labels_beside", "looks_like_idx", "read_idx", "read_idx_array", "read_idx_folder"]

KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
UNSIGNED_BYTE = 0x08
PLANE = 3
"""Axes of pictures without channels."""


def looks_like_idx(start: bytes) -> bool:
    """Say whether a file begins like IDX: two zero bytes, then a kind and a number of axes."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in KINDS and 1 <= start[3] <= 4


def read_idx_array(path: Path) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes.

    Returns
    -------
    array : uint8 array of the shape that the header says

    Raises
    ------
    TableError
        The magic number is wrong, or the header promises more or less than there is. Nothing is allocated
        before the promise has been compared with the size of the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    >>> read_idx_array(Path("labels-idx1-ubyte"))
    array([7, 2, 1], dtype=uint8)
    """
    start = first_bytes(path, 20)
    if not looks_like_idx(start):
        raise TableError(
            f"{path.name} is not an IDX file.",
            received=f"first bytes {start[:4].hex(' ') or 'none'}",
            expected="00 00 08 01 (labels) or 00 00 08 03 (images)",
        )
    if start[2] != UNSIGNED_BYTE:
        raise TableError(
            f"{path.name} holds numbers of kind {np.dtype(KINDS[start[2]]).name}.",
            expected="unsigned bytes (kind 08)",
            repair="convert it to a CSV or NPZ table of intensities 0 to 255",
        )
    n_axes = start[3]
    if len(start) < 4 + 4 * n_axes:
        raise TableError(f"{path.name} ended early: its header is cut.", received=f"{len(start)} bytes")
    shape = struct.unpack(f">{n_axes}I", start[4 : 4 + 4 * n_axes])
    promised = int(np.prod(shape, dtype=object))
    size = path.stat().st_size
    if promised > MOST_TABLE_BYTES or promised > GZIP_AT_MOST * size:
        raise TableError(
            f"the header of {path.name} promises more data than the file can hold.",
            received=f"{' x '.join(f'{length:,}' for length in shape)} = {promised:,} bytes in {size:,}",
            repair="download or copy the file again",
        )
    check_table(path, shape[0], promised, 1)
    with unpacked(path) as file:
        file.read(4 + 4 * n_axes)
        content = file.read(promised + 1)
    if len(content) != promised:
        raise TableError(
            f"{path.name} {'ended early' if len(content) < promised else 'has extra data after its last image'}.",
            received=f"{len(content):,} bytes" if len(content) < promised else "more bytes",
            expected=f"{promised:,} bytes, as its header says",
            repair="download or copy the file again",
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_idx(path: Path, options: Options) -> PixelTable:
    """Read images, with the labels from the file beside them: ...-images-... goes with ...-labels-...

    Raises
    ------
    TableError
        The file holds labels, not images; or the numbers of images and labels differ.
    """
    beside = labels_beside(path)
    notes = () if beside else ("no file of labels beside the images: the table has no labels",)
    part = _part(path, None)
    label = beside.name if beside else None
    return from_arrays([part], _rows_first(part, options, path), path, notes=notes, label=label)


def idx_files(folder: Path) -> list[Path]:
    """List the files of images in a folder, by their first bytes and names; empty if it holds class folders."""
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and "images" in path.name.lower()]
    return [path for path in found if looks_like_idx(first_bytes(path, 4)) and first_bytes(path, 4)[3] > 1]


def read_idx_folder(folder: Path, files: list[Path], options: Options) -> PixelTable:
    """Read MNIST's four files, or others of their kind: the beginnings of their names are parts.

    Raises
    ------
    TableError
        It is not clear what the parts are.
    """
    named = {
        path: next((part for word in re.split(r"[-_.]", path.name) if (part := part_of(word))), None) for path in files
    }
    parts = [part for part in named.values() if part]
    if len(files) > 1 and (len(parts) < len(files) or len(set(parts)) < len(parts)):
        raise TableError(
            f"it is not clear which parts of a data set the files in {folder.name} are.",
            received=", ".join(path.name for path in files[:4]),
            expected="train-images-idx3-ubyte and t10k-images-idx3-ubyte, or others whose names begin so",
            repair="give one of the files",
        )
    ordered = sorted(files, key=lambda path: PARTS.index(named[path] or "train"))
    lone = [_part(path, named[path]) for path in ordered]
    path = folder / ordered[0].name
    return from_arrays(lone, _rows_first(lone[0], options, path), path, label="files of labels")


def _rows_first(part: Part, options: Options, path: Path) -> Options:
    """Say what the format says: rows are the first axis. EMNIST's pictures are turned besides."""
    layout = {PLANE: "HW", PLANE + 1: "HWC"}.get(part.images.ndim)
    return options if options.layout or layout is None or is_emnist(path.name) else options.having(layout=layout)


def _part(path: Path, name: str | None) -> Part:
    images = read_idx_array(path)
    if images.ndim == 1:
        raise TableError(
            f"{path.name} holds labels, not images.", expected="the file whose name has images and idx3 in it"
        )
    check_not_empty(images.shape, path.name)
    beside = labels_beside(path)
    labels = None if beside is None else read_idx_array(beside).astype(np.int64)
    if beside is not None and labels is not None and labels.shape != images.shape[:1]:
        raise TableError(
            f"{path.name} and {beside.name} do not belong together.",
            received=f"{len(images):,} images, {len(labels):,} labels",
            expected="one label per image",
        )
    return Part(images, labels, name)


def labels_beside(path: Path) -> Path | None:
    """Find the file of labels that goes with a file of images."""
    name = re.sub(r"idx[234]", "idx1", path.name.replace("images", "labels"))
    if name == path.name:
        return None
    for candidate in (name, name.removesuffix(".gz"), name + ".gz"):
        if (path.parent / candidate).is_file():
            return path.parent / candidate
    return None
