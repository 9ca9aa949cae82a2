"""One of the lab's point tables, for the playground."""

from __future__ import annotations

from convscope.page.playground import lab_points
from convscope.page.question import Behind, Question

__all__ = ["QUESTION"]


def answer(behind: Behind, name: str) -> bytes:
    """Give the table as CSV."""
    return lab_points(name)


QUESTION = Question(answer, "points/{name}", is_quick=True)
