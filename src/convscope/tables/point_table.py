"""One row per point: a label, a split, and its features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from convscope.errors import ShapeError
from convscope.tables.table import Table

__all__ = ["PointTable"]


@dataclass(frozen=True, eq=False)
class PointTable(Table):
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

    kind = "points"
    default_model = "points_mlp"
    number = np.float64
    by_row = ("features", "labels", "split")
    image_shape = None

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
        self.check_rows()

    @property
    def values(self) -> NDArray[np.float64]:
        """The features; shape (n_rows, n_features)."""
        return self.features

    @property
    def columns(self) -> list[str]:
        """The names of the features."""
        return list(self.feature_names)

    @property
    def inputs(self) -> NDArray[Any]:
        """The points as a model sees them; float32 of shape (n_rows, n_features)."""
        return self.features.astype(np.float32)

    @property
    def frame(self) -> pd.DataFrame:
        """The complete table as a data frame: class, split, features."""
        frame = self.data
        for name, column in (("split", self.split), ("class", self.labels)):
            if column is not None:
                frame.insert(0, name, column)
        return frame
