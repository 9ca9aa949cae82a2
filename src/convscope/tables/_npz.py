"""NPZ files: arrays ``images`` (or ``x``) and ``labels`` (or ``y``), never pickled objects."""

from __future__ import annotations

import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.archives import check_members
from convscope.errors import DataError, TableError
from convscope.tables._open import largest_content
from convscope.tables._values import check_labels, check_not_empty, check_pixels, without_missing
from convscope.tables.pixel_table import PixelTable, Shape, square_shape

__all__ = ["read_npz"]

IMAGES = ("images", "pixels", "x", "X", "x_train", "data")
LABELS = ("labels", "class", "y", "y_train", "target")
MOST_MEMBERS = 100
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(path: Path, *, shape: Shape | None, clip: bool, drop_missing: bool) -> PixelTable:
    """Read images and labels from an NPZ file; see `read_csv` for the parameters.

    Raises
    ------
    TableError
        The archive is damaged or too large when unpacked, has no images, or holds pickled objects.
    """
    arrays = _load(path)
    images = next((arrays[name] for name in IMAGES if name in arrays), None)
    if images is None or images.ndim not in (2, 3, 4):
        raise TableError(
            f"{path.name} holds no images.",
            received=", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "no arrays",
            expected="an array named images of shape (n_rows, height, width) and one named labels",
        )
    labels = next((arrays[name] for name in LABELS if name in arrays), None)
    if labels is not None and labels.shape != images.shape[:1]:
        raise TableError(
            f"the images and labels of {path.name} do not belong together.",
            received=f"{len(images):,} images, labels {labels.shape}",
        )
    check_not_empty(images.shape, path.name)
    height, width, channels = _image_shape(images, arrays.get("image_shape"), shape)
    notes: tuple[str, ...] = ()
    pixels = images.reshape(len(images), -1)
    if pixels.dtype.kind not in "uifb":
        raise TableError(f"the images of {path.name} are not numbers.", received=str(pixels.dtype))
    if pixels.dtype != np.uint8:
        checked = check_pixels(
            pixels.astype(np.float64),
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
    except UnicodeDecodeError:
        raise TableError(
            f"the labels of {path.name} are bytes that are no text.",
            received=str(labels.dtype),
            repair="save them as text: np.asarray(labels, dtype=str)",
        ) from None


def _image_shape(images: NDArray[Any], stored: NDArray[Any] | None, shape: Shape | None) -> Shape:
    if shape is not None:
        return shape
    if stored is not None and stored.shape == (3,):
        return int(stored[0]), int(stored[1]), int(stored[2])
    if images.ndim == 2:
        return square_shape(images.shape[1])
    return images.shape[1], images.shape[2], images.shape[3] if images.ndim == 4 else 1


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        check_members(path, most_members=MOST_MEMBERS, most_bytes=largest_content(path))
        with zipfile.ZipFile(path) as archive:
            _check_headers(archive, path)
        with np.load(path, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except TableError:
        raise
    except DataError as error:
        raise TableError(error.what, received=error.received, expected=error.expected, repair=error.repair) from None
    except ValueError as error:
        raise TableError(f"{path.name} is damaged: {error}.", repair="get it again") from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise TableError(f"{path.name} is not a whole NPZ file: {error}.", repair="get the file again") from None


def _check_headers(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse pickled objects, and headers that promise more than there is, before anything is unpacked."""
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
        if prod(shape) * kind.itemsize > entry.file_size:
            raise TableError(
                f"the header of {entry.filename} in {path.name} promises more than there is.",
                received=f"shape {shape} in {entry.file_size:,} bytes",
            )
