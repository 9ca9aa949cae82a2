"""How a table of the user's own is read: the options that all commands with DATA share, declared once.

One more option is a parameter of `_options` below, a line in `LEGAL`, and a field of both classes in `reading.py`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, cast, get_type_hints

import typer

from convscope.errors import UsageError
from convscope.reading import POINTS, Reading, options_of

__all__ = ["LEGAL", "SplitOption", "reading_of", "reads_tables"]

SHAPE = re.compile(r"[1-9]\d{0,4}(x[1-9]\d{0,4}){1,2}|points")
LONGEST = 200
"""Letters of a column's name in a request."""
KEYWORD = "reading"


SplitOption = Annotated[
    str | None, typer.Option(metavar="PART", help="Rows to use: train, val, test, all, or COLUMN:PART.")
]


def _options(
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of labels; or first, last, none.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Leave out this column or class folder; may be repeated.")
    ] = None,
    shape: Annotated[
        str | None, typer.Option(metavar="HxW[xC]", help="The shape of an image, or points for features.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(metavar="LETTERS", help="Order of axes, slowest first: HWC, CHW, WH, HWN, ...")
    ] = None,
    intensity: Annotated[
        str | None, typer.Option(metavar="LOW..HIGH", help="The range of intensities, or standardised.")
    ] = None,
    resize: Annotated[
        str | None, typer.Option(metavar="HOW[:HxW]", help="Bring images to one size: contain, cover or stretch.")
    ] = None,
    missing: Annotated[
        str | None, typer.Option(metavar="HOW", help="Rows without label or picture: refuse, or drop.")
    ] = None,
    clip: Annotated[bool, typer.Option("--clip", help="Move values outside the range to its nearest end.")] = False,
    group: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Keep rows with the same entry together when splitting.")
    ] = None,
    split: SplitOption = None,
) -> None: ...


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and 0 < len(value) <= LONGEST)


LEGAL: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("label", "layout", "intensity", "resize", "missing", "group", "split"), _is_text),
    "drop": lambda value: value is None or (isinstance(value, list) and all(map(_is_text, value))),
    "shape": lambda value: value is None or (isinstance(value, str) and SHAPE.fullmatch(value) is not None),
    "clip": lambda value: value is None or isinstance(value, bool),
}
"""What a request may hold of each option."""


def reads_tables(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of this file; it is called with what was said as one argument, ``reading``.

    An option that a command declares itself, such as ``split`` with another default, stays its own.
    """
    own = inspect.signature(command).parameters
    options = inspect.signature(_options).parameters
    shared = {name: option for name, option in options.items() if name not in own}

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
        A value is none that the option may have.
    """
    said = {name: value for name in LEGAL if (value := given.get(name)) not in (None, False, [])}
    if "shape" in said and said["shape"] != POINTS:
        said["shape"] = _shape(said["shape"])
    options_of(**said)
    return cast(Reading, said)


def _shape(text: str) -> list[int]:
    """Read HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS."""
    if not SHAPE.fullmatch(text):
        raise UsageError(f"{text!r} is not a shape.", expected="HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, such as 28x28")
    return [int(number) for number in text.split("x")]
