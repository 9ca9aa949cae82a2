"""Pictures of 16 bits a value: read whole, and brought to intensities by one rule for all pictures of a folder.

Pillow reads 16-bit greys as they are, and of 16-bit colours the high bytes only. The low bytes are had by naming the
other order of bytes; grey with transparency, by naming four bytes a pixel.

The rule: a folder whose values all fit into 8 bits holds 8-bit values in 16-bit files, and they stay as they are. Else
all are divided by 257 and rounded, so that 65535 becomes 255, as the PNG specification says (section 13.12). Nothing
else depends on how bright the pictures are, so another folder is read alike; and where that would leave next to nothing
of them, as of 12-bit values, they are refused.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from convscope.errors import TableError

__all__ = ["is_deep", "read_deep", "to_intensities"]

GREY = ("I;16", "I;16B", "I")
COLOUR = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
GREY_AND_ALPHA = "LA;16B"
LARGEST, STEP = 65535, 257
LEAST = 4096
"""The least brightest value that division leaves something of."""


def is_deep(picture: Image.Image) -> bool:
    """Say whether a picture that was opened, and not yet loaded, has 16 bits a value."""
    return picture.mode in GREY or _raw_mode(picture) in (*COLOUR, GREY_AND_ALPHA)


def read_deep(picture: Image.Image, again: Image.Image, rules: Counter[str]) -> NDArray[np.uint16]:
    """Read a 16-bit picture as an array of shape (height, width, 1 or 3); transparency is laid on black.

    Parameters
    ----------
    picture, again : Image
        The same file, opened twice.
    rules : Counter
        Of what was done to pictures.
    """
    raw, clear = _raw_mode(picture), picture.info.get("transparency")
    values: NDArray[Any]
    if raw in COLOUR:
        low = _upright(_as_raw(again, COLOUR[raw]))
        values = (_upright(picture).astype(np.uint16) << 8 | low).astype(np.uint16)
    elif raw == GREY_AND_ALPHA:
        parts = _upright(_as_raw(picture, "RGBA")).astype(np.uint16)
        values = parts[..., ::2] << 8 | parts[..., 1::2]
    else:
        values = _upright(picture).astype(np.uint16)[..., None]
    if clear is not None:
        values[(values == clear).all(axis=2)] = 0
    elif values.shape[2] in (2, 4):
        opaque = values[..., -1:].astype(np.uint32)
        values = (values[..., :-1] * opaque + LARGEST // 2) // LARGEST
    else:
        return np.asarray(values, np.uint16)
    rules["transparency put on black"] += 1
    return np.asarray(values, np.uint16)


def to_intensities(pictures: list[NDArray[Any]], where: str) -> tuple[list[NDArray[Any]], tuple[str, ...]]:
    """Bring the 16-bit pictures among others to intensities 0 to 255; gives a note of what was done, if anything.

    Raises
    ------
    TableError
        The brightest value of a folder is that of 9 to 12 bits.
    """
    deep = [picture for picture in pictures if picture.dtype == np.uint16]
    if not deep:
        return pictures, ()
    largest = max(int(picture.max()) for picture in deep)
    if 255 < largest < LEAST:
        raise TableError(
            f"the 16-bit pictures of {where} hold values of fewer bits, and their white level is unknown.",
            received=f"{largest} as the largest value, where 16 bits reach to {LARGEST}",
            expected="values that use all 16 bits, or 8",
            repair="scale them first, so that white is 65535, or 255",
        )
    if largest <= 255:
        told, step = "16-bit files whose values all fit into 8 bits; they are kept unchanged", 1
    else:
        told, step = f"16-bit greys become 8-bit: divided by {STEP} and rounded, so that {LARGEST} becomes 255", STEP
        if any(picture.shape[2] > 1 for picture in deep):
            told = told.replace("greys", "values")
    return [_divided(picture, step) for picture in pictures], (f"{len(deep):,} pictures: {told}",)


def _divided(picture: NDArray[Any], step: int) -> NDArray[np.uint8]:
    return ((picture.astype(np.uint32) + step // 2) // step).astype(np.uint8) if picture.dtype == np.uint16 else picture


def _raw_mode(picture: Image.Image) -> str:
    """Give the order of bytes in which Pillow is about to read a picture."""
    tile: Any = getattr(picture, "tile", None)
    arguments = tile[0][3] if tile else ""
    return arguments if isinstance(arguments, str) else ""


def _as_raw(picture: Image.Image, raw: str) -> Image.Image:
    file: Any = picture
    file.tile = [(*tile[:3], raw) for tile in file.tile]
    return picture


def _upright(picture: Image.Image) -> NDArray[Any]:
    return np.asarray(ImageOps.exif_transpose(picture))
