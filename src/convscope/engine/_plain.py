"""Plain values as JSON and arrays, exactly as they were: numbers, text, lists, dictionaries, arrays.

Keras' own operations are plain too: its callbacks remember whether less or more is better as one of them.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras

__all__ = ["is_plain", "pack", "unpack"]

KIND = "kind of value"
PLAIN = (bool, int, float, str, type(None))


def is_plain(value: Any) -> bool:
    """Say whether `pack` can hold a value."""
    if type(value) in (list, tuple):
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(map(is_plain, [*value.keys(), *value.values()]))
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "biuf"
    return type(value) in PLAIN or _is_operation(value)


def pack(value: Any, arrays: dict[str, NDArray[Any]], name: str) -> Any:
    """Turn a plain value into JSON; arrays go into ``arrays`` under names that begin with ``name``."""
    if isinstance(value, np.ndarray | np.generic):
        arrays[name] = np.ascontiguousarray(value).reshape(np.shape(value))
        return {KIND: "array" if isinstance(value, np.ndarray) else "scalar", "is": name}
    if isinstance(value, list | tuple):
        items = [pack(item, arrays, f"{name}/{index}") for index, item in enumerate(value)]
        return items if isinstance(value, list) else {KIND: "tuple", "is": items}
    if isinstance(value, dict):
        return {KIND: "dict", "is": pack([list(item) for item in value.items()], arrays, name)}
    if _is_operation(value):
        return {KIND: "operation", "is": value.__name__}
    if isinstance(value, float) and not isfinite(value):
        return {KIND: "float", "is": repr(value)}
    return value


def unpack(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """Turn what `pack` gave into the value that it was; arrays are taken out of ``arrays``."""
    if isinstance(value, list):
        return [unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    kind, content = value[KIND], value["is"]
    if kind in ("array", "scalar"):
        array = arrays.pop(content)
        return array if kind == "array" else array[()]
    if kind == "float":
        return float(content)
    if kind == "operation":
        return getattr(keras.ops, content)
    items = [unpack(item, arrays) for item in content]
    return tuple(items) if kind == "tuple" else dict(items)


def _is_operation(value: Any) -> bool:
    return callable(value) and getattr(keras.ops, getattr(value, "__name__", ""), None) is value
