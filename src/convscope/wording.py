"""Words for people: text from outside that cannot steer what shows it, and settings under the name they have here.

A message of a low room names a setting, for instance ``allow_nonfinite``. In Python that is a keyword; the command line
tells it as an option of the command at hand (``cli/_options.py``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Setting", "Words", "shown_in_html", "visible", "visible_values"]

UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Unicode's controls, formats (bidirectional ones among them), half letters, and separators of lines."""
NO_XML = frozenset("\ufffe\uffff")
"""No letters at all; a drawing with one cannot be read."""
JOINERS = frozenset("\u200c\u200d")
"""Formats that Persian and the scripts of India are written with."""


def visible(text: str, *, keep: str = "") -> str:
    r"""Write characters that are obeyed instead of shown as what they are.

    Parameters
    ----------
    text : str
        From anywhere: a label, the name of a file, of a layer or of a column.
    keep : str
        Characters that stay, such as a line end.

    Examples
    --------
    >>> visible("red\x1b[31m")
    'red\\x1b[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep or not _is_obeyed(letter) else repr(letter)[1:-1]
        for letter in text
    )


def visible_values(values: Any) -> Any:
    """Do so in a JSON value, with all texts in it."""
    if isinstance(values, dict):
        return {visible(name): visible_values(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [visible_values(value) for value in values]
    return visible(values, keep="\n") if isinstance(values, str) else values


def shown_in_html(value: Any) -> Any:
    """Do so with what a template puts into a page; HTML of our own, which says so, stays as it is."""
    is_text = not (value is None or hasattr(value, "__html__") or isinstance(value, bool | int | float))
    return visible(str(value), keep="\n\t") if is_text else value


def _is_obeyed(letter: str) -> bool:
    return letter in NO_XML or (unicodedata.category(letter) in UNSEEN and letter not in JOINERS)


@dataclass(frozen=True)
class Setting:
    """A setting that a message names.

    Parameters
    ----------
    name : str
        The keyword that Python has for it.
    value : JSON value, optional
        What to set; None where that is left to the reader.
    """

    name: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.name}={'...' if self.value is None else repr(self.value)}"


class Words(str):
    """A part of a message that names settings: the text for Python, which can be put into other words.

    Examples
    --------
    >>> words = Words("leave out such rows with ", Setting("missing", "drop"))
    >>> print(words, words.said(lambda setting: f"--{setting.name} {setting.value}"), sep="; ")
    leave out such rows with missing='drop'; leave out such rows with --missing drop
    """

    parts: tuple[str | Setting, ...]

    def __new__(cls, *parts: str | Setting) -> Words:
        """Join the parts."""
        made = super().__new__(cls, "".join(map(str, parts)))
        made.parts = parts
        return made

    def said(self, name: Callable[[Setting], str]) -> str:
        """Put the text into other words: each setting as a function names it."""
        return "".join(name(part) if isinstance(part, Setting) else part for part in self.parts)
