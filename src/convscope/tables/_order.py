"""Pictures that lie in a row of numbers: their size, and which number is which pixel."""

from __future__ import annotations

from math import isqrt, prod

import numpy as np

from convscope.errors import ShapeError
from convscope.reading import Options
from convscope.tables.pixel_table import square_shape
from convscope.tables.table import Shape
from convscope.wording import Setting, Words

__all__ = ["EMNIST_NOTE", "RGB", "colour_side", "flat_order", "is_emnist", "is_square", "turned"]

RGB = 3
EMNIST_NOTE = "EMNIST's files hold each picture column by column: turned"


def flat_order(n: int, options: Options, where: str, *, n_channels: int = 1) -> tuple[Shape, list[int] | None]:
    """Give the shape of a picture of n numbers, and the order to take them in; None where they are in order.

    Parameters
    ----------
    n : int
        How many there are; of each channel, where channels are known.
    options : Options
        ``shape`` and ``layout`` of them.
    where : str
        The file, for messages.
    n_channels : int
        Known channels: they are last and fastest already.

    Raises
    ------
    ShapeError
        The number fits no picture, or it is not clear where the channels are.

    Examples
    --------
    >>> from convscope.reading import Options
    >>> flat_order(4, Options(layout="WH"), "a.csv")
    ((2, 2, 1), [0, 2, 1, 3])
    """
    letters = (options.layout or "").replace("N", "")
    if n_channels > 1:
        height, width, _ = _sized(n, options.image_shape, where, n_channels)
        letters = letters.replace("C", "") + "C" if letters else "HWC"
        return turned((height, width, n_channels), letters)
    shape = options.image_shape or _guessed(n, letters, where)
    if prod(shape) != n:
        raise _misfit(shape, n)
    if shape[2] > 1 and "C" not in letters:
        raise _ask_channels(n, shape, where)
    return turned(shape, letters or "HW")


def turned(shape: Shape, letters: str) -> tuple[Shape, list[int] | None]:
    """Give the order that brings numbers of some layout to height, width, channels."""
    sizes = dict(zip("HWC", shape, strict=True))
    missing = "C" if "C" not in letters else ""
    axes = letters + missing
    order = (
        np.arange(prod(shape)).reshape([sizes[axis] for axis in axes]).transpose([axes.index(axis) for axis in "HWC"])
    )
    flat = order.ravel()
    return shape, None if bool((flat == np.arange(len(flat))).all()) else flat.tolist()


def is_square(n: int) -> bool:
    """Say whether so many numbers are a square picture."""
    return n > 0 and isqrt(n) ** 2 == n


def colour_side(n: int) -> int | None:
    """Give the side of a square picture in colour of so many numbers, if there is one."""
    return isqrt(n // RGB) if n > RGB and n % RGB == 0 and is_square(n // RGB) else None


def is_emnist(name: str) -> bool:
    """Say whether a file has the name of one of EMNIST's own."""
    return name.lower().startswith("emnist-")


def _guessed(n: int, letters: str, where: str) -> Shape:
    side = colour_side(n)
    if side is not None:
        if "C" not in letters:
            raise _ask_channels(n, (side, side, RGB), where)
        return side, side, RGB
    return _square(n, where)


def _sized(n: int, said: Shape | None, where: str, n_channels: int) -> Shape:
    if said is None:
        height, width, _ = _square(n, where)
        return height, width, n_channels
    if said[0] * said[1] != n or said[2] not in (1, n_channels):
        raise _misfit(said, n * n_channels)
    return said[0], said[1], n_channels


def _square(n: int, where: str) -> Shape:
    if is_square(n):
        return square_shape(n)
    side = isqrt(n)
    raise ShapeError(
        f"the {n:,} pixel columns of {where} are not a square image.",
        received=f"{n:,} numbers in each row, without names like 1x1, 1x2",
        expected=f"for example {max(1, side * side):,} or {(side + 1) ** 2:,}",
        repair=Words("give the height and width of an image: ", Setting("shape")),
    )


def _misfit(shape: Shape, n: int) -> ShapeError:
    return ShapeError(
        "the shape and the numbers of a row do not fit.",
        received=f"shape {'x'.join(map(str, shape))} for {n:,} numbers in each row",
        expected=f"{prod(shape):,} numbers",
        repair=Words("check the height and the width of the images: ", Setting("shape")),
    )


def _ask_channels(n: int, shape: Shape, where: str) -> ShapeError:
    size = f"{shape[0]}x{shape[1]}"
    return ShapeError(
        f"{n:,} numbers in each row of {where} are a {size} colour image, but their order is unclear.",
        received=f"{n:,} numbers without names of channels",
        expected=f"the {shape[2]} channels of a pixel side by side (HWC), or one plane after the other (CHW)",
        repair=Words(
            "side by side: ", Setting("layout", "HWC"), "; one plane after the other: ", Setting("layout", "CHW")
        ),
    )
