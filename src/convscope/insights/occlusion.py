"""Occlusion: what happens to the probability of a class when a patch covers a part of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.errors import UsageError
from convscope.insights._asking import ask, probabilities_of

__all__ = ["Occlusion", "occlusion"]

Array = NDArray[Any]
PLACES_AT_ONCE = 256


@dataclass(frozen=True)
class Occlusion:
    """The probability of a class, with a patch at every place.

    Parameters
    ----------
    label : str
    probability : float
        Without a patch.
    corners : int array of shape (n_down, n_right, 2)
        Row and column where each patch begins, from 0; the last ones reach the edge.
    covered : array of shape (n_down, n_right)
        The probability with the patch there.
    size : int
        Of the patch, in pixels.
    """

    label: str
    probability: float
    corners: NDArray[np.int64]
    covered: Array
    size: int

    @property
    def drops(self) -> Array:
        """How far the probability falls: shape (n_down, n_right); below 0 where it rises."""
        return self.probability - self.covered

    def picture(self, shape: tuple[int, ...]) -> Array:
        """Average the drops of all patches that cover a pixel: shape (height, width); 0 where there is none."""
        total, count = np.zeros(shape[:2]), np.zeros(shape[:2])
        for (top, left), drop in zip(self.corners.reshape(-1, 2), self.drops.ravel(), strict=True):
            total[top : top + self.size, left : left + self.size] += drop
            count[top : top + self.size, left : left + self.size] += 1
        return np.asarray(total / np.maximum(count, 1))


def occlusion(
    model: Any, image: ArrayLike, *, label: Any = None, size: int = 5, stride: int = 1, value: float = 0.0
) -> Occlusion:
    """Move a patch over the image and measure the probability of a class.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input.
    image : array of shape (height, width, channels) or (height, width), or one row of the table
    label : optional
        The class; the prediction if left out.
    size, stride : int
        Of the square patch, and of its way, in pixels.
    value : float
        The patch's intensity, as in the table.

    Returns
    -------
    found : Occlusion

    Raises
    ------
    ShapeError
        The image does not fit the model.
    UsageError
        There is no such class, or the patch does not fit into the image.

    References
    ----------
    Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", arXiv:1311.2901, section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> found = occlusion(models.mlp((8, 8, 1), 10), np.ones((8, 8)), size=3)
    >>> found.drops.shape, found.picture((8, 8)).shape
    ((6, 6), (8, 8))
    """
    asked = ask(model, image, label)
    height, width = asked.pixels.shape[:2]
    if not 1 <= size <= min(height, width) or stride < 1:
        raise UsageError(
            "the patch does not fit the image.",
            received=f"size={size}, stride={stride}",
            expected=f"1 to {min(height, width)}",
        )
    down, right = (np.unique([*range(0, side - size, stride), side - size]) for side in (height, width))
    corners = np.stack(np.meshgrid(down, right, indexing="ij"), axis=-1)
    places = corners.reshape(-1, 2)
    found = []
    for first in range(0, len(places), PLACES_AT_ONCE):
        some = places[first : first + PLACES_AT_ONCE]
        batch = np.repeat(asked.pixels[None], len(some), axis=0)
        for image_with_patch, (top, left) in zip(batch, some, strict=True):
            image_with_patch[top : top + size, left : left + size] = value / asked.scale
        found.append(probabilities_of(asked, batch))
    whole = float(probabilities_of(asked, asked.pixels[None])[0])
    return Occlusion(asked.label, whole, corners, np.concatenate(found).reshape(corners.shape[:2]), size)
