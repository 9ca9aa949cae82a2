"""How far the training of the four networks is."""

from __future__ import annotations

from convscope.page.question import Behind, Question
from convscope.page.questions.train_four import four_of

__all__ = ["QUESTION"]


def answer(behind: Behind) -> bytes:
    """Give the state as JSON."""
    return four_of(behind).status()


QUESTION = Question(answer, "four", is_quick=True)
