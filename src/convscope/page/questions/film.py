"""What is new of a training's film."""

from __future__ import annotations

from convscope.errors import UsageError
from convscope.page.question import Behind, Question

__all__ = ["QUESTION"]


def answer(behind: Behind, since: int) -> bytes:
    """Give the looks from a step on.

    Raises
    ------
    UsageError
        Nobody watched this training.
    """
    if behind.film is None:
        raise UsageError("there is no film of this training.", repair="train with watch=True, and open the page again")
    return behind.film.after(since - 1)


QUESTION = Question(answer, "film/{since}", is_quick=True)
