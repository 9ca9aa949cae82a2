"""Ten kinds of shapes, drawn by their distances: how far a pixel lies outside a shape is how little ink it gets.

A distance is below zero inside the shape, and counted in its radius; y points down, as rows do.

References
----------
I. Quilez: "2D distance functions", https://iquilezles.org/articles/distfunctions2d/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError
from convscope.tables import PixelTable, images_to_table

__all__ = ["KINDS", "make_shapes"]

Floats = NDArray[np.float64]
Distance = Callable[[Floats, Floats, Floats], Floats]

TRIANGLE = [(0.0, -1.0), (0.87, 0.5), (-0.87, 0.5)]
ARROW = [(0.0, -1.0), (0.75, -0.15), (0.28, -0.15), (0.28, 1.0), (-0.28, 1.0), (-0.28, -0.15), (-0.75, -0.15)]
STAR = [
    (radius * np.sin(turn), -radius * np.cos(turn))
    for radius, turn in zip([1.0, 0.42] * 5, np.arange(10) * np.pi / 5, strict=True)
]
SIZES = (0.22, 0.38)
"""The radius of a shape, as a share of the picture's shorter side."""
STROKES = (0.13, 0.2)
"""Half the width of a line (of rings, frames and crosses), as a share of the radius."""
DARK, BRIGHT = (0, 60), (150, 255)
BLOCK = 1 << 20
"""This many pixels are drawn at once, so that large pictures need no more memory than small ones."""


def _disc(x: Floats, y: Floats, radius: float = 1.0) -> Floats:
    return np.hypot(x, y) - radius


def _box(x: Floats, y: Floats, width: Floats | float, height: Floats | float) -> Floats:
    return np.maximum(np.abs(x) - width, np.abs(y) - height)


def _line(distance: Floats, half: Floats) -> Floats:
    """Draw along a border, and leave the inside empty."""
    return np.abs(distance + half) - half


def _heart(x: Floats, y: Floats) -> Floats:
    """Stand a square on its corner, and put half a disc on each of its upper sides."""
    side = 0.5
    u, v = (x + y - 0.15) * np.sqrt(0.5), (y - x - 0.15) * np.sqrt(0.5)
    return np.minimum(_box(u, v, side, side), np.minimum(_disc(u, v + side, side), _disc(u + side, v, side)))


def _polygon(corners: list[tuple[float, float]], x: Floats, y: Floats) -> Floats:
    """Take the nearest side; a point is inside where a ray from it crosses an odd number of sides."""
    nearest, inside = np.full(x.shape, np.inf), np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        along_x, along_y = bx - ax, by - ay
        share = np.clip(((x - ax) * along_x + (y - ay) * along_y) / (along_x**2 + along_y**2), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - share * along_x, y - ay - share * along_y))
        if along_y:
            inside ^= ((y < ay) != (y < by)) & (x < ax + (y - ay) * along_x / along_y)
    return np.where(inside, -nearest, nearest)


KINDS: dict[str, Distance] = {
    "arrow": lambda x, y, half: _polygon(ARROW, x, y),
    "circle": lambda x, y, half: _disc(x, y),
    "cross": lambda x, y, half: np.minimum(_box(x, y, half, 1.0), _box(x, y, 1.0, half)),
    "frame": lambda x, y, half: _line(_box(x, y, 0.75, 0.75), half),
    "heart": lambda x, y, half: _heart(x, y),
    "moon": lambda x, y, half: np.maximum(_disc(x, y), -_disc(x - 0.55, y, 0.85)),
    "ring": lambda x, y, half: _line(_disc(x, y), half),
    "square": lambda x, y, half: _box(x, y, 0.75, 0.75),
    "star": lambda x, y, half: _polygon(STAR, x, y),
    "triangle": lambda x, y, half: _polygon(TRIANGLE, x, y),
}
"""Each is asked for the distance at (x, y), with half the width of a line."""


def make_shapes(
    n_rows: int = 5_000,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    seed: int = 0,
    turn: float = 45.0,
    noise: float = 8.0,
) -> PixelTable:
    """Draw shapes of ten kinds at random places, sizes, angles and strengths, one bright shape on a dark ground each.

    Parameters
    ----------
    n_rows : int
        Every ten rows hold each kind once.
    image_shape : (height, width, channels)
        In pixels, at least 8 by 8; 1 channel is grey, 3 are red, green and blue.
    seed : int
        The same seed gives the same pictures.
    turn : float, in degrees
        Shapes are turned by at most so much, either way.
    noise : float, in intensities of 0 to 255
        Standard deviation of what is added to each pixel.

    Returns
    -------
    table : PixelTable of n_rows rows
        Labels are words: ``"arrow"``, ``"circle"``, ``"cross"``, ``"frame"``, ``"heart"``, ``"moon"``, ``"ring"``,
        ``"square"``, ``"star"``, ``"triangle"``.

    Raises
    ------
    UsageError
        There is nothing to draw, or no such picture.

    Examples
    --------
    >>> from convscope.datasets import make_shapes
    >>> make_shapes(20, (32, 32, 3), seed=1).image_shape
    (32, 32, 3)
    """
    height, width, channels = _checked(n_rows, image_shape, turn, noise)
    random = np.random.default_rng(seed)
    labels = np.concatenate([random.permutation(len(KINDS)) for _ in range(-(-n_rows // len(KINDS)))])[:n_rows]
    looks = _Looks.draw(random, n_rows, image_shape, np.deg2rad(turn))
    images = np.empty((n_rows, height, width, channels), np.uint8)
    step = max(1, BLOCK // (height * width))
    for start in range(0, n_rows, step):
        rows = slice(start, start + step)
        ink = _ink(labels[rows], looks[rows], height, width)[..., None]
        ground, colour = (part[rows, None, None, :] for part in (looks.ground, looks.colour))
        drawn = ground + ink * (colour - ground)
        drawn += noise * random.standard_normal(drawn.shape)
        images[rows] = np.rint(np.clip(drawn, 0, 255))
    return images_to_table(images, np.array(list(KINDS), dtype=object)[labels])


@dataclass(frozen=True)
class _Looks:
    """How each of n shapes is drawn.

    Parameters
    ----------
    row, column, radius : arrays of shape (n,), in pixels
    angle : array of shape (n,), in radians
    stroke : array of shape (n,), half the width of a line in radii
    ground, colour : arrays of shape (n, channels), 0 to 255
    """

    row: Floats
    column: Floats
    radius: Floats
    angle: Floats
    stroke: Floats
    ground: Floats
    colour: Floats

    @classmethod
    def draw(cls, random: np.random.Generator, n: int, image_shape: tuple[int, int, int], most: float) -> _Looks:
        height, width, channels = image_shape
        radius = min(height, width) * random.uniform(*SIZES, n)
        return cls(
            row=random.uniform(radius, height - radius),
            column=random.uniform(radius, width - radius),
            radius=radius,
            angle=random.uniform(-most, most, n),
            stroke=random.uniform(*STROKES, n),
            ground=random.uniform(*DARK, (n, channels)),
            colour=random.uniform(*BRIGHT, (n, channels)),
        )

    def __getitem__(self, rows: slice | NDArray[np.bool_]) -> _Looks:
        return _Looks(**{name: values[rows] for name, values in vars(self).items()})


def _ink(labels: NDArray[np.int64], looks: _Looks, height: int, width: int) -> Floats:
    """Say how much of each pixel its shape covers, 0 to 1; array of shape (n, height, width)."""
    ink = np.empty((len(labels), height, width))
    for label, distance in enumerate(KINDS.values()):
        chosen = labels == label
        here = looks[chosen]
        row, column, radius, angle, stroke = (
            part[:, None, None] for part in (here.row, here.column, here.radius, here.angle, here.stroke)
        )
        down = (np.arange(height)[:, None] + 0.5 - row) / radius
        right = (np.arange(width) + 0.5 - column) / radius
        x, y = np.cos(angle) * right + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * right
        ink[chosen] = np.clip(0.5 - distance(x, y, stroke) * radius, 0, 1)
    return ink


def _checked(n_rows: int, image_shape: tuple[int, int, int], turn: float, noise: float) -> tuple[int, int, int]:
    if n_rows < 1:
        raise UsageError("there is nothing to draw.", received=f"n_rows={n_rows}", expected="at least 1")
    if len(image_shape) != 3 or min(image_shape[:2]) < 8 or image_shape[2] not in (1, 3):
        raise UsageError(
            "shapes cannot be drawn at this size.",
            received=f"image_shape={image_shape!r}",
            expected="(height, width, channels), at least 8 by 8 pixels, and 1 or 3 channels",
        )
    for name, value in (("turn", turn), ("noise", noise)):
        if not 0 <= value < np.inf:
            raise UsageError(f"{name} must be a number, at least 0.", received=f"{name}={value!r}")
    return image_shape
