"""An order to a training that goes on."""

from __future__ import annotations

from typing import Literal

from convscope.errors import UsageError
from convscope.page.question import Behind, Question

__all__ = ["QUESTION"]


def answer(behind: Behind, order: Literal["pause", "go_on", "stop"]) -> bytes:
    """Pass the order on.

    Raises
    ------
    UsageError
        No training goes on here.
    """
    if behind.film is None:
        raise UsageError("no training goes on here.")
    behind.film.order(order)
    return b""


QUESTION = Question(answer, "training/{order}", "POST", is_quick=True)
