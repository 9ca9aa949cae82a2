"""How a table of the user's own is read: the options that all commands with DATA share, declared once.

One more option is a parameter of `_options` below, a keyword of `convscope.reading.Reading`, and a line in `LEGAL`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from convscope.errors import UsageError
from convscope.reading import Reading

__all__ = ["LEGAL", "reading_of", "reads_tables"]

SHAPE = re.compile(r"[1-9]\d{0,4}(x[1-9]\d{0,4}){1,2}")
KEYWORD = "reading"


def _options(
    shape: Annotated[
        str | None, typer.Option(metavar="HxW[xC]", help="The shape of an image, if the column names do not give it.")
    ] = None,
    clip: Annotated[bool, typer.Option("--clip", help="Move values outside 0 to 255 to the nearest end.")] = False,
    drop_missing: Annotated[bool, typer.Option("--drop-missing", help="Leave out rows without a label.")] = False,
) -> None: ...


LEGAL: dict[str, Callable[[Any], bool]] = {
    "shape": lambda value: value is None or (isinstance(value, str) and SHAPE.fullmatch(value) is not None),
    "clip": lambda value: value is None or isinstance(value, bool),
    "drop_missing": lambda value: value is None or isinstance(value, bool),
}
"""What a request may hold of each option."""


def reads_tables(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of this file; it is called with what was said as one argument, ``reading``."""
    shared = inspect.signature(_options).parameters
    own = inspect.signature(command).parameters

    @wraps(command)
    def called(**given: Any) -> None:
        reading = reading_of({name: given.pop(name) for name in shared})
        command(**given, **{KEYWORD: reading})

    parameters: list[inspect.Parameter] = []
    for name, parameter in own.items():
        parameters += shared.values() if name == KEYWORD else [parameter]
    hints = get_type_hints(command, include_extras=True) | get_type_hints(_options, include_extras=True)
    kept = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[one.name]) for one in parameters]
    made: Any = called
    made.__signature__ = inspect.Signature(kept)
    made.__annotations__ = {one.name: one.annotation for one in kept}
    del made.__wrapped__  # else the signature of the command itself counts
    return called


def reading_of(given: Mapping[str, Any]) -> Reading:
    """Read options as they were typed, or as a request holds them; options that were not given are left out.

    Raises
    ------
    UsageError
        A shape is none.
    """
    reading = Reading()
    if given.get("shape") is not None:
        reading["shape"] = _shape(given["shape"])
    if given.get("clip"):
        reading["clip"] = True
    if given.get("drop_missing"):
        reading["drop_missing"] = True
    return reading


def _shape(text: str) -> list[int]:
    """Read HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS."""
    if not SHAPE.fullmatch(text):
        raise UsageError(f"{text!r} is not a shape.", expected="HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, such as 28x28")
    return [int(number) for number in text.split("x")]
