"""The order in which runs came to be in one home, whatever its clock says.

A home counts what is written there. A run that was copied from elsewhere, or that is older than the counting, has no
number of this home, and is put in by its time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from convscope.errors import RunError
from convscope.files import only_writer, read_json, write_json

__all__ = ["SEQUENCE", "newest_first", "next_in", "place_of"]

SEQUENCE = ("sequence", "sequence_of")
"""Fields of a record: a whole number, and the home that it counts in."""
COUNTER = ".sequence.json"
PATIENCE = 5
"""In seconds, for another process that takes a number."""
LARGEST = 2**52
Item = TypeVar("Item")


def next_in(home: Path) -> dict[str, Any]:
    """Take the next number of a home, as fields of a record; none where the home cannot be written."""
    with suppress(OSError, RunError), only_writer(home, patience=PATIENCE):
        last, name = _counted(home)
        write_json(home / COUNTER, {"last": last + 1, "home": name})
        return dict(zip(SEQUENCE, (last + 1, name), strict=True))
    return {}


def place_of(path: Path, created: Any = None) -> dict[str, Any]:
    """Read the fields above from a file of a run, if it holds them; and if the time in it is the given one."""
    try:
        found = read_json(path)
        same = created == found.get("created")
        return {name: found[name] for name in SEQUENCE if isinstance(found[name], int | str)} if same else {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def newest_first(
    items: Iterable[Item], record_of: Callable[[Item], Mapping[str, Any]], name_of: Callable[[Item], str], home: Path
) -> list[Item]:
    """Sort runs of a home, the newest first.

    What has a number of this home is in the order of the numbers; its time is at least that of all before it. Among
    those, the others stand by their time.
    """
    _, name = _counted(home)
    listed = [(record_of(item), item) for item in items]
    numbered = sorted(
        (pair for pair in listed if _number(pair[0]) and pair[0].get("sequence_of") == name),
        key=lambda pair: (_number(pair[0]), _time(pair[0])),
    )
    reached, times = "", {}
    for record, item in numbered:
        reached = max(reached, _time(record))
        times[id(item)] = (reached, _number(record))
    keys = [(*times.get(id(item), (_time(record), 0)), _time(record), name_of(item)) for record, item in listed]
    order = sorted(range(len(listed)), key=keys.__getitem__, reverse=True)
    return [listed[place][1] for place in order]


def _counted(home: Path) -> tuple[int, str]:
    """Read the counter; one that is missing or damaged begins anew, under another name."""
    try:
        found = read_json(home / COUNTER)
        last, name = found["last"], found["home"]
        if isinstance(last, int) and 0 <= last < LARGEST and isinstance(name, str) and name:
            return last, name
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return 0, secrets.token_hex(4)


def _number(record: Mapping[str, Any]) -> int:
    number = record.get("sequence")
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number <= LARGEST else 0


def _time(record: Mapping[str, Any]) -> str:
    return str(record.get("created") or "")
