"""The convolutional network: small kernels that look at neighbours, and pooling that widens the view.

It teaches what knowing the neighbourhood is worth. The same 3x3 kernels slide over the whole picture, pooling
keeps the strongest answer of each 2x2 window, and a second round sees larger parts. Fewer parameters than the
plain network, a higher accuracy; shuffle the pixels, and most of the advantage is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from convscope.backend import keras
from convscope.models._layers import answer, n_pixels

__all__ = ["build"]

Pair = tuple[int, int]


def build(
    image_shape: tuple[int, ...],
    n_classes: int,
    *,
    filters: Sequence[int] = (32, 64),
    kernel_size: Pair = (3, 3),
    pool_size: Pair = (2, 2),
    activation: str = "relu",
) -> keras.Model:
    """Build rounds of convolution and max pooling, then one dense layer.

    A kernel or pooling window is never larger than what is left of the picture: on small pictures it is
    clipped, and pooling by 1x1 is left out.

    Parameters
    ----------
    image_shape : (height, width, channels)
    n_classes : int
        At least 2; one softmax unit each.
    filters : sequence of int
        Output channels of each round.
    kernel_size, pool_size : (int, int), in pixels, (down, right)
    activation : str
        After each convolution, by its Keras name.

    Returns
    -------
    model : keras.Model
        Not compiled; input of shape (n_rows, height * width * channels), rows as the table holds them.

    Examples
    --------
    >>> from convscope import models
    >>> models.cnn((32, 32, 3), 5).count_params()
    30917
    """
    model = keras.Sequential([keras.Input((n_pixels(image_shape),))], name="cnn")
    model.add(keras.layers.Reshape(image_shape, name="reshape"))
    for number, n_filters in enumerate(filters, start=1):
        kernel = _clipped(kernel_size, model.output_shape)
        model.add(keras.layers.Conv2D(n_filters, kernel, activation=activation, name=f"conv2d_{number}"))
        window = _clipped(pool_size, model.output_shape)
        if window != (1, 1):
            model.add(keras.layers.MaxPooling2D(window, name=f"max_pooling2d_{number}"))
    model.add(keras.layers.Flatten(name="flatten"))
    model.add(answer(n_classes, always_softmax=True))
    return model


def _clipped(window: Pair, shape: tuple[int | None, ...]) -> Pair:
    height, width = shape[1:3]
    assert height is not None and width is not None
    return min(window[0], height), min(window[1], width)
