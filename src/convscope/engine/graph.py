"""A Keras model as the list of calls that it makes: the one reader of a built model's graph.

Whoever asks what runs after what, which layer makes the output, or what an inner layer is called, asks here. A model
within a model is read through; one with a ``call`` of its own is one call, because nobody can know what it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from convscope.backend import keras
from convscope.errors import UsageError, did_you_mean

__all__ = [
    "INPUT",
    "Call",
    "Graph",
    "gives_probabilities",
    "last_activation",
    "made_by",
    "read_graph",
    "with_activation",
]

INPUT = "input"
ACTIVATIONS = {"softmax": keras.activations.softmax, "sigmoid": keras.activations.sigmoid}
PASSING = ("Reshape", "Flatten", "Identity", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout")
"""Layers that give what they were given, perhaps in another shape, once a model is trained."""
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Call:
    """One use of one layer.

    Parameters
    ----------
    name : str
        Unlike any other's: ``dense``, ``base/conv5`` in a model within, and ``dense#2`` where it is used again.
    layer : keras.layers.Layer or keras.Operation
    use : int
        How often the layer was used before, by whatever name.
    inputs, outputs : tuple of int
        Which values go in and come out. The model's inputs come first; then each call numbers what it gives.
    node : keras.Node or None
        How Keras recorded the call; None where it did not.
    """

    name: str
    layer: Any
    use: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    node: Any = None

    def output_name(self, index: int) -> str:
        """Name one of the values that come out."""
        return f"{self.name}[{index}]" if index else self.name

    @property
    def shape(self) -> Shape:
        """Of what comes out (the first of several), without the batch axis; () where it is not known."""
        return _shape(self.node.outputs[0] if self.node is not None else getattr(self.layer, "output", None))

    @property
    def input_shape(self) -> Shape:
        """Of what goes in (the first of several), without the batch axis; () where it is not known."""
        return _shape(self.node.input_tensors[0] if self.node is not None else getattr(self.layer, "input", None))

    @property
    def is_convolution(self) -> bool:
        """Whether the layer slides kernels, in one dimension or more."""
        return "Conv" in type(self.layer).__name__

    @property
    def settings(self) -> list[Any]:
        """What the call was given besides tensors, e.g. numbers; not ``training``, which the whole model decides."""
        if self.node is None:
            return []
        kwargs = {key: value for key, value in self.node.arguments.kwargs.items() if key != "training"}
        given = keras.tree.flatten((self.node.arguments.args, kwargs))
        return [one for one in given if one is not None and not isinstance(one, keras.KerasTensor)]

    @property
    def activation(self) -> str | None:
        """The activation that comes last in the call: ``"softmax"``, ``"sigmoid"``, or None for any other."""
        if isinstance(self.layer, keras.layers.Softmax):
            return "softmax" if _along_last_axis(self.layer, self.shape) else None
        function = vars(self.layer).get("activation")
        if function is None or not _is_keras_own(type(self.layer)):
            return None
        if isinstance(function, keras.layers.Softmax):
            return "softmax" if _along_last_axis(function, self.shape) else None
        return next((name for name, known in ACTIVATIONS.items() if function is known), None)

    def __call__(self, values: Sequence[Any], layer: Any = None) -> list[Any]:
        """Call the layer for real, as after training.

        Parameters
        ----------
        values : sequence of tensors
            The model's inputs, and what the calls before gave.
        layer : callable, optional
            Called instead of the layer, e.g. the same one `with_activation`.

        Returns
        -------
        outputs : list of tensors
        """
        called = self.layer if layer is None else layer
        if self.node is None:
            given = [values[number] for number in self.inputs]
            return list(keras.tree.flatten(called(given[0] if len(given) == 1 else given, training=False)))
        tensors = zip(self.node.input_tensors, self.inputs, strict=True)
        args, kwargs = self.node.arguments.fill_in({id(symbol): values[number] for symbol, number in tensors})
        if isinstance(self.layer, keras.layers.Layer):
            kwargs = {key: value for key, value in kwargs.items() if value is not None} | {"training": False}
        return list(keras.tree.flatten(called(*args, **kwargs)))


@dataclass(frozen=True)
class Graph:
    """The calls of a model, in running order.

    Parameters
    ----------
    inputs : tuple of str
        Their names; a single one is called "input".
    calls : tuple of Call
    outputs : tuple of int
        Which values the model gives.
    """

    inputs: tuple[str, ...]
    calls: tuple[Call, ...]
    outputs: tuple[int, ...]

    def __getitem__(self, name: str) -> Call:
        """Find a call by its name; the last part of it is enough where no other call ends so.

        Raises
        ------
        UsageError
            There is none.
        """
        for call in self.calls:
            if call.name == name:
                return call
        within = [call for call in self.calls if call.name.endswith(f"/{name}")]
        if len(within) == 1:
            return within[0]
        raise UsageError(f"there is no layer {name!r}.", expected=did_you_mean(name, [one.name for one in self.calls]))

    @property
    def has_maps(self) -> bool:
        """Whether some layer gives maps: numbers that have places in two dimensions."""
        return any(len(call.shape) == 3 for call in self.calls)

    def maker(self, value: int) -> Call | None:
        """Find the call that gives a value; None for an input."""
        return next((call for call in self.calls if value in call.outputs), None)

    @property
    def answer(self) -> Call | None:
        """The call that makes the output, wherever it stands in ``model.layers``; the first of several outputs."""
        return self.maker(self.outputs[0])

    def leading_to(self, value: int) -> Iterator[Call]:
        """List the calls that a value is made by, each after those that it needs, branch by branch."""
        done, waiting = set(range(len(self.inputs))), [value]
        makers = {number: call for call in self.calls for number in call.outputs}
        while waiting:
            if waiting[-1] in done:
                waiting.pop()
                continue
            call = makers[waiting[-1]]
            needed = [number for number in call.inputs if number not in done]
            if needed:
                waiting += reversed(needed)
                continue
            done.update(call.outputs)
            yield call


def read_graph(model: Any) -> Graph:
    """List the calls of a model.

    Parameters
    ----------
    model : keras.Model
        Sequential, functional with branches and shared layers, with models inside, or with a ``call`` of its own.
    """
    symbols = getattr(model, "inputs", None) or [None]
    names = (INPUT,) if len(symbols) == 1 else tuple(symbol.name for symbol in symbols)
    reader = _Reader(names)
    outputs = reader.model(model, tuple(range(len(names))), "")
    return Graph(names, tuple(reader.calls), outputs)


def last_activation(model: Any) -> str | None:
    """Name the activation that makes a model's output: ``"softmax"``, ``"sigmoid"``, or None for any other."""
    answer = read_graph(model).answer
    return answer.activation if answer is not None else None


def gives_probabilities(model: Any) -> bool:
    """Say whether a model's output is what a softmax or sigmoid gave: a layer's, or an operation's of Keras."""
    graph = read_graph(model)
    call = graph.answer
    while call is not None and type(call.layer).__name__ in PASSING and _is_keras_own(type(call.layer)):
        call = graph.maker(call.inputs[0])
    if call is None or call.activation is not None:
        return call is not None
    kind = type(call.layer)
    return (
        _is_keras_own(kind) and not isinstance(call.layer, keras.layers.Layer) and kind.__name__.lower() in ACTIVATIONS
    )


def made_by(tensor: Any) -> Any | None:
    """Give the call by which Keras made a symbolic tensor, also while its model is not there yet; None for no call."""
    history = getattr(tensor, "_keras_history", None)  # Keras has no public way from a tensor to its layer
    return history.operation._inbound_nodes[history.node_index] if history is not None else None


def with_activation(layer: Any, function: Callable[[Any], Any]) -> Callable[..., Any]:
    """Give a layer with the same weights and another activation; the layer itself stays as it is."""
    if isinstance(layer, keras.layers.Softmax):
        return lambda inputs, *args, **kwargs: function(inputs)
    twin = object.__new__(type(layer))
    vars(twin).update(vars(layer), activation=function)
    return twin  # type: ignore[no-any-return]


class _Reader:
    """Numbers the values and names the calls while it goes through a model."""

    def __init__(self, inputs: tuple[str, ...]) -> None:
        self.calls: list[Call] = []
        self.names = set(inputs)
        self.uses: Counter[int] = Counter()
        self.n_values = len(inputs)

    def model(self, model: Any, inputs: tuple[int, ...], prefix: str) -> tuple[int, ...]:
        """List the calls of a model, and say which values it gives."""
        graph = _recorded(model)
        if graph is not None:
            return self._graph(graph, inputs, prefix)
        if not _is_plain_sequence(model):
            return self._call(model, inputs, prefix, None)
        for layer in model.layers:
            inputs = self._through(layer, inputs, prefix, None)
        return inputs

    def _graph(self, graph: Any, inputs: tuple[int, ...], prefix: str) -> tuple[int, ...]:
        numbers = {id(symbol): number for symbol, number in zip(graph.inputs, inputs, strict=True)}
        for node in _nodes(graph):
            if all(id(symbol) in numbers for symbol in node.input_tensors):  # Keras skips the others too
                given = tuple(numbers[id(symbol)] for symbol in node.input_tensors)
                found = self._through(node.operation, given, prefix, node)
                numbers |= {id(symbol): number for symbol, number in zip(node.outputs, found, strict=True)}
        return tuple(numbers[id(symbol)] for symbol in graph.outputs)

    def _through(self, layer: Any, inputs: tuple[int, ...], prefix: str, node: Any) -> tuple[int, ...]:
        if _recorded(layer) is not None or _is_plain_sequence(layer):
            return self.model(layer, inputs, f"{prefix}{layer.name}/")
        return self._call(layer, inputs, prefix, node)

    def _call(self, layer: Any, inputs: tuple[int, ...], prefix: str, node: Any) -> tuple[int, ...]:
        n_outputs = 1 if node is None else len(node.outputs)
        outputs = tuple(range(self.n_values, self.n_values + n_outputs))
        self.n_values += n_outputs
        self.calls.append(
            Call(
                self._name(f"{prefix}{layer.name}"),
                layer,
                self.uses[id(layer)],
                inputs=inputs,
                outputs=outputs,
                node=node,
            )
        )
        self.uses[id(layer)] += 1
        return outputs

    def _name(self, wanted: str) -> str:
        name, use = wanted, 1
        while name in self.names:
            use += 1
            name = f"{wanted}#{use}"
        self.names.add(name)
        return name


def _recorded(model: Any) -> Any | None:
    """Give the graph that Keras recorded of a model, if running it is all that the model does."""
    graph = getattr(model, "_functional", None) or model
    is_run = getattr(graph, "_nodes_by_depth", None) and isinstance(model, keras.Model) and _is_keras_own(type(model))
    return graph if is_run else None


def _is_plain_sequence(model: Any) -> bool:
    """Say whether layers simply follow each other, and Keras has recorded no graph yet."""
    return isinstance(model, keras.Sequential) and _is_keras_own(type(model))


def _is_keras_own(kind: type) -> bool:
    """Say whether what a layer does when it is called was written by Keras, and not by a user's subclass."""
    return str(kind.call.__module__).startswith("keras.")  # type: ignore[attr-defined]


def _nodes(graph: Any) -> Iterator[Any]:
    """List the nodes in the order of computation; Keras keeps it to itself, deepest first."""
    by_depth = graph._nodes_by_depth
    for depth in sorted(by_depth, reverse=True):
        yield from (node for node in by_depth[depth] if node.operation and not node.is_input)


def _shape(tensor: Any) -> Shape:
    return tuple(tensor.shape[1:]) if hasattr(tensor, "shape") else ()


def _along_last_axis(softmax: Any, shape: Shape) -> bool:
    return softmax.axis in (-1, len(shape))
