"""From what the user calls a model to a fresh, built Keras model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from convscope import models
from convscope.backend import keras
from convscope.engine.graph import read_graph
from convscope.engine.logits import compile_settings, loss_name, needed_activation, reading_variables
from convscope.errors import ModelError
from convscope.training._misfit import telling_misfits

__all__ = ["PackedModel", "build_model", "builder_parameters"]

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
ASKED = ("image_shape", "n_classes", "n_features")


def builder_parameters(model: Any) -> dict[str, Any]:
    """List what a builder lets its caller choose, with the defaults; empty for a Keras model.

    Parameters
    ----------
    model : str, callable or keras.Model
        As given to `ImageClassifier`.

    Returns
    -------
    parameters : dict of str to object
        ``inspect.Parameter.empty`` where there is no default.
    """
    builder = _find(model) if isinstance(model, str) and model in models.catalogue else model
    if isinstance(builder, keras.Model) or not callable(builder):
        return {}
    return {
        name: parameter.default
        for name, parameter in inspect.signature(builder).parameters.items()
        if parameter.kind in NAMED and name not in ASKED
    }


def build_model(
    model: Any, image_shape: tuple[int, ...], n_classes: int, n_features: int, parameters: Mapping[str, Any]
) -> Any:
    """Build a model, with weights of its own.

    Parameters
    ----------
    model : str, callable or keras.Model
        A name in the collection; a builder that may ask for ``image_shape``, ``n_classes`` and
        ``n_features``; or a Keras model, which is cloned, compile settings included.
    image_shape : tuple of int
        ``(height, width, channels)``, or ``(n_features,)``.
    n_classes, n_features : int
        Of the training rows.
    parameters : mapping
        Passed to the builder by name.

    Raises
    ------
    ModelError
        The builder fails, returns something else, or its model does not take the rows or answer the classes.
    """
    if isinstance(model, keras.Model):
        built = _cloned(model)
    else:
        builder = _find(model)
        offered = {"image_shape": image_shape, "n_classes": n_classes, "n_features": n_features}
        wanted = {name: offered[name] for name in ASKED if name in inspect.signature(builder).parameters}
        with telling_misfits():
            built = builder(**{**wanted, **parameters})
    if not isinstance(built, keras.Model):
        raise ModelError(
            "the builder did not return a Keras model.",
            received=type(built).__name__,
            expected="keras.Model",
            repair="end the function with: return model",
        )
    _check_shows_layers(built)
    if not built.built:
        built.build((None, n_features))
    _check(built, n_classes, n_features)
    return built


@dataclass(frozen=True)
class PackedModel:
    """A model as plain values, for pickling; Keras' own pickles lose an optimizer that never ran.

    Parameters
    ----------
    settings : dict
        Layers and compile settings, as Keras serializes them.
    weights : list of array
    """

    settings: dict[str, Any]
    weights: list[NDArray[Any]]

    @classmethod
    def of(cls, model: Any) -> Self:
        """Pack a model."""
        with reading_variables():
            settings = keras.saving.serialize_keras_object(model)
        return cls(settings, [np.array(keras.ops.convert_to_numpy(weight.value)) for weight in model.weights])

    def unpack(self) -> Any:
        """Build the model again."""
        with reading_variables():
            model = keras.saving.deserialize_keras_object(self.settings, safe_mode=False)
        for weight, value in zip(model.weights, self.weights, strict=True):
            weight.assign(value)
        return model


def _cloned(model: Any) -> Any:
    """Make a model of the same layers with fresh weights, compiled alike."""
    _check_shows_layers(model)
    try:
        with reading_variables():
            clone = keras.models.clone_model(model)
    except (ValueError, NotImplementedError, TypeError) as error:
        raise ModelError(
            f"this Keras model cannot be cloned: {str(error).strip().splitlines()[0].rstrip('.')}.",
            received=type(model).__name__,
            expected="a Sequential or functional model",
            repair="give the function that builds it instead of the model",
        ) from None
    if model.compiled:
        clone.compile(**compile_settings(model))
    return clone


def _find(model: Any) -> Callable[..., Any]:
    if isinstance(model, str):
        found: Callable[..., Any] = models.catalogue.get(model)
        return found
    if not callable(model):
        raise ModelError(
            "model is neither a name, a builder nor a Keras model.",
            received=f"model={model!r}",
            expected=f"one of {', '.join(map(repr, models.catalogue.names()))}, a function that returns a "
            "keras.Model, or a keras.Model",
            repair="use model='cnn', or leave model out",
        )
    return model  # type: ignore[no-any-return]


def _check(model: Any, n_classes: int, n_features: int) -> None:
    taken = model.input_shape[1:]
    if None not in taken and prod(taken) != n_features:
        raise ModelError(
            "the model does not accept these rows.",
            received=f"rows of {n_features} columns",
            expected=f"{prod(taken)} columns, for the model's input {model.input_shape}",
            repair="build the model for the size of the images, e.g. from the builder's image_shape",
        )
    units = model.output_shape[-1]
    if len(model.output_shape) != 2 or (units != n_classes and not (units == 1 and n_classes == 2)):
        raise ModelError(
            f"the model does not have one output for each of the {n_classes} classes."
            if len(model.output_shape) == 2 and units > n_classes
            else f"the model cannot distinguish {n_classes} classes.",
            received=f"output shape {model.output_shape}",
            expected=f"(None, {n_classes})" + (" or (None, 1)" if n_classes == 2 else ""),
            repair=f"end the model with Dense({n_classes}, activation='softmax')",
        )
    if model.compiled:
        _check_loss(model)


def _check_loss(model: Any) -> None:
    """Refuse an unknown loss, and one that expects probabilities from outputs that are not."""
    loss = model.loss
    try:
        loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    except ValueError:
        raise ModelError(
            f"there is no loss named {loss!r}.",
            received=f"loss={loss!r}",
            expected="a loss of Keras, for instance 'sparse_categorical_crossentropy'",
            repair="compile the model with such a loss, or leave it uncompiled",
        ) from None
    needed, answer = needed_activation(model, loss), read_graph(model).answer
    if needed is not None:
        raise ModelError(
            f"the loss expects probabilities, but the last layer has no {needed} activation.",
            received=f"loss {loss_name(loss)}, last layer {answer.name if answer else model.name}",
            expected=f"a last layer with activation='{needed}', or a loss with from_logits=True",
            repair=f"end the model with Dense({model.output_shape[-1]}, activation='{needed}')",
        )


def _check_shows_layers(model: Any) -> None:
    """Refuse a model that defines its own ``call``."""
    if isinstance(model, keras.Sequential) or getattr(model, "inputs", None):
        return
    raise ModelError(
        "a model with its own call method hides its layers: it cannot be saved or inspected.",
        received=f"{type(model).__name__}, a subclass of keras.Model",
        expected="a keras.Sequential or functional model",
        repair="write its layers as keras.Sequential([...]), or as keras.Model(inputs, outputs)",
    )
