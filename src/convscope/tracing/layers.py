"""The layers of a model, each with its shape, its parameters, and the sum that explains both."""

from __future__ import annotations

from math import prod
from typing import Any

from convscope.arithmetic import count_parameters

__all__ = ["list_layers"]


def list_layers(model: Any) -> list[dict[str, Any]]:
    """List the layers of a model.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        Built.

    Returns
    -------
    layers : list of dict
        ``name``, ``kind`` (the Keras class), ``output_shape`` (without the batch axis), ``n_parameters``
        (equal to ``layer.count_params()``) and ``arithmetic``, in words and numbers.
    """
    network = getattr(model, "model_", model)
    return [_describe(layer) for layer in network.layers if type(layer).__name__ != "InputLayer"]


def _describe(layer: Any) -> dict[str, Any]:
    shape = _shape(getattr(layer, "output", None))
    return {
        "name": layer.name,
        "kind": type(layer).__name__,
        "output_shape": list(shape),
        "n_parameters": int(layer.count_params()),
        "arithmetic": _arithmetic(layer, _shape(getattr(layer, "input", None)), shape),
    }


def _shape(tensor: Any) -> tuple[int, ...]:
    """Shape of one image's tensor; () for a layer with several inputs or none."""
    return tuple(tensor.shape[1:]) if hasattr(tensor, "shape") else ()


def _arithmetic(layer: Any, before: tuple[int, ...], after: tuple[int, ...]) -> str:
    kind = type(layer).__name__
    if kind in ("Conv1D", "Conv2D", "Dense"):
        window = () if kind == "Dense" else tuple(layer.kernel_size)
        in_channels = int(layer.kernel.shape[-2])
        return count_parameters(window, in_channels, int(after[-1]), bias=layer.use_bias).arithmetic
    if "Pooling2D" in kind and not kind.startswith("Global"):
        return _pooling_words("largest" if kind.startswith("Max") else "mean", layer, before, after)
    if kind == "Flatten":
        return "·".join(map(str, before))
    if kind == "Reshape" and len(before) == 1:
        return f"{prod(after):,} pixels back in their places"
    if kind == "Rescaling":
        return f"each value times {float(layer.scale):.6g}"
    if kind in ("Dropout", "SpatialDropout2D"):
        return "only during training"
    return "no parameters" if layer.count_params() == 0 else " + ".join(_sizes(layer))


def _pooling_words(word: str, layer: Any, before: tuple[int, ...], after: tuple[int, ...]) -> str:
    height, width = layer.pool_size
    words = f"{word} of {height} × {width}"
    cut = before and after and before[0] % layer.strides[0] and layer.padding == "valid"
    return f"{words}; {before[0]} / {layer.strides[0]}, rounded down" if cut else words


def _sizes(layer: Any) -> list[str]:
    return ["·".join(map(str, weight.shape)) or "1" for weight in layer.weights]
