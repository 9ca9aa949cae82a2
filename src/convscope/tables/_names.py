"""What the names of columns say about pixels: row, column and channel, or a number, in the ways that people write them.

Columns belong together if their names differ in numbers and colours only. Numbers are compared as numbers, so that it
makes no difference in which order the columns stand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from convscope.errors import TableError

__all__ = ["Pattern", "are_neutral", "are_series", "find_pattern", "in_order", "numbered"]

GAP = r"[\s_\-.,:()\[\]]*"
KIND = r"(?:pixels?|pix|px|p|image|img|im)"
WORD = rf"(?:{KIND}{GAP}){{1,2}}(?:values?|val|intensity)?"
CROSS = r"(?:[\s_\-,:x]+|\]\s*\[|\)\s*\()"
NUMBER = r"\d{1,6}"
COLOUR = r"(?P<colour>red|green|blue|alpha|r|g|b|a)"
ROW = rf"(?:row|r|y|h|i){GAP}(?P<row>{NUMBER})"
COLUMN = rf"(?:column|col|c|x|w|j){GAP}(?P<column>{NUMBER})"
CHANNEL = rf"(?:{GAP}(?:channel|ch|c|k){GAP}(?P<channel>{NUMBER}))?"
PLACE = rf"(?P<place>{NUMBER})"
PAIR = rf"(?P<row>{NUMBER}){CROSS}(?P<column>{NUMBER})"
WAYS = tuple(
    re.compile(way, re.IGNORECASE)
    for way in (
        rf"{GAP}{PAIR}(?:{CROSS}(?P<channel>{NUMBER}))?{GAP}",
        rf"{WORD}{GAP}{PAIR}(?:{CROSS}(?P<channel>{NUMBER}))?{GAP}",
        rf"{WORD}{GAP}(?P<row>{NUMBER})\.(?P<column>{NUMBER})(?:\.(?P<channel>{NUMBER}))?",
        rf"(?:{WORD}{GAP})?{ROW}{GAP}{COLUMN}{CHANNEL}{GAP}",
        rf"(?:{WORD}{GAP})?{COLUMN}{GAP}{ROW}{CHANNEL}{GAP}",
        rf"(?:{WORD}{GAP})?{ROW}{GAP}{COLUMN}{GAP}{COLOUR}{GAP}",
        rf"(?:{WORD}{GAP})?{PAIR}{CROSS}{COLOUR}",
        rf"(?:{WORD}{GAP})?{COLOUR}{GAP}{PAIR}{GAP}",
        rf"(?:{WORD}{GAP})?{COLOUR}{GAP}(?:{WORD}{GAP})?{PLACE}{GAP}",
        rf"(?:{WORD}{GAP})?{PLACE}{GAP}{COLOUR}{GAP}",
        rf"{WORD}{GAP}{PLACE}{GAP}",
        PLACE,
    )
)
COLOURS = {"r": 0, "red": 0, "g": 1, "green": 1, "b": 2, "blue": 2, "a": 3, "alpha": 3}
SERIES = re.compile(rf"(?:time_?step|time|step|lag|tick|t){GAP}{NUMBER}", re.IGNORECASE)
NEUTRAL = re.compile(rf"(?P<word>[^\W\d]*?){GAP}(?P<place>{NUMBER})")
AXES = ("row", "column", "place", "channel")
Place = dict[str, int]


@dataclass(frozen=True)
class Pattern:
    """Columns whose names are places in a picture.

    Parameters
    ----------
    columns : list of int
        Which columns of the table they are, in the order of the pixels: row-major, channels last.
    shape : tuple of int
        Height and width; or the number of pixels, where a name numbers them through.
    n_channels : int
        1 where names say nothing about channels.
    """

    columns: list[int]
    shape: tuple[int, ...]
    n_channels: int


@dataclass(frozen=True)
class _Name:
    """One column's name, with the places of the numbers in it."""

    column: int
    text: str
    found: re.Match[str]

    @property
    def frame(self) -> str:
        """What remains of the name without its numbers and its colour."""
        return _written(self.found, dict.fromkeys((*AXES, "colour"), "#")).lower()

    @property
    def place(self) -> Place:
        """The numbers, by their axis; a colour is a channel."""
        said = {axis: text for axis, text in self.found.groupdict().items() if text is not None}
        numbers = {axis: int(text) for axis, text in said.items() if axis != "colour"}
        return numbers | ({"channel": COLOURS[said["colour"].lower()]} if "colour" in said else {})


def find_pattern(names: Sequence[str], columns: Sequence[int], where: str) -> Pattern | None:
    """Find the columns whose names are those of pixels; None if there are none.

    Parameters
    ----------
    names : sequence of str
        Of all columns of a table.
    columns : sequence of int
        Those to look at.
    where : str
        The file, for messages.

    Raises
    ------
    TableError
        A pixel is missing or is there twice, or counting begins with another number than 0 and 1.

    Examples
    --------
    >>> find_pattern(["class", "p10", "p2", "p1"], [0], "a.csv") is None
    True
    >>> find_pattern(["1x2", "1x1", "2x1", "2x2"], range(4), "a.csv").columns
    [1, 0, 2, 3]
    """
    groups = [group for way in WAYS for group in _alike(way, names, columns)]
    largest = max(groups, key=len, default=[])
    return _arranged(largest, where) if largest else None


def are_series(names: Sequence[str]) -> bool:
    """Say whether all names number the steps of a series, such as t0, t1, ..."""
    return bool(names) and all(SERIES.fullmatch(name) for name in names)


def are_neutral(names: Sequence[str]) -> bool:
    """Say whether all names are one word and a number, which may be a pixel's or a feature's."""
    found = [NEUTRAL.fullmatch(name) for name in names]
    return len({one and one["word"].lower() for one in found}) == 1 and found[0] is not None


def numbered(names: Sequence[str]) -> bool:
    """Say whether names are the numbers 0, 1, 2, ... or 1, 2, 3, ... and nothing else, in any order."""
    numbers = sorted(int(name) for name in names if re.fullmatch(NUMBER, name))
    return bool(names) and any(numbers == list(range(first, first + len(names))) for first in (0, 1))


def in_order(names: Sequence[str], columns: Sequence[int]) -> list[int]:
    """Sort columns by the numbers at the end of their names, if all have one of their own."""
    found = [NEUTRAL.fullmatch(names[column]) for column in columns]
    numbers = [int(one["place"]) for one in found if one]
    if not are_neutral([names[column] for column in columns]) or len(set(numbers)) < len(columns):
        return list(columns)
    return [column for _, column in sorted(zip(numbers, columns, strict=True))]


def _alike(way: re.Pattern[str], names: Sequence[str], columns: Sequence[int]) -> Iterator[list[_Name]]:
    """Give groups of names that are written in one way and differ in numbers only."""
    groups: dict[str, list[_Name]] = defaultdict(list)
    for column in columns:
        if found := way.fullmatch(names[column].strip()):
            name = _Name(column, names[column].strip(), found)
            groups[name.frame].append(name)
    for group in groups.values():
        colours = {COLOURS[name.found["colour"].lower()] for name in group} if "colour" in way.groupindex else None
        if colours is None or sorted(colours) in ([0, 1, 2], [0, 1, 2, 3]):
            yield group


def _arranged(group: list[_Name], where: str) -> Pattern:
    """Put columns into the order of their places, each of which must be there once."""
    places = [name.place for name in group]
    axes = [axis for axis in AXES if axis in places[0]]
    spatial = [axis for axis in axes if axis != "channel"]
    base = min(place[axis] for place in places for axis in spatial)
    firsts = {axis: min(place[axis] for place in places) if axis == "channel" else base for axis in axes}
    if base > 1 or firsts.get("channel", 0) > 1:
        raise _missing(group[0], dict.fromkeys(axes, 0), where)
    sizes = {axis: max(place[axis] for place in places) - firsts[axis] + 1 for axis in axes}
    columns: dict[tuple[int, ...], _Name] = {}
    for name, place in zip(group, places, strict=True):
        key = tuple(place[axis] for axis in axes)
        if key in columns:
            raise TableError(
                f"{where} has two columns for one pixel: {columns[key].text!r} and {name.text!r}.",
                expected="each pixel once",
                repair="delete or rename one of them",
            )
        columns[key] = name
    ordered = []
    for key in product(*(range(firsts[axis], firsts[axis] + sizes[axis]) for axis in axes)):
        if key not in columns:
            raise _missing(group[0], dict(zip(axes, key, strict=True)), where)
        ordered.append(columns[key].column)
    return Pattern(ordered, tuple(sizes[axis] for axis in spatial), sizes.get("channel", 1))


def _missing(like: _Name, place: Place, where: str) -> TableError:
    said = {axis: str(number) for axis, number in place.items()}
    letters = {number: letter for letter, number in COLOURS.items() if len(letter) == 1}
    name = _written(like.found, said | {"colour": letters.get(place.get("channel", -1), "")})
    return TableError(
        f"{where} has no column {name!r}, though {like.text!r} and others are there.",
        received="a picture with a pixel missing",
        expected="each pixel of a picture once, counted from 0 or 1",
        repair="add the column, or rename the columns if they are no pixels",
    )


def _written(found: re.Match[str], said: dict[str, str]) -> str:
    """Write a name again with other numbers."""
    spans = sorted((found.span(axis), axis) for axis in found.re.groupindex if found[axis] is not None)
    text, end = "", 0
    for (start, stop), axis in spans:
        text, end = text + found.string[end:start] + said.get(axis, ""), stop
    return text + found.string[end:]
