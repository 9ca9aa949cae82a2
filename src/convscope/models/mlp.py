"""The plain network: one hidden layer over all pixels at once.

It teaches how far a network gets that does not know where pixels are. Every hidden unit sums over all pixels,
so shuffling the pixels of all images alike only renames its weights: the accuracy stays.
"""

from __future__ import annotations

from convscope.backend import keras
from convscope.models._layers import answer, n_pixels

__all__ = ["build"]


def build(image_shape: tuple[int, ...], n_classes: int, *, units: int = 64, activation: str = "relu") -> keras.Model:
    """Build a multi-layer perceptron with one hidden layer.

    Parameters
    ----------
    image_shape : tuple of int
        ``(height, width, channels)``, or ``(n_features,)``.
    n_classes : int
        At least 2; one softmax unit each.
    units : int
        Size of the hidden layer.
    activation : str
        Of the hidden layer, by its Keras name.

    Returns
    -------
    model : keras.Model
        Not compiled; input of shape (n_rows, n_pixels).

    Examples
    --------
    >>> from convscope import models
    >>> models.mlp((28, 28, 1), 10).count_params()
    50890
    """
    hidden = keras.layers.Dense(units, activation=activation, name="hidden")
    return keras.Sequential(
        [keras.Input((n_pixels(image_shape),)), hidden, answer(n_classes, always_softmax=True)], name="mlp"
    )
