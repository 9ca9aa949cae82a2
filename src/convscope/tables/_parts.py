"""Names of the parts of a data set, as folders, files, arrays and columns have them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

__all__ = ["PARTS", "part_of", "parts_among", "parts_of"]

PARTS = ("train", "val", "test")
NAMES = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev", "publictest"),
    "test": ("test", "testing", "privatetest", "t10k"),
}
PART_OF = {name: part for part, names in NAMES.items() for name in names}
BETWEEN, SET = re.compile(r"([\s_\-.]+)"), re.compile(r"(?<=.)(set|data)$", re.IGNORECASE)


def part_of(name: str) -> str | None:
    """Say which part of a data set a name means, if any.

    Examples
    --------
    >>> part_of("PublicTest"), part_of("validation"), part_of("cat")
    ('val', 'val', None)
    """
    return PART_OF.get(name.strip().lower())


def parts_among(names: Iterable[str]) -> dict[str, str]:
    """Find the names of parts: whole names; else those that the word for the part alone tells apart.

    Examples
    --------
    >>> parts_among(["seg_train", "seg_test", "models"])
    {'seg_train': 'train', 'seg_test': 'test'}
    >>> parts_among(["train station", "bus station"])
    {}
    """
    listed = list(names)
    whole = {name: part for name in listed if (part := part_of(name))}
    if whole:
        return whole
    alike: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name in listed:
        words = [SET.sub("", word) for word in BETWEEN.split(name.lower())]
        places = [place for place, word in enumerate(words) if part_of(word)]
        if len(places) == 1:
            part = str(part_of(words[places[0]]))
            alike["".join([*words[: places[0]], "*", *words[places[0] + 1 :]])][name] = part
    several = [found for found in alike.values() if len(set(found.values())) > 1]
    return max(several, key=len, default={})


def parts_of(names: Iterable[str | None]) -> list[str]:
    """List the parts among some names, in the order that tables keep them."""
    found = set(names)
    return [part for part in PARTS if part in found]
