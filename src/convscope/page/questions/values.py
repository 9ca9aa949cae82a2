"""What the layers make of a picture that is in no table."""

from __future__ import annotations

from math import prod

import numpy as np

from convscope.errors import UsageError
from convscope.page.question import Behind, Body, Question

__all__ = ["QUESTION"]


def answer(behind: Behind, body: bytes) -> bytes:
    """Give the values that the page cannot compute, of float32 intensities.

    Raises
    ------
    UsageError
        It is no picture of this model.
    """
    if len(body) != picture_bytes(behind):
        raise UsageError("this is not a picture of the right size.", received=f"{len(body):,} bytes")
    pixels = np.frombuffer(body, np.float32)
    if not np.isfinite(pixels).all():
        raise UsageError("a picture holds finite numbers only.")
    return behind.exhibit.values(pixels)


def picture_bytes(behind: Behind) -> int:
    """How many bytes a picture has."""
    return 4 * prod(behind.exhibit.picture_shape)


QUESTION = Question(answer, "values", "POST", Body("a picture", picture_bytes))
