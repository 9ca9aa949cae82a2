"""A list of pictures: a table with a column of file names, beside the pictures or in the folder above them.

``labels.csv`` of one's own, ``metadata.csv`` and ``metadata.jsonl`` of Hugging Face, ``train.csv`` of Kaggle: whatever
the file is called, it is a list if a column says which picture a row is about. The ending of a picture's name may be
missing there.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from convscope.errors import TableError
from convscope.limits import MOST_LIST_BYTES
from convscope.reading import Options
from convscope.tables._list_sheet import ListSheet, list_sheet
from convscope.tables._open import unpacked
from convscope.tables._parts import PARTS, part_of
from convscope.tables._pictures import has_picture_name
from convscope.tables._plan import LISTED, Plan, Row, join_plans, read_rows, table_of
from convscope.tables._roles import LISTED as COLUMNS
from convscope.tables._roles import Roles, ask_label, find_roles
from convscope.tables._tree import Entry, Tree, list_folder
from convscope.tables._values import is_missing
from convscope.tables.pixel_table import PixelTable
from convscope.tables.understood import LeftOut
from convscope.wording import Setting, Words

__all__ = ["SUFFIXES", "find_lists", "lists_pictures", "plan_lists", "read_list", "without_lists"]

SUFFIXES = (".csv", ".tsv", ".jsonl")
CALLED_LISTS = ("labels.csv", "labels.tsv", "metadata.csv", "metadata.jsonl")
SURE = COLUMNS[:8]
"""Names of columns that list files even where none of them is there."""
MOST_NAMED = 3
NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Listing:
    """A list as it was written, and which file each row is about.

    Parameters
    ----------
    name : str
        Of its file.
    header : list of str
    lines : list of int
        The line (1-based) of each row.
    rows : list of list of str
    column : int
        The one with the names of files.
    found : list of Entry or None
        For each row.
    notes : tuple of str
    """

    name: str
    header: list[str]
    lines: list[int]
    rows: list[list[str]]
    column: int
    found: list[Entry | None]
    notes: tuple[str, ...]


def read_list(path: Path, options: Options) -> PixelTable:
    """Read the pictures that a file lists; they lie beside it, or in folders there.

    Parameters
    ----------
    path : Path
        CSV, with commas, semicolons or tabs; or one JSON object per line.
    options : Options
        ``label``, ``group``, ``drop`` and ``split`` name columns; ``missing="drop"`` leaves out rows without a label or
        a picture.

    Raises
    ------
    TableError
        It lists no pictures that are there; some are missing, or have no label.
    """
    sheet, tree, listing = _listed(path)
    if listing is None:
        raise TableError(
            f"{path.name} lists no pictures that are there.",
            received=f"columns {', '.join(map(repr, sheet.header[:8]))}",
            expected=f"a column {', '.join(COLUMNS[:3])}, ... of pictures beside it or one folder below",
        )
    plan = _with_unlisted(_plan(listing, options), tree, only_near=True)
    return table_of(plan, read_rows(plan, tree, options), str(path), options)


def lists_pictures(path: Path) -> bool:
    """Say whether a table of text lists pictures that lie beside it, or in folders there."""
    if path.stat().st_size > MOST_LIST_BYTES:
        return False
    _, _, listing = _listed(path)
    return listing is not None


def _listed(path: Path) -> tuple[ListSheet, Tree, Listing | None]:
    with unpacked(path) as file:
        sheet = list_sheet(file.read(MOST_LIST_BYTES + 1), path.name)
    deepest = max((text.replace("\\", "/").count("/") for row in sheet.rows for text in row), default=1)
    tree = list_folder(path.parent, deepest=max(1, deepest))
    return sheet, tree, _listing(sheet, tree)


def find_lists(tree: Tree, options: Options) -> list[Listing]:
    """Find the lists at the root of a tree; those that ``drop`` names count for nothing.

    Raises
    ------
    TableError
        A file is called like a list, and is none.
    """
    listings = []
    for entry in tree.files:
        is_there = "/" not in entry.name and entry.name.lower().endswith(SUFFIXES) and entry.name not in options.drop
        if not is_there or entry.size > MOST_LIST_BYTES:
            continue
        is_called_so = entry.name.lower() in CALLED_LISTS
        try:
            sheet = list_sheet(tree.read(entry), entry.name)
            listing = _listing(sheet, tree)
        except TableError:
            if is_called_so:
                raise
            continue
        if listing is None and is_called_so:
            raise TableError(
                f"{entry.name} lists no pictures of {tree.name}.",
                received=f"columns {', '.join(map(repr, sheet.header[:8]))}",
                expected=f"a column {', '.join(COLUMNS[:3])}, ... with their names",
                repair=Words("rename the column; or leave the list out: ", Setting("drop", entry.name)),
            )
        if listing is not None:
            listings.append(listing)
    return listings


def without_lists(options: Options, tree: Tree) -> Options:
    """Give the options for the lists that are left, which have no columns called like the others."""
    names = {entry.name for entry in tree.files if "/" not in entry.name}
    return replace(options, drop=tuple(name for name in options.drop if name not in names))


def plan_lists(tree: Tree, listings: list[Listing], options: Options, above: str = "") -> Plan:
    """Say which rows the lists of a tree make; of several, each must be one of a part.

    Raises
    ------
    TableError
        There are several lists that are not parts; or one of them is incomplete.
    """
    if len(listings) == 1:
        return _with_unlisted(_plan(listings[0], options, above), tree, above)
    parts = [part_of(listing.name.rpartition(".")[0]) for listing in listings]
    if None in parts or len(set(parts)) < len(parts):
        raise TableError(
            f"{tree.name} holds several lists of pictures.",
            received=", ".join(above + listing.name for listing in listings),
            expected="one, or one for each part: train.csv, test.csv",
            repair=Words("leave out the others: ", Setting("drop", listings[0].name)),
        )
    ordered = sorted(zip(parts, listings, strict=True), key=lambda one: PARTS.index(str(one[0])))
    plans = []
    for part, listing in ordered:
        plan = _plan(listing, options, above)
        plans.append(replace(plan, rows=[row._replace(part=part) for row in plan.rows]))
    if len({plan.label is None for plan in plans}) > 1:
        bare = next(listing.name for plan, (_, listing) in zip(plans, ordered, strict=True) if plan.label is None)
        raise TableError(
            f"{above}{bare} has no labels, which the other lists of {tree.name} have.",
            expected="labels in each list, or in none",
            repair=f"give a list of those with labels alone, such as {tree.name}/{above}"
            + next(listing.name for plan, (_, listing) in zip(plans, ordered, strict=True) if plan.label),
        )
    names = ", ".join(listing.name for _, listing in ordered)
    note = f"the lists {names} are parts: rows for {', '.join(str(part) for part, _ in ordered)}"
    return _with_unlisted(join_plans(plans, [note]), tree, above)


def _listing(sheet: ListSheet, tree: Tree) -> Listing | None:
    """Find the column with the names of files; None where there is none."""
    lowered = [name.lower() for name in sheet.header]
    columns = [lowered.index(name) for name in COLUMNS if name in lowered]
    if not columns or not sheet.rows:
        return None
    index = _Index(tree, sheet.name)
    for column in columns:
        if any(index.has(row[column]) for row in sheet.rows):
            found = [index.find(row[column]) for row in sheet.rows]
            notes = [f"{sheet.name} lists those in {folder}, by its name" for folder in sorted(index.folders)]
            return Listing(
                sheet.name,
                sheet.header,
                sheet.lines,
                rows=sheet.rows,
                column=column,
                found=found,
                notes=(*sheet.notes, *notes),
            )
    column = columns[0]
    if lowered[column] in SURE and all(has_picture_name(row[column].strip()) for row in sheet.rows):
        nothing: list[Entry | None] = [None] * len(sheet.rows)
        return Listing(
            sheet.name, sheet.header, sheet.lines, rows=sheet.rows, column=column, found=nothing, notes=sheet.notes
        )
    return None


class _Index:
    """Finds files by what a list calls them: the path, the name alone, and both without their ending."""

    def __init__(self, tree: Tree, name: str) -> None:
        self.list_name = name
        self.folders: set[str] = set()
        self.by_path: dict[str, Entry] = {}
        self.by_key: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in tree.files:
            self.by_path[entry.name] = entry
            stem = entry.name.rpartition(".")[0] if has_picture_name(entry.name) else ""
            keys = {entry.name, stem}
            if entry.name.count("/") <= 1:
                keys |= {entry.base, stem.rpartition("/")[2]}
            for key in keys - {""}:
                self.by_key[key].append(entry)

    def has(self, text: str) -> bool:
        return _plain(text) in self.by_key

    def find(self, text: str) -> Entry | None:
        """Find the file that an entry names.

        Raises
        ------
        TableError
            There are two.
        """
        name = _plain(text)
        if name in self.by_path:
            return self.by_path[name]
        found = self.by_key.get(name, [])
        called = [entry for entry in found if entry.folder and self.list_name.lower().startswith(entry.folder.lower())]
        if len(found) > 1 and len(called) == 1:  # trainLabels.csv is about train/1.png, not about test/1.png
            self.folders.add(called[0].folder)
            return called[0]
        if len(found) > 1:
            raise TableError(
                f"{text.strip()!r} in {self.list_name} may be more than one picture.",
                received=", ".join(entry.name for entry in found[:MOST_NAMED]),
                expected="paths that say which, such as " + found[0].name,
            )
        return found[0] if found else None


def _plain(text: str) -> str:
    name = text.strip().replace("\\", "/").removeprefix("./")
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _plan(listing: Listing, options: Options, above: str = "") -> Plan:
    """Make rows of a list."""
    where = above + listing.name
    others = [place for place in range(len(listing.header)) if place != listing.column]
    names = [listing.header[place] for place in others]
    roles = find_roles(names, options, where)
    if roles.label is None and options.label is None and roles.rest:
        raise ask_label(names, roles.rest, where)
    cells = [[row[place].strip() for place in others] for row in listing.rows]
    roles = roles.leaving(roles.rest, names, "neither pictures nor labels")
    chosen, left_out = _complete(listing, cells, roles, options, where)
    chosen, apart = _of_part(chosen, cells, roles, where)
    part_names = _parts(listing, chosen, cells, roles, where)
    rows = [
        Row(
            entry,
            above + entry.name,
            None if roles.label is None else cells[row][roles.label],
            folder=where,
            part=part,
            group=None if roles.group is None else cells[row][roles.group],
            weight=None
            if roles.weight is None
            else _weight(cells[row][roles.weight], listing, row, roles.columns["weight"]),
        )
        for (row, entry), part in zip(chosen, part_names, strict=True)
    ]
    column = listing.header[listing.column]
    columns = {"image": column, **{role: name for role, name in roles.columns.items() if role != "label"}}
    note = f"{where} lists the pictures, in column {column!r}"
    left = (*left_out, *apart, *roles.left_out)
    notes = (note, *listing.notes, *roles.notes)
    return Plan(LISTED, rows, roles.columns.get("label"), columns=columns, folders={}, notes=notes, left_out=left)


Chosen = list[tuple[int, Entry]]


def _complete(
    listing: Listing, cells: list[list[str]], roles: Roles, options: Options, where: str
) -> tuple[Chosen, list[LeftOut]]:
    """Choose the rows with a picture and a label; each picture once."""
    absent = [row for row, entry in enumerate(listing.found) if entry is None]
    unlabelled = [row for row in range(len(cells)) if roles.label is not None and is_missing(cells[row][roles.label])]
    listed = [listing.rows[row][listing.column].strip() for row in absent]
    if absent and (not options.drops_missing or len(absent) == len(cells)):
        raise TableError(
            f"{len(absent):,} of {len(cells):,} pictures that {where} lists are not there.",
            received=", ".join(
                f"{name} (line {listing.lines[row]})" for name, row in zip(listed[:3], absent[:3], strict=True)
            ),
            expected="each picture beside the list, or one folder below",
            repair=Words("put them there, or leave out such rows: ", Setting("missing", "drop")),
        )
    if unlabelled and not options.drops_missing:
        raise TableError(
            f"line {listing.lines[unlabelled[0]]} of {where} has no label.",
            received=f"{len(unlabelled):,} such rows",
            expected="a class in every row",
            repair=Words("fill it in, or leave out such rows: ", Setting("missing", "drop")),
        )
    left_out = [LeftOut.of(listed, "rows", "the picture is not there")] if absent else []
    gone = set(absent)
    without = [f"line {listing.lines[row]}" for row in unlabelled if row not in gone]
    left_out += [LeftOut.of(without, "rows", "without a label")] if without else []
    gone.update(unlabelled)
    chosen: Chosen = []
    first: dict[str, int] = {}
    again: list[str] = []
    for row, entry in enumerate(listing.found):
        if entry is None or row in gone:
            continue
        if entry.name not in first:
            first[entry.name] = row
            chosen.append((row, entry))
        elif cells[row] == cells[first[entry.name]]:
            again.append(f"line {listing.lines[row]}")
        else:
            raise TableError(
                f"{where} lists {entry.name} twice.",
                received=f"lines {listing.lines[first[entry.name]]} and {listing.lines[row]}, which differ",
                expected="each picture once",
                repair="delete all rows of a picture but one",
            )
    return chosen, left_out + ([LeftOut.of(again, "rows", "listed before")] if again else [])


def _of_part(chosen: Chosen, cells: list[list[str]], roles: Roles, where: str) -> tuple[Chosen, list[LeftOut]]:
    """Choose the rows of the part that was asked for by what the list calls it."""
    if roles.part is None or roles.split is None:
        return chosen, []
    column = roles.split
    texts = dict.fromkeys(cells[row][column] for row, _ in chosen)
    alike = [text for text in texts if text.lower() == str(roles.part).lower()]
    if not alike:
        raise TableError(
            f"column {roles.columns['split']!r} of {where} has no rows of {roles.part!r}.",
            received=", ".join(map(repr, list(texts)[:8])),
            repair=Words("name one of these: ", Setting("split", f"{roles.columns['split']}:{next(iter(texts), '')}")),
        )
    kept = [(row, entry) for row, entry in chosen if cells[row][column] in alike]
    apart = len(chosen) - len(kept)
    left = LeftOut(apart, "rows", f"column {roles.columns['split']!r} is not {roles.part}")
    return kept, [left] if apart else []


def _parts(listing: Listing, chosen: Chosen, cells: list[list[str]], roles: Roles, where: str) -> list[str | None]:
    if roles.split is None:
        return [None] * len(chosen)
    column = roles.split
    parts = [part_of(cells[row][column]) for row, _ in chosen]
    if None not in parts:
        return parts
    if roles.part is not None:
        return [None] * len(chosen)
    row = chosen[parts.index(None)][0]
    name = roles.columns["split"]
    raise TableError(
        f"column {name!r} of {where} does not say which rows are for training and which for testing.",
        received=f"{cells[row][column]!r} in line {listing.lines[row]}",
        expected="train, val and test, or names like training, validation, testing",
        repair=Words(
            "choose rows: ", Setting("split", f"{name}:{cells[row][column]}"),
            "; or leave the column out: ", Setting("drop", name),
        ),
    )  # fmt: skip


def _weight(text: str, listing: Listing, row: int, name: str) -> float:
    if not NUMBER.fullmatch(text):
        raise TableError(
            f"line {listing.lines[row]} of {listing.name} has no weight in column {name!r}.",
            received=repr(text),
            expected="a number of at least 0",
            repair=Words("correct it, or leave the column out: ", Setting("drop", name)),
        )
    return float(text)


def _with_unlisted(plan: Plan, tree: Tree, above: str = "", *, only_near: bool = False) -> Plan:
    """Count the pictures that no list names; beside a list that was given alone, those in the folders that it uses."""
    listed = {row.entry.name for row in plan.rows}
    near = {row.entry.folder for row in plan.rows}
    unlisted = [
        above + entry.name
        for entry in tree.files
        if entry.name not in listed and has_picture_name(entry.name) and (not only_near or entry.folder in near)
    ]
    if not unlisted:
        return plan
    return replace(plan, left_out=(*plan.left_out, LeftOut.of(unlisted, "files", "not in the list")))
