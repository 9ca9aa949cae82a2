"""Keep some rows of a table for testing, and see whether they are new."""

from __future__ import annotations

from math import ceil
from typing import Any, TypeVar
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError, UsageError
from convscope.tables._drawing import drawn_by_class
from convscope.tables.table import Table
from convscope.wording import Setting, Words

__all__ = [
    "check_classes",
    "count_shared",
    "hold_out",
    "limit_rows",
    "mark_rows",
    "note_untested",
    "split_by_class",
    "split_by_group",
]

ROWS_AT_ONCE = 4_096
Rows = NDArray[np.int64]
Kind = TypeVar("Kind", bound=Table)


def hold_out(table: Kind, *, share: float = 0.2, seed: int = 0) -> tuple[Kind, Kind]:
    """Split a labelled table into training and test rows, each class in the same proportion.

    Every class is trained on. One with a single row is therefore not tested; where there are too few rows for
    proportions, rows are drawn regardless of class, and the first row of a class that training would lack stays there.

    Parameters
    ----------
    table : Table of n_rows rows
        With labels.
    share : float in 0..1
        Fraction of the rows held out for testing.
    seed : int
        The same seed gives the same rows.

    Returns
    -------
    train, test : tables
        Rows in the order of ``table``.

    Raises
    ------
    TableError
        The table has no labels, or too few rows to split.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> train, test = hold_out(load_dataset("digits", split="all").table, share=0.25, seed=0)
    >>> len(train), len(test)
    (1347, 450)
    """
    if table.labels is None:
        raise TableError(
            "no rows can be held out for testing: the table has no labels.",
            expected="a column named class",
            repair="add the column, or use convscope predict",
        )
    if len(table) < 2:
        raise TableError(
            "no rows can be held out for testing: the table is too small.",
            received=f"{len(table)} row",
            expected="at least 2 rows",
        )
    if table.groups is not None:
        train, held = split_by_group(table.labels, table.groups, share, seed)
    else:
        train, held = split_by_class(table.labels, share, seed) or _split_anyhow(table.labels, share, seed)
    if not len(held):
        raise TableError(
            "no rows can be held out for testing: each class has only one row.",
            received=f"{len(table):,} rows of {len(table.classes):,} classes",
            expected="at least one class with two rows or more",
            repair="give more rows of each class",
        )
    return table[train], table[held]


def split_by_class(labels: NDArray[Any], share: float, seed: int) -> tuple[Rows, Rows] | None:
    """Choose rows to train on and rows to hold out, each class in proportion.

    Parameters
    ----------
    labels : array of shape (n_rows,)
    share : float in 0..1
        Fraction of the rows to hold out.
    seed : int

    Returns
    -------
    train, held_out : int arrays, in order; or None
        A class with a single row is in ``train``. None where there are too few rows to hold out some of each other one.

    Examples
    --------
    >>> import numpy as np
    >>> train, test = split_by_class(np.array(["a"] * 5 + ["b"] * 5), 0.2, seed=0)
    >>> len(train), len(test)
    (8, 2)
    """
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    several = np.flatnonzero(counts[place] > 1)
    n_held, n_classes = ceil(share * len(labels)), np.count_nonzero(counts > 1)
    if not n_classes or min(n_held, len(several) - n_held) < n_classes:
        return None
    held = np.sort(several[drawn_by_class(place[several], n_held, seed)])
    return np.setdiff1d(np.arange(len(labels)), held), held


def limit_rows(table: Kind, n_rows: int | None) -> Kind:
    """Take the first rows of a table; where a class would be lost, as many of each class as there are.

    Parameters
    ----------
    table : Table
    n_rows : int, optional
        How many; None takes all.

    Raises
    ------
    UsageError
        There are more classes than that.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> len(limit_rows(load_dataset("digits").table, 100))
    100
    """
    first = table[:n_rows]
    if n_rows is None or table.labels is None or len(first.classes) == len(table.classes):
        return first
    if n_rows < len(table.classes):
        raise UsageError(
            f"a limit of {n_rows:,} rows would leave some classes without rows.",
            received=f"{n_rows:,} rows of {len(table.classes):,} classes",
            expected=f"at least {len(table.classes):,} rows",
            repair="raise the limit",
        )
    _, place = np.unique(table.labels, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], place[order])
    rank = np.empty(len(table), np.int64)
    rank[order] = np.arange(len(table)) - starts  # how many rows of its class stand before a row
    return table[np.sort(np.argsort(rank, kind="stable")[:n_rows])]


def check_classes(train: Table, test: Table) -> None:
    """Check that all classes of the test rows are trained on.

    Raises
    ------
    TableError
        One is not; the message names it.

    Examples
    --------
    >>> from convscope.datasets import load_parts
    >>> check_classes(*load_parts("digits"))
    """
    if train.labels is None or test.labels is None:
        return
    lost = np.setdiff1d(test.classes, train.classes)
    if len(lost):
        raise TableError(
            f"there are test rows of a class that has no training rows: {lost.tolist()[0]!r}.",
            received=f"{len(train):,} training rows of {len(train.classes):,} classes",
            expected="training rows of each class: " + ", ".join(map(repr, test.classes.tolist())),
            repair="give more training rows, or leave that class out",
        )


def note_untested(train: Table, test: Table) -> tuple[str, ...]:
    """Note the classes that are trained on but not tested; nothing where there are none.

    Examples
    --------
    >>> from convscope.datasets import load_parts
    >>> note_untested(*load_parts("digits"))
    ()
    """
    untested = [] if test.labels is None else np.setdiff1d(train.classes, test.classes).tolist()
    if not untested:
        return ()
    named = ("class " if len(untested) == 1 else "classes ") + ", ".join(map(str, untested))
    return (f"{named}: too few rows to test with, so trained on but not tested",)


def _split_anyhow(labels: NDArray[Any], share: float, seed: int) -> tuple[Rows, Rows]:
    """Draw rows regardless of class, and give back one row of each class that training has lost by that."""
    order = np.random.RandomState(seed).permutation(len(labels))
    held, train = np.sort(order[: ceil(share * len(labels))]), order[ceil(share * len(labels)) :]
    classes, first = np.unique(labels[held], return_index=True)
    back = held[first[~np.isin(classes, labels[train])]]
    return np.sort(np.concatenate([train, back])), np.setdiff1d(held, back)


def split_by_group(labels: NDArray[Any], groups: NDArray[Any], share: float, seed: int) -> tuple[Rows, Rows]:
    """Draw whole groups of rows, such as all frames of one film, with classes in proportion as far as that goes.

    Parameters
    ----------
    labels, groups : arrays of shape (n_rows,)
    share : float in 0..1
        Fraction of the rows to hold out.
    seed : int

    Returns
    -------
    train, held_out : int arrays, in order
        No group is in both; every class is in ``train``.

    Raises
    ------
    TableError
        There is one group only, or none that leaves rows of each of its classes.

    Examples
    --------
    >>> import numpy as np
    >>> films = np.array(["a", "b", "c", "d"]).repeat(5)
    >>> train, test = split_by_group(np.array([0, 1] * 10), films, 0.25, seed=0)
    >>> len(test), len(set(films[test]))
    (5, 1)
    """
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    n_groups, n_parts = len(np.unique(groups)), max(2, round(1 / share))
    if n_groups < 2:
        raise TableError(
            "no rows can be held out for testing: all rows belong to one group.",
            received=f"group {groups[0]!r}",
            expected="at least 2 groups",
            repair=Words("name another column, or none: ", Setting("group")),
        )
    parts = StratifiedGroupKFold(min(n_parts, n_groups), shuffle=True, random_state=seed)
    with catch_warnings():
        simplefilter("ignore", UserWarning)  # of classes in fewer groups than parts
        train, held = next(iter(parts.split(labels, labels, groups)))
    lost = np.setdiff1d(labels[held], labels[train])
    back = np.isin(groups, groups[held][np.isin(labels[held], lost)])
    is_held = np.zeros(len(labels), bool)
    is_held[held] = True
    is_held &= ~back
    if not is_held.any():
        raise TableError(
            "no rows can be held out for testing: without one group, a class has no rows left.",
            received=f"{n_groups:,} groups of {len(np.unique(labels)):,} classes",
            expected="rows of each class in two groups or more",
            repair=Words("give more groups, or leave it out: ", Setting("group")),
        )
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def count_shared(train: Table, test: Table) -> int:
    """Count the test rows whose pixels or features are also a training row's: they test nothing.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> train, test = load_dataset("digits").table, load_dataset("digits", split="test").table
    >>> count_shared(train, test)
    0
    """
    rows, asked = train.values, test.values
    may_be_known = np.isin(_row_sums(rows), _row_sums(asked))  # few are, and only they are compared
    known = {row.tobytes() for row in rows[may_be_known]}
    return sum(row.tobytes() in known for row in asked) if known else 0


def mark_rows(table: Table) -> NDArray[np.uint64]:
    """Give each row a number that follows from its values alone: rows alike have the same one, others another.

    Whether a file holds the values as bytes, whole numbers or fractions makes no difference. Labels do not count.

    Returns
    -------
    marks : uint64 array of shape (n_rows,)

    Examples
    --------
    >>> from convscope import load_dataset
    >>> table = load_dataset("digits", split="test").table
    >>> mark_rows(table).shape, bool((mark_rows(table[:5]) == mark_rows(table)[:5]).all())
    ((360,), True)
    """
    kind, values = table.number, table.values
    blocks = [values[start : start + ROWS_AT_ONCE].astype(kind) for start in range(0, len(values), ROWS_AT_ONCE)]
    marks = [_row_sums(np.add(block, 0, dtype=kind), mixed=True) for block in blocks]  # no zero has a sign then
    return np.concatenate([np.zeros(0, np.uint64), *marks])


def _row_sums(values: NDArray[Any], *, mixed: bool = False) -> NDArray[np.uint64]:
    """Add up the bytes of each row, eight as one number, times fixed weights: rows alike have the same sum.

    Small whole numbers as fractions end in zeros, and so would their sums; mixed, every bit counts.
    """
    raw = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
    missing = -raw.shape[1] % 8
    words = (np.pad(raw, ((0, 0), (0, missing))) if missing else raw).view(np.uint64)
    if mixed:
        words = (words ^ (words >> np.uint64(23))) * np.uint64(0x9E3779B97F4A7C15)
        words ^= words >> np.uint64(29)
    weights = np.random.default_rng(0).integers(1 << 62, size=words.shape[1], dtype=np.uint64)
    return np.asarray(words @ (2 * weights + 1))
