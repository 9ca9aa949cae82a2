"""A folder of class folders of PNG or JPEG files, read as a table.

Rules, each kept as a note where it applied: a picture with transparency is laid on black; palette and CMYK
pictures become RGB; 16-bit values become intensities
by one rule for the whole folder (see `_deep`); a picture is turned upright as its
EXIF orientation says. All pictures get one channel if all are grey, else three.
"""

from __future__ import annotations

import os
import struct
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from convscope.errors import ShapeError, TableError
from convscope.limits import (
    FREE_TABLE_BYTES,
    MOST_IMAGE_BYTES,
    MOST_IMAGE_PARTS,
    MOST_IMAGE_PIXELS,
    MOST_RATIO,
    largest_content,
)
from convscope.limits import MOST_IMAGES as MOST_FILES
from convscope.reading import Options
from convscope.tables._deep import is_deep, read_deep, to_intensities
from convscope.tables._values import check_labels, without_missing
from convscope.tables.pixel_table import PixelTable

__all__ = ["MOST_IMAGE_BYTES", "MOST_IMAGE_PIXELS", "read_folder"]

MAGIC = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}
PARTS = {"PNG": (b"zTXt", b"iTXt"), "JPEG": (b"\xff\xda",)}
SUFFIXES = (".png", ".jpg", ".jpeg")
IGNORED = ("Thumbs.db", "desktop.ini", "__MACOSX")
GREY_MODES = ("1", "L", "LA", "La", "I;16", "I;16B", "I", "F")
TREE = "FOLDER/cat/1.png, FOLDER/cat/2.png, FOLDER/dog/1.png, ..."


def read_folder(folder: Path, options: Options) -> PixelTable:
    """Read a folder of class folders; each class is named like its folder.

    Raises
    ------
    TableError
        There are no class folders, no readable pictures, links, or too many files.
    ShapeError
        The pictures differ in size.
    """
    pictures: list[NDArray[Any]] = []
    labels: list[str] = []
    rules: Counter[str] = Counter()
    refused: list[str] = []
    budget = _Budget(folder.name)
    for name, path in _files(folder):
        try:
            picture = _read(path, rules, budget)
        except _TooMuchError:
            raise
        except TableError as error:
            refused.append(f"{name}/{path.name}: {error.what}")
            continue
        if pictures and picture.shape[:2] != pictures[0].shape[:2]:
            raise ShapeError(
                f"{name}/{path.name} differs in size from the pictures before it.",
                received="{} x {}".format(*picture.shape[:2]),
                expected="{} x {}".format(*pictures[0].shape[:2]),
                repair="resize the pictures to one size first",
            )
        pictures.append(picture)
        labels.append(name)
    if not pictures:
        raise TableError(
            f"{folder.name} holds no readable picture.",
            received=refused[0] if refused else "no PNG or JPEG files",
            expected=TREE,
        )
    pictures, deep_notes = to_intensities(pictures, folder.name)
    notes = [*(f"{count:,} pictures: {rule}" for rule, count in rules.items() if count), *deep_notes]
    if refused:
        notes.append(f"{len(refused):,} files were left out, first {refused[0]}")
    images, texts = np.stack(_same_channels(pictures)), np.array(labels, dtype=object)
    if options.drops_missing:
        kept, dropped = without_missing(texts)
        images, texts, notes = images[kept], texts[kept], [*notes, *dropped]
    return PixelTable(
        images.reshape(len(images), -1),
        (images.shape[1], images.shape[2], images.shape[3]),
        check_labels(texts, lambda row: f"picture {row + 1} of {folder.name}"),
        source=str(folder),
        notes=tuple(notes),
    )


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Walk class folders and their files in order of name; refuse links."""
    entries = [entry for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if _counts(entry)]
    if not any(entry.is_dir(follow_symlinks=False) for entry in entries):
        raise TableError(
            f"{folder.name} has no folder per class.",
            received=", ".join(entry.name for entry in entries[:3]) or "an empty folder",
            expected=TREE,
            repair="put the pictures of each class into a folder named like the class",
        )
    count = 0
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            continue
        for file in sorted(os.scandir(entry.path), key=lambda file: file.name):
            if not _counts(file) or not file.name.lower().endswith(SUFFIXES):
                continue
            count += 1
            if count > MOST_FILES:
                raise TableError(f"{folder.name} holds more than {MOST_FILES:,} pictures.")
            yield entry.name, Path(file.path)


def _counts(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink():
        raise TableError(
            f"{entry.path} is a link; links are not followed.",
            repair="put the files themselves into the folder",
        )
    return entry.name not in IGNORED and not entry.name.startswith(".")


class _Budget:
    """Counts the pixels that are decoded; a page of white paper shrinks by hundreds, but not a whole folder of them."""

    def __init__(self, folder: str) -> None:
        self.folder, self.packed, self.decoded = folder, 0, 0

    def take(self, packed: int, picture: Image.Image) -> None:
        """Count a picture before it is decoded.

        Raises
        ------
        _TooMuchError
            The folder's pictures are out of proportion to their files.
        """
        self.packed += packed
        self.decoded += picture.width * picture.height * max(3 if picture.mode == "P" else 1, len(picture.getbands()))
        if self.decoded > largest_content(self.packed, free=FREE_TABLE_BYTES):
            raise _TooMuchError(
                f"{self.folder} holds pictures with far more pixels than their file sizes suggest.",
                received=f"{self.decoded:,} bytes from the first {self.packed:,}",
                expected=f"at most {MOST_RATIO} times as many",
                repair="make the pictures smaller first",
            )


class _TooMuchError(TableError):
    """Ends the whole folder, where another error leaves out one picture."""


def _read(path: Path, rules: Counter[str], budget: _Budget) -> NDArray[Any]:
    """Read one picture as uint8, or uint16 where it has 16 bits a value; shape (height, width, 1 or 3)."""
    size = path.stat().st_size
    if size == 0:
        raise TableError("the file is empty")
    if size > MOST_IMAGE_BYTES:
        raise TableError(f"{size:,} bytes, at most {MOST_IMAGE_BYTES:,}")
    with path.open("rb") as file:
        start = file.read(8)
        kind = next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)
        if kind is None:
            raise TableError(f"neither PNG nor JPEG inside (first bytes {start[:4].hex(' ')})")
        _check_parts(file.read(MOST_IMAGE_BYTES), kind)
        file.seek(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                picture = Image.open(file, formats=[kind])
            if picture.width * picture.height > MOST_IMAGE_PIXELS:
                raise TableError(f"{picture.width:,} x {picture.height:,} pixels, but at most {MOST_IMAGE_PIXELS:,}")
            budget.take(size, picture)
            if is_deep(picture):
                return _read_deep(picture, Image.open(path, formats=[kind]), rules)
            picture.load()
            return _as_bytes(picture, rules)
        except Image.DecompressionBombError:
            raise TableError(f"far more pixels than the {MOST_IMAGE_PIXELS:,} that are allowed") from None
        except (
            UnidentifiedImageError,
            OSError,
            SyntaxError,
            ValueError,
            struct.error,
            LookupError,
            TypeError,
        ) as error:
            if isinstance(error, TableError):
                raise
            reason = "it cannot be decoded" if isinstance(error, UnidentifiedImageError) else error
            raise TableError(f"cut or damaged ({reason})") from None


def _check_parts(content: bytes, kind: str) -> None:
    """Refuse a picture of very many parts: each is decoded over all pixels, or to a megabyte of text."""
    n_parts = sum(content.count(mark) for mark in PARTS[kind])
    if n_parts > MOST_IMAGE_PARTS:
        raise TableError(f"{n_parts:,} scans or texts in one picture, at most {MOST_IMAGE_PARTS}")


def _read_deep(picture: Image.Image, again: Image.Image, rules: Counter[str]) -> NDArray[np.uint16]:
    with again:
        found = read_deep(picture, again, rules)
    _is_turned(picture, rules)
    return found


def _is_turned(picture: Image.Image, rules: Counter[str]) -> bool:
    """Say whether a picture has to be turned, and note it."""
    turned = bool(picture.getexif().get(0x0112, 1) != 1)
    rules["turned upright according to EXIF"] += turned
    return turned


def _as_bytes(picture: Image.Image, rules: Counter[str]) -> NDArray[np.uint8]:
    if _is_turned(picture, rules):
        picture = ImageOps.exif_transpose(picture)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rules["transparency put on black"] += 1
        clear = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", clear.size, "black"), clear).convert(
            "L" if picture.mode in GREY_MODES else "RGB"
        )
    elif picture.mode not in ("1", "L", "RGB"):
        rules[f"{picture.mode} becomes RGB"] += 1
        picture = picture.convert("RGB")
    pixels = np.asarray(picture.convert("L") if picture.mode == "1" else picture, np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _same_channels(pictures: list[NDArray[Any]]) -> list[NDArray[Any]]:
    most = max(picture.shape[2] for picture in pictures)
    return [np.broadcast_to(picture, (*picture.shape[:2], most)) for picture in pictures]
