"""Columns as the readers of formats give them, before it is known what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from convscope.reading import Options
from convscope.tables._roles import Roles

__all__ = [
    "IS_LIST",
    "IS_NUMBER",
    "IS_OTHER",
    "IS_PICTURE",
    "IS_TEXT",
    "MOST_FEATURES",
    "MOST_NAMED",
    "Reading",
    "Sheet",
    "Texts",
]

IS_NUMBER, IS_TEXT, IS_LIST, IS_PICTURE, IS_OTHER = "numbers", "text", "lists of numbers", "pictures", "something else"
MOST_FEATURES = 15
MOST_NAMED = 8
Texts = dict[int, NDArray[Any]]


class Sheet(Protocol):
    """Columns, as a reader of one format gives them."""

    @property
    def path(self) -> Path: ...

    @property
    def header(self) -> list[str] | None:
        """Names of the columns; None where there are none."""

    @property
    def kinds(self) -> Sequence[str]:
        """What each column holds: one of the kinds above."""

    @property
    def notes(self) -> tuple[str, ...]: ...

    def read(self, texts: Sequence[int], values: Sequence[int], options: Options) -> tuple[Texts, NDArray[Any]]:
        """Read some columns as texts, and others as one array of numbers; a number that is missing is NaN."""

    def read_lists(self, column: int, texts: Sequence[int]) -> tuple[Texts, NDArray[Any]]:
        """Read a column of lists as an array of shape (n_rows, ...)."""

    def read_pictures(self, column: int, texts: Sequence[int]) -> tuple[Texts, list[tuple[str, bytes]]]:
        """Read a column of pictures: for each its name, and the bytes of its file."""

    def row_name(self, row: int) -> str:
        """Name a row (0-based) in the user's file."""

    def stored(self) -> str | bytes | None:
        """Give what `write_table` stored of a table beside its columns, if anything."""

    def class_names(self, column: int) -> Sequence[str]:
        """Names of classes that the file gives for the numbers of a column; usually none."""


@dataclass(frozen=True)
class Reading:
    """A sheet, what was said about it, and the roles of its columns."""

    sheet: Sheet
    options: Options
    roles: Roles
    names: list[str]
    notes: tuple[str, ...] = field(default=())

    @property
    def where(self) -> str:
        return self.sheet.path.name
