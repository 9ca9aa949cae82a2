"""Names of the parts of a data set, as folders, files, arrays and columns have them."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["PARTS", "part_of", "parts_of"]

PARTS = ("train", "val", "test")
NAMES = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev", "publictest"),
    "test": ("test", "testing", "privatetest", "t10k"),
}
PART_OF = {name: part for part, names in NAMES.items() for name in names}


def part_of(name: str) -> str | None:
    """Say which part of a data set a name means, if any.

    Examples
    --------
    >>> part_of("PublicTest"), part_of("validation"), part_of("cat")
    ('val', 'val', None)
    """
    return PART_OF.get(name.strip().lower())


def parts_of(names: Iterable[str]) -> list[str]:
    """List the parts among some names, in the order that tables keep them."""
    found = set(names)
    return [part for part in PARTS if part in found]
