"""What each setting of a classifier may be: said once, for Python, the command line and sweeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from convscope.errors import UsageError, did_you_mean

__all__ = ["ENGINES", "RECIPES", "check_setting", "check_settings"]

ENGINES = ("auto", "numpy", "keras")
RECIPES = ("fast", "quick", "document")
"""Names of the recipes: whole passes, one short pass, and the settings of the lab of 2021.

Examples
--------
>>> from convscope import ImageClassifier
>>> [ImageClassifier(recipe=recipe).recipe for recipe in RECIPES]
['fast', 'quick', 'document']
"""
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class _Rule:
    """What a setting may be.

    Parameters
    ----------
    legal : str
        In words, after "must be".
    fits : callable
        Whether a value is legal.
    example : str
        A legal value, as Python writes it.
    absent : str, optional
        What happens where the setting is left out or None.
    """

    legal: str
    fits: Callable[[Any], bool]
    example: str
    absent: str = ""


def check_setting(name: str, value: Any, option: str = "") -> None:
    """Refuse a value that a setting of `ImageClassifier` cannot have.

    Parameters
    ----------
    name : str
        Of the setting; one without a rule, such as a builder's own, may be anything.
    value : object
    option : str, optional
        How the command line spells the setting; it is spelled as in Python if left out.

    Raises
    ------
    UsageError
        It is no legal value.
    """
    spelled = option or name
    choices = _NAMED.get(name)
    if choices and (not isinstance(value, str) or value not in choices):
        raise UsageError(
            f"there is no {name} named {value!r}.",
            received=f"{option} {value}" if option else f"{name}={value!r}",
            expected=did_you_mean(str(value), choices),
            repair=f"use one of these, or leave {spelled} out",
        )
    rule = _RULES.get(name)
    if rule is None or (value is None and rule.absent) or rule.fits(value):
        return
    raise UsageError(
        f"{name} must be {rule.legal}.",
        received=f"{option} {value}" if option else f"{name}={value!r}",
        expected=f"for example {spelled}{' ' if option else '='}{rule.example}",
        repair=f"give such a value, or leave {spelled} out" + (f": {rule.absent}" if rule.absent else ""),
    )


def check_settings(settings: Mapping[str, Any]) -> None:
    """Check settings by name, see `check_setting`."""
    for name, value in settings.items():
        check_setting(name, value)


def _is_whole(value: Any, least: int, most: float = float("inf")) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")  # NumPy's, which is not imported here


def _is_share(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < 1


def _is_seed(value: Any) -> bool:
    return _is_whole(value, 0, LARGEST_SEED) or hasattr(value, "random_sample")


def _is_shape(value: Any) -> bool:
    try:
        sizes = None if isinstance(value, str) else tuple(value)
    except TypeError:
        return False
    return sizes is not None and len(sizes) in (2, 3) and all(_is_whole(size, 1) for size in sizes)


def _is_class_weight(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return isinstance(value, str) and value == "balanced"
    return all(
        isinstance(weight, Real) and not isinstance(weight, bool) and 0 <= float(weight) < float("inf")
        for weight in value.values()
    )


def _are_callbacks(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        hasattr(one, "on_epoch_end") and hasattr(one, "set_model") and not isinstance(one, type) for one in value
    )


_NAMED = {"recipe": RECIPES, "engine": ENGINES}
_AT_LEAST_1 = "a whole number, at least 1"
_RULES = {
    "epochs": _Rule(_AT_LEAST_1, lambda value: _is_whole(value, 1), "3", "the recipe chooses"),
    "batch_size": _Rule(_AT_LEAST_1, lambda value: _is_whole(value, 1), "64", "the recipe chooses"),
    "n_iter_no_change": _Rule(_AT_LEAST_1, lambda value: _is_whole(value, 1), "5"),
    "devices": _Rule(_AT_LEAST_1, lambda value: _is_whole(value, 1), "2", "one device"),
    "validation_fraction": _Rule("a number between 0 and 1", _is_share, "0.1"),
    "early_stopping": _Rule("True or False", _is_flag, "True"),
    "warm_start": _Rule("True or False", _is_flag, "True"),
    "random_state": _Rule(
        f"a whole number from 0 to {LARGEST_SEED:,}, or a numpy.random.RandomState",
        _is_seed,
        "0",
        "a random one",
    ),
    "seed": _Rule(f"a whole number from 0 to {LARGEST_SEED:,}", lambda value: _is_whole(value, 0, LARGEST_SEED), "0"),
    "class_weight": _Rule(
        "'balanced', or a dict from label to a weight of at least 0", _is_class_weight, "'balanced'", "equal weights"
    ),
    "callbacks": _Rule(
        "a list of Keras callbacks", _are_callbacks, "[keras.callbacks.TerminateOnNaN()]", "no callbacks"
    ),
    "image_shape": _Rule(
        "(height, width) or (height, width, channels), whole numbers of at least 1",
        _is_shape,
        "(28, 28, 1)",
        "read from the column names, else a square",
    ),
    "verbose": _Rule("0 or 1", lambda value: _is_flag(value) or _is_whole(value, 0), "1"),
}
