"""What `write_table` stores beside the columns of a table: its range, its groups, and the names of its classes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from convscope.errors import UsageError
from convscope.reading import Options, options_of
from convscope.tables.table import GROUP_COLUMN

__all__ = ["STORED", "Facts", "facts_of"]

STORED = b"convscope"
"""The key in the metadata of a Parquet or Feather file."""
MOST_LETTERS = 1_000_000


@dataclass(frozen=True)
class Facts:
    """What a file says of a table beside its columns; anybody may have written it.

    Parameters
    ----------
    options : Options
        With the range of intensities and the column of groups, if they are stored and the caller says none.
    class_names : dict of str to str
        By label.
    """

    options: Options
    class_names: dict[str, str] = field(default_factory=dict)

    def names(self, labels: list[Any]) -> dict[Any, str]:
        """Give the names of classes by the labels themselves."""
        return {label: self.class_names[str(label)] for label in labels if str(label) in self.class_names}


def facts_of(text: str | bytes | None, options: Options) -> Facts:
    """Read such facts; what is none is passed over."""
    try:
        told = json.loads(text) if text and len(text) <= MOST_LETTERS else {}
        if not isinstance(told, dict):
            return Facts(options)
        names = told.get("class_names", {})
        if options.intensity is None and told.get("intensity"):
            options = options.having(intensity=options_of(intensity=told["intensity"]).intensity)
        if options.group is None and told.get("group") == GROUP_COLUMN:
            options = options.having(group=GROUP_COLUMN)
    except (ValueError, TypeError, RecursionError, UsageError):
        return Facts(options)
    known = isinstance(names, dict) and all(isinstance(name, str) for name in names.values())
    return Facts(options, names if known else {})
