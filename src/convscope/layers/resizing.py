"""Resizing, CenterCrop: a picture of another size."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.layers._kind import REQUIRED, Example, LoweringError, Settings, layer_kind
from convscope.layers._making import Making, Value

__all__ = ["center_crop", "resized", "resizing"]

REACH = {"bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}
"""How many pixels away an interpolation looks."""


@layer_kind(
    "Resizing",
    words="draws the picture in another size",
    settings={
        "height": REQUIRED,
        "width": REQUIRED,
        "interpolation": "bilinear",
        "crop_to_aspect_ratio": False,
        "pad_to_aspect_ratio": False,
        "antialias": False,
    },
    also="fill_mode fill_value",
    spatial=True,
    examples=[
        Example("Resizing", ((5, 6, 2),), {"height": 7, "width": 4}),
        Example("Resizing", ((9, 8, 1),), {"height": 4, "width": 5, "antialias": True}),
        Example("Resizing", ((5, 6, 2),), {"height": 8, "width": 3, "interpolation": "nearest"}),
        Example(
            "Resizing",
            ((2, 5, 6),),
            {"height": 7, "width": 9, "interpolation": "lanczos3", "data_format": "channels_first"},
        ),
    ],
)
def resizing(making: Making, settings: Settings, x: Value) -> Value:
    """Mix the pixels nearby for each new one."""
    if settings["crop_to_aspect_ratio"] or settings["pad_to_aspect_ratio"]:
        raise LoweringError(f"{making.layer} keeps the ratio of height and width")
    return resized(x, settings["height"], settings["width"], settings["interpolation"], smooth=settings["antialias"])


@layer_kind(
    "CenterCrop",
    words="cuts the middle of the picture out",
    settings={"height": REQUIRED, "width": REQUIRED},
    spatial=True,
    also="factor",
    examples=[Example("CenterCrop", ((7, 6, 2),), {"height": 4, "width": 3})],
)
def center_crop(making: Making, settings: Settings, x: Value) -> Value:
    """Leave out as much on both sides; the odd one behind."""
    moves = []
    for axis, size in enumerate((settings["height"], settings["width"])):
        before = (x.shape[axis] - size) // 2
        if before < 0:
            raise LoweringError(f"{making.layer} cuts {size} out of {x.shape[axis]} pixels")
        moves.append(("cut", axis, before, before + size, None))
    return x.move(*moves, part="moved")


def resized(x: Value, height: int, width: int, interpolation: str, *, smooth: bool = False) -> Value:
    """Draw an image of shape (height, width, channels) in another size: down, then across.

    Parameters
    ----------
    x : Value
    height, width : int
    interpolation : {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"}
    smooth : bool
        Whether a smaller picture is the mean of more pixels.
    """
    if len(x.shape) != 3:
        raise LoweringError(f"{x.making.layer} needs an image, and its input has shape {x.shape}")

    def shares(old: int, new: int) -> Value:
        return x.making.made((old, new), lambda _: _shares(old, new, interpolation, smooth=smooth))

    rows, columns = shares(x.shape[0], height), shares(x.shape[1], width)
    return x.contract("hwc,hk->kwc", rows, part="between rows").contract("hwc,wk->hkc", columns, part="between columns")


def _shares(old: int, new: int, interpolation: str, *, smooth: bool) -> Any:
    """Say how much of each old place is in each new one, by the distance of their centres."""
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    if interpolation == "nearest":
        return np.arange(old)[:, None] == np.floor(centres + 0.5)
    wide = max(1.0, old / new) if smooth else 1.0
    away = np.abs(np.arange(old)[:, None] - centres) / wide
    shares = _weight(away, interpolation)
    return shares / shares.sum(axis=0)


def _weight(away: Any, interpolation: str) -> Any:
    """Weigh pixels by their distance: a triangle, Keys' cubic curve, or a windowed sinc."""
    reach = REACH[interpolation]
    if interpolation == "bilinear":
        return np.maximum(0, 1 - away)
    if interpolation == "bicubic":
        near = (1.5 * away - 2.5) * away * away + 1
        far = ((-0.5 * away + 2.5) * away - 4) * away + 2
        return np.where(away < 1, near, np.where(away < 2, far, 0))
    return np.where(away < reach, np.sinc(away) * np.sinc(away / reach), 0)
