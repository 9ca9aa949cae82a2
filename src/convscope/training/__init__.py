"""From rows and labels to a trained, measured classifier."""

from convscope.training.classifier import ImageClassifier
from convscope.training.evaluate import evaluate
from convscope.training.recipes import RECIPES

__all__ = ["RECIPES", "ImageClassifier", "evaluate"]
