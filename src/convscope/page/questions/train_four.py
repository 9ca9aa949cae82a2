"""Begin to train the four networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.errors import UsageError
from convscope.page.question import Behind, Question

if TYPE_CHECKING:
    from convscope.page.four import FourTraining

__all__ = ["QUESTION", "four_of"]


def answer(behind: Behind, rows: int) -> bytes:
    """Begin with so many rows, and give the state as JSON."""
    four_of(behind).start(rows)
    return four_of(behind).status()


def four_of(behind: Behind) -> FourTraining:
    """Take what trains the four networks.

    Raises
    ------
    UsageError
        This host trains none.
    """
    if behind.four is None:
        raise UsageError("no networks are trained from here.", repair="open the page with convscope explore")
    return behind.four


QUESTION = Question(answer, "four/{rows}", "POST", is_quick=True)
