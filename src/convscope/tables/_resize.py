"""Pictures of one size: whole with black around, the middle, or stretched.

Shrinking takes the mean over the area that a pixel covers, enlarging is bilinear; both as Pillow computes them, in two
passes, columns first. The places follow Pillow's ``ImageOps.pad`` and ``ImageOps.fit``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["fit_picture", "resize_pixels"]

Size = tuple[int, int]
SHRUNK, ENLARGED = Image.Resampling.BOX, Image.Resampling.BILINEAR


def resize_pixels(images: NDArray[Any], how: str, size: Size) -> NDArray[Any]:
    """Bring all images to one size.

    Parameters
    ----------
    images : uint8, uint16 or float array of shape (n, height, width, channels)
    how : {"contain", "cover", "stretch"}
        The whole image in the middle, with 0 around it; its middle, as much as fits; or every side for itself.
    size : (height, width)

    Returns
    -------
    resized : array of shape (n, *size, channels)
        Of the same type; fractions become float32.

    Examples
    --------
    >>> import numpy as np
    >>> wide = np.array([[[[40], [60]]]], np.uint8)
    >>> resize_pixels(wide, "contain", (2, 2))[0, ..., 0].tolist()
    [[40, 60], [0, 0]]
    >>> resize_pixels(wide, "stretch", (1, 1)).item()
    50
    """
    kind = images.dtype if images.dtype in (np.uint8, np.uint16) else np.dtype(np.float32)
    resized = np.empty((len(images), *size, images.shape[3]), kind)
    for image, place in zip(images, resized, strict=True):
        fit_picture(image.astype(kind, copy=False), how, size, place)
    return resized


def fit_picture(values: NDArray[Any] | Image.Image, how: str, size: Size, into: NDArray[Any] | None = None) -> Any:
    """Bring one picture to a size.

    Parameters
    ----------
    values : array of shape (height, width, channels), or a picture of 8 bits a value
    how : {"contain", "cover", "stretch"}
    size : (height, width)
    into : array of shape (*size, channels), optional

    Returns
    -------
    fitted : array of shape (*size, channels)
    """
    if isinstance(values, Image.Image):
        found = np.asarray(_resized(values, how, size))
        parts = found[..., None] if found.ndim == 2 else found
    else:
        planes = [np.asarray(_resized(Image.fromarray(plane), how, size)) for plane in np.moveaxis(values, -1, 0)]
        parts = np.stack(planes, axis=-1)
    if into is None:
        if parts.shape[:2] == size:
            return parts
        into = np.empty((*size, parts.shape[2]), parts.dtype)
    top, left = (round((whole - part) * 0.5) for whole, part in zip(size, parts.shape[:2], strict=True))
    into[:] = 0
    into[top : top + parts.shape[0], left : left + parts.shape[1]] = parts
    return into


def _resized(picture: Image.Image, how: str, size: Size) -> Image.Image:
    """Resize a picture; with ``contain`` one side may stay smaller than the size."""
    height, width = size
    box = _Box(0.0, 0.0, float(picture.width), float(picture.height))
    if how == "contain":
        height, width = _inside(picture.height, picture.width, size)
    elif how == "cover":
        box = _middle(picture.height, picture.width, size)
    filters = [
        SHRUNK if new <= old else ENLARGED
        for new, old in ((width, box.right - box.left), (height, box.bottom - box.top))
    ]
    if filters[0] == filters[1]:
        return picture.resize((width, height), filters[0], box)
    wide = picture.resize((width, picture.height), filters[0], (box.left, 0.0, box.right, float(picture.height)))
    return wide.resize((width, height), filters[1], (0.0, box.top, float(width), box.bottom))


def _inside(height: int, width: int, size: Size) -> Size:
    """Find the largest size of the same proportions that lies within another."""
    if width * size[0] > height * size[1]:
        return max(1, round(height / width * size[1])), size[1]
    if width * size[0] < height * size[1]:
        return size[0], max(1, round(width / height * size[0]))
    return size


class _Box(NamedTuple):
    """A part of a picture, in pixels from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


def _middle(height: int, width: int, size: Size) -> _Box:
    """Find the largest box of a size's proportions, in the middle of a picture."""
    ratio = size[1] / size[0]
    part_width, part_height = min(float(width), ratio * height), min(float(height), width / ratio)
    left, top = (width - part_width) * 0.5, (height - part_height) * 0.5
    return _Box(left, top, left + part_width, top + part_height)
