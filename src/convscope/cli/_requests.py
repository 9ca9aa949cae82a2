"""What a training was asked, read again from a folder that anybody may have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convscope.cli._parse import EngineChoice, PixelOrder, Recipe
from convscope.errors import RunError
from convscope.reading import LEGAL as READING
from convscope.runs import Run

__all__ = ["REQUESTED", "read_request"]

MOST = 2**32 - 1


def read_request(run: Run) -> dict[str, Any]:
    """Read what a run was asked to do, and check that the command line allows it.

    Raises
    ------
    RunError
        There is no request, it is damaged, or it is that of another command.
    """
    request = run.request()
    for name, fits in LEGAL.items():
        if not fits(request.get(name)):
            raise RunError(
                f"{run.path / 'request.json'} asks for an invalid training: {name} is {f'{request.get(name)!r}'[:60]}.",
                expected="what convscope train DATA writes before it starts",
                repair="convscope train DATA --out RUN starts another one",
            )
    return {name: request.get(name) for name in REQUESTED} | request


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _one_of(choices: Any) -> Callable[[Any], bool]:
    legal = [choice.value for choice in choices]
    return lambda value: value in legal


LEGAL: dict[str, Callable[[Any], bool]] = {
    "data": _is_text,
    "model": _is_text,
    "epochs": _or_none(_whole(1)),
    "batch_size": _or_none(_whole(1)),
    "pixel_order": _one_of(PixelOrder),
    "recipe": _one_of(Recipe),
    "engine": _one_of(EngineChoice),
    "early_stopping": lambda value: isinstance(value, bool),
    "limit": _or_none(_whole(2)),
    **READING,
    "seed": _whole(0),
    "devices": _or_none(_whole(1)),
    "folder": _is_text,
    "command": _is_text,
}
REQUESTED = tuple(name for name in LEGAL if name not in ("folder", "command"))
"""The options that decide what is trained."""
