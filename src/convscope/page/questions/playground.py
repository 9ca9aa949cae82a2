"""Keep a network of the playground as a run."""

from __future__ import annotations

from convscope.page.playground import MOST_BYTES, keep_network
from convscope.page.question import Behind, Body, Question

__all__ = ["QUESTION"]


def answer(behind: Behind, body: bytes) -> bytes:
    """Write the run, and give its name."""
    return keep_network(body)


QUESTION = Question(answer, "playground", "POST", Body("a network of the playground", lambda _: MOST_BYTES))
