"""One layer, no hidden units: a straight line between two classes.

It teaches what a network without inner layers can do: weigh every input once, add, and decide. Points that
a line separates are learned; a circle inside a ring is not, however long it trains.
"""

from __future__ import annotations

from convscope.backend import keras
from convscope.models._layers import answer, n_pixels

__all__ = ["build"]


def build(image_shape: tuple[int, ...], n_classes: int) -> keras.Model:
    """Build logistic regression as a network.

    Parameters
    ----------
    image_shape : tuple of int
        ``(height, width, channels)``, or ``(n_features,)`` for points.
    n_classes : int
        At least 2. Two classes share one sigmoid unit; more get one softmax unit each.

    Returns
    -------
    model : keras.Model
        Not compiled; input of shape (n_rows, n_features).

    Examples
    --------
    >>> from convscope import models
    >>> models.linear((2,), 2).count_params()
    3
    """
    return keras.Sequential([keras.Input((n_pixels(image_shape),)), answer(n_classes)], name="linear")
