"""The pictures that a map answers to most."""

from __future__ import annotations

from convscope.page.question import Behind, Question

__all__ = ["QUESTION"]


def answer(behind: Behind, layer: int, channel: int) -> bytes:
    """Give the strongest pictures of one channel of a layer."""
    return behind.exhibit.strongest(layer, channel)


QUESTION = Question(answer, "strongest/{layer}/{channel}")
