"""What a sweep tries of one parameter: some values, or a range to draw from."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np

from convscope.errors import UsageError
from convscope.wording import Setting, Words

__all__ = ["Range", "Space", "Values", "parse_parameter"]

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})(:log)?")
WRITTEN = "NAME=1,2  NAME='[16,32],[8,16]'  NAME=1..8  NAME=0.001..0.1:log"
OPENING, CLOSING, QUOTES = "([{", ")]}", "\"'"


@dataclass(frozen=True)
class Values:
    """Some values, each a JSON value."""

    values: tuple[Any, ...]

    def listed(self) -> tuple[Any, ...]:
        """List the values of a grid."""
        return self.values

    def count(self) -> int:
        """Count them."""
        return len(self.values)

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one, each with the same chance."""
        return self.values[rng.integers(len(self.values))]


@dataclass(frozen=True)
class Range:
    """All numbers from ``low`` to ``high``, both included; whole numbers where both are.

    Parameters
    ----------
    low, high : int or float
        ``low`` is smaller.
    logarithmic : bool
        Draw so that each factor has the same chance, and not each difference.
    """

    low: float
    high: float
    logarithmic: bool = False

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def listed(self) -> tuple[Any, ...]:
        """List the values of a grid.

        Raises
        ------
        UsageError
            There are infinitely many.
        """
        self.count()
        return tuple(range(int(self.low), int(self.high) + 1))

    def count(self) -> int:
        """Count the values of a grid; raises as `listed`."""
        if not self.whole:
            raise UsageError(
                "a grid cannot hold all numbers of a range.",
                received=f"{self.low}..{self.high}",
                expected="values, or a range of whole numbers",
                repair=Words("name the values, or add ", Setting("search", "random"), " and ", Setting("n_points", 20)),
            )
        return int(self.high) - int(self.low) + 1

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one number."""
        if self.whole and not self.logarithmic:
            return int(rng.integers(int(self.low), int(self.high) + 1))
        if self.logarithmic:
            drawn = exp(rng.uniform(log(self.low), log(self.high)))
        else:
            drawn = float(rng.uniform(self.low, self.high))
        drawn = min(max(drawn, self.low), self.high)
        return round(drawn) if self.whole else float(f"{drawn:.4g}")


Space = Values | Range


def parse_parameter(text: str) -> tuple[str, Space]:
    """Read ``NAME=VALUES``: values between commas, each as JSON or a word, or a range.

    Raises
    ------
    UsageError
        It is written otherwise, or the range is empty.

    Examples
    --------
    >>> parse_parameter("epochs=1,2")
    ('epochs', Values(values=(1, 2)))
    >>> parse_parameter("model__filters=[16,32]")
    ('model__filters', Values(values=([16, 32],)))
    >>> parse_parameter("model__activation=relu,tanh")[1].listed()
    ('relu', 'tanh')
    >>> parse_parameter("batch_size=8..64:log")
    ('batch_size', Range(low=8, high=64, logarithmic=True))
    """
    name, equals, written = text.partition("=")
    name, written = name.strip(), written.strip()
    if not equals or not name or not written:
        raise UsageError("a parameter has no name or no values.", received=text, expected=WRITTEN)
    found = RANGE.fullmatch(written)
    if found is None:
        return name, Values(tuple(_value(part, text) for part in _split(written)))
    low, high = (_value(end, text) for end in found.groups()[:2])
    if low >= high or (found[3] and low <= 0):
        raise UsageError("a range is empty." if low >= high else "a logarithm needs numbers above 0.", received=text)
    return name, Range(low, high, found[3] is not None)


def _split(written: str) -> list[str]:
    """Split at the commas that stand outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in written:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES:
            quote = letter
        depth += (letter in OPENING) - (letter in CLOSING) if not quote else 0
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _value(written: str, text: str) -> Any:
    """Read one value: JSON, a Python literal, or else a word."""
    if not written:
        raise UsageError("there is one comma too many.", received=text, expected=WRITTEN)
    for read in (json.loads, ast.literal_eval):
        try:
            return json.loads(json.dumps(read(written), allow_nan=False))  # a tuple becomes a list
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    if any(letter in written for letter in OPENING + CLOSING + QUOTES):
        raise UsageError("brackets or quotes do not match.", received=text, expected=WRITTEN)
    return written
