"""Parameters and their values in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["parameter_name", "show_parameter", "show_parameters"]


def parameter_name(name: str) -> str:
    """Name a parameter as its builder does: ``filters`` for ``model__filters``.

    Examples
    --------
    >>> parameter_name("model__filters"), parameter_name("epochs")
    ('filters', 'epochs')
    """
    return name.removeprefix("model__")


def show_parameter(value: Any) -> str:
    """Write a JSON value as on a command line, words without quotes.

    Examples
    --------
    >>> show_parameter([16, 32]), show_parameter("fast"), show_parameter(None)
    ('[16,32]', 'fast', 'null')
    """
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def show_parameters(parameters: Mapping[str, Any]) -> str:
    """Write several in one line.

    Examples
    --------
    >>> show_parameters({"model__filters": [16, 32], "recipe": "fast"})
    'filters [16,32], recipe fast'
    """
    named = (f"{parameter_name(name)} {show_parameter(value)}" for name, value in parameters.items())
    return ", ".join(named) or "the defaults"
