"""The one place that says what the columns of a table are: pixels, a column of pictures, points, or nothing of use.

Readers of formats give columns (a `Sheet`); what they mean follows from names and types, in the order of the rules in
docs/explanation/tables.md. Where two readings are left, the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError, TableError
from convscope.reading import POINTS, Options
from convscope.tables._arrays import lay_out
from convscope.tables._ends import label_end
from convscope.tables._facts import facts_of
from convscope.tables._intensity import settle
from convscope.tables._names import are_neutral, are_series, find_pattern, in_order, numbered
from convscope.tables._order import EMNIST_NOTE, flat_order, is_emnist
from convscope.tables._pictures import read_pictures
from convscope.tables._roles import Roles, ask_label, find_roles
from convscope.tables._row_facts import complete, row_facts
from convscope.tables._source import (
    IS_LIST,
    IS_NUMBER,
    IS_PICTURE,
    IS_TEXT,
    MOST_FEATURES,
    MOST_NAMED,
    Reading,
    Sheet,
    Texts,
)
from convscope.tables._values import check_finite
from convscope.tables.kinds import catalogue as kinds
from convscope.tables.pixel_table import PixelTable
from convscope.tables.point_table import PointTable
from convscope.tables.table import Shape, Table
from convscope.tables.understood import Understood
from convscope.wording import Setting, Words

__all__ = ["understand"]

AS_SAID = "pixels are in the order {}, as was said"
FEATURE_NAME = re.compile(r"(feature|f|x|v|attr|col)_?\d+|x|y", re.IGNORECASE)


def understand(sheet: Sheet, options: Options) -> Table:
    """Read a table of columns.

    Raises
    ------
    TableError, ShapeError
        Something is wrong in the file, or it does not say how it is to be read; the message says what to do.
    """
    facts = facts_of(sheet.stored(), options)
    if facts.options.group not in (options.group, *(sheet.header or ())):  # another program left the column out
        facts = replace(facts, options=facts.options.having(group=None))
    if facts.options != options or facts.class_names:
        table = _understood(sheet, facts.options)
        named = facts.names(table.classes.tolist())
        return table.named(named) if named else table
    return _understood(sheet, options)


def _understood(sheet: Sheet, options: Options) -> Table:
    name = sheet.path.name
    if is_emnist(name) and options.layout is None:
        turned = _understood(sheet, options.having(layout="WH"))
        return turned.having(notes=(*(note for note in turned.notes if note != AS_SAID.format("WH")), EMNIST_NOTE))
    if sheet.header is None or _is_unnamed(sheet, options):
        return _without_header(sheet, options)
    _check_distinct(sheet.header, name)
    for kind in kinds:
        table: Table | None = kinds.get(kind).from_sheet(sheet, options)
        if table is not None:
            return table
    roles = find_roles(sheet.header, options, name)
    found = Reading(sheet, options, roles, sheet.header)
    if options.shape == POINTS:
        return _points(found)
    pictures = [column for column in roles.rest if sheet.kinds[column] in (IS_LIST, IS_PICTURE)]
    numbers = [column for column in roles.rest if _may_be_number(sheet, column)]
    pattern = find_pattern(sheet.header, roles.rest, name)
    if pictures and (pattern is None or (set(pattern.columns) <= {*pictures} and len(pattern.shape) == 1)):
        return _column_of_pictures(found, pictures)
    if pattern is not None and (len(pattern.shape) > 1 or numbers):
        return _pixels(_beside(found, pattern.columns), pattern.columns, pattern.shape, pattern.n_channels)
    return _without_names(found, numbers)


def _may_be_number(sheet: Sheet, column: int) -> bool:
    """Say whether a column holds numbers; of one that is called like a feature, reading says what is wrong with it."""
    is_feature = FEATURE_NAME.fullmatch((sheet.header or [""])[column]) is not None
    return sheet.kinds[column] == IS_NUMBER or (is_feature and sheet.kinds[column] == IS_TEXT)


def _is_unnamed(sheet: Sheet, options: Options) -> bool:
    """Say whether the names are but the numbers of the columns, which pandas gives to a table without a header."""
    names = sheet.header or []
    return len(names) > MOST_FEATURES and numbered(names) and options.label in (None, "first", "last", "none")


def _without_names(found: Reading, numbers: list[int]) -> Table:
    """Read a table none of whose columns has the name of a pixel: points, or numbers in the order of the columns."""
    names, where, shape = found.names, found.where, found.options.image_shape
    others = [column for column in found.roles.rest if column not in numbers]
    if not numbers:
        raise _no_pixels(found)
    chosen = [names[column] for column in numbers]
    if shape is not None:
        return _pixels(_beside(found, numbers), in_order(names, numbers), (len(numbers),), 1)
    if are_series(chosen):
        raise TableError(
            f"{where} holds a series, not a picture: columns {chosen[0]!r} to {chosen[-1]!r}.",
            received=f"{len(chosen):,} steps in each row",
            expected="pictures, or points",
            repair=Words("read each row as one row of pixels: ", Setting("shape", f"1x{len(chosen)}")),
        )
    if len(numbers) <= MOST_FEATURES:
        if others and found.roles.label is None:
            raise ask_label(names, others, where)
        return _points(_beside(found, numbers))
    side = isqrt(len(numbers))
    square = f"{side}x{side}" if side * side == len(numbers) else None
    told = f"{chosen[0]!r} to {chosen[-1]!r}" if are_neutral(chosen) else ", ".join(map(repr, chosen[:3])) + ", ..."
    raise TableError(
        f"{where} may hold pictures or points: the names of its {len(numbers):,} columns do not tell.",
        received=f"columns {told}",
        expected="names of pixels such as 1x1 or pixel0; or at most 15 features",
        repair=Words(
            "for pictures say ", Setting("shape", square), ", for points ", Setting("shape", POINTS),
        ),
    )  # fmt: skip


def _beside(found: Reading, columns: Sequence[int]) -> Reading:
    """See to the columns that are neither pixels nor have a role: one of them may be the label."""
    others = [column for column in found.roles.rest if column not in columns]
    if not others:
        return found
    if found.options.label is None:
        known = [] if found.roles.label is None else [found.roles.label]
        raise ask_label(found.names, [*known, *others], found.where)
    return replace(found, roles=found.roles.leaving(others, found.names, "neither pixels nor labels"))


def _no_pixels(found: Reading) -> TableError:
    names, kinds = found.names, found.sheet.kinds
    shown = ", ".join(f"{names[column]!r} ({kinds[column]})" for column in range(min(MOST_NAMED, len(names))))
    return TableError(
        f"{found.where} has no column of pixels.",
        received=f"columns {shown}" + ", ..." * (len(names) > MOST_NAMED),
        expected="one column for each pixel (1x1, 1x2, ...), or a column of pictures; text alone is none",
        repair="give the table that the pixels are in; or a list of picture files in a column file_name",
    )


# Pixels


def _pixels(
    found: Reading, columns: Sequence[int], sizes: tuple[int, ...], n_channels: int, kind: str = "pixel table"
) -> PixelTable:
    """Read one column per pixel; given in the order of their names, the sizes being those that names tell."""
    options, notes = found.options, list(found.notes)
    in_file = list(columns) == sorted(columns)
    if len(sizes) == 2:
        shape, order = _named_shape((sizes[0], sizes[1], n_channels), options, found.where)
        layout = "names"
    elif n_channels > 1:
        shape, order = flat_order(sizes[0], options, found.where, n_channels=n_channels)
        layout = "names"
    else:
        shape, order = flat_order(sizes[0], options, found.where)
        layout = options.layout or ("position" if in_file and not kind.startswith("pixel") else "names")
    if n_channels > 1 and not in_file:
        notes.append(
            "channels stand one plane after the other, or apart, in the file; here they are last, in the order of names"
        )
    elif not in_file:
        notes.append("the pixel columns stand in another order in the file; the numbers in their names give the order")
    if options.layout:
        notes.append(AS_SAID.format(options.layout))
    placed = list(columns) if order is None else [columns[place] for place in order]
    texts, values = found.sheet.read(found.roles.texts, placed, options)
    names = [found.names[column] for column in placed]
    return _table(
        replace(found, notes=tuple(notes)),
        texts,
        values,
        shape=shape,
        column_name=lambda column: f"column {names[column]!r},",
        layout=layout,
        kind=kind,
    )


def _named_shape(named: Shape, options: Options, where: str) -> tuple[Shape, list[int] | None]:
    height, width, n_channels = named
    order = None
    if options.layout in ("WH", "WHC"):
        order = np.arange(prod(named)).reshape(named).transpose(1, 0, 2).ravel().tolist()
        height, width = width, height
    shape = options.image_shape
    if shape is not None and shape != (height, width, n_channels):
        raise ShapeError(
            f"the shape does not fit the names of the pixel columns of {where}.",
            received=Words(Setting("shape", "x".join(map(str, shape)))),
            expected=f"{height}x{width}x{n_channels}",
            repair=Words(
                "leave it out, or say ", Setting("shape", f"{height}x{width}" + f"x{n_channels}" * (n_channels > 1))
            ),
        )
    return (height, width, n_channels), order


def _table(
    found: Reading,
    texts: Texts,
    values: NDArray[Any],
    shape: Shape,
    column_name: Callable[[int], str],
    layout: str,
    kind: str,
) -> PixelTable:
    """Put pixels together with what belongs to their rows."""
    rows, texts, values, left_out = complete(found, texts, values)
    settled = settle(
        values, lambda row, column: f"{found.sheet.row_name(int(rows[row]))}, {column_name(column)}", found.options
    )
    more = row_facts(found, texts, rows)
    left = (*found.roles.left_out, *left_out, *more.left_out)
    understood = Understood(
        kind, found.roles.columns.get("label"), layout, _columns_but_label(found.roles), left_out=left
    )
    kept = more.kept
    return PixelTable(
        settled.pixels if kept is None else settled.pixels[kept],
        shape,
        more.labels,
        source=str(found.sheet.path),
        notes=(*found.sheet.notes, *found.roles.notes, *found.notes, *settled.notes, *understood.notes),
        names=dict(enumerate(map(str, more.names)))
        if more.labels is not None and more.labels.dtype.kind == "i"
        else {},
        split=more.split,
        intensity=settled.intensity,
        weights=more.weights,
        groups=more.groups,
        layout=layout,
        understood=understood,
    )


def _columns_but_label(roles: Roles) -> dict[str, str]:
    return {role: name for role, name in roles.columns.items() if role != "label"}


# Points


def _points(found: Reading) -> PointTable:
    """Read every column of numbers that is left as a feature."""
    sheet, roles = found.sheet, found.roles
    others = [column for column in roles.rest if not _may_be_number(sheet, column)]
    if others:
        found = _beside(found, [column for column in roles.rest if column not in others])
        roles = found.roles
    if not roles.rest:
        raise _no_pixels(found)
    texts, values = sheet.read(roles.texts, roles.rest, found.options)
    rows, texts, values, left_out = complete(found, texts, values)
    names = tuple(found.names[column] for column in roles.rest)
    features = values.astype(np.float64, copy=False)
    check_finite(features, lambda row, column: f"{sheet.row_name(int(rows[row]))}, column {names[column]!r},")
    more = row_facts(found, texts, rows)
    left = (*roles.left_out, *left_out, *more.left_out)
    return PointTable(
        features if more.kept is None else features[more.kept],
        names,
        more.labels,
        more.split,
        source=str(sheet.path),
        notes=(*sheet.notes, *roles.notes, *found.notes, *map(str, left)),
    )


# Columns of pictures


def _column_of_pictures(found: Reading, columns: list[int]) -> PixelTable:
    """Read a picture from each row of one column."""
    if len(columns) > 1:
        listed = ", ".join(repr(found.names[column]) for column in columns)
        raise TableError(
            f"{found.where} has {len(columns)} columns of pictures.",
            received=listed,
            expected="one",
            repair=Words("leave the others out: ", Setting("drop", found.names[columns[-1]])),
        )
    column = columns[0]
    others = [one for one in found.roles.rest if one != column]
    if others and found.roles.label is None and found.options.label is None:
        raise ask_label(found.names, others, found.where)
    found = replace(found, roles=found.roles.leaving(others, found.names, "neither pictures nor labels"))
    note = f"the pictures are in column {found.names[column]!r}"
    found = replace(found, notes=(note,))
    if found.sheet.kinds[column] == IS_PICTURE:
        return _files_in_a_column(found, column)
    texts, values = found.sheet.read_lists(column, found.roles.texts)
    return _lists(found, texts, values, f"list in column {found.names[column]!r}")


def _lists(found: Reading, texts: Texts, values: NDArray[Any], what: str) -> PixelTable:
    options = found.options
    if values.ndim == 2:
        shape, order = flat_order(values.shape[1], options, found.where)
        layout = options.layout or "position"
        flat = values if order is None else values[:, order]
    else:
        laid = lay_out(values, len(values), options, found.where)
        flat, shape, layout = laid.flat, laid.shape, laid.layout
        found = replace(found, notes=(*found.notes, *laid.notes))
    return _table(
        found,
        texts,
        flat,
        shape=shape,
        column_name=lambda column: f"number {column + 1} of the {what},",
        layout=layout,
        kind="column of pictures",
    )


def _files_in_a_column(found: Reading, column: int) -> PixelTable:
    texts, named = found.sheet.read_pictures(column, found.roles.texts)
    read = read_pictures(named, found.options, found.where)
    rows = np.flatnonzero(read.kept)
    texts = {place: text[read.kept] for place, text in texts.items()}
    more = row_facts(found, texts, rows)
    left = (*found.roles.left_out, *read.left_out, *more.left_out)
    columns = _columns_but_label(found.roles) | {"image": found.names[column]}
    understood = Understood(
        "column of pictures",
        found.roles.columns.get("label"),
        "HWC",
        columns=columns,
        sizes=tuple(read.sizes),
        left_out=left,
    )
    images = read.images if more.kept is None else read.images[more.kept]
    return PixelTable(
        images.reshape(len(images), -1),
        images.shape[1:],
        more.labels,
        source=str(found.sheet.path),
        notes=(*found.sheet.notes, *found.roles.notes, *found.notes, *read.notes, *understood.notes),
        names=dict(enumerate(map(str, more.names)))
        if more.labels is not None and more.labels.dtype.kind == "i"
        else {},
        split=more.split,
        intensity=read.intensity,
        weights=more.weights,
        groups=more.groups,
        layout="HWC",
        understood=understood,
    )


# No header


def _without_header(sheet: Sheet, options: Options) -> Table:
    """Read a table whose columns have no names: pixels, and perhaps a label first or last."""
    where, n_columns = sheet.path.name, len(sheet.kinds)
    names = [f"column {column + 1}" for column in range(n_columns)]
    if options.drop and sheet.header is None:
        raise TableError(
            f"{where} has no header: its columns have no names.", received=Words(Setting("drop", options.drop))
        )
    columns = list(range(n_columns))
    if sheet.header is not None:
        numbers = [int(name) for name in sheet.header]
        columns = sorted(columns, key=numbers.__getitem__)
    notes = ("no header: the columns have no names" if sheet.header else "no header: the first row is data",)
    if options.shape == POINTS or (n_columns <= MOST_FEATURES and options.shape is None and options.label is None):
        raise _nameless(where, n_columns, options)
    label, pixels, told = label_end(sheet, columns, options)
    roles = Roles(label, None, None, None, tuple(pixels), columns={} if label is None else {"label": told})
    note = () if label is None else (f"the {told} column is read as the label",)
    found = Reading(sheet, options, roles, names, (*notes, *note))
    return _pixels(found, pixels, (len(pixels),), 1, "table without a header")


def _nameless(where: str, n_columns: int, options: Options) -> TableError:
    return TableError(
        f"{where} has {n_columns:,} columns without names: they may be pixels or features.",
        expected="a header; or at least 16 columns",
        repair=Words("for pictures say their size: ", Setting("shape"), "; for points add a header"),
    )


def _check_distinct(names: Sequence[str], where: str) -> None:
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in seen and name:
            raise TableError(
                f"{where} has two columns named {name!r}.",
                received=f"columns {seen[name] + 1} and {place + 1}",
                expected="each name once",
                repair="delete or rename one of them",
            )
        seen[name] = place
