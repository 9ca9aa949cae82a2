"""What is said in the language of the reader: English in the code, gettext catalogues for the others."""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from convscope.errors import UsageError

__all__ = [
    "CATALOGUES",
    "DOMAINS",
    "Say",
    "also_spoken",
    "chosen_language",
    "known_languages",
    "speaking",
    "spoken",
    "use_language",
]

CATALOGUES = Path(__file__).with_name("locale")
VARIABLE = "CONVSCOPE_LANGUAGE"
DOMAINS = ("course", "page")
_chosen: list[str] = []
_of_files: dict[str, dict[str, str]] = {}
"""Translations that stand beside the English in a file, by language; no catalogue has them."""


class Say:
    """A sentence with numbers in it, put into words when it is read.

    Parameters
    ----------
    text : str
        In English, with places as ``str.format`` has them; what the catalogues know it by.
    **values : object
        What goes into the places; a `Say` is put into words too.

    Examples
    --------
    >>> str(Say("{n} of {total:,} numbers are right.", n=3, total=9))
    '3 of 9 numbers are right.'
    """

    def __init__(self, text: str, **values: Any) -> None:
        self.text, self.values = text, values

    def __str__(self) -> str:
        known = {name: str(value) if isinstance(value, Say) else value for name, value in self.values.items()}
        return spoken(self.text).format(**known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Say) and (self.text, self.values) == (other.text, other.values)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return str(self)


def spoken(text: str | Say) -> str:
    """Put a message into words, in the language that was chosen; what no catalogue knows stays English."""
    if isinstance(text, Say):
        return str(text)
    code = chosen_language()
    return _of_files.get(code, {}).get(text) or (_catalogue(code).gettext(text) if text else "")


def also_spoken(translations: Mapping[str, Mapping[str, str]]) -> None:
    """Learn translations that a file brings along, by language and English text.

    Examples
    --------
    >>> also_spoken({"es": {"How high is the map?": "¿Qué altura tiene el mapa?"}})
    >>> with speaking("es"):
    ...     spoken("How high is the map?")
    '¿Qué altura tiene el mapa?'
    """
    for code, texts in translations.items():
        _of_files.setdefault(code, {}).update(texts)


def known_languages() -> list[str]:
    """List the languages that there are: English, and each that has a folder of catalogues."""
    return ["en", *sorted(path.name for path in CATALOGUES.iterdir() if (path / "LC_MESSAGES").is_dir())]


def use_language(code: str) -> None:
    """Choose the language of all prompts, hints and verdicts; the environment's ``CONVSCOPE_LANGUAGE`` otherwise.

    Raises
    ------
    UsageError
        There is no catalogue for it.

    Examples
    --------
    >>> from convscope.course import ex
    >>> use_language("es")
    >>> print(ex.input_size.check())
    ○ Sin intentar. Sustituye los tres puntos por tu respuesta.
    >>> use_language("en")
    """
    if code not in known_languages():
        raise UsageError(f"convscope does not speak {code!r}.", expected=", ".join(known_languages()))
    _chosen[:] = [code]


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Choose a language for a while; see `use_language`."""
    before = list(_chosen)
    use_language(code)
    try:
        yield
    finally:
        _chosen[:] = before


def chosen_language() -> str:
    """Return the code of the language that is spoken now."""
    return _chosen[0] if _chosen else os.environ.get(VARIABLE, "en")


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    found = [gettext.translation(domain, CATALOGUES, languages=[code], fallback=True) for domain in DOMAINS]
    for one, following in pairwise(found):
        one.add_fallback(following)
    return found[0]
