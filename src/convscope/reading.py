"""What a user says about reading a table, under one name in Python, on the command line and in a run's record."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict, Unpack, cast

from convscope.errors import UsageError
from convscope.wording import Setting, Words

__all__ = [
    "LEGAL",
    "POINTS",
    "STANDARDISED",
    "Options",
    "Range",
    "Reading",
    "is_reading",
    "options_of",
    "range_from",
    "range_text",
    "reading_of",
    "refuse_reading",
    "setting_text",
]

POINTS = "points"
STANDARDISED = "standardised"
SIDES = re.compile(r"[1-9]\d{0,4}(x[1-9]\d{0,4}){1,2}|points")
LONGEST = 200
"""Letters of a column's name in a request."""
Shape = tuple[int, int, int]
Range = tuple[float, float] | Literal["standardised"]
"""Lowest and highest intensity that there can be; or pixels less their mean, divided by their spread."""


class Reading(TypedDict, total=False):
    """How a table of the user's own is read, as users say it; what is left out is as `read_table` says.

    The rows, ``split``, are said apart: data sets have parts too.
    """

    label: str | None
    drop: Sequence[str]
    shape: Sequence[int] | str | None
    layout: str | None
    intensity: Sequence[float] | str | None
    resize: str | None
    missing: str
    clip: bool
    group: str | None


@dataclass(frozen=True)
class Options:
    """The same, checked, and in one form; equal options read a file alike.

    Parameters
    ----------
    label : str, optional
        A column; ``first``, ``last`` or ``none``.
    drop : tuple of str
        Columns, or class folders, to leave out.
    shape : (height, width, channels), "points", optional
    layout : str, optional
        Letters from slowest to fastest, such as ``HWC``; N, the rows, is first if not named.
    split : str
        ``train``, ``val``, ``test``, ``all``, or ``COLUMN:PART``.
    intensity : (low, high), "standardised", optional
    resize : (how, (height, width) or None), optional
        How is ``contain``, ``cover`` or ``stretch``; without a size, that of the model.
    missing : {"refuse", "drop"}
        What becomes of rows without label, pixel or picture.
    clip : bool
        Move values outside the range to its nearest end.
    group : str, optional
        The column that says which rows belong together, such as frames of one source.
    """

    label: str | None = None
    drop: tuple[str, ...] = ()
    shape: Shape | Literal["points"] | None = None
    layout: str | None = None
    split: str = "all"
    intensity: Range | None = None
    resize: tuple[str, tuple[int, int] | None] | None = None
    missing: str = "refuse"
    clip: bool = False
    group: str | None = None

    @property
    def image_shape(self) -> Shape | None:
        """The shape of the pictures, if it was said."""
        return self.shape if isinstance(self.shape, tuple) else None

    @property
    def are_points(self) -> bool:
        """Whether the columns were said to be features of points."""
        return self.shape == POINTS

    @property
    def drops_missing(self) -> bool:
        """Whether incomplete rows are left out."""
        return self.missing == "drop"

    def having(self, **said: Any) -> Options:
        """Give the same with some options changed."""
        return replace(self, **said)


PLAIN = Options()


def options_of(*, split: str = "all", **reading: Unpack[Reading]) -> Options:
    """Check what was said, and bring it into one form.

    Raises
    ------
    UsageError
        A value is none of those that an option may have.

    Examples
    --------
    >>> options_of(shape="28x28", intensity="0..1").shape
    (28, 28, 1)
    """
    said = {name: value for name, value in {**reading, "split": split}.items() if value is not None}
    unknown = next((name for name in said if name not in FORMS), None)
    if unknown is not None:
        raise UsageError(f"tables are not read with an option {unknown!r}.", expected=", ".join(FORMS))
    return Options(**{name: FORMS[name](value) for name, value in said.items()})


def is_reading(found: Any) -> bool:
    """Say whether a value of a record, which anybody may have written, holds such settings."""
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        return False
    try:
        options_of(**found)
    except (UsageError, TypeError):
        return False
    return True


def reading_of(given: Mapping[str, Any]) -> Reading:
    """Read options as they were typed, or as a request holds them; options that were not given are left out.

    Raises
    ------
    UsageError
        A value is none that the option may have.

    Examples
    --------
    >>> reading_of({"label": "digit", "shape": "28x28", "clip": False})
    {'label': 'digit', 'shape': [28, 28]}
    """
    said = {name: value for name in LEGAL if (value := given.get(name)) not in (None, False, [])}
    if "shape" in said and said["shape"] != POINTS:
        said["shape"] = _sides(said["shape"])
    options_of(**said)
    return cast(Reading, said)


def setting_text(setting: Setting) -> str:
    """Write what a setting proposes as a field, or an option, takes it; nothing where that is left to the reader.

    Examples
    --------
    >>> from convscope.wording import Setting
    >>> setting_text(Setting("shape", [28, 28]))
    '28x28'
    """
    value = setting.value
    if value is None or isinstance(value, bool):
        return ""
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def refuse_reading(reading: Mapping[str, Any], what: str) -> None:
    """Refuse settings for what is read in one way only, which would be without effect.

    Raises
    ------
    UsageError
        There are any.
    """
    for name, value in reading.items():
        if value not in (None, False, (), [], getattr(PLAIN, name, None)):
            setting = Setting(name, value)
            raise UsageError(
                f"{what} cannot be read with this option.",
                received=Words(setting),
                repair=Words("leave out ", Setting(name)),
            )


def range_text(intensity: Range | None) -> str | None:
    """Write a range as the option ``intensity`` takes it.

    Examples
    --------
    >>> range_text((0.0, 255.0))
    '0..255'
    """
    if intensity is None or isinstance(intensity, str):
        return intensity
    return f"{intensity[0]:g}..{intensity[1]:g}"


def range_from(text: Any) -> Range | None:
    """Read what `range_text` wrote; None where it is none.

    Examples
    --------
    >>> range_from("0..16"), range_from("bright")
    ((0.0, 16.0), None)
    """
    try:
        return options_of(intensity=text).intensity if isinstance(text, str) else None
    except UsageError:
        return None


def _refused(name: str, value: Any, expected: str) -> UsageError:
    return UsageError(f"{name}={value!r} is not understood.", received=Words(Setting(name, value)), expected=expected)


def _text(name: str) -> Callable[[Any], str]:
    def form(value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise _refused(name, value, "the name of a column")
        return value

    return form


def _one_of(name: str, *legal: str) -> Callable[[Any], str]:
    def form(value: Any) -> str:
        if value not in legal:
            raise _refused(name, value, "one of " + ", ".join(legal))
        return str(value)

    return form


def _drop(value: Any) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise _refused("drop", value, "the names of columns or class folders")
    return tuple(names)


def _shape(value: Any) -> Shape | str:
    if value == POINTS:
        return POINTS
    parts = value.split("x") if isinstance(value, str) else value
    try:
        numbers = [int(part) for part in parts if int(part) == float(part) and int(part) > 0]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (2, 3) or len(numbers) != len(parts):
        raise _refused("shape", value, "HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, such as 28x28; or points")
    height, width, *rest = numbers
    return height, width, rest[0] if rest else 1


def _layout(value: Any) -> str:
    letters = value.upper() if isinstance(value, str) else ""
    if len(set(letters)) != len(letters) or not {"H", "W"} <= set(letters) <= set("NHWC"):
        raise _refused("layout", value, "letters from slowest to fastest: HW, WH, HWC, CHW, WHC, HWN, HWCN")
    return letters.removeprefix("N")


def _split(value: Any) -> str:
    if isinstance(value, str) and (value in ("train", "val", "test", "all") or re.fullmatch(r".+:.+", value)):
        return value
    raise _refused("split", value, "train, val, test, all, or COLUMN:PART")


def _intensity(value: Any) -> Range:
    if value == STANDARDISED:
        return "standardised"
    parts = value.split("..") if isinstance(value, str) else value
    try:
        low, high = (float(part) for part in parts)
    except (TypeError, ValueError):
        low = high = 0.0
    if not (low < high and math.isfinite(low) and math.isfinite(high)):
        raise _refused("intensity", value, "LOW..HIGH, such as 0..255, or standardised")
    return low, high


def _resize(value: Any) -> tuple[str, tuple[int, int] | None]:
    found = re.fullmatch(r"(contain|cover|stretch)(?::([1-9]\d{0,4})x([1-9]\d{0,4}))?", str(value))
    if found is None:
        raise _refused("resize", value, "contain, cover or stretch, perhaps with a size, such as contain:28x28")
    return found[1], (int(found[2]), int(found[3])) if found[2] else None


def _clip(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refused("clip", value, "True or False")
    return value


def _sides(text: str) -> list[int]:
    """Read HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS."""
    if not SIDES.fullmatch(text):
        raise UsageError(f"{text!r} is not a shape.", expected="HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, such as 28x28")
    return [int(number) for number in text.split("x")]


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and 0 < len(value) <= LONGEST)


LEGAL: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("label", "layout", "intensity", "resize", "missing", "group", "split"), _is_text),
    "drop": lambda value: value is None or (isinstance(value, list) and all(map(_is_text, value))),
    "shape": lambda value: value is None or (isinstance(value, str) and SIDES.fullmatch(value) is not None),
    "clip": lambda value: value is None or isinstance(value, bool),
}
"""What a request may hold of each option."""
FORMS: dict[str, Callable[[Any], Any]] = {
    "label": _text("label"),
    "drop": _drop,
    "shape": _shape,
    "layout": _layout,
    "split": _split,
    "intensity": _intensity,
    "resize": _resize,
    "missing": _one_of("missing", "refuse", "drop"),
    "clip": _clip,
    "group": _text("group"),
}
"""How each option is checked, and brought into its one form."""
