"""Which values a setting may have, by its default and its name: the one judge of what a stranger's file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from convscope.limits import MOST_AXES

__all__ = ["REQUIRED", "expected_instead", "is_int"]

REQUIRED: Any = object()
"""Stands for the default of a setting that a layer cannot do without."""
LARGEST = 2**31 - 1
LONGEST_WORD = 100
Rule = tuple[str, Callable[[Any, int], bool]]
"""What is legal, in words, and the test of a value in a layer of some rank."""


def is_int(value: Any, least: int = -LARGEST) -> bool:
    """Say whether a value is a whole number within reason; True is none.

    Examples
    --------
    >>> is_int(3, 1), is_int(True), is_int(10**12)
    (True, False, False)
    """
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _are(values: Any, test: Callable[[Any], bool], most: int = MOST_AXES) -> bool:
    return isinstance(values, list | tuple) and len(values) <= most and all(map(test, values))


def _are_numbers(values: Any, depth: int = 0) -> bool:
    if isinstance(values, list | tuple) and depth < MOST_AXES:
        return all(_are_numbers(one, depth + 1) for one in values)
    return _is_number(values)


def _is_size(value: Any, rank: int, least: int = 1) -> bool:
    one_each = _are(value, lambda size: is_int(size, least), rank) and len(value) == rank
    return is_int(value, least) or one_each


def _is_border(value: Any, rank: int) -> bool:
    """Accept one number, one for each axis, or two; a sequence may have its two alone."""
    if rank == 1 and _is_size(value, 2, 0):
        return True
    return is_int(value, 0) or (_are(value, lambda side: _is_size(side, 2, 0), rank) and len(value) == rank)


def _one_of(*words: str) -> Rule:
    return " or ".join(f'"{word}"' for word in words), lambda value, rank: value in words


COUNT: Rule = "a positive integer", lambda value, rank: is_int(value, 1)
SIZE: Rule = "a positive integer, or one for each axis", _is_size
SWITCH: Rule = "true or false", lambda value, rank: isinstance(value, bool)
NUMBER: Rule = "a number", lambda value, rank: _is_number(value)
NUMBERS: Rule = "a number, or a list of numbers", lambda value, rank: _are_numbers(value)
SHARE: Rule = "a number from 0 to 1", lambda value, rank: _is_number(value) and 0 <= value <= 1
AXIS: Rule = "a whole number", lambda value, rank: is_int(value)
AXES: Rule = "a whole number, or a list of them", lambda value, rank: is_int(value) or _are(value, is_int)
LENGTHS: Rule = (
    "a list of whole numbers",
    lambda value, rank: is_int(value) or _are(value, lambda size: size is None or is_int(size)),
)
BORDER: Rule = "a whole number that is not negative, or two for each axis", _is_border
LETTERS: Rule = "a few letters", lambda value, rank: isinstance(value, str) and len(value) <= LONGEST_WORD
ANYTHING: Rule = "anything", lambda value, rank: True

BY_NAME: Mapping[str, Rule] = {
    **dict.fromkeys(("units", "filters", "depth_multiplier", "n", "input_dim", "output_dim", "height", "width"), COUNT),
    **dict.fromkeys(("num_heads", "key_dim", "value_dim", "head_dim", "num_query_heads"), COUNT),
    **dict.fromkeys(("num_key_value_heads", "groups", "sliding_window"), COUNT),
    **dict.fromkeys(("kernel_size", "pool_size", "strides", "dilation_rate", "size"), SIZE),
    **dict.fromkeys(("rate", "dropout", "recurrent_dropout"), SHARE),
    **dict.fromkeys(("dims", "shared_axes", "attention_axes", "axes"), AXES),
    **dict.fromkeys(("target_shape", "noise_shape", "output_shape"), LENGTHS),
    **dict.fromkeys(("mean", "variance", "offset"), NUMBERS),
    **dict.fromkeys(("equation", "bias_axes"), LETTERS),
    **dict.fromkeys(("activation", "recurrent_activation", "layer", "backward_layer"), ANYTHING),
    "output_padding": ("0 or more, or so for each axis", lambda value, rank: _is_size(value, rank, 0)),
    "padding": _one_of("valid", "same"),
    "data_format": _one_of("channels_last", "channels_first"),
    "interpolation": _one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
    "merge_mode": _one_of("concat", "sum", "ave", "mul"),
    "score_mode": _one_of("dot", "concat"),
    "fill_mode": _one_of("constant"),
    "max_value": NUMBER,
    "cropping": BORDER,
    "axis": AXIS,
}
BY_KIND: Mapping[tuple[str, str], Rule] = {
    ("Rescaling", "scale"): NUMBERS,
    **{(f"ZeroPadding{rank}D", "padding"): BORDER for rank in (1, 2)},
    **{(f"{name}Conv1D", "padding"): _one_of("valid", "same", "causal") for name in ("", "Depthwise", "Separable")},
    ("GroupNormalization", "groups"): (
        "a positive integer, or -1",
        lambda value, rank: is_int(value, 1) or (is_int(value) and value == -1),
    ),
    **{
        (name, "axis"): AXES
        for name in ("LayerNormalization", "Normalization", "RMSNormalization", "Softmax", "UnitNormalization")
    },
}
"""Where a name means something else than elsewhere."""


def expected_instead(kind: str, name: str, default: Any, rank: int, value: Any) -> str | None:
    """Say what a setting should be, where its value is not legal; None where it is.

    Parameters
    ----------
    kind, name : str
        Of the Keras class, and of the setting.
    default : object
        The kind's own, or `REQUIRED`.
    rank : int
        Axes of an image beside the channels.
    value : object

    Examples
    --------
    >>> expected_instead("Dense", "units", REQUIRED, 0, True)
    'a positive integer'
    """
    if value is None and default is None:
        return None
    rule = BY_KIND.get((kind, name)) or (SWITCH if isinstance(default, bool) else None) or BY_NAME.get(name)
    words, is_legal = rule or (NUMBER if isinstance(default, float) else ANYTHING)
    return None if is_legal(value, rank) else words
