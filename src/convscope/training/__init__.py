"""From rows and labels to a trained, measured classifier.

What needs Keras is imported when it is asked for: a bad model file is refused without it (see `modelcheck`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convscope.training.classifier import ImageClassifier
    from convscope.training.evaluation import evaluate
    from convscope.training.settings import RECIPES

__all__ = ["RECIPES", "ImageClassifier", "evaluate"]

PLACES = {"ImageClassifier": "classifier", "evaluate": "evaluation", "RECIPES": "settings"}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
    globals()[name] = found
    return found
