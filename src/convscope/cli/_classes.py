"""Which class each output of a foreign model stands for: named by the user or taken from the table, never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError, TableError, UsageError
from convscope.tables import Table

__all__ = ["output_classes", "read_classes"]

MOST_BYTES = 1_000_000
MOST_SHOWN = 12


def read_classes(listed: str | None, path: Path | None) -> list[str] | None:
    """Read ``--classes A,B,C`` or ``--classes-from FILE``; None if neither is given.

    Raises
    ------
    UsageError
        Both are given, a name is empty or occurs twice, or the file cannot be read.
    """
    if listed is not None and path is not None:
        raise UsageError("--classes and --classes-from cannot be used together.", repair="leave one of them out")
    if path is not None:
        names = _from_file(path)
    elif listed is not None:
        names = [name.strip() for name in listed.split(",")]
    else:
        return None
    wrong = next((name for name in names if not name or names.count(name) > 1), None)
    if wrong is not None or not names:
        raise UsageError(
            "each class must have its own name.", received=repr(wrong) if names else "no names", expected="A,B,C"
        )
    return names


def _from_file(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is too large for a list of classes.", expected=f"at most {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig").strip()
        found = json.loads(text) if text.startswith("[") else text.splitlines()
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is neither lines of text nor a JSON list"
        raise UsageError(f"{path} cannot be read: {reason}.", expected="one class per line, or a JSON list") from None
    return [str(name).strip() for name in found]


def output_classes(model: Any, table: Table, named: list[str] | None) -> NDArray[Any]:
    """Give the label of each output of a model, in order, as labels of the table.

    Parameters
    ----------
    model : keras.Model
    table : Table
        All rows that there are, with labels.
    named : list of str, optional
        What the user says; else the classes of the table, in order.

    Raises
    ------
    ShapeError
        There are more or fewer outputs than classes.
    UsageError
        The order of the table's classes is not clear.
    TableError
        The table has classes that were not named.
    """
    classes = table.classes if named is None else _as_labels(named, table)
    units = model.output_shape[-1]
    n_expected = 2 if units == 1 else units
    if len(model.output_shape) != 2 or len(classes) != n_expected:
        whose = f"{table.source or 'the table'} has" if named is None else "you name"
        raise ShapeError(
            f"the model distinguishes {n_expected} classes, but {whose} {len(classes)}.",
            received=f"{units} outputs; classes {_listed(classes)}",
            expected="a class for each output" + (", or two for a single one" if units == 1 else ""),
            repair="name all classes in the order of the outputs with --classes A,B,C or --classes-from FILE",
        )
    if named is None:
        _check_order(classes)
    return classes


def _as_labels(named: list[str], table: Table) -> NDArray[Any]:
    """Find the labels of named classes; a class that the table lacks is one all the same."""
    known = {name: label for label, name in table.names.items()}
    known |= {str(label): label for label in table.classes.tolist()}
    labels = [known.get(name, name) for name in named]
    if table.classes.dtype.kind == "i":
        labels = [_as_number(label) for label in labels]
    found = np.array(labels, np.int64 if table.classes.dtype.kind == "i" else object)
    missing = [label for label in table.classes.tolist() if label not in labels]
    if missing:
        raise TableError(
            f"{table.source or 'the table'} has classes that are not named.",
            received=_listed(missing),
            expected=_listed(named),
            repair="name them too, or give a table without them",
        )
    return found


def _as_number(label: Any) -> int:
    try:
        return int(label)
    except ValueError:
        raise UsageError(
            f"the table's classes are numbers, but {label!r} is not.", repair="name the classes as the table does"
        ) from None


def _check_order(classes: NDArray[Any]) -> None:
    """Refuse to guess: Keras sorts folders by name, and 10 stands before 2 then."""
    by_name = sorted(classes.tolist(), key=str)
    if by_name != classes.tolist():
        raise UsageError(
            "it is not clear which output stands for which class: numbers can be sorted as numbers or as names.",
            received=f"{_listed(classes)}; or {_listed(by_name)}",
            repair="give the order of the outputs with --classes or --classes-from",
        )


def _listed(classes: Any) -> str:
    shown = [str(label) for label in classes]
    return ", ".join(shown[:MOST_SHOWN]) + (", ..." if len(shown) > MOST_SHOWN else "")
