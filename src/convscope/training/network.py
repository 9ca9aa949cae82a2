"""A Keras model as a chain, or a graph, of the layers in `gradients`: values forwards, gradients backwards.

What no layer here stands for is refused with a reason, and Keras trains that model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import pairwise
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic.convolution import window_padding
from convscope.backend import keras
from convscope.primitives import CURVES
from convscope.primitives import gradients as g
from convscope.training.graph import Call, read_graph

__all__ = ["Network", "Node", "Pass", "UnknownLayerError", "read_network"]

Array = NDArray[Any]
Run = Callable[[list[Array], list[Array], "Pass"], tuple[Array, g.Back]]


class UnknownLayerError(Exception):
    """Why a model cannot be trained here, as one sentence without a full stop."""


@dataclass
class Pass:
    """What one pass through a network needs besides values and weights, and what it learns by the way.

    Parameters
    ----------
    training : bool
        Dropout drops, and batch normalization takes the batch's own mean.
    rng : Generator, optional
        For dropout.
    moments : list of (node, mean, variance)
        Of each batch normalization, in training.
    """

    training: bool
    rng: np.random.Generator | None = None
    moments: list[tuple[int, Array, Array]] = field(default_factory=list)


@dataclass(frozen=True)
class Node:
    """One operation.

    Parameters
    ----------
    name : str
        Of the call, see `graph.Call`; an activation has its layer's.
    run : callable
        Takes the values that come in, the weights and the `Pass`; returns a value and its ``back``.
    inputs : tuple of int
        Which values come in; 0 is the network's input, n + 1 what node n gives.
    weights : tuple of int
        Which weights it uses.
    kind : str
        An activation's name, or the Keras class.
    layer : keras.Layer, optional
        Where it comes from; an activation is a node of its own, and has none.
    is_first : bool
        Nobody asks for the gradient of its input.
    """

    name: str
    run: Run
    inputs: tuple[int, ...]
    weights: tuple[int, ...] = ()
    kind: str = ""
    layer: Any = None
    is_first: bool = False


class Network:
    """The nodes of a model in the order in which they run, and copies of its weights.

    Parameters
    ----------
    nodes : list of Node
        One for each layer, and one for each activation; `hasten` makes of them the steps that run.
    variables : list of keras.Variable
        Where the weights came from, and go back to.
    trainable : list of bool
        One for each weight.
    moving : dict of int to (mean, variance, momentum)
        Of each batch normalization: which weights hold the moving mean and variance.
    activation : str
        What follows the last node; the loss is taken before it.
    draws : bool
        Whether chance plays a part: there is dropout.
    """

    def __init__(
        self,
        nodes: list[Node],
        variables: list[Any],
        trainable: list[bool],
        moving: dict[int, tuple[int, int, float]],
        activation: str,
        draws: bool,
    ) -> None:
        self.nodes, self.variables, self.trainable = nodes, variables, trainable
        self.moving, self.activation, self.draws = moving, activation, draws
        self.weights: list[Array] = []
        self.read()

    @cached_property
    def steps(self) -> list[Node]:
        """The nodes as they run in training and prediction; see `hasten`."""
        return hasten(self.nodes)

    @cached_property
    def shown(self) -> list[Node]:
        """The nodes as they run where somebody looks at what each layer gives; see `bend_at_once`."""
        return bend_at_once(self.nodes)

    def read(self) -> None:
        """Copy the weights out of the Keras model."""
        values = [keras.ops.convert_to_numpy(variable.value) for variable in self.variables]
        self.weights = [np.array(value, np.float32) for value in values]

    def write(self) -> None:
        """Put the weights back into the Keras model."""
        for variable, value in zip(self.variables, self.weights, strict=True):
            variable.assign(value)

    def forward(self, x: Array, now: Pass) -> tuple[Array, list[g.Back]]:
        """Send a batch through.

        Returns
        -------
        output : array of shape (n_rows, n_units)
            Before the last activation.
        backs : list of callable
            One for each step, in order.
        """
        values, backs = [x], []
        for node in self.steps:
            value, back = node.run([values[i] for i in node.inputs], [self.weights[i] for i in node.weights], now)
            values.append(value)
            backs.append(back)
        return values[-1], backs

    def activations(self, x: Array) -> dict[str, Array]:
        """Send a batch through as after training, and keep what every call of a layer gives, by its name."""
        values, found = [x], {}
        for node in self.shown:
            weights = [self.weights[i] for i in node.weights]
            values.append(node.run([values[i] for i in node.inputs], weights, Pass(False))[0])
            found[node.name] = values[-1]
        found[self.nodes[-1].name] = g.activation(values[-1], self.activation)[0]
        return found

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
        nodes = self.steps if layer is None else self.nodes  # between steps there may be other values
        values, backs = [x], []
        for node in nodes:
            weights = [self.weights[i] for i in node.weights]
            value, back = node.run([values[i] for i in node.inputs], weights, Pass(False))
            values.append(value)
            backs.append(back)
        place = 0 if layer is None else max(n + 1 for n, node in enumerate(nodes) if node.name == layer)
        flowing = {len(nodes): find(values[-1])}
        for number in reversed(range(place, len(nodes))):
            if number + 1 in flowing:
                dx, _ = backs[number](flowing.pop(number + 1))
                _arrive(flowing, nodes[number], dx)
        return flowing[place], values[place], values[-1]

    def backward(self, dy: Array, backs: list[g.Back]) -> list[Array | None]:
        """Send the gradient of the output back, and collect one for each weight; None where there is none."""
        gradients: list[Array | None] = [None] * len(self.weights)
        flowing: dict[int, Array] = {len(self.nodes): dy}
        for number in reversed(range(len(self.nodes))):
            if number + 1 not in flowing:
                continue  # nothing that this node gave was used
            node = self.steps[number]
            dx, dweights = backs[number](flowing.pop(number + 1))
            # gradients come for the first weights of a node: the moving mean and variance stand last
            for place, value in zip(node.weights, dweights, strict=False):
                gradients[place] = value if (old := gradients[place]) is None else old + value
            _arrive(flowing, node, dx)
        return gradients

    def count_floats(self, x: Array) -> int:
        """Count the numbers that one row keeps between forward and backward: values, and windows side by side."""
        values, floats = [x], int(x.size)
        for node in self.nodes:
            weights = [self.weights[i] for i in node.weights]
            values.append(node.run([values[i] for i in node.inputs], weights, Pass(False))[0])
            window = int(np.prod(weights[0].shape[:3])) if weights and weights[0].ndim == 4 else 0
            floats += int(values[-1].size + values[-1][..., 0].size * window)
        return floats

    def follow_moments(self, now: Pass) -> None:
        """Move the moving mean and variance towards those of a batch."""
        for number, mean, variance in now.moments:
            mean_at, variance_at, momentum = self.moving[number]
            for place, value in ((mean_at, mean), (variance_at, variance)):
                self.weights[place] += (value - self.weights[place]) * np.float32(1 - momentum)


def _arrive(flowing: dict[int, Array], node: Node, dx: Any) -> None:
    """Add the gradients that a node sends back to those that its inputs have from elsewhere."""
    for place, value in zip(node.inputs, dx if isinstance(dx, list) else [dx], strict=True):
        if value is not None:
            flowing[place] = flowing[place] + value if place in flowing else value


def hasten(nodes: list[Node]) -> list[Node]:
    """Take less time for the same numbers and gradients; what the nodes between give may be another thing."""
    return fuse(_pool_before_relu(nodes))


def _pool_before_relu(nodes: list[Node]) -> list[Node]:
    """Let max pooling go before a ReLU that it follows: a quarter of the work.

    The largest of what is above 0 is what is above 0 of the largest; where nothing is, no gradient flows.
    """
    steps = list(nodes)
    for number in _pairs(nodes, "relu", "MaxPooling2D"):
        relu, pool = nodes[number : number + 2]
        steps[number] = replace(pool, inputs=relu.inputs)
        steps[number + 1] = replace(relu, inputs=(number + 1,))
    return steps


def fuse(nodes: list[Node]) -> list[Node]:
    """Take a convolution, the max pooling after it and their ReLU as one step, if Numba is there to compile it.

    The step stands where the pooling stood; where the convolution and ReLU stood nothing happens.
    """
    steps, relus = list(nodes), _pairs(nodes, "MaxPooling2D", "relu")
    for number in _pairs(nodes, "Conv2D", "MaxPooling2D"):
        convolution, pooling = nodes[number : number + 2]
        if _can_be_fused(convolution.layer, pooling.layer) and (fused := _fused()) is not None:
            sizes = {"window": tuple(pooling.layer.pool_size), "pool_strides": tuple(pooling.layer.strides)}
            run = _fused_run(fused, convolution, relu=number + 1 in relus, **sizes)
            steps[number] = replace(convolution, run=_same(None), weights=())
            steps[number + 1] = replace(pooling, run=run, weights=convolution.weights)
            if number + 1 in relus:
                steps[number + 2] = replace(nodes[number + 2], run=_same(None))
    return steps


def bend_at_once(nodes: list[Node]) -> list[Node]:
    """Take a convolution by small kernels and its own ReLU as one step: one that pools windows of one place."""
    steps = list(nodes)
    for number in _pairs(nodes, "Conv2D", "relu"):
        convolution, relu = nodes[number : number + 2]
        if convolution.name != relu.name or not _is_plain(convolution.layer) or (fused := _fused()) is None:
            continue
        if prod(convolution.layer.kernel.shape[:3]) <= fused.FEW:  # for more, NumPy's own products are as fast
            run = _fused_run(fused, convolution, relu=True, window=(1, 1), pool_strides=(1, 1))
            steps[number] = replace(convolution, run=_same(None), weights=())
            steps[number + 1] = replace(relu, run=run, weights=convolution.weights)
    return steps


def _fused() -> ModuleType | None:
    try:
        from convscope.training import fused  # noqa: PLC0415 Numba takes a while to load
    except ImportError:
        return None
    return fused


def _fused_run(fused: Any, convolution: Node, **settings: Any) -> Run:
    return _convolution_by(fused.pooled_convolution, convolution.layer, is_first=convolution.is_first, **settings)


def _can_be_fused(convolution: Any, pooling: Any) -> bool:
    """Say whether it is worth it: where pooling keeps fewer than one of four, products of everything are faster."""
    few = pooling.strides[0] * pooling.strides[1] >= 4
    return few and _is_plain(convolution) and pooling.padding == "valid"


def _is_plain(convolution: Any) -> bool:
    return convolution.groups == 1 and tuple(convolution.dilation_rate) == (1, 1)


def _pairs(nodes: list[Node], first: str, second: str) -> list[int]:
    """List where a node of one kind is used by one of another kind, right after it, and by nobody else."""
    used = Counter(place for node in nodes for place in node.inputs)
    return [
        number
        for number, (one, other) in enumerate(pairwise(nodes))
        if (one.kind, other.kind) == (first, second) and other.inputs == (number + 1,) and used[number + 1] == 1
    ]


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
        A layer, or a setting of one, has no counterpart in `gradients`.
    """
    return _Reader(model, to_input).network()


class _Reader:
    """Goes through the calls of a model, each after those that it needs, and lists the operations."""

    def __init__(self, model: Any, to_input: bool) -> None:
        self.graph, self.to_input = read_graph(model), to_input
        self.nodes: list[Node] = []
        self.variables: list[Any] = []
        self.trainable: list[bool] = []
        self.moving: dict[int, tuple[int, int, float]] = {}
        self.draws = False
        self.place_of = {0: 0}  # a value's number in the graph -> here

    def network(self) -> Network:
        if len(self.graph.outputs) != 1 or len(self.graph.inputs) != 1:
            raise UnknownLayerError("it has several inputs or outputs")
        if any(call.node is None for call in self.graph.calls):
            raise UnknownLayerError("its layers cannot be listed")
        for call in self.graph.leading_to(self.graph.outputs[0]):
            self.place_of[call.outputs[0]] = self._call(call, tuple(self.place_of[number] for number in call.inputs))
        activation = "linear"
        if self.nodes and self.nodes[-1].layer is None:
            activation = self.nodes.pop().kind
        return Network(self.nodes, self.variables, self.trainable, self.moving, activation, self.draws)

    def _call(self, call: Call, inputs: tuple[int, ...]) -> int:
        """Add a layer's operation, and its activation as another one; say which value comes out."""
        layer = call.layer
        make = LAYERS.get(type(layer))
        if make is None:
            raise UnknownLayerError(f"{call.name} is a {type(layer).__name__}")
        _check(call)
        is_first = not self.variables and not self.to_input
        run = make(layer, is_first) if make in WITH_FIRST else make(call) if make in WITH_CALL else make(layer)
        places = tuple(self._weight(variable) for variable in layer.weights if not _is_seed(variable))
        number = len(self.nodes)
        self.draws = self.draws or isinstance(layer, keras.layers.Dropout)
        if isinstance(layer, keras.layers.BatchNormalization):
            self.moving[number] = (places[-2], places[-1], float(layer.momentum))
            run = _numbered(run, number)
        self.nodes.append(Node(call.name, run, inputs, places, type(layer).__name__, layer, is_first))
        name = _activation_of(layer)
        if name != "linear":
            run = partial(_activate, name)
            self.nodes.append(Node(call.name, run, (number + 1,), kind=name))
        return len(self.nodes)

    def _weight(self, variable: Any) -> int:
        for place, known in enumerate(self.variables):
            if known is variable:
                return place
        self.variables.append(variable)
        self.trainable.append(bool(variable.trainable))
        return len(self.variables) - 1


def _activate(name: str, values: list[Array], weights: list[Array], now: Pass) -> tuple[Array, g.Back]:
    return g.activation(values[0], name)


def _is_seed(variable: Any) -> bool:
    return "seed" in variable.path and not variable.trainable


def _check(call: Call) -> None:
    """Refuse settings that would change the arithmetic."""
    layer = call.layer
    if call.settings:
        raise UnknownLayerError(f"{call.name} is called with a setting of its own")
    for name in ("kernel", "bias", "depthwise", "gamma", "beta", "activity"):
        for kind in ("regularizer", "constraint"):
            if getattr(layer, f"{name}_{kind}", None) is not None:
                raise UnknownLayerError(f"{layer.name} has a {name} {kind}")
    if getattr(layer, "data_format", None) == "channels_first":
        raise UnknownLayerError(f"{layer.name} has its channels first")
    if layer.compute_dtype != "float32":
        raise UnknownLayerError(f"{layer.name} computes in {layer.compute_dtype}")


def _activation_of(layer: Any) -> str:
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    function = getattr(layer, "activation", None)
    if function is None:
        return "linear"
    names = [*CURVES, "softmax"]
    found = next((name for name in names if getattr(keras.activations, name, None) is function), None)
    if found is None:
        raise UnknownLayerError(f"{layer.name} has an activation of its own")
    return found


def _sides(layer: Any, window: Any, dilation: Any = (1, 1)) -> Callable[[Array], g.Sides]:
    """Say how much padding a layer puts around pictures of a size."""
    strides, padding = tuple(layer.strides), layer.padding
    if padding == "valid":
        return lambda x: g.NO_SIDES
    return lambda x: window_padding(x.shape[1:3], tuple(window), strides, padding, tuple(dilation))


def _dense(layer: Any, is_first: bool) -> Run:
    return lambda values, weights, now: g.dense(values[0], *weights, is_first=is_first)


def _convolution(layer: Any, is_first: bool) -> Run:
    settings = {"groups": layer.groups, "dilation": tuple(layer.dilation_rate)}
    return _convolution_by(g.convolution, layer, is_first=is_first, **settings)


def _convolution_by(function: Callable[..., tuple[Array, g.Back]], layer: Any, **more: Any) -> Run:
    sides = _sides(layer, layer.kernel_size, layer.dilation_rate)
    settings = more | {"strides": tuple(layer.strides)}
    return lambda values, weights, now: function(values[0], *weights, padding=sides(values[0]), **settings)


def _depthwise(layer: Any) -> Run:
    sides = _sides(layer, layer.kernel_size, layer.dilation_rate)
    settings: dict[str, Any] = {"strides": layer.strides, "dilation": layer.dilation_rate}
    return lambda values, weights, now: g.depthwise_convolution(
        values[0], *weights, padding=sides(values[0]), **settings
    )


def _pooling(function: Callable[..., tuple[Array, g.Back]]) -> Callable[[Any], Run]:
    def make(layer: Any) -> Run:
        sides, window = _sides(layer, layer.pool_size), tuple(layer.pool_size)
        return lambda values, weights, now: function(
            values[0], window, strides=tuple(layer.strides), padding=sides(values[0])
        )

    return make


def _global_pooling(function: Callable[..., tuple[Array, g.Back]]) -> Callable[[Any], Run]:
    def make(layer: Any) -> Run:
        if layer.keepdims:
            raise UnknownLayerError(f"{layer.name} keeps its axes")

        def run(values: list[Array], weights: list[Array], now: Pass) -> tuple[Array, g.Back]:
            x = values[0]
            y, back = function(x, x.shape[1:3], strides=x.shape[1:3])
            return y[:, 0, 0], lambda dy: back(dy[:, None, None])

        return run

    return make


def _batch_normalization(call: Call) -> Any:
    layer = call.layer
    if layer.axis not in (-1, len(call.shape)):
        raise UnknownLayerError(f"{layer.name} normalizes along another axis")

    def run(values: list[Array], weights: list[Array], now: Pass, number: int) -> tuple[Array, g.Back]:
        own = list(weights[:-2])
        gamma = own.pop(0) if layer.scale else None
        beta = own.pop(0) if layer.center else None
        if now.training and layer.trainable:
            y, back, mean, variance = g.batch_normalization(values[0], gamma, beta, epsilon=layer.epsilon)
            now.moments.append((number, mean, variance))
            return y, back
        return g.normalization(values[0], gamma, beta, weights[-2], weights[-1], epsilon=layer.epsilon)

    return run


def _numbered(run: Any, number: int) -> Run:
    return lambda values, weights, now: run(values, weights, now, number)


def _dropout(layer: Any) -> Run:
    if layer.noise_shape is not None:
        raise UnknownLayerError(f"{layer.name} has a noise shape")

    def run(values: list[Array], weights: list[Array], now: Pass) -> tuple[Array, g.Back]:
        if not now.training or not layer.rate or now.rng is None:
            return values[0], lambda dy: (dy, [])
        return g.dropout(values[0], layer.rate, now.rng)

    return run


def _reshape(call: Call) -> Run:
    shape = tuple(size or 0 for size in call.shape)
    if not all(shape):
        raise UnknownLayerError(f"{call.name} takes images of any size")
    return lambda values, weights, now: g.reshape(values[0], shape)


def _rescaling(layer: Any) -> Run:
    return lambda values, weights, now: g.scale(values[0], layer.scale, layer.offset)


def _zero_padding(layer: Any) -> Run:
    sides = tuple(tuple(pair) for pair in layer.padding)
    return lambda values, weights, now: g.zero_padding(values[0], sides)  # type: ignore[arg-type]


def _add(layer: Any) -> Run:
    return lambda values, weights, now: g.add(values)


def _concatenate(layer: Any) -> Run:
    return lambda values, weights, now: g.concatenate(values, layer.axis)


def _same(layer: Any) -> Run:
    """Hand on what comes in; an activation may follow."""
    return lambda values, weights, now: (values[0], lambda dy: (dy, []))


def _relu(layer: Any) -> Run:
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise UnknownLayerError(f"{layer.name} is not a plain ReLU")
    return lambda values, weights, now: g.activation(values[0], "relu")


def _leaky_relu(layer: Any) -> Run:
    slope = np.float32(layer.negative_slope)
    return lambda values, weights, now: g.leaky_relu(values[0], slope)


def _softmax(call: Call) -> Run:
    if call.activation is None:
        raise UnknownLayerError(f"{call.name} takes another axis than the last")
    return _same(call.layer)


WITH_FIRST: tuple[Any, ...] = (_dense, _convolution)
WITH_CALL: tuple[Any, ...] = (_batch_normalization, _reshape, _softmax)
LAYERS: dict[Any, Any] = {
    keras.layers.Dense: _dense,
    keras.layers.Conv2D: _convolution,
    keras.layers.DepthwiseConv2D: _depthwise,
    keras.layers.MaxPooling2D: _pooling(g.max_pooling),
    keras.layers.AveragePooling2D: _pooling(g.average_pooling),
    keras.layers.GlobalMaxPooling2D: _global_pooling(g.max_pooling),
    keras.layers.GlobalAveragePooling2D: _global_pooling(g.average_pooling),
    keras.layers.BatchNormalization: _batch_normalization,
    keras.layers.Dropout: _dropout,
    keras.layers.Flatten: _reshape,
    keras.layers.Reshape: _reshape,
    keras.layers.Rescaling: _rescaling,
    keras.layers.ZeroPadding2D: _zero_padding,
    keras.layers.Activation: _same,
    keras.layers.ReLU: _relu,
    keras.layers.LeakyReLU: _leaky_relu,
    keras.layers.Softmax: _softmax,
    keras.layers.Add: _add,
    keras.layers.Concatenate: _concatenate,
}
"""The layers that are known; a subclass of one is another layer."""
