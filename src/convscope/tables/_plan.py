"""Which pictures become rows, and what each of them is: what a folder says before one of them is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.reading import Options
from convscope.tables._formulas import unescape_formulas
from convscope.tables._intensity import settle
from convscope.tables._pictures import Pictures, collect
from convscope.tables._tree import Entry, Load, Tree
from convscope.tables._values import check_labels
from convscope.tables.pixel_table import PixelTable
from convscope.tables.understood import LeftOut, Understood

__all__ = ["CLASSES", "LISTED", "LOOSE", "Plan", "Row", "join_plans", "read_rows", "table_of"]

CLASSES, LISTED, LOOSE = "class folders", "list of files", "folder of pictures"
WHOLE = re.compile(r"0|-?[1-9]\d{0,14}")


class Row(NamedTuple):
    """A picture that is to become a row.

    Parameters
    ----------
    entry : Entry
    shown : str
        Its path, for messages.
    label : str or None
    folder : str
        Of its class, or of the list.
    part : {"train", "val", "test"} or None
    group : str or None
        Of pictures that belong together.
    weight : float or None
    """

    entry: Entry
    shown: str
    label: str | None
    folder: str = ""
    part: str | None = None
    group: str | None = None
    weight: float | None = None


@dataclass(frozen=True)
class Plan:
    """What a folder says.

    Parameters
    ----------
    kind : str
        "class folders" or "list of files".
    rows : list of Row
        In the order of the table.
    label : str or None
        Where the labels come from.
    columns : dict of role to name
        Of the list.
    folders : dict of str to int
        Paths of the class folders, and how many files are in each.
    notes : tuple of str
    left_out : tuple of LeftOut
    """

    kind: str
    rows: list[Row]
    label: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def join_plans(plans: Sequence[Plan], notes: Sequence[str] = (), left_out: Sequence[LeftOut] = ()) -> Plan:
    """Put the plans of parts together, in order."""
    return Plan(
        plans[0].kind if len({plan.kind for plan in plans}) == 1 else LISTED,
        [row for plan in plans for row in plan.rows],
        next((plan.label for plan in plans if plan.label), None),
        columns={role: name for plan in plans for role, name in plan.columns.items()},
        folders={folder: count for plan in plans for folder, count in plan.folders.items()},
        notes=tuple(dict.fromkeys([*notes, *(note for plan in plans for note in plan.notes)])),
        left_out=(*left_out, *(one for plan in plans for one in plan.left_out)),
    )


def read_rows(plan: Plan, tree: Tree, options: Options) -> Pictures:
    """Read the pictures of a plan."""
    entries = [row.entry for row in plan.rows]

    def contents(places: Sequence[int]) -> Iterator[tuple[int, Load]]:
        for place, load in tree.contents([entries[place] for place in places]):
            yield places[place], load

    sizes = [entry.size for entry in entries]
    return collect([row.shown for row in plan.rows], sizes, contents, options, tree.name)


def table_of(plan: Plan, pictures: Pictures, source: str, options: Options) -> PixelTable:
    """Make the table of the pictures that could be read, and of what the plan says of each.

    Parameters
    ----------
    plan : Plan
    pictures : Pictures
    source : str
    options : Options
        ``intensity`` and ``clip`` of them.

    Raises
    ------
    TableError
        The values leave the range that was said.
    """
    rows = [row for row, kept in zip(plan.rows, pictures.kept.tolist(), strict=True) if kept]
    images = pictures.images
    settled = settle(
        images.reshape(len(images), -1), lambda row, column: f"value {column + 1} of {rows[row].shown}", options
    )
    left_out = (*plan.left_out, *pictures.left_out)
    understood = Understood(plan.kind, plan.label, "HWC", columns=plan.columns, sizes=pictures.sizes, left_out=left_out)
    return PixelTable(
        settled.pixels,
        (images.shape[1], images.shape[2], images.shape[3]),
        _labels(plan, rows),
        source=source,
        notes=(*plan.notes, *pictures.notes, *settled.notes, *understood.notes),
        split=_column([row.part for row in rows]),
        intensity=settled.intensity,
        weights=_weights([row.weight for row in rows]),
        groups=_column([row.group for row in rows]),
        layout="HWC",
        understood=understood,
    )


def _labels(plan: Plan, rows: list[Row]) -> NDArray[Any] | None:
    """Read labels; names of folders are never missing, whatever they are called."""
    if plan.label is None:
        return None
    texts = np.array([row.label for row in rows], dtype=object)
    if plan.kind == LISTED:
        return check_labels(unescape_formulas(texts), lambda row: rows[row].shown)
    if all(WHOLE.fullmatch(text) for text in set(texts.tolist())):
        return np.array([int(text) for text in texts.tolist()], np.int64)
    return texts


def _column(values: list[str | None]) -> NDArray[Any] | None:
    if all(value is None for value in values):
        return None
    return np.array(["" if value is None else value for value in values], dtype=object)


def _weights(values: list[float | None]) -> NDArray[np.float64] | None:
    if all(value is None for value in values):
        return None
    if None in values:
        raise TableError("some pictures have a weight, and others have none.", expected="a weight for each, or none")
    return np.array(values, np.float64)
