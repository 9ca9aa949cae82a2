"""The layers of a student's model, read without Keras: what each is called, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convscope.course.answers import UnreadableError
from convscope.language import Say

__all__ = ["LayerFacts", "count_parameters_of", "read_layers"]

SILENT = ("InputLayer", "Dropout", "Reshape", "Rescaling", "Flatten")
LEAST_MODEL = "Expected a Keras model, or the classifier that was fitted; got this type: {kind}."


@dataclass(frozen=True)
class LayerFacts:
    """One layer that computes something.

    Parameters
    ----------
    kind : str
        The Keras class.
    size : int
        Units, or kernels.
    window : tuple of int
        Kernel or pool size; () without one.
    activation : str
    """

    kind: str
    size: int
    window: tuple[int, ...]
    activation: str


def read_layers(answer: Any) -> list[LayerFacts]:
    """List the layers of a model or a fitted classifier; inputs, dropout and reshaping are left out.

    Raises
    ------
    UnreadableError
        It is no model.
    """
    if isinstance(answer, list) and answer and all(isinstance(layer, LayerFacts) for layer in answer):
        return answer  # read already, where the model is
    model = getattr(answer, "model_", getattr(answer, "model", answer))
    layers = getattr(model, "layers", None)
    if not isinstance(layers, list | tuple) or len(layers) > 1000:
        raise UnreadableError(Say(LEAST_MODEL, kind=type(answer).__name__))
    return [_facts(layer) for layer in layers if type(layer).__name__ not in SILENT]


def _facts(layer: Any) -> LayerFacts:
    size = getattr(layer, "units", None) or getattr(layer, "filters", None) or 0
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None) or ()
    function = getattr(layer, "activation", None)
    name = getattr(function, "__name__", "") if function is not None else "linear"
    return LayerFacts(type(layer).__name__, int(size), tuple(int(side) for side in window), name)


def count_parameters_of(answer: Any) -> int:
    """Count a model's parameters as Keras does."""
    model = getattr(answer, "model_", getattr(answer, "model", answer))
    return int(model.count_params())
