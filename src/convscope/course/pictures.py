"""Pictures that ``show`` draws: the complete calculation once it is right, a filter's answers, a rule's box."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from convscope import charts
from convscope.course.answers import read_grid
from convscope.course.result import Verdict

__all__ = ["draw_box", "draw_filter", "once_right"]

FIVE, SIX = 5, 6
Picture = Callable[[Any], Any]


def once_right(judge: Callable[[Any], Verdict], draw: Callable[[], Any]) -> Picture:
    """Draw the complete calculation for a correct answer, and nothing otherwise."""
    return lambda answer: draw() if judge(answer).correct else None


def draw_filter(answer: Any) -> Any:
    """Draw what a filter answers to edges in four directions."""
    return charts.filter_answers(read_grid(answer))


def draw_box(answer: Any) -> Any:
    """Draw a box on the mean five and the mean six, and how often a rule that looks at it is right."""
    if isinstance(answer, str) and any(letter.isalpha() for letter in answer.replace("x", "")):
        return None  # words are for a person
    from convscope.course.box_rule import accuracy_when_moved, fit_rule, only, read_box  # noqa: PLC0415
    from convscope.course.lesson_data import images  # noqa: PLC0415  (a check needs no tables)

    with redirect_stdout(StringIO()):
        data = images()
    train, test = only(data.train, FIVE, SIX), only(data.test, FIVE, SIX)
    box = read_box(answer, train.image_shape)
    return charts.box_rule(train, box, accuracy_when_moved(fit_rule(train, box), test))
