"""Images as small PNG files inside a chart, so that a gallery is a few marks and not thousands of squares."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.charts._theme import SIGNED

__all__ = ["grey_picture", "share_picture", "signed_picture"]

SIDE = 112


def grey_picture(image: NDArray[Any], brightest: float) -> str:
    """Turn an image (height, width, 1 or 3) into the address of a PNG: black paper, white chalk."""
    scaled = np.clip(np.asarray(image, np.float64) / (brightest or 1) * 255, 0, 255).astype(np.uint8)
    return _address(Image.fromarray(scaled[..., 0] if scaled.shape[2] == 1 else scaled[..., :3]))


def signed_picture(weights: NDArray[Any], largest: float) -> str:
    """Turn signed numbers (height, width) into the address of a PNG: orange below 0, blue above."""
    return _coloured(np.clip(np.asarray(weights, np.float64) / (largest or 1), -1, 1) / 2 + 0.5, SIGNED)


def share_picture(shares: NDArray[Any], colours: list[str]) -> str:
    """Turn fractions (height, width) into the address of a PNG: 0 in the first colour, 1 in the last."""
    return _coloured(np.clip(np.asarray(shares, np.float64), 0, 1), colours)


def _coloured(position: NDArray[Any], colours: list[str]) -> str:
    stops = np.array([[int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in colours], float)
    at = position * (len(colours) - 1)
    channels = [np.interp(at, range(len(colours)), stops[:, channel]) for channel in range(3)]
    return _address(Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8)))


def _address(picture: Image.Image) -> str:
    """Enlarge by a whole factor, so that pixels stay squares, and encode."""
    factor = max(1, SIDE // max(picture.size))
    enlarged = picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    enlarged.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
