"""A few small hidden layers: curved borders between two kinds of points.

It teaches what hidden layers add. Each ReLU unit folds the plane along one line; the next layer combines the
folds. With two layers of eight units a circle can be fenced in, which no linear model can do.
"""

from __future__ import annotations

from collections.abc import Sequence

from convscope.backend import keras
from convscope.models._layers import answer, n_pixels

__all__ = ["build"]


def build(
    image_shape: tuple[int, ...], n_classes: int, *, hidden: Sequence[int] = (8, 8), activation: str = "relu"
) -> keras.Model:
    """Build a network of small dense layers.

    Parameters
    ----------
    image_shape : tuple of int
        ``(n_features,)`` for points, or ``(height, width, channels)``.
    n_classes : int
        At least 2. Two classes share one sigmoid unit; more get one softmax unit each.
    hidden : sequence of int
        Units of each hidden layer.
    activation : str
        Of the hidden layers, by its Keras name.

    Returns
    -------
    model : keras.Model
        Not compiled; input of shape (n_rows, n_features).

    Examples
    --------
    >>> from convscope import models
    >>> models.points_mlp((2,), 2).count_params(), models.points_mlp((2,), 2, hidden=(10, 5, 5)).count_params()
    (105, 121)
    """
    inner = [
        keras.layers.Dense(units, activation=activation, name=f"hidden_{number}")
        for number, units in enumerate(hidden, start=1)
    ]
    return keras.Sequential([keras.Input((n_pixels(image_shape),)), *inner, answer(n_classes)], name="points_mlp")
