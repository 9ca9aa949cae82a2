"""The lab's hand-worked examples: our arithmetic beside the real Keras layer, number for number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import convolve, pool
from convscope.arithmetic.worked import EDGE_KERNEL, KERNEL, PICTURE, SECOND_CHANNEL, SECOND_KERNEL
from convscope.backend import keras

__all__ = ["work_examples"]

Array = NDArray[np.float32]
Pair = tuple[int, int]


def work_examples() -> list[dict[str, Any]]:
    """Compute every worked example twice, by ``arithmetic`` and by the Keras layer.

    Returns
    -------
    examples : list of dict
        ``name``, ``input``, ``kernel`` (None for pooling), ``actual`` (ours), ``keras``, each as nested
        lists, and ``max_abs_difference``.
    """
    strides: list[Pair] = [(1, 1), (1, 2), (2, 1), (2, 2)]
    examples = [_convolution(f"convolution strides ({d},{r})", PICTURE, KERNEL, (d, r)) for d, r in strides]
    examples += [
        _convolution(f"vertical edge before column {column + 1}", _edge(column), EDGE_KERNEL, (1, 1))
        for column in (1, 2, 3)
    ]
    both = np.stack([PICTURE, SECOND_CHANNEL], axis=-1)
    examples.append(_convolution("two input channels", both, np.stack([KERNEL, SECOND_KERNEL], axis=-1), (1, 1)))
    examples += [_pooling("max pooling strides (1,1)", (1, 1)), _pooling("max pooling default strides", None)]
    return examples


def _edge(column: int) -> Array:
    """Draw a picture that turns from 0 to 1 at a column (0-based)."""
    return np.tile((np.arange(4) >= column).astype(np.float32), (4, 1))


def _convolution(name: str, picture: Array, kernel: Array, strides: Pair) -> dict[str, Any]:
    channels = picture.shape[2] if picture.ndim == 3 else 1
    image, kernels = picture.reshape(4, 4, channels), kernel.reshape(2, 2, channels, 1)
    layer = keras.layers.Conv2D(1, (2, 2), strides=strides, use_bias=False)
    layer.build((1, *image.shape))
    layer.set_weights([kernels])
    return _beside(name, picture, kernel, convolve(image, kernels, strides=strides), layer(image[None]))


def _pooling(name: str, strides: Pair | None) -> dict[str, Any]:
    image = PICTURE.reshape(4, 4, 1)
    layer = keras.layers.MaxPooling2D((2, 2), strides=strides)
    return _beside(name, PICTURE, None, pool(image, (2, 2), strides=strides), layer(image[None]))


def _beside(name: str, picture: Array, kernel: Array | None, ours: Any, theirs: Any) -> dict[str, Any]:
    actual = np.asarray(ours)[..., 0]
    expected = keras.ops.convert_to_numpy(theirs)[0, ..., 0]
    return {
        "name": name,
        "input": picture.tolist(),
        "kernel": None if kernel is None else kernel.tolist(),
        "actual": actual.tolist(),
        "keras": expected.tolist(),
        "max_abs_difference": float(np.max(np.abs(actual - expected))),
    }
