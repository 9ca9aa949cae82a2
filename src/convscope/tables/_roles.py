"""Which columns of a table are no pixels: labels, ids, parts, weights and groups, told by their names alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from convscope.errors import TableError, did_you_mean
from convscope.reading import Options
from convscope.tables.understood import LeftOut
from convscope.wording import Setting, Words

__all__ = ["LABEL_NAMES", "LISTED", "Roles", "ask_label", "find_roles", "is_id"]

LABEL_NAMES = ("class", "label", "labels", "target", "targets", "y", "digit", "letter", "character", "emotion",
               "category", "species", "diagnosis")  # fmt: skip
TELLING = ("class", "label", "categor", "target", "species", "breed")
"""Words in the name of a column that may well be the label."""
SPLIT_NAMES = ("split", "usage", "subset", "set", "partition")
WEIGHT_NAMES = ("weight", "sample_weight")
ID_NAMES = ("id", "index", "", "unnamed: 0", "__index_level_0__")
ID_ENDS = ("_id", "Id", "ID")
LISTED = ("file_name", "filename", "file", "path", "file_path", "filepath", "image_path", "image_name", "image", "img",
          "id", "image_id", "id_code")  # fmt: skip
"""Names of columns that may list files."""
USUAL = {"label": "class", "split": "split"}
MOST_NAMED = 8


@dataclass(frozen=True)
class Roles:
    """Columns by what they are for; each by its place, 0-based.

    Parameters
    ----------
    label, split, weight, group : int or None
    rest : tuple of int
        Columns that no role was found for: pixels, features, or something else.
    part : str, optional
        The entry of column ``split`` that was asked for.
    columns : dict of role to name
    notes : tuple of str
    left_out : tuple of LeftOut
    """

    label: int | None
    split: int | None
    weight: int | None
    group: int | None
    rest: tuple[int, ...]
    part: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def texts(self) -> tuple[int, ...]:
        """The columns to read as text."""
        return tuple(one for one in (self.label, self.split, self.weight, self.group) if one is not None)

    def leaving(self, columns: Sequence[int], names: Sequence[str], reason: str) -> Roles:
        """Leave some more columns out."""
        if not columns:
            return self
        left = LeftOut.of([repr(names[column]) for column in columns], "columns", reason)
        rest = tuple(column for column in self.rest if column not in columns)
        return replace(self, rest=rest, left_out=(*self.left_out, left))


def find_roles(names: Sequence[str], options: Options, where: str) -> Roles:
    """Find labels, ids, parts, weights and groups.

    Parameters
    ----------
    names : sequence of str
        Of all columns.
    options : Options
        ``label``, ``drop``, ``split`` and ``group`` name columns.
    where : str
        The file, for messages.

    Raises
    ------
    TableError
        A column that an option names is not there, or more than one may be the label.

    Examples
    --------
    >>> from convscope.reading import Options
    >>> roles = find_roles(["id", "digit", "pixel0"], Options(), "a.csv")
    >>> roles.label, roles.rest, roles.notes
    (1, (2,), ("column 'digit' is read as the label",))
    """
    split_name, _, part = options.split.partition(":")
    dropped = {
        column for name in options.drop if (column := _column(name, names, "drop", where, must=False)) is not None
    }
    free = [column for column in range(len(names)) if column not in dropped]
    said: dict[str, int | None] = {
        "label": _said_label(names, free, options.label, where),
        "split": _column(split_name, names, "split", where) if part else None,
        "group": None if options.group is None else _column(options.group, names, "group", where),
    }
    free = [column for column in free if column not in said.values()]
    lowered = [name.strip().lower() for name in names]
    for role, known in (("split", SPLIT_NAMES), ("weight", WEIGHT_NAMES)):
        if said.get(role) is None:
            found = [column for column in free if lowered[column] in known]
            said[role] = found[0] if len(found) == 1 else None
            free = [column for column in free if column != said[role]]
    labels = [column for column in free if lowered[column] in LABEL_NAMES]
    if "x" in lowered:
        labels = [column for column in labels if lowered[column] != "y"]
    if options.label is None:
        if len(labels) > 1:
            raise ask_label(names, labels, where)
        said["label"] = labels[0] if labels else None
    unused = [] if options.label is None else labels
    ids = [column for column in free if column not in (*labels, said["label"]) and is_id(names[column])]
    rest = [column for column in free if column not in (*ids, *unused, said["label"])]
    columns = {role: names[column] for role, column in said.items() if column is not None}
    roles = Roles(
        said["label"], said["split"], said["weight"], group=said["group"], rest=tuple(rest), part=part or None,
        columns=columns, notes=tuple(_notes(columns)),
    )  # fmt: skip
    roles = roles.leaving(sorted(dropped), names, "as was said")
    roles = roles.leaving(
        unused, names, "another column is the label" if options.label != "none" else "no labels wanted"
    )
    return roles.leaving(ids, names, "an id or index")


def ask_label(names: Sequence[str], columns: Sequence[int], where: str) -> TableError:
    """Ask which of some columns is the label."""
    listed = ", ".join(repr(names[column]) for column in columns[:MOST_NAMED]) + ", ..." * (len(columns) > MOST_NAMED)
    several = len(columns) > 1
    likely = [column for column in columns if any(word in names[column].lower() for word in TELLING)]
    label = (likely or list(columns))[0]
    return TableError(
        f"it is not clear which column of {where} is the label.",
        received=f"columns {listed}"
        if several
        else f"column {listed}, which is neither a pixel nor has a label's name",
        expected="one column named class or label, and no others beside the pixels or pictures",
        repair=Words(
            "say which one is the label: ",
            Setting("label", names[label]),
            "; or leave a column out: ",
            Setting("drop", names[next((column for column in reversed(columns) if column != label), label)]),
            "; as they are, none: " if not several else "",
            *([Setting("label", "none")] if not several else []),
        ),
    )


def _said_label(names: Sequence[str], free: Sequence[int], said: str | None, where: str) -> int | None:
    if said is None or said == "none":
        return None
    if said in ("first", "last") and said not in names:
        return free[0 if said == "first" else -1]
    return _column(said, names, "label", where)


def _column(name: str, names: Sequence[str], option: str, where: str, *, must: bool = True) -> int | None:
    """Find a column by its name, or else by its name whatever the capitals."""
    if name in names:
        return list(names).index(name)
    alike = [column for column, other in enumerate(names) if other.strip().lower() == name.strip().lower()]
    if len(alike) == 1:
        return alike[0]
    if not must and not names:
        return None
    few = list(dict.fromkeys([*names[:MOST_NAMED], *names[-2:]]))
    raise TableError(
        f"{where} has no column {name!r}.",
        received=Words(Setting(option, name)),
        expected=did_you_mean(name, few if len(names) > MOST_NAMED else names),
        repair=Words("name a column that is there: ", Setting(option)),
    )


def is_id(name: str) -> bool:
    """Say whether the name of a column, or an array, is that of numbers of rows."""
    lowered = name.strip().lower()
    if lowered in ID_NAMES:
        return True
    label = lowered.removesuffix("_id").removesuffix("id")
    return name.strip().endswith(ID_ENDS) and label not in LABEL_NAMES


def _notes(columns: dict[str, str]) -> list[str]:
    """Say what was decided beyond the names that convscope writes itself."""
    told = {
        "label": "is read as the label",
        "split": "says which rows are for training and which for testing",
        "weight": "is read as the weight of each row",
        "group": "says which rows belong together",
    }
    return [f"column {name!r} {told[role]}" for role, name in columns.items() if USUAL.get(role) != name]
