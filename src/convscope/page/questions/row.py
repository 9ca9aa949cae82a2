"""Another row of the table, with the values that the page cannot compute."""

from __future__ import annotations

from convscope.page.question import Behind, Question

__all__ = ["QUESTION"]


def answer(behind: Behind, row: int) -> bytes:
    """Give one row as a bundle."""
    return behind.exhibit.row(row)


QUESTION = Question(answer, "rows/{row}")
