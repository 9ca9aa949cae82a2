"""Option values that several commands share."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["EngineChoice", "PixelOrder", "Recipe"]


class Recipe(StrEnum):
    """How to train."""

    fast = "fast"
    quick = "quick"
    document = "document"


class EngineChoice(StrEnum):
    """Which loop trains."""

    auto = "auto"
    numpy = "numpy"
    keras = "keras"


class PixelOrder(StrEnum):
    """Pixels where they belong, or all images shuffled alike."""

    original = "original"
    shuffled = "shuffled"
