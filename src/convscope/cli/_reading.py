"""How a table of the user's own is read: the options that all commands with DATA share, declared once.

One more option is a parameter of `_options` below, and in `reading.py` a line in `LEGAL` and a field of both classes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from convscope.reading import reading_of

__all__ = ["SplitOption", "reads_tables"]

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
