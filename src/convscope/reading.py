"""What a user says about reading a table, under one name in Python, on the command line and in a run's record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from convscope.errors import UsageError
from convscope.wording import Setting, Words

__all__ = ["Reading", "is_reading", "refuse_reading"]


class Reading(TypedDict, total=False):
    """How a table of the user's own is read; what is left out is as `read_table` says."""

    shape: Sequence[int] | None
    clip: bool
    drop_missing: bool


def is_reading(found: Any) -> bool:
    """Say whether a value of a record, which anybody may have written, holds such settings."""
    return isinstance(found, dict) and all(name in LEGAL and LEGAL[name](value) for name, value in found.items())


def refuse_reading(reading: Mapping[str, Any], what: str) -> None:
    """Refuse settings for what is read in one way only, which would be without effect.

    Raises
    ------
    UsageError
        There are any.
    """
    for name, value in reading.items():
        if value not in (None, False):
            setting = Setting(name, value)
            raise UsageError(
                f"{what} cannot be read with this option.",
                received=Words(setting),
                repair=Words("leave out ", Setting(name)),
            )


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (2, 3) and all(type(one) is int and one > 0 for one in value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


LEGAL: dict[str, Callable[[Any], bool]] = {"shape": _is_shape, "clip": _is_flag, "drop_missing": _is_flag}
