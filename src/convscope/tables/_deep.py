"""Pictures of 16 bits a value, read whole.

Pillow reads 16-bit greys as they are, and of 16-bit colours the high bytes only. The low bytes are had by naming the
other order of bytes; grey with transparency, by naming four bytes a pixel.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

__all__ = ["LARGEST", "STEP", "is_deep", "lay_deep", "read_deep"]

GREY = ("I;16", "I;16B", "I;16L", "I;16N")
GREY_AND_ALPHA = "LA;16B"
OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
COLOUR = {f"{mode};16{order}": f"{mode};16{other}" for mode in ("RGB", "RGBA") for order, other in OTHER_ORDER.items()}
LARGEST, STEP = 65535, 257
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0


def is_deep(picture: Image.Image) -> bool:
    """Say whether a picture that was opened, and not yet loaded, has 16 bits a value."""
    return picture.mode in GREY or _raw_mode(picture) in (*COLOUR, GREY_AND_ALPHA)


def read_deep(picture: Image.Image, again: Image.Image) -> tuple[NDArray[np.uint16], NDArray[np.uint32] | None]:
    """Read a 16-bit picture, upright.

    Parameters
    ----------
    picture, again : Image
        The same file, opened twice.

    Returns
    -------
    values : uint16 array of shape (height, width, 1 or 3)
    opacity : uint32 array of shape (height, width, 1), or None
        0 to 65535; None where nothing is transparent.
    """
    raw, clear = _raw_mode(picture), picture.info.get("transparency")
    values: NDArray[Any]
    if raw in COLOUR:
        low = _upright(_as_raw(again, COLOUR[raw]))
        values = _upright(picture).astype(np.uint16) << 8 | low
    elif raw == GREY_AND_ALPHA:
        parts = _upright(_as_raw(picture, "RGBA")).astype(np.uint16)
        values = parts[..., ::2] << 8 | parts[..., 1::2]
    else:
        tags: Any = getattr(picture, "tag_v2", {})
        values = _upright(picture).astype(np.uint16)[..., None]
        if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
            values = LARGEST - values
    opacity = None
    if clear is not None:
        opacity = np.where((values == clear).all(axis=2, keepdims=True), 0, LARGEST).astype(np.uint32)
    elif values.shape[2] in (2, 4):
        values, opacity = values[..., :-1], values[..., -1:].astype(np.uint32)
    if opacity is not None and opacity.min() == LARGEST:
        opacity = None
    return values.astype(np.uint16), opacity


def lay_deep(values: NDArray[np.uint16], opacity: NDArray[np.uint32], ground: int) -> NDArray[np.uint16]:
    """Lay a 16-bit picture on a grey of 0 to 65535."""
    laid = (values * opacity + np.uint32(ground) * (LARGEST - opacity) + LARGEST // 2) // LARGEST
    return laid.astype(np.uint16)


def _raw_mode(picture: Image.Image) -> str:
    """Give the order of bytes in which Pillow is about to read a picture."""
    tile: Any = getattr(picture, "tile", None)
    arguments = tile[0][3] if tile else ""
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def _as_raw(picture: Image.Image, raw: str) -> Image.Image:
    file: Any = picture
    file.tile = [(*tile[:3], (raw, *tile[3][1:]) if isinstance(tile[3], tuple) else raw) for tile in file.tile]
    return picture


def _upright(picture: Image.Image) -> NDArray[Any]:
    return np.asarray(ImageOps.exif_transpose(picture))
