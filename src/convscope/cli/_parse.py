"""Option values that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import typer

from convscope.training.settings import check_setting

__all__ = ["EngineChoice", "PixelOrder", "Recipe", "setting_option"]


class Recipe(StrEnum):
    """How to train."""

    fast = "fast"
    quick = "quick"
    document = "document"


class EngineChoice(StrEnum):
    """Which loop trains."""

    auto = "auto"
    numpy = "numpy"
    keras = "keras"


class PixelOrder(StrEnum):
    """Pixels where they belong, or all images shuffled in the same way."""

    original = "original"
    shuffled = "shuffled"


def setting_option(setting: str, *names: str, help: str, kind: Any = int) -> Any:
    """Make an option for a setting of the classifier; what it cannot be is refused in the same words as in Python.

    Parameters
    ----------
    setting : str
        Its name in `check_setting`.
    *names : str
        Of the option, if it is not the parameter's.
    help : str
    kind : callable
        ``int``, or an enumeration of words: what a text is turned into.
    """

    def read(text: Any) -> Any:
        try:
            return kind(text)
        except ValueError:  # it stays text, for the setting's rule to refuse
            return text

    def check(value: Any) -> Any:
        if value is not None:  # left out
            check_setting(setting, value, names[0] if names else f"--{setting.replace('_', '-')}")
        return value

    shown = "<int>" if kind is int else f"<{'|'.join(kind)}>"
    return typer.Option(*names, parser=read, callback=check, metavar=shown, help=help)
