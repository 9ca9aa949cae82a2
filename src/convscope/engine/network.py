"""A Keras model as a graph of primitives with copies of its weights: values forwards, gradients backwards.

A model with something that no primitive stands for, or that this loop does not train, is refused with a reason, and
Keras trains it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.engine.lowering import Lowered, LoweringError, lower_model
from convscope.engine.rewriting import bend_at_once, hasten
from convscope.primitives import Graph, Node, Pass, Primitive
from convscope.primitives.bend import Bend
from convscope.primitives.convolve import Convolve
from convscope.primitives.noise import Noise
from convscope.primitives.normalize import Normalize
from convscope.primitives.pick import Pick
from convscope.primitives.scan import Scan
from convscope.primitives.softmax import Softmax

__all__ = ["Network", "Pass", "UnknownLayerError", "read_network"]

Array = NDArray[Any]
Gradients = list[Array | None]


class UnknownLayerError(Exception):
    """Why a model cannot be trained here, as one sentence without a full stop."""


class Network:
    """A model's graph up to its last activation, and copies of its weights.

    Parameters
    ----------
    lowered : Lowered
        With one input and one output.
    to_input : bool
        Whether gradients flow back to the input itself; training has no use for them.

    Attributes
    ----------
    variables : list of keras.Variable
        Where the weights came from, and go back to.
    weights : list of array
    trainable : list of bool
        One for each weight.
    last : Primitive or None
        The activation that follows; the loss is taken before it.
    """

    def __init__(self, lowered: Lowered, *, to_input: bool = False) -> None:
        self.calls = lowered.calls
        self.input, *self.places = lowered.graph.sources
        self.variables = [lowered.variables[place] for place in self.places]
        self.trainable = [bool(variable.trainable) for variable in self.variables]
        self.graph, self.last = _without_last_activation(lowered.graph)
        self.wanted = (*lowered.inputs, *self.places) if to_input else tuple(self.places)
        self.weights: list[Array] = []
        self.read()

    @property
    def output(self) -> int:
        """The number of the value before the last activation."""
        return self.graph.outputs[0]

    @property
    def activation(self) -> str:
        """The name of the last activation."""
        if isinstance(self.last, Bend):
            return self.last.curve
        return "softmax" if self.last else "linear"

    @cached_property
    def steps(self) -> Graph:
        """The graph as it runs in training and prediction; see `hasten`."""
        return hasten(self.graph)

    @cached_property
    def shown(self) -> Graph:
        """The graph as it runs where somebody looks at what each layer gives; see `bend_at_once`."""
        return bend_at_once(self.graph)

    @cached_property
    def moving(self) -> dict[int, tuple[int, int, float]]:
        """Of each batch normalization that is trained: which weights are its moving mean and variance, and momentum."""
        found = {}
        for number, node in enumerate(self.graph.nodes):
            if node is not None and isinstance(node.do, Normalize) and node.do.momentum is not None:
                mean, variance = (self.places.index(self._source(place)) for place in node.inputs[1:])
                found[number] = (mean, variance, node.do.momentum)
        return found

    def _source(self, number: int) -> int:
        """Follow moves back to the weight that they began with."""
        while (node := self.graph.nodes[number]) is not None:
            (number,) = node.inputs
        return number

    @property
    def draws(self) -> bool:
        """Whether chance plays a part."""
        return any(isinstance(node.do, Noise) and node.do.kind != "none" for node in _all_nodes(self.graph))

    def read(self) -> None:
        """Copy the weights out of the Keras model."""
        values = [keras.ops.convert_to_numpy(variable.value) for variable in self.variables]
        self.weights = [np.array(value, np.float32) for value in values]

    def write(self) -> None:
        """Put the weights back into the Keras model."""
        for variable, value in zip(self.variables, self.weights, strict=True):
            variable.assign(value)

    def forward(self, x: Array, now: Pass) -> tuple[Array, Callable[[Array], Gradients]]:
        """Send a batch through.

        Returns
        -------
        output : array of shape (n_rows, n_units)
            Before the last activation.
        back : callable
            Given the gradient of the output, gives one for each weight; None where there is none.
        """
        values, backs = self.steps.forward([x, *self.weights], now, self.wanted)

        return values[self.output], lambda dy: self.steps.backward({self.output: dy}, backs)[1:]

    def activate(self, y: Array) -> Array:
        """Apply the last activation."""
        return self.last.value([y]) if self.last else y

    def activations(self, x: Array) -> dict[str, Array]:
        """Send a batch through as after training, and keep what every call of a layer gives, by its name."""
        values, _ = self.shown.forward([x, *self.weights], Pass(False), ())
        found = {call.name: values[call.output] for call in self.calls if call.output < len(values)}
        return found | {self.calls[-1].name: self.activate(values[self.output])}

    def slopes(self, x: Array, find: Callable[[Array], Array], layer: str | None = None) -> tuple[Array, Array, Array]:
        """Ask how the output changes with what a layer gives, or with the input.

        Parameters
        ----------
        x : array of shape (n_rows, ...)
        find : callable
            Given the output before the last activation, gives its gradient: what is asked about.
        layer : str, optional
            The name of its call; the input if left out, for a network that was read ``to_input``.

        Returns
        -------
        slopes, values : arrays of shape (n_rows, ...)
            Of the layer, after its activation.
        output : array of shape (n_rows, n_units)
            Before the last activation.
        """
        graph = self.steps if layer is None else self.graph  # between steps there may be other values
        values, backs = graph.forward([x, *self.weights], Pass(False), self.wanted)
        place = self.input
        if layer is not None:  # the last layer is asked before its activation
            place = min(next(call.output for call in self.calls if call.name == layer), self.output)
        slopes = graph.slope({self.output: find(values[self.output])}, backs, place)
        return np.zeros_like(values[place]) if slopes is None else slopes, values[place], values[self.output]

    def count_floats(self, x: Array) -> int:
        """Count the numbers that one row keeps between forward and backward: values, and windows side by side."""
        values, _ = self.graph.forward([x, *self.weights], Pass(False), ())
        floats = int(x.size)
        for number, node in enumerate(self.graph.nodes):
            if node is None or self.graph.static[number] or (isinstance(node.do, Pick) and not node.part):
                continue
            floats += int(values[number].size)
            if isinstance(node.do, Convolve):
                window = prod(self.graph.shapes[node.inputs[1]][:2]) * self.graph.shapes[node.inputs[0]][2]
                floats += int(values[number][..., 0].size) * window
            elif isinstance(node.do, Scan):
                floats += values[number].shape[1] * sum(prod(shape) for shape in node.do.body.shapes)
        return floats

    def follow_moments(self, now: Pass) -> None:
        """Move the moving mean and variance towards those of a batch."""
        for number, mean, variance in now.moments:
            mean_at, variance_at, momentum = self.moving[number]
            for place, value in ((mean_at, mean), (variance_at, variance)):
                weight = self.weights[place]
                weight += (value.reshape(weight.shape) - weight) * np.float32(1 - momentum)


def _without_last_activation(graph: Graph) -> tuple[Graph, Primitive | None]:
    """Part the last activation from a graph that ends with one."""
    (output,) = graph.outputs
    node = graph.nodes[output]
    if node is None or output != len(graph.nodes) - 1 or not _is_activation(node, graph):
        return graph, None
    shorter = Graph(graph.nodes[:-1], graph.shapes[:-1], graph.static[:-1], graph.sources, graph.constants)
    shorter.outputs = [node.inputs[0]]
    return shorter, node.do


def _is_activation(node: Node, graph: Graph) -> bool:
    if isinstance(node.do, Softmax):
        return not node.do.log and node.do.axis == len(graph.shapes[node.inputs[0]]) - 1
    return isinstance(node.do, Bend) and not node.do.how


def _all_nodes(graph: Graph) -> Iterator[Node]:
    """List the nodes of a graph, and of the bodies within."""
    for node in graph.nodes:
        if node is not None:
            yield node
            if isinstance(node.do, Scan):
                yield from _all_nodes(node.do.body)


def read_network(model: Any, *, to_input: bool = False) -> Network:
    """Turn a built Keras model into a `Network`.

    Parameters
    ----------
    model : keras.Model
    to_input : bool
        Whether gradients flow back to the input itself; training has no use for them.

    Raises
    ------
    UnknownLayerError
        A layer, or a setting of one, has no counterpart in `layers`, or is not trained here.
    """
    try:
        lowered = lower_model(model)
    except LoweringError as error:
        raise UnknownLayerError(str(error)) from error
    if len(lowered.inputs) != 1 or len(lowered.graph.outputs) != 1:
        raise UnknownLayerError("it has several inputs or outputs")
    for call in lowered.calls:
        _check(call.name, call.call.layer)
    for node in lowered.graph.nodes:
        if node is not None:
            _check_node(node)
    return Network(lowered, to_input=to_input)


def _check(name: str, layer: Any) -> None:
    """Refuse settings that change what is trained."""
    for key, value in vars(layer).items():
        if key.endswith(("_regularizer", "_constraint")) and value is not None:
            raise UnknownLayerError(f"{name} has a {key.strip('_').replace('_', ' ')}")
    if getattr(layer, "compute_dtype", "float32") != "float32":
        raise UnknownLayerError(f"{name} computes in {layer.compute_dtype}")
    for inner in ("layer", "forward_layer", "backward_layer", "cell"):
        if isinstance(getattr(layer, inner, None), keras.layers.Layer):
            _check(name, getattr(layer, inner))


def _check_node(node: Node) -> None:
    if isinstance(node.do, Noise) and node.do.kind == "varied":
        raise UnknownLayerError(f"{node.layer} varies pictures")
    inside = _all_nodes(node.do.body) if isinstance(node.do, Scan) else ()
    for one in inside:
        if isinstance(one.do, Normalize) and one.do.momentum is not None:
            raise UnknownLayerError(f"{node.layer} normalizes the batch at each step")
        _check_node(one)
