"""A rule for two kinds of pictures: the mean of one box against a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.course.answers import UnreadableError, read_shape
from convscope.language import Say
from convscope.tables import PixelTable, shift_pixels

__all__ = ["BoxRule", "accuracy_when_moved", "fit_rule", "only", "read_box"]

Box = tuple[int, int, int, int]
DIRECTIONS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]


@dataclass(frozen=True)
class BoxRule:
    """Says one label where the box is brighter than the limit, else the other.

    Parameters
    ----------
    box : (first_row, last_row, first_column, last_column)
        1-based, both ends belong to it.
    limit : float
        An intensity.
    brighter, darker : label
    """

    box: Box
    limit: float
    brighter: Any
    darker: Any

    def predict(self, table: PixelTable) -> NDArray[Any]:
        """Return a label for each picture, shape (n_rows,)."""
        return np.asarray(np.where(_means(table, self.box) > self.limit, self.brighter, self.darker))

    def score(self, table: PixelTable) -> float:
        """Return the share of pictures that it is right about."""
        return float((self.predict(table) == table.labels).mean())


def read_box(answer: Any, image_shape: tuple[int, int, int]) -> Box:
    """Read a box: four whole numbers, first and last row, first and last column.

    Raises
    ------
    UnreadableError
        It is something else, or does not lie in the picture.
    """
    found = read_shape(answer)
    high, wide = image_shape[:2]
    if len(found) != 4 or not (found[0] <= found[1] <= high and found[2] <= found[3] <= wide):
        raise UnreadableError(
            Say(
                "Expected a box: first and last row, first and last column, from 1 to {high} and from 1 to {wide}.",
                high=high,
                wide=wide,
            )
        )
    return found[0], found[1], found[2], found[3]


def only(table: PixelTable, *labels: Any) -> PixelTable:
    """Keep the pictures of some classes."""
    assert table.labels is not None
    return table[np.flatnonzero(np.isin(table.labels, labels))]


def fit_rule(table: PixelTable, box: Box) -> BoxRule:
    """Choose the limit that is right most often for two classes."""
    low, high = table.classes
    means, is_high = _means(table, box), table.labels == high
    order = np.argsort(means, kind="stable")
    ordered, right = means[order], is_high[order]
    # cutting after the k darkest pictures: the darker ones are called low, the others high
    n_right = np.concatenate([[0], np.cumsum(~right)]) + np.concatenate([[0], np.cumsum(right[::-1])])[::-1]
    edges = np.concatenate([[-np.inf], (ordered[1:] + ordered[:-1]) / 2, [np.inf]])
    share = n_right / len(means)
    best = int(np.argmax(np.abs(share - 0.5)))
    brighter, darker = (high, low) if share[best] >= 0.5 else (low, high)
    return BoxRule(box, float(edges[best]), brighter, darker)


def accuracy_when_moved(rule: BoxRule, table: PixelTable, most: int = 4) -> dict[int, float]:
    """Measure a rule on pictures moved by 0 to ``most`` pixels: the mean over eight directions."""
    found = {0: rule.score(table)}
    for distance in range(1, most + 1):
        moved = [rule.score(shift_pixels(table, down * distance, right * distance)) for down, right in DIRECTIONS]
        found[distance] = float(np.mean(moved))
    return found


def _means(table: PixelTable, box: Box) -> NDArray[Any]:
    first_row, last_row, first_column, last_column = box
    part = table.images[:, first_row - 1 : last_row, first_column - 1 : last_column]
    return np.asarray(part.mean(axis=(1, 2, 3)))
