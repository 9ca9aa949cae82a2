"""What insights share: a model and images in a common shape, the class in question, and how its score changes.

The score of a class is its unit's number before the last softmax or sigmoid. Softmax hides what speaks for a class
behind what speaks against the others, and where it is sure its slope is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.backend import gradient_of, keras
from convscope.engine.graph import Graph, gives_probabilities, last_activation, read_graph, with_activation
from convscope.engine.logits import reading_variables
from convscope.engine.network import Pass
from convscope.engine.outputs import known_network
from convscope.errors import ShapeError, UsageError, did_you_mean
from convscope.tracing.inputs import as_batch, network_of
from convscope.training.pixel_range import check_range

__all__ = ["Asked", "ask", "probabilities_of", "scores_of", "slopes_of"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Asked:
    """One image in a model's own numbers, and the class in question.

    Parameters
    ----------
    network : keras.Model
    pixels : float32 array of shape (height, width, channels)
    index : int
        Of the class, in the order of the model's outputs.
    label : str
        The class as the user calls it.
    scale : float
        What intensities are divided by.
    """

    network: Any
    pixels: Array
    index: int
    label: str
    scale: float

    def as_input(self, batch: Array) -> Array:
        """Give images the shape that the model expects, which may be a row of pixels."""
        return batch.reshape(len(batch), *self.network.input_shape[1:]).astype(np.float32, copy=False)


def ask(model: Any, image: ArrayLike, label: Any = None) -> Asked:
    """Check an image and a class against a model.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        With one input.
    image : array of shape (height, width, channels) or (height, width), or one row of the table
    label : optional
        A class as the classifier names it, or an index for a Keras model; the prediction if left out.

    Raises
    ------
    ShapeError
        The image does not fit, or the model does not look at images.
    UsageError
        There is no such class.
    """
    network, scale = network_of(model), float(getattr(model, "pixel_scale_", 1.0))
    batch = as_batch(network, image, scale, 0)
    check_range(model, np.asarray(image)[None])
    given = np.atleast_3d(np.asarray(image)).shape if np.ndim(image) > 1 else batch.shape[1:]
    shape = getattr(model, "image_shape_", None) or given
    if len(shape) != 3:
        raise ShapeError(
            "insights need images, but this model takes a list of numbers.",
            received=f"inputs of shape {tuple(batch.shape[1:])}",
            expected="a classifier that knows the shape of its images",
            repair="give ImageClassifier an image_shape=(height, width, channels)",
        )
    names = [str(name) for name in getattr(model, "classes_", range(max(2, network.output_shape[-1])))]
    asked = Asked(network, batch[0].reshape(shape), 0, names[0], scale)
    index = _index(label, names) if label is not None else int(_outputs(asked, batch)[0].argmax())
    return Asked(network, asked.pixels, index, names[index], scale)


def _index(label: Any, names: list[str]) -> int:
    if str(label) not in names:
        raise UsageError(
            f"there is no class {label!r}.",
            received=f"label={label!r}",
            expected=did_you_mean(str(label), names),
            repair="name a class of the training, or leave it out to explain the prediction",
        )
    return names.index(str(label))


def _outputs(asked: Asked, batch: Array) -> Array:
    """Score every class; a single unit stands for the second of two."""
    scores = _before_activation(asked.network, batch)
    return np.concatenate([-scores, scores], axis=1) if scores.shape[1] == 1 else scores


def scores_of(asked: Asked, batch: Array) -> Array:
    """Score images of the class in question: shape (n_images,)."""
    return _outputs(asked, asked.as_input(batch))[:, asked.index]


def probabilities_of(asked: Asked, batch: Array) -> Array:
    """Give the probability of the class in question: shape (n_images,)."""
    scores = _outputs(asked, asked.as_input(batch)).astype(np.float64)
    if last_activation(asked.network) is None and gives_probabilities(asked.network):
        return scores[:, asked.index] + (scores[:, asked.index] < 0)  # a single unit's -p stands for 1 - p
    if asked.network.output_shape[-1] == 1:
        return np.asarray(1 / (1 + np.exp(-scores[:, asked.index])))
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares[:, asked.index] / shares.sum(axis=1))


def slopes_of(asked: Asked, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
    """Ask how the score changes with the pixels, or with what a layer gives.

    Parameters
    ----------
    asked : Asked
    batch : float32 array of shape (n_images, height, width, channels)
    layer : str, optional
        The name of its call, see `training.graph`; the input if left out.

    Returns
    -------
    slopes, values : arrays of shape (n_images, ...)
    """
    x = asked.as_input(batch)
    network = known_network(asked.network, to_input=True)
    if network is None:
        return _slopes_by_keras(asked, x, layer)
    slopes, values, _ = network.slopes(x, lambda y: _chosen(asked, y.shape), layer)
    return slopes, values


def _chosen(asked: Asked, shape: tuple[int, ...]) -> Array:
    """Give the gradient of the class's score with respect to all scores: 1 for its own unit."""
    found = np.zeros(shape, np.float32)
    if shape[1] == 1:
        found[:] = 1 if asked.index else -1
    else:
        found[:, asked.index] = 1
    return found


def _before_activation(network: Any, batch: Array) -> Array:
    known = known_network(network)
    if known is not None:
        scores, _ = known.forward(batch, Pass(False))
        return scores
    values = _keras_values(read_graph(network), keras.ops.convert_to_tensor(batch))
    return np.asarray(keras.ops.convert_to_numpy(values[-1]))


def _keras_values(graph: Graph, tensor: Any, changed: int = 0, change: Any = 0.0) -> list[Any]:
    """Run a Keras model up to where its last softmax or sigmoid stands, with something added to one of its values.

    Returns
    -------
    values : list of tensors
        In the order of their numbers, each before it was changed; and the scores.
    """
    given, values, answer = [tensor], [tensor + change if changed == 0 else tensor], graph.answer
    for call in graph.calls:
        bare = call is answer and call.activation is not None
        found = call(values, with_activation(call.layer, lambda sums: sums) if bare else None)[: len(call.outputs)]
        values += [
            value + change if number == changed else value for number, value in zip(call.outputs, found, strict=True)
        ]
        given += found
    return [*given, values[graph.outputs[0]]]


def _slopes_by_keras(asked: Asked, x: Array, layer: str | None) -> tuple[Array, Array]:
    """Let the backend differentiate: with respect to something added to the input, or to what the layer gives."""
    graph, tensor = read_graph(asked.network), keras.ops.convert_to_tensor(x)
    changed = 0 if layer is None else graph[layer].outputs[0]
    chosen = _chosen(asked, (len(x), asked.network.output_shape[-1]))
    with reading_variables():
        values = np.asarray(keras.ops.convert_to_numpy(_keras_values(graph, tensor)[changed]))
        slopes = gradient_of(
            lambda change: keras.ops.sum(_keras_values(graph, tensor, changed, change)[-1] * chosen),
            np.zeros(values.shape, np.float32),
        )
    return slopes, values
