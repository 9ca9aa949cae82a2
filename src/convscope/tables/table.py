"""What every kind of table answers, so that nobody has to ask which kind it is.

A kind of table is a frozen data class that derives from `Table`. It has to say ``kind``, ``default_model``,
``values``, ``columns`` and ``image_shape``; everything else has an answer that a kind may give differently.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from convscope.errors import ShapeError, TableError, UsageError
from convscope.reading import Options, Range
from convscope.tables._source import Sheet
from convscope.tables.understood import Understood
from convscope.wording import Setting, Words

__all__ = ["GROUP_COLUMN", "LABEL_COLUMN", "Shape", "Table", "require"]

LABEL_COLUMN, GROUP_COLUMN = "class", "group"
Shape = tuple[int, int, int]


class Table(ABC):
    """Rows of numbers with what is known of each row: what all kinds of tables have in common.

    Attributes
    ----------
    kind : str
        What the rows are, in the plural: "images", "points".
    default_model : str
        The model of `convscope.models` that is trained where none is named.
    number : type
        The type of number in which rows of two tables are compared.
    by_row : tuple of str
        The fields that have one entry per row.
    image_shape : (height, width, channels), or None
        None where a row is no picture.
    labels, split, weights, groups : array of shape (n_rows,), or None
    intensity : (low, high), "standardised", or None
        The range that values can have; None where they are measurements and are scaled by nobody.
    names : mapping of label to str
    source : str
    notes : tuple of str
    understood : Understood, or None
        What the reader of the file made of it.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope.tables import PointTable, images_to_table
    >>> for table in (images_to_table(np.zeros((1, 2, 2), np.uint8)), PointTable(np.array([[0.5, 0.25]]))):
    ...     table.kind, table.values.shape, table.row_shape, table.columns[:2]
    ('images', (1, 4), (2, 2, 1), ['1x1', '1x2'])
    ('points', (1, 2), (2,), ['feature1', 'feature2'])
    """

    kind: ClassVar[str]
    default_model: ClassVar[str]
    number: ClassVar[type[np.floating[Any]]] = np.float32
    by_row: ClassVar[tuple[str, ...]] = ("labels", "split", "weights", "groups")

    image_shape: Shape | None
    labels: NDArray[Any] | None
    split: NDArray[Any] | None
    source: str
    notes: tuple[str, ...]
    weights: NDArray[np.float64] | None = None
    groups: NDArray[Any] | None = None
    intensity: Range | None = None
    layout: str = ""
    names: Mapping[Any, str] = MappingProxyType({})
    understood: Understood | None = None

    @classmethod
    def from_sheet(cls, sheet: Sheet, options: Options) -> Self | None:
        """Read columns whose names are those of this kind; None leaves them to the other kinds."""
        return None

    @property
    @abstractmethod
    def values(self) -> NDArray[Any]:
        """The numbers of all rows, of shape (n_rows, n_columns), as the file has them."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """One name for each column of `values`."""

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape in which a model sees one row."""
        return self.image_shape or self.values.shape[1:]

    @property
    def images(self) -> NDArray[Any] | None:
        """The rows as pictures, of shape (n_rows, height, width, channels), sharing memory; None if they are none."""
        return None if self.image_shape is None else self.values.reshape(-1, *self.image_shape)

    @property
    def inputs(self) -> NDArray[Any]:
        """The rows as a model sees them, of shape ``(n_rows, *row_shape)``, before they are scaled."""
        return self.values.reshape(-1, *self.row_shape)

    @cached_property
    def classes(self) -> NDArray[Any]:
        """The labels that occur, sorted; shape (n_classes,), empty without labels."""
        return np.array([]) if self.labels is None else np.unique(self.labels)

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name per entry of `classes`."""
        return tuple(map(self.name_of, self.classes.tolist()))

    def name_of(self, label: Any) -> str:
        """Name the class of a label, whether it occurs here or only in the table that this is a part of."""
        return str(self.names.get(label, label))

    def named(self, names: Mapping[Any, str]) -> Self:
        """Give classes names; a kind that keeps none stays as it is."""
        return self

    @property
    def data(self) -> pd.DataFrame:
        """The columns of numbers as a data frame that shares its memory with `values`."""
        return pd.DataFrame(self.values, columns=self.columns, copy=False)

    @property
    def frame(self) -> pd.DataFrame:
        """The complete table as a data frame, ``class`` first; the numbers are not copied."""
        frame = self.data
        if self.labels is not None:
            frame.insert(0, LABEL_COLUMN, self.labels)
        return frame

    @property
    def facts_by_row(self) -> dict[str, NDArray[Any]]:
        """What is known of each row beside its numbers, by the name of its column in a file."""
        known = {LABEL_COLUMN: self.labels, "split": self.split, "weight": self.weights, GROUP_COLUMN: self.groups}
        return {name: column for name, column in known.items() if column is not None}

    @property
    def stored(self) -> dict[str, Any]:
        """What columns do not say, as JSON values that a file keeps beside them; empty where there is nothing."""
        return {}

    @property
    def particulars(self) -> dict[str, Any]:
        """What a reader is told of this kind of table beside rows, labels and notes, as JSON values."""
        return {}

    def part(self, split: str) -> Self:
        """Keep the rows of one split.

        Raises
        ------
        TableError
            The table has no splits, or no such rows.
        """
        return self[_rows_of_part(self.split, split)]

    def check_rows(self) -> None:
        """Check that what is known of each row is known of all.

        Raises
        ------
        ShapeError
            One has more entries than there are rows, or fewer.
        """
        for name in self.by_row:
            column = getattr(self, name)
            if column is not None and len(column) != len(self):
                raise ShapeError(
                    f"the {name} do not match the {self.kind} in number.",
                    received=f"{len(column):,} {name}, {len(self):,} {self.kind}",
                )

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | ArrayLike) -> Self:
        chosen = rows if isinstance(rows, slice) else np.atleast_1d(np.asarray(rows))
        columns = {name: getattr(self, name) for name in self.by_row}
        return self._of_rows({name: None if column is None else column[chosen] for name, column in columns.items()})

    def having(self, **changes: Any) -> Self:
        """Give the same table with some fields changed."""
        return replace(self, **changes)  # type: ignore[type-var]  # every kind is a data class

    def _of_rows(self, columns: dict[str, Any]) -> Self:
        """Give the same table of other rows."""
        return self.having(**columns)


Kind = TypeVar("Kind", bound=Table)


def require(table: Table, kind: type[Kind], refusal: str, *, repair: str | Words | None = None) -> Kind:
    """Give the table back if it is of the kind that something needs.

    Parameters
    ----------
    table : Table
    kind : a kind of table
    refusal : str
        What cannot be done otherwise, as a sentence.
    repair : str, optional

    Raises
    ------
    UsageError
        It is of another kind.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> from convscope.tables import PixelTable
    >>> require(load_dataset("digits").table, PixelTable, "reasons can be shown for images only.").image_shape
    (8, 8, 1)
    """
    if isinstance(table, kind):
        return table
    raise UsageError(refusal, received=f"a table of {table.kind}", expected=f"a table of {kind.kind}", repair=repair)


def _rows_of_part(split: NDArray[Any] | None, name: str) -> NDArray[np.bool_]:
    """Mark the rows of one split."""
    rows = np.zeros(0, bool) if split is None else np.asarray(split == name)
    if not rows.any():
        known = [] if split is None else sorted(set(split.tolist()))
        raise TableError(
            f"the table has no rows of the split {name!r}.",
            received=f"rows of {', '.join(known)}" if known else "no column that says which rows are for training",
            expected="a column named split with train and test",
            repair=Words("choose the rows: ", Setting("split", known[0] if known else "all")),
        )
    return rows
