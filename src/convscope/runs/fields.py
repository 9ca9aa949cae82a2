"""What the values of a record may be, for run folders are read that anybody may have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convscope.reading import is_reading

__all__ = ["are_measures", "check_fields"]

LARGEST = 2**53
"""Whole numbers up to here are the same as fractions."""
FROM_OUTSIDE = ("run", "tags")
"""A run is named by its folder, and its tags lie beside the record."""


def check_fields(record: dict[str, Any]) -> dict[str, Any]:
    """Give a record whose values are of the kinds that commands count on; one that is not known may be null or absent.

    Raises
    ------
    ValueError
        The message names the first value that is of the wrong kind.
    """
    for name, fits in FIELDS.items():
        value = record.get(name)
        if value is not None and not fits(value):
            raise ValueError(f"its {name} is {f'{value!r}'[:60]}")
    return {name: value for name, value in record.items() if name not in FROM_OUTSIDE}


def are_measures(row: Any) -> bool:
    """Say whether a value is what a run measured of one epoch: numbers with their names, some of them not known."""
    return (
        isinstance(row, dict)
        and _is_number(row.get("epoch"))
        and all(value is None or _is_number(value) for value in row.values())
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def _is_interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_named(value: Any) -> bool:
    return isinstance(value, dict)


def _is_measured(value: Any) -> bool:
    return _are_named(value) and _is_number(value.get("accuracy")) and _is_interval(value.get("interval"))


FIELDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("kind", "created", "model", "data", "data_hash", "code_version", "command"), _is_text),
    "sequence_of": _is_text,
    "sequence": _is_number,
    **dict.fromkeys(("accuracy", "seconds", "epochs", "n_parameters", "n_train", "n_test"), _is_number),
    "interval": _is_interval,
    "class_names": _are_texts,
    "parameters": _are_named,
    "versions": _are_named,
    "validation": _is_measured,
    "reading": is_reading,
}
