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

    Examples
    --------
    >>> TextTwin("Two classes.", ["class", "images"], [["no", 3], ["yes", 4]]).sentence
    'Two classes.'
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
    """Give a chart's text twin, or None if it has none.

    Examples
    --------
    >>> from convscope import charts
    >>> twin = charts.text_twin(charts.image([[0, 255], [255, 0]], name="Two by two"))
    >>> twin.sentence
    'Two by two: 2 by 2 pixels, 2 of them not black.'
    >>> twin.rows
    [[1, 0.0, 255.0], [2, 255.0, 0.0]]
    """
    twin: TextTwin | None = vars(chart).get("_text_twin")
    return twin


def show_number(value: Any) -> str:
    """Write a value for a person: a true minus sign, commas in thousands, four decimals at most.

    Examples
    --------
    >>> show_number(-1234.5), show_number(0.00001), show_number(None)
    ('−1,234.5', '0', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{abs(value):,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{abs(value):,}"
    return ("−" if value < 0 and text != "0" else "") + text
