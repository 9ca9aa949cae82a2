"""A folder of pictures, or an archive of one, read as a table.

What a folder says, in this order: a list of the pictures (`_list`), parts such as ``train`` and ``test``, class
folders. Subfolders of a class belong to it. Every file that is not used is counted, named and given a reason, and a
class that is there is in the table, or the folder is refused.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from convscope.errors import TableError, did_you_mean
from convscope.reading import Options
from convscope.tables._list import SUFFIXES, find_lists, plan_lists, without_lists
from convscope.tables._packed import TABLES
from convscope.tables._parts import PARTS, part_of, parts_among, parts_of
from convscope.tables._pictures import Pictures, has_picture_name
from convscope.tables._plan import CLASSES, LOOSE, Plan, Row, join_plans, read_rows, table_of
from convscope.tables._tree import Entry, Tree, open_tree
from convscope.tables.pixel_table import PixelTable
from convscope.tables.understood import LeftOut
from convscope.wording import Setting, Words

__all__ = ["read_folder", "read_tree"]

TREE = "FOLDER/cat/1.png, FOLDER/cat/2.png, FOLDER/dog/1.png, ..."
PARTED = "FOLDER/train/cat/1.png, FOLDER/train/dog/2.png, FOLDER/test/cat/3.png, ..."
BY_FOLDER, NO_LABELS = "folder", "none"
OF_ALL = {"images", "image", "imgs", "img", "pictures", "photos", "jpegimages"}
BESIDE_THEM = {"labels", "annotations", "masks", "segmentation"}
"""Folders that hold all pictures, and what is known of them: their names are no classes."""
MOST_NAMED = 3


def read_folder(folder: Path, options: Options) -> PixelTable:
    """Read a folder of pictures.

    Parameters
    ----------
    folder : Path
        Of class folders, of parts with class folders in them, or with a list of its pictures.
    options : Options
        ``label="none"`` leaves out the labels, ``drop`` class folders; ``group="folder"`` keeps together what lies in
        one folder, such as the frames of one film; ``resize`` and ``missing`` as everywhere.

    Raises
    ------
    TableError
        Nothing says what the classes are; a class has no readable picture; there are links, or too many files.
    ShapeError
        The pictures differ in size.
    """
    tree = open_tree(folder)
    _refuse_outer(tree, options)
    return read_tree(tree, options, str(folder))


def read_tree(tree: Tree, options: Options, source: str) -> PixelTable:
    """Read what was listed; as `read_folder`."""
    if options.layout is not None:
        raise TableError(
            "pictures say themselves where their top and their left are.",
            received=Words(Setting("layout", options.layout)),
            repair=Words("leave out ", Setting("layout")),
        )
    plan = _plan(tree, options)
    plan = replace(plan, notes=(*tree.notes, *plan.notes))
    if tree.odd:
        odd = LeftOut.of(tree.odd, "names", "neither a file nor a folder")
        plan = replace(plan, left_out=(*plan.left_out, odd))
    pictures = read_rows(plan, tree, options)
    _check_classes(plan, pictures)
    return table_of(plan, pictures, source, options)


def _plan(tree: Tree, options: Options) -> Plan:
    lists = find_lists(tree, options)
    if lists:
        return plan_lists(tree, lists, without_lists(options, tree))
    _check_drop(tree, options)
    _check_label(options)
    parts = parts_among(name for name in tree.tops() if name not in options.drop)
    return _of_parts(tree, parts, options) if parts else _of_classes(tree, "", options)


def _of_parts(tree: Tree, parts: Mapping[str, str], options: Options) -> Plan:
    """Read folders such as train and test, each with class folders or a list of its own."""
    others = [name for name in tree.tops() if name not in parts and name not in options.drop]
    with_pictures = [name for name in others if any(has_picture_name(one.name) for one in tree.below(name).files)]
    if with_pictures:
        raise TableError(
            f"{tree.name} holds both parts and other folders of pictures.",
            received=f"the parts {_few(list(parts))}; beside them {_few(with_pictures)}",
            expected=PARTED,
            repair=Words("leave folders out: ", *_drops(with_pictures)),
        )
    plans: list[Plan] = []
    loose: list[str] = []
    known: set[str | None] = set()
    names = sorted(parts, key=lambda name: (PARTS.index(parts[name]), name))
    for name in names:
        sub, above = _within(tree.below(name), name, parts[name])
        lists = find_lists(sub, options)
        if lists:
            plan = plan_lists(sub, lists, without_lists(options, sub), above)
        elif options.label == NO_LABELS or (sub.tops() and not _name_no_class(sub.tops())):
            plan = _of_classes(sub, above, options)
        else:
            loose.append(name)
            continue
        classes = {row.label for row in plan.rows}
        if plan.kind == CLASSES and plans and plans[0].kind == CLASSES and classes.isdisjoint(known):
            loose.append(name)  # a folder of all its pictures is no class: train has none of that name
            continue
        known |= classes
        plans.append(replace(plan, rows=[row._replace(part=parts[name]) for row in plan.rows]))
    if loose:
        raise _no_classes(tree, loose, are_all=not plans)
    beside = [one.name for one in tree.files if one.folder.partition("/")[0] not in names]
    note = f"the folders {_few(names)} are parts, not classes: rows for {', '.join(parts_of(parts.values()))}"
    return join_plans(plans, [note], _left_out(beside, "beside the parts"))


def _within(sub: Tree, name: str, part: str) -> tuple[Tree, str]:
    """Look into a part that holds nothing but itself again, as seg_train/seg_train; refuse any other single folder.

    Raises
    ------
    TableError
        It holds one folder that holds others: they are classes, or all of them are one class.
    """
    tops = sub.tops()
    inner = sub.below(tops[0]) if len(tops) == 1 else None
    if inner is None or _has_loose(sub) or len(inner.tops()) < 2 or _has_loose(inner):
        return sub, name + "/"
    if tops[0] == name or part_of(tops[0]) == part:
        return inner, f"{name}/{tops[0]}/"
    raise TableError(
        f"{name} holds one folder, {tops[0]}, which holds others: {_few(inner.tops())}.",
        expected=PARTED,
        repair=f"put the class folders into {name} itself; or all pictures of a class into one folder",
    )


def _has_loose(tree: Tree) -> bool:
    return any("/" not in one.name and has_picture_name(one.name) for one in tree.files)


def _of_classes(tree: Tree, above: str, options: Options) -> Plan:
    """Read class folders, and whatever lies in them."""
    dropped = [name for name in tree.tops() if name in options.drop or above + name in options.drop]
    names = [name for name in tree.tops() if name not in dropped]
    files: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in tree.files:
        files[entry.name.partition("/")[0] if entry.folder else ""].append(entry)
    left_out = _left_out([above + name for name in dropped], "as was said", "class folders")
    if options.label == NO_LABELS:
        rows = [Row(entry, above + entry.name, None) for name in ("", *names) for entry in files[name]]
        return Plan(LOOSE, _grouped(rows, options), left_out=left_out)
    if not names:
        raise _no_folders(tree, dropped)
    part = next((name for name in names if part_of(name)), None)
    if part is not None:
        raise TableError(
            f"{above}{part} is called like a part of a data set, and no class is.",
            received=_few([above + name for name in names]),
            expected=PARTED,
            repair=Words("rename it, give it alone, or leave it out: ", Setting("drop", above + part)),
        )
    if _name_no_class(names):
        raise _no_class_named(tree, above, names, [entry.name for entry in files[""]])
    rows = [Row(entry, above + entry.name, name, above + name) for name in names for entry in files[name]]
    folders = {above + name: len(files[name]) for name in names}
    beside = _left_out([above + entry.name for entry in files[""]], "beside the class folders")
    plan = Plan(
        CLASSES,
        _grouped(rows, options),
        "the folder's name",
        columns={},
        folders=folders,
        notes=(),
        left_out=(*left_out, *beside),
    )
    return plan if above else _with_inner_parts(plan)


def _with_inner_parts(plan: Plan) -> Plan:
    """Read parts within classes: cat/train, cat/test, dog/train, ...; if each picture lies in one, they are parts."""
    inner = {row.shown.split("/")[1] if row.shown.count("/") > 1 else "": None for row in plan.rows}
    known = {name: part_of(name) for name in inner}
    if not any(known.values()):
        return plan
    rows = [row._replace(part=known[row.shown.split("/")[1] if row.shown.count("/") > 1 else ""]) for row in plan.rows]
    apart = [row.shown for row in rows if row.part is None]
    if any(has_picture_name(name) for name in apart):
        named = _few([name for name, part in known.items() if part])
        note = (
            f"folders in the classes are called like parts ({named}); others are not, so all are read as of the class"
        )
        return replace(plan, notes=(*plan.notes, note))
    note = f"the folders in each class are parts: rows for {', '.join(parts_of(known.values()))}"
    rows = sorted((row for row in rows if row.part), key=lambda row: PARTS.index(str(row.part)))
    return replace(
        plan, rows=rows, notes=(*plan.notes, note), left_out=(*plan.left_out, *_left_out(apart, "beside the parts"))
    )


def _grouped(rows: list[Row], options: Options) -> list[Row]:
    if options.group is None:
        return rows
    return [row._replace(group=row.shown.rpartition("/")[0]) for row in rows]


def _check_classes(plan: Plan, pictures: Pictures) -> None:
    """Refuse a class that would vanish.

    Raises
    ------
    TableError
        No picture of it could be read.
    """
    kept = Counter(row.folder for row, is_kept in zip(plan.rows, pictures.kept.tolist(), strict=True) if is_kept)
    lost = [folder for folder in plan.folders if not kept[folder]]
    if not lost:
        return
    names = {row.label for row, is_kept in zip(plan.rows, pictures.kept.tolist(), strict=True) if is_kept}
    are_one = len(lost) == 1
    counts = ", ".join(f"{folder}: {plan.folders[folder]:,} files" for folder in lost[:MOST_NAMED])
    reasons = [str(one) for one in pictures.left_out if any(name.startswith(f"{lost[0]}/") for name in one.names)]
    raise TableError(
        f"the class{'' if are_one else 'es'} {_few(lost)} {'has' if are_one else 'have'} no readable picture.",
        received="; ".join([counts, *reasons[:1]]),
        expected="one picture at least in each class folder",
        repair=Words(
            "put pictures into it, or leave it out: " if are_one else "put pictures into them, or leave them out: ",
            *_drops([folder if folder.rpartition("/")[2] in names else folder.rpartition("/")[2] for folder in lost]),
        ),
    )


def _check_drop(tree: Tree, options: Options) -> None:
    """Refuse a name to leave out that nothing has."""
    known = {name for name in tree.folders if name.count("/") <= 1} | {name.rpartition("/")[2] for name in tree.folders}
    known |= {entry.base for entry in tree.files if entry.base.lower().endswith(SUFFIXES)}
    unknown = next((name for name in options.drop if name not in known), None)
    if unknown is not None:
        raise TableError(
            f"{tree.name} has no folder {unknown!r} to leave out.",
            received=Words(Setting("drop", unknown)),
            expected=did_you_mean(unknown, tree.tops()[:20]),
            repair=Words("name a class folder: ", Setting("drop")),
        )


def _check_label(options: Options) -> None:
    """Refuse columns, of which folders have none."""
    for name, said, legal in (("label", options.label, NO_LABELS), ("group", options.group, BY_FOLDER)):
        if said not in (None, legal):
            raise TableError(
                f"folders have no column {said!r}.",
                received=Words(Setting(name, said)),
                expected=f"{legal!r}, or a list of the pictures, labels.csv, with such a column",
                repair=Words("leave it out, or say ", Setting(name, legal)),
            )


def _refuse_outer(tree: Tree, options: Options) -> None:
    """Refuse a folder that holds one folder that holds folders: they are classes, or all of them are one class."""
    tops = tree.tops()
    if len(tops) != 1 or part_of(tops[0]) or options.label == NO_LABELS or find_lists(tree, options):
        return
    inner = tree.below(tops[0])
    if len(inner.tops()) > 1 and not _has_loose(inner):
        raise TableError(
            f"{tree.name} holds one folder, {tops[0]}, which holds others: {_few(inner.tops())}.",
            expected="class folders, or parts of them, in the folder itself",
            repair=f"give {tree.name}/{tops[0]}; or put all pictures of a class into one folder",
        )


def _name_no_class(folders: list[str]) -> bool:
    """Say whether folders are called after what lies in them: all images, or their labels."""
    called = {name.lower() for name in folders}
    return bool(called & OF_ALL) and called <= OF_ALL | BESIDE_THEM


def _no_class_named(tree: Tree, above: str, names: list[str], files: list[str]) -> TableError:
    return TableError(
        f"{tree.name} holds pictures in {above}{names[0]}, which is not the name of a class.",
        received=_few([above + name for name in names] + files),
        expected=f"{TREE}; or beside the pictures a file labels.csv with the columns file_name and label",
        repair=Words(
            "put each class into a folder of its own; or read them without labels: ", Setting("label", "none")
        ),
    )


def _no_folders(tree: Tree, dropped: list[str]) -> TableError:
    found = [entry.name for entry in tree.files[:MOST_NAMED]]
    tables = [entry.name for entry in tree.files if entry.name.lower().endswith(TABLES)]
    if tables and not any(has_picture_name(entry.name) for entry in tree.files):
        return TableError(
            f"{tree.name} holds tables, and no pictures.",
            received=_few(tables),
            expected=f"one table; or a folder per class: {TREE}",
            repair=f"give one of them: {tree.name}/{next((name for name in tables if 'train' in name), tables[0])}",
        )
    return TableError(
        f"{tree.name} has no folder per class.",
        received=", ".join(found) or ("only folders that are left out" if dropped else "an empty folder"),
        expected=f"{TREE}; or beside the pictures a file labels.csv with the columns file_name and label",
        repair=Words(
            "put the pictures of each class into a folder named like the class; or read them without labels: ",
            Setting("label", NO_LABELS),
        ),
    )


def _no_classes(tree: Tree, loose: list[str], *, are_all: bool) -> TableError:
    found = [entry.name for name in loose for entry in tree.files if entry.name.startswith(f"{name}/")]
    ways: list[str | Setting] = ["put the pictures of each class into a folder named like the class"]
    if not are_all:
        ways += ["; or leave out what has no classes: ", *_drops(loose)]
    return TableError(
        f"{_few(loose)} {'has' if len(loose) == 1 else 'have'} no class folders.",
        received=", ".join(found[:MOST_NAMED]) or "no pictures",
        expected=PARTED,
        repair=Words(*ways),
    )


def _left_out(names: list[str], reason: str, what: str = "files") -> tuple[LeftOut, ...]:
    return (LeftOut.of(names, what, reason),) if names else ()


def _few(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


def _drops(names: list[str]) -> list[str | Setting]:
    """Name some folders to leave out, as many as a message holds."""
    found: list[str | Setting] = []
    for name in dict.fromkeys(names[:MOST_NAMED]):
        found += [" and ", Setting("drop", name)] if found else [Setting("drop", name)]
    return found
