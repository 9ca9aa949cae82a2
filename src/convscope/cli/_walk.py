"""The terminal walk through a convolution or a pooling: matrices as text, windows in brackets, sums that add up."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from convscope.arithmetic.digits import decimals_needed, format_number
from convscope.cli._output import print_lines
from convscope.errors import DataError, UsageError

__all__ = [
    "ImageOption",
    "PaddingName",
    "PaddingOption",
    "StepOption",
    "StridesOption",
    "beside",
    "chosen_steps",
    "matrix_lines",
    "print_walk",
    "read_image",
    "read_numbers",
    "read_pair",
    "sentence",
    "size_sentence",
]

WIDTH = 80
MOST_BYTES = 10_000_000
MOST_STEPS = 100


class PaddingName(StrEnum):
    """Padding by name."""

    valid = "valid"
    same = "same"

    @property
    def word(self) -> Literal["valid", "same"]:
        """The name as ``arithmetic`` takes it."""
        return "same" if self is PaddingName.same else "valid"


ImageOption = Annotated[
    str, typer.Option(help="The image as nested JSON lists, 2-D or 3-D (channels last); or @file.json, or - for stdin.")
]
StridesOption = Annotated[
    str | None, typer.Option(help="How far the window moves, in pixels: 2, or 1,2 (down, right).")
]
PaddingOption = Annotated[
    PaddingName, typer.Option(help="valid adds nothing; same pads the border so that strides of 1 keep the size.")
]
StepOption = Annotated[int | None, typer.Option(help="Show only this step, counted from 1.")]


def read_image(text: str) -> NDArray[np.float64]:
    """Read an image of two or three axes; errors as in `read_numbers`."""
    image = read_numbers(text, "image")
    if image.ndim > 3:
        raise DataError("image is nested 4 deep.", expected="rows, columns and, at most, channels")
    return image


def read_numbers(text: str, name: str) -> NDArray[np.float64]:
    """Read nested JSON lists of numbers: the text itself, ``@file.json``, or ``-`` for standard input.

    Raises
    ------
    DataError
        It is no JSON, not rectangular, empty, or holds something that is not a finite number.
    """
    source = _source(text, name)
    try:
        values = json.loads(source, parse_constant=lambda word: word)
    except (ValueError, RecursionError) as error:
        where = f" ({error})" if isinstance(error, json.JSONDecodeError) else ""
        raise DataError(
            f"{name} is not JSON{where}.",
            received=_short(source),
            expected="nested lists of numbers, e.g. '[[1,0],[0,1]]'",
        ) from None
    shape = _shape(values, name, ())
    if not 2 <= len(shape) <= 4:
        raise DataError(
            f"{name} is nested {len(shape)} deep.", received=_short(source), expected="[[row], [row], ...], or deeper"
        )
    return np.array(values, np.float64)


def read_pair(text: str | None, option: str) -> tuple[int, int] | None:
    """Read ``2`` or ``1,2`` (down, right); both at least 1."""
    if text is None:
        return None
    try:
        parts = [int(part) for part in text.split(",")]
    except ValueError:
        parts = []
    if len(parts) not in (1, 2) or min(parts) < 1:
        raise UsageError(
            f"{option} takes one or two whole numbers of at least 1.",
            received=f"{option} {text}",
            expected=f"{option} 2, or {option} 1,2 (down, right)",
        )
    return parts[0], parts[-1]


def chosen_steps(n_steps: int, step: int | None) -> Sequence[int]:
    """List the steps to show, 0-based: all, or the one that was asked for, 1-based."""
    if step is None:
        return range(n_steps)
    if not 1 <= step <= n_steps:
        raise UsageError(f"there is no step {step}.", received=f"--step {step}", expected=f"1 to {n_steps}")
    return [step - 1]


def print_walk(frame: Callable[[int], Iterator[str]], n_steps: int, step: int | None, end: Sequence[str]) -> None:
    """Print the frames one below the other, and what came out of it all."""
    wanted = chosen_steps(n_steps, step)
    for index in wanted[:MOST_STEPS]:
        print_lines(*frame(index), "")
    if len(wanted) > MOST_STEPS:
        print_lines(f"{len(wanted) - MOST_STEPS:,} more steps: --step N shows one, --json has all.", "")
    if step is None:
        print_lines(*end)


def matrix_lines(
    values: NDArray[np.float64],
    marked: Callable[[int, int], bool] = lambda row, column: False,
    filled: int | None = None,
    most: int = 6,
) -> list[str]:
    """Write a matrix with its marked cells in [brackets]; cells past ``filled`` are dots, what is no number a bar."""
    digits = decimals_needed(values.flat, most)
    known = values.size if filled is None else filled
    texts = [
        [
            "·" if row * len(line) + column >= known else "–" if np.isnan(value) else format_number(value, digits)
            for column, value in enumerate(line)
        ]
        for row, line in enumerate(values)
    ]
    width = max(len(text) for line in texts for text in line)
    return [
        " ".join(
            f"[{text:>{width}}]" if marked(row, column) else f" {text:>{width}} " for column, text in enumerate(line)
        )
        for row, line in enumerate(texts)
    ]


def beside(blocks: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    """Put titled blocks side by side where 80 columns are enough, else one below the other."""
    padded = [[title, *lines] for title, lines in blocks]
    widths = [max(len(line) for line in lines) for lines in padded]
    if 2 + sum(widths) + 4 * (len(widths) - 1) > WIDTH:
        for lines in padded:
            yield from (_cut(f"  {line}".rstrip()) for line in lines)
        return
    for row in range(max(map(len, padded))):
        cells = [lines[row] if row < len(lines) else "" for lines in padded]
        yield ("  " + "    ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))).rstrip()


def sentence(text: str) -> list[str]:
    """Break a line at 80 columns, the rest moved in."""
    return wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False) or [""]


def size_sentence(height: str, width: str) -> list[str]:
    """Say where the output's size comes from."""
    return sentence(f"height {height}; width {width}")


def _source(text: str, name: str) -> str:
    try:
        if text == "-":
            source = sys.stdin.read(MOST_BYTES + 1)
        elif text.startswith("@"):
            with Path(text[1:]).open(encoding="utf-8-sig") as file:
                source = file.read(MOST_BYTES + 1)
        else:
            source = text
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DataError(f"{name} cannot be read: {reason}.", received=text, expected="a JSON file") from None
    if text == "-" and not source.strip():
        raise DataError(f"{name} cannot be read: standard input is empty.", expected="a JSON file or pipe")
    if len(source) > MOST_BYTES:
        raise DataError(f"{name} is too long.", expected=f"at most {MOST_BYTES:,} characters")
    return source


def _shape(values: Any, name: str, place: tuple[int, ...]) -> tuple[int, ...]:
    """Give the shape of nested lists; refuse what is ragged, empty or no finite number, and say where."""
    where = f"{name}[{']['.join(map(str, place))}]" if place else name
    if isinstance(values, list):
        if not values:
            raise DataError(f"{where} is empty.", received="[]", expected="at least one number")
        shapes = [_shape(value, name, (*place, index)) for index, value in enumerate(values)]
        odd = next((index for index, shape in enumerate(shapes) if shape != shapes[0]), None)
        if odd is not None:
            raise DataError(
                f"{where} is ragged: entry {odd} has the shape {shapes[odd]}, entry 0 the shape {shapes[0]}.",
                received=_short(json.dumps(values)),
                expected="rows of one length",
            )
        return (len(values), *shapes[0])
    if isinstance(values, bool) or not isinstance(values, int | float) or not abs(values) < 1e15:
        raise DataError(
            f"{where} is not a usable number.",
            received=_short(json.dumps(values)),
            expected="a finite number, below 1e15 in size",
        )
    return ()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 2] + " …"
