"""The handful of ``tf.`` names that the lab of 2021 used, on whatever backend Keras runs.

References
----------
TensorFlow 2.4 API, https://www.tensorflow.org/versions/r2.4/api_docs/python/tf

Examples
--------
>>> from convscope.compat import tf
>>> tf.random.set_seed(1234)
>>> tf.reshape(tf.convert_to_tensor([1, 2, 3, 4]), (2, 2)).shape
(2, 2)
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from numpy.typing import ArrayLike

from convscope.backend import keras

__all__ = ["convert_to_tensor", "float32", "keras", "random", "reshape"]

float32 = "float32"
random = SimpleNamespace(set_seed=keras.utils.set_random_seed)
"""``random.set_seed(seed)`` fixes the initial weights of the layers made after it, and what NumPy draws."""


def convert_to_tensor(value: ArrayLike, dtype: str | None = None) -> Any:
    """Turn numbers into a tensor of the backend.

    Parameters
    ----------
    value : number, nested list, array or tensor
    dtype : str, optional
        E.g. ``tf.float32``.

    Examples
    --------
    >>> float(convert_to_tensor([1, 2], dtype=float32)[1])
    2.0
    """
    return keras.ops.convert_to_tensor(value, dtype=dtype)


def reshape(tensor: ArrayLike, shape: tuple[int, ...]) -> Any:
    """Arrange the same values in another shape, row-major.

    Parameters
    ----------
    tensor : array or tensor
    shape : tuple of int
        One entry may be -1.

    Examples
    --------
    >>> tuple(reshape([1, 2, 3, 4], (2, 2)).shape)
    (2, 2)
    """
    return keras.ops.reshape(keras.ops.convert_to_tensor(tensor), shape)
