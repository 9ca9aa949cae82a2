"""What a reader made of a file: its kind, where labels and order came from, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["LeftOut", "Understood", "as_range"]

MOST_NAMED = 3


@dataclass(frozen=True)
class LeftOut:
    """Rows, files, columns or classes that a table does not hold though its file does.

    Parameters
    ----------
    count : int
    what : str
        Of what kind, in the plural: "files", "rows", "columns".
    reason : str
        Why, as the end of a sentence: "no pictures", "without a label".
    names : tuple of str
        The first three.

    Examples
    --------
    >>> print(LeftOut(2, "files", "no pictures", ("cat/read me.txt", "dog/list.txt")))
    2 files were left out (no pictures): cat/read me.txt, dog/list.txt
    """

    count: int
    what: str
    reason: str
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Sequence[str], what: str, reason: str) -> LeftOut:
        """Count named things; the first three are kept."""
        return cls(len(names), what, reason, tuple(names[:MOST_NAMED]))

    def __str__(self) -> str:
        what, was = (self.what.removesuffix("s"), "was") if self.count == 1 else (self.what, "were")
        more = ", ..." if self.count > len(self.names) else ""
        named = ": " + ", ".join(self.names) + more if self.names else ""
        return f"{self.count:,} {what} {was} left out ({self.reason}){named}"


@dataclass(frozen=True)
class Understood:
    """How a file was read; what a table itself does not say.

    Parameters
    ----------
    kind : str
        What the file is, such as "pixel table", "class folders", "list of files", "array of pictures".
    label : str, optional
        Where the labels come from: the column's name, "the folder's name", ...
    order : str
        Where the order of the pixels comes from: "names", "position", or the letters of a layout.
    columns : mapping of role to name
        Of columns that are neither pixels nor label: "split", "id", "weight", "group", "image".
    sizes : tuple of ((height, width), count)
        Sizes of the pictures before they were brought to one; empty where all had the same.
    left_out : tuple of LeftOut
        Everything that is not in the table; each also becomes a note.
    range_said : bool
        Whether the user said the range of intensities.
    """

    kind: str = "pixel table"
    label: str | None = None
    order: str = "names"
    columns: dict[str, str] = field(default_factory=dict)
    sizes: tuple[tuple[tuple[int, int], int], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    range_said: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in sentences."""
        return tuple(map(str, self.left_out))

    def record(self) -> dict[str, Any]:
        """Give it as JSON values, for runs, the report and the page."""
        return {
            "kind": self.kind,
            "label": self.label,
            "order": self.order,
            "columns": dict(self.columns),
            "sizes": [[height, width, count] for (height, width), count in self.sizes],
            "left_out": [
                {"count": one.count, "what": one.what, "reason": one.reason, "names": list(one.names)}
                for one in self.left_out
            ],
            "range_said": self.range_said,
        }

    @classmethod
    def of(cls, record: dict[str, Any]) -> Understood:
        """Read such a record again."""
        return cls(
            record["kind"],
            record["label"],
            record["order"],
            columns=dict(record["columns"]),
            sizes=tuple(((height, width), count) for height, width, count in record["sizes"]),
            left_out=tuple(LeftOut(**{**one, "names": tuple(one["names"])}) for one in record["left_out"]),
            range_said=bool(record["range_said"]),
        )


def as_range(values: Iterable[float] | str | None) -> Any:
    """Bring a range of intensities, as a record holds it, to (low, high) or "standardised"."""
    return values if values is None or isinstance(values, str) else tuple(float(value) for value in values)
