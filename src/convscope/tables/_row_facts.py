"""What belongs to each row of a table beside its pixels: label, part, weight, group; and rows that lack something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.tables._formulas import unescape_formulas
from convscope.tables._parts import part_of
from convscope.tables._roles import Roles
from convscope.tables._source import MOST_NAMED, Reading, Texts
from convscope.tables._values import check_labels, is_missing
from convscope.tables.understood import LeftOut
from convscope.wording import Setting, Words

__all__ = ["RowFacts", "complete", "row_facts"]


def complete(
    found: Reading, texts: Texts, values: NDArray[Any]
) -> tuple[NDArray[np.int64], Texts, NDArray[Any], list[LeftOut]]:
    """Leave out rows without label or with a pixel missing, if that was said; gives the places of those that stay."""
    rows = np.arange(len(values), dtype=np.int64)
    if not found.options.drops_missing:
        return rows, texts, values, []
    kept, left_out = np.ones(len(values), bool), []
    if values.dtype.kind == "f" and np.isnan(values).any():
        has_gap = np.isnan(values).any(axis=1)
        kept &= ~has_gap
        left_out.append(_left_rows(found, np.flatnonzero(has_gap), "with a pixel missing"))
    if found.roles.label is not None:
        unlabelled = np.array([is_missing(text) for text in texts[found.roles.label].tolist()], bool)
        if unlabelled.any():
            left_out.append(_left_rows(found, np.flatnonzero(unlabelled & kept), "without a label"))
        kept &= ~unlabelled
    if kept.all():
        return rows, texts, values, []
    return (
        rows[kept],
        {column: text[kept] for column, text in texts.items()},
        values[kept],
        [one for one in left_out if one.count],
    )


def _left_rows(found: Reading, rows: NDArray[np.int64], reason: str) -> LeftOut:
    return LeftOut(len(rows), "rows", reason, tuple(found.sheet.row_name(int(row)) for row in rows[:3]))


@dataclass(frozen=True)
class RowFacts:
    """What belongs to each row beside its pixels."""

    labels: NDArray[Any] | None
    names: Sequence[str] = ()
    split: NDArray[Any] | None = None
    weights: NDArray[np.float64] | None = None
    groups: NDArray[Any] | None = None
    kept: NDArray[np.bool_] | None = None
    left_out: tuple[LeftOut, ...] = ()


def row_facts(found: Reading, texts: Texts, rows: NDArray[np.int64]) -> RowFacts:
    roles = found.roles
    labels: NDArray[Any] | None = None
    class_names: tuple[str, ...] = ()

    def row_name(row: int) -> str:
        return found.sheet.row_name(int(rows[row]))

    if roles.label is not None:
        labels = check_labels(unescape_formulas(texts[roles.label]), row_name)
        class_names = tuple(found.sheet.class_names(roles.label))
    split, kept = (None, None) if roles.split is None else _split(texts[roles.split], roles, found, row_name)
    weights = None if roles.weight is None else _weights(texts[roles.weight], row_name, roles.columns["weight"])
    groups = None if roles.group is None else texts[roles.group]
    if kept is None:
        return RowFacts(labels, class_names, split, weights, groups)
    labels, split, weights, groups = (
        None if column is None else column[kept] for column in (labels, split, weights, groups)
    )
    left = LeftOut(int((~kept).sum()), "rows", f"column {found.names[roles.split or 0]!r} is not {roles.part}")
    return RowFacts(
        labels, class_names, split, weights=weights, groups=groups, kept=kept, left_out=(left,) if left.count else ()
    )


def _split(
    texts: NDArray[Any], roles: Roles, found: Reading, row_name: Callable[[int], str]
) -> tuple[NDArray[Any] | None, NDArray[np.bool_] | None]:
    """Read the parts that rows belong to; and, where a part was asked for by its own name, which rows are of it."""
    entries = {text: part_of(text) for text in dict.fromkeys(texts.tolist())}
    unknown = [text for text, part in entries.items() if part is None]
    if roles.part is not None:
        alike = [text for text in entries if text == roles.part] or [
            t for t in entries if t.lower() == roles.part.lower()
        ]
        alike = alike or [text for text, part in entries.items() if part == part_of(roles.part) and part]
        if not alike:
            raise TableError(
                f"column {roles.columns['split']!r} of {found.where} has no rows of {roles.part!r}.",
                received=", ".join(map(repr, list(entries)[:MOST_NAMED])),
                repair=Words(
                    "name one of these: ", Setting("split", f"{roles.columns['split']}:{next(iter(entries))}")
                ),
            )
        kept = np.isin(texts.astype(str), np.array(alike, str))
        parts = None if unknown else np.array([entries[text] for text in texts.tolist()], dtype=object)
        return parts, kept
    if unknown:
        name = roles.columns["split"]
        raise TableError(
            f"column {name!r} of {found.where} does not say which rows are for training and which for testing.",
            received=f"{unknown[0]!r} in {row_name(int(np.flatnonzero(texts == unknown[0])[0]))}",
            expected="train, val and test, or names like training, validation, testing",
            repair=Words(
                "choose rows: ",
                Setting("split", f"{name}:{unknown[0]}"),
                "; or leave the column out: ",
                Setting("drop", name),
            ),
        )
    return np.array([entries[text] for text in texts.tolist()], dtype=object), None


def _weights(texts: NDArray[Any], row_name: Callable[[int], str], name: str) -> NDArray[np.float64]:
    weights = np.empty(len(texts))
    for row, text in enumerate(texts.tolist()):
        try:
            weights[row] = float(text)
        except ValueError:
            weights[row] = np.nan
        if not (np.isfinite(weights[row]) and weights[row] >= 0):
            raise TableError(
                f"{row_name(row)} has no weight in column {name!r}.",
                received=repr(text),
                expected="a number of at least 0",
                repair=Words("correct it, or leave the column out: ", Setting("drop", name)),
            )
    return weights
