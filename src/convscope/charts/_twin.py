"""The text twin of a chart: one sentence and a table that say what the picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["TextTwin", "show_number", "text_twin", "with_twin"]


@dataclass(frozen=True)
class TextTwin:
    """What a chart shows, for a reader who does not see it.

    Parameters
    ----------
    sentence : str
    columns : list of str
    rows : list of list
        JSON values.
    """

    sentence: str
    columns: list[str]
    rows: list[list[Any]]


def with_twin(chart: Any, sentence: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """Give a chart its text twin, and the sentence as its description for screen readers."""
    described = chart.properties(description=sentence)
    twin = TextTwin(sentence, list(columns), [list(row) for row in rows])
    # Altair turns attributes into chart properties, and refuses to join charts that carry unknown ones.
    object.__setattr__(described, "_text_twin", twin)
    return described


def text_twin(chart: Any) -> TextTwin | None:
    """Give a chart's text twin, or None for a chart that has none."""
    twin: TextTwin | None = vars(chart).get("_text_twin")
    return twin


def show_number(value: Any) -> str:
    """Write a value for a person: a true minus sign, commas in thousands, four decimals at most."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{abs(value):,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{abs(value):,}"
    return ("−" if value < 0 and text != "0" else "") + text
