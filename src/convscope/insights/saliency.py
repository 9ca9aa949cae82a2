"""Saliency: which pixels would change the score of a class most, if they changed a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.insights._asking import ask, scores_of, slopes_of

__all__ = ["Saliency", "saliency"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Saliency:
    """How the score of a class changes with each pixel.

    Parameters
    ----------
    label : str
    score : float
        Of the class, before the last activation.
    slopes : array of shape (height, width, channels)
        Change of the score per unit of intensity, 0..255 where the classifier divides by 255.
    """

    label: str
    score: float
    slopes: Array

    @property
    def picture(self) -> Array:
        """The largest size of a slope over the channels: shape (height, width)."""
        return np.asarray(np.abs(self.slopes).max(axis=2))


def saliency(model: Any, image: ArrayLike, *, label: Any = None) -> Saliency:
    """Differentiate the score of a class with respect to the image.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input.
    image : array of shape (height, width, channels) or (height, width), or one row of the table
    label : optional
        The class; the prediction if left out.

    Returns
    -------
    found : Saliency

    Raises
    ------
    ShapeError
        The image does not fit the model.
    UsageError
        There is no such class.

    References
    ----------
    Simonyan, Vedaldi and Zisserman 2013, "Deep inside convolutional networks", arXiv:1312.6034.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> found = saliency(models.mlp((8, 8, 1), 10), np.ones((8, 8)))
    >>> found.slopes.shape, found.picture.shape
    ((8, 8, 1), (8, 8))
    """
    asked = ask(model, image, label)
    batch = asked.pixels[None]
    slopes, _ = slopes_of(asked, batch)
    (score,) = scores_of(asked, batch)
    return Saliency(asked.label, float(score), slopes.reshape(asked.pixels.shape) / asked.scale)
