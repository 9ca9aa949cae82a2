"""One row per point: a label, a split, and its features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from convscope.errors import ShapeError, TableError

__all__ = ["PointTable"]


@dataclass(frozen=True, eq=False)
class PointTable:
    """Points as a table.

    Parameters
    ----------
    features : float64 array of shape (n_rows, n_features)
    feature_names : tuple of str
    labels : array of shape (n_rows,), optional
        int64, or text as objects.
    split : array of shape (n_rows,), optional
        "train" or "test" for each row.
    source : str
        Where the rows come from.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> import numpy as np
    >>> points = PointTable(np.array([[0.5, 0.25]]), labels=np.array(["red"], dtype=object))
    >>> points.frame
      class  feature1  feature2
    0   red       0.5      0.25
    """

    features: NDArray[np.float64]
    feature_names: tuple[str, ...] = ("feature1", "feature2")
    labels: NDArray[Any] | None = None
    split: NDArray[Any] | None = None
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.features.shape[1] != len(self.feature_names):
            raise ShapeError(
                "the features do not fit their names.",
                received=f"features {self.features.shape}, names {list(self.feature_names)}",
            )
        for name, column in (("labels", self.labels), ("splits", self.split)):
            if column is not None and len(column) != len(self.features):
                raise ShapeError(f"there are {len(column):,} {name} for {len(self.features):,} points.")

    @cached_property
    def classes(self) -> NDArray[Any]:
        """The labels that occur, sorted; shape (n_classes,), empty without labels."""
        return np.array([]) if self.labels is None else np.unique(self.labels)

    @property
    def data(self) -> pd.DataFrame:
        """The features as a data frame."""
        return pd.DataFrame(self.features, columns=list(self.feature_names))

    @property
    def frame(self) -> pd.DataFrame:
        """The complete table as a data frame: class, split, features."""
        frame = self.data
        for name, column in (("split", self.split), ("class", self.labels)):
            if column is not None:
                frame.insert(0, name, column)
        return frame

    def part(self, split: str) -> PointTable:
        """Keep the rows of one split.

        Raises
        ------
        TableError
            The table has no column ``split``, or no such rows.
        """
        if self.split is None or not np.any(self.split == split):
            raise TableError(
                f"the table has no rows of the split {split!r}.",
                expected="a column named split with train and test",
            )
        return self[self.split == split]

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: slice | ArrayLike) -> PointTable:
        chosen = rows if isinstance(rows, slice) else np.atleast_1d(np.asarray(rows))
        return replace(
            self,
            features=self.features[chosen],
            labels=None if self.labels is None else self.labels[chosen],
            split=None if self.split is None else self.split[chosen],
        )
