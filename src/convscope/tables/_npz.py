"""NPZ files: arrays ``images`` (or ``x``) and ``labels`` (or ``y``), never pickled objects."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.archives import check_members
from convscope.errors import DataError, TableError
from convscope.limits import MOST_ARRAYS, largest_content
from convscope.tables._open import check_table
from convscope.tables._values import check_labels, check_not_empty, check_pixels, without_missing
from convscope.tables.pixel_table import PixelTable, Shape, square_shape

__all__ = ["read_npz"]

IMAGES = ("images", "pixels", "x", "X", "x_train", "data")
LABELS = ("labels", "class", "y", "y_train", "target")
IMAGE_SHAPE = "image_shape"
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@dataclass(frozen=True)
class _Header:
    """What an array in the file is said to be."""

    shape: tuple[int, ...]
    kind: np.dtype[Any]


def read_npz(path: Path, *, shape: Shape | None, clip: bool, drop_missing: bool) -> PixelTable:
    """Read images and labels from an NPZ file; see `read_csv` for the parameters.

    Raises
    ------
    TableError
        The archive is damaged or too large when unpacked, has no images, or holds pickled objects.
    """
    arrays = _load(path)
    images, labels = arrays["images"], arrays.get("labels")
    height, width, channels = _image_shape(images, arrays.get(IMAGE_SHAPE), shape, path)
    notes: tuple[str, ...] = ()
    pixels = images.reshape(len(images), -1)
    if pixels.dtype != np.uint8:
        checked = check_pixels(
            pixels.astype(np.float64, copy=False),
            lambda row, column: f"image {row + 1} of {path.name}, pixel {column + 1},",
            clip,
        )
        pixels, notes = checked.pixels, checked.notes
    known = None
    if labels is not None:
        texts = _texts(labels, path)
        if drop_missing:
            kept, dropped = without_missing(texts)
            texts, pixels, notes = texts[kept], pixels[kept], (*notes, *dropped)
        known = check_labels(texts, lambda row: f"image {row + 1} of {path.name}")
    return PixelTable(pixels, (height, width, channels), known, source=str(path), notes=notes)


def _texts(labels: NDArray[Any], path: Path) -> NDArray[Any]:
    try:
        return labels.astype(str).astype(object)
    except (UnicodeDecodeError, SystemError):  # the latter of a number that stands for no letter
        raise TableError(
            f"the labels of {path.name} are not text.",
            received=str(labels.dtype),
            repair="save them as text: np.asarray(labels, dtype=str)",
        ) from None


def _image_shape(images: NDArray[Any], stored: NDArray[Any] | None, shape: Shape | None, path: Path) -> Shape:
    if shape is not None:
        return shape
    if stored is not None and stored.shape == (3,):
        return _stored_shape(stored, path)
    if images.ndim == 2:
        return square_shape(images.shape[1])
    return images.shape[1], images.shape[2], images.shape[3] if images.ndim == 4 else 1


def _stored_shape(stored: NDArray[Any], path: Path) -> Shape:
    if stored.dtype.kind not in "iu" or not (stored > 0).all():
        raise TableError(
            f"{IMAGE_SHAPE} in {path.name} is no shape.",
            received=f"{stored.tolist()}",
            expected="height, width and channels: whole numbers above 0",
        )
    height, width, channels = stored.tolist()
    return height, width, channels


def _load(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of use, under names of ours, once their headers have been looked at."""
    try:
        check_members(path, most_members=MOST_ARRAYS, most_bytes=largest_content(path.stat().st_size))
        with zipfile.ZipFile(path) as archive:
            headers = _headers(archive, path)
        chosen = _chosen(headers, path)
        with np.load(path, allow_pickle=False) as found:
            return {ours: found[name] for ours, name in chosen.items()}
    except TableError:
        raise
    except DataError as error:
        raise TableError(error.what, received=error.received, expected=error.expected, repair=error.repair) from None
    except Exception as error:  # zipfile and NumPy raise whatever the numbers in the file lead them to
        raise TableError(
            f"{path.name} is not a complete NPZ file: {error}.", repair="download or copy the file again"
        ) from None


def _headers(archive: zipfile.ZipFile, path: Path) -> dict[str, _Header]:
    """Refuse pickled objects, and headers that promise more than there is, before anything is unpacked."""
    headers = {}
    for entry in archive.infolist():
        with archive.open(entry) as member:
            version = np.lib.format.read_magic(member)
            read_header = HEADERS.get(version)
            if read_header is None:
                raise TableError(f"{path.name} has an array of unknown format {version}.")
            shape, _, kind = read_header(member)
        if kind.hasobject:
            raise TableError(
                f"{path.name} holds pickled objects, which can run code.",
                received=entry.filename,
                expected="arrays of numbers or text",
                repair="save labels as an array of text: np.asarray(labels, dtype=str)",
            )
        if min(shape, default=0) < 0 or prod(shape) * kind.itemsize > entry.file_size:
            raise TableError(
                f"the header of {entry.filename} in {path.name} promises more data than there is.",
                received=f"shape {shape} in {entry.file_size:,} bytes",
            )
        name = entry.filename.removesuffix(".npy")
        if name in headers:
            raise TableError(f"{path.name} holds two arrays of the same name.", received=repr(name[:120]))
        headers[name] = _Header(shape, kind)
    return headers


def _chosen(headers: Mapping[str, _Header], path: Path) -> dict[str, str]:
    """Find the arrays of use, and say what is wrong with them as far as their headers tell."""
    images = next((name for name in IMAGES if name in headers), None)
    if images is None or len(headers[images].shape) not in (2, 3, 4):
        raise TableError(
            f"{path.name} holds no images.",
            received=", ".join(f"{name} {one.shape}" for name, one in headers.items()) or "no arrays",
            expected="an array named images of shape (n_rows, height, width) and one named labels",
        )
    shape, kind = headers[images].shape, headers[images].kind
    labels = next((name for name in LABELS if name in headers), None)
    if labels is not None and headers[labels].shape != shape[:1]:
        raise TableError(
            f"the images and labels of {path.name} do not belong together.",
            received=f"{shape[0]:,} images, labels {headers[labels].shape}",
        )
    if labels is not None and headers[labels].kind.kind not in "biufSUMm":
        raise TableError(f"the labels of {path.name} are neither numbers nor text.", received=str(headers[labels].kind))
    check_not_empty(shape, path.name)
    if kind.kind not in "uifb":
        raise TableError(f"the images of {path.name} are not numbers.", received=str(kind))
    copies = 0 if kind in (np.uint8, np.float64) else np.float64().itemsize
    check_table(path, shape[0], prod(shape), kind.itemsize + copies)
    names = {"images": images, "labels": labels, IMAGE_SHAPE: IMAGE_SHAPE if IMAGE_SHAPE in headers else None}
    return {ours: name for ours, name in names.items() if name is not None}
