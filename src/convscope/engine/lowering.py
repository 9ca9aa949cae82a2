"""A Keras model as one graph of primitives: every call of a layer lowered, in the order of computation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from convscope.backend import keras
from convscope.engine.graph import Call, read_graph
from convscope.layers import LoweringError, Making, Value, kinds, lower
from convscope.primitives import Graph

__all__ = ["Lowered", "LoweredCall", "LoweringError", "kind_of", "lower_call", "lower_model"]

Shape = tuple[int, ...]
FUNCTIONS = ("activation", "recurrent_activation")
OPERATIONS = ("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Concatenate")
"""Keras' operations on tensors that are what the layer of the same name is: ``a + b`` is Add."""
PUBLIC = {"GroupedQueryAttention": "GroupQueryAttention"}
"""Classes whose public name, which files hold, is another."""


@dataclass(frozen=True)
class LoweredCall:
    """One use of a layer.

    Parameters
    ----------
    call : Call
    inputs : tuple of int
        The numbers of the values that go in.
    output : int
        The number of the value that comes out.
    """

    call: Call
    inputs: tuple[int, ...]
    output: int

    @property
    def name(self) -> str:
        """As in the trace."""
        return self.call.name


@dataclass
class Lowered:
    """A model as a graph.

    Parameters
    ----------
    graph : Graph
        Its sources are the inputs and the weights.
    inputs : tuple of int
    calls : list of LoweredCall
    variables : dict of int to keras.Variable
        By the number of the weight's value.
    """

    graph: Graph
    inputs: tuple[int, ...]
    calls: list[LoweredCall] = field(default_factory=list)
    variables: dict[int, Any] = field(default_factory=dict)

    @property
    def output(self) -> int:
        """The number of the first value that the model gives."""
        return self.graph.outputs[0]


def lower_model(model: Any, shapes: Sequence[Shape] | None = None) -> Lowered:
    """Lower a built Keras model.

    Parameters
    ----------
    model : keras.Model
        Sequential, functional with branches and shared layers, or with models inside.
    shapes : sequence of tuple of int, optional
        Of its inputs, without the batch axis, for a model that takes pictures of any size.

    Returns
    -------
    lowered : Lowered

    Raises
    ------
    LoweringError
        A layer is of no known kind, or has a setting that is not known.

    Examples
    --------
    >>> from convscope import models
    >>> lowered = lower_model(models.mlp((8, 8, 1), 10))
    >>> [node.do.name for node in lowered.graph.nodes if node]
    ['contract', 'bend', 'contract', 'softmax']
    """
    known = read_graph(model)
    if any(call.node is None for call in known.calls):
        raise LoweringError("its layers cannot be listed")
    making = Making()
    own = shapes or [tuple(tensor.shape[1:]) for tensor in model.inputs]
    if any(size is None for shape in own for size in shape):
        raise LoweringError("it takes images of any size")
    values = {number: making.input(tuple(shape)) for number, shape in enumerate(own)}
    lowered = Lowered(making.graph, tuple(value.number for value in values.values()))
    for call in {call.name: call for output in known.outputs for call in known.leading_to(output)}.values():
        inputs = [values[number] for number in call.inputs]
        output, variables = _lower(making, call, inputs)
        values[call.outputs[0]] = output
        lowered.variables |= variables
        lowered.calls.append(LoweredCall(call, tuple(value.number for value in inputs), output.number))
    making.graph.outputs = [values[number].number for number in known.outputs]
    return lowered


def lower_call(call: Call, shapes: Sequence[Shape], *, activation: bool = True) -> tuple[Graph, dict[str, Any]]:
    """Lower one call of a layer by itself.

    Parameters
    ----------
    call : Call
    shapes : sequence of tuple of int
        Of what goes in, without the batch axis.
    activation : bool
        Whether the layer's activation is part of it; a function of the user's cannot be.

    Returns
    -------
    graph : Graph
        Its sources are the inputs, then the weights; its one output is the layer's.
    weights : dict of str to keras.Variable
        In the order of the sources: ``kernel``, or ``forward/kernel`` in a layer around a layer.

    Raises
    ------
    LoweringError
        As `lower_model`.
    """
    making = Making()
    values = [making.input(tuple(shape)) for shape in shapes]
    output, variables = _lower(making, call, values, activation=activation)
    making.graph.outputs = [output.number]
    owner = f"{making.owner}/"
    names = [f"{weight.layer}/{weight.name}".removeprefix(owner) for weight in making.weights]
    return making.graph, dict(zip(names, variables.values(), strict=True))


def _lower(
    making: Making, call: Call, inputs: Sequence[Value], *, activation: bool = True
) -> tuple[Value, dict[int, Any]]:
    """Lower one call, and tie the weights that it asks for to Keras' variables, by their numbers."""
    layer, kind = call.layer, kind_of(call.layer)
    making.layer, making.owner = call.name, f"{layer.name} {id(layer)}"
    output = lower(making, kind, settings_of(call, activation=activation), *inputs)
    own = [variable for variable in getattr(layer, "weights", []) if not is_seed(variable)]
    asked = [weight for weight in making.weights if f"{weight.layer}/".startswith(f"{making.owner}/")]
    if [weight.shape for weight in asked] != [tuple(variable.shape) for variable in own]:
        raise LoweringError(f"{call.name} has weights that are not known")
    return output, {weight.number: variable for weight, variable in zip(asked, own, strict=True)}


def settings_of(call: Call, *, activation: bool = True) -> dict[str, Any]:
    """Read the settings of a call's layer as a model file has them.

    Raises
    ------
    LoweringError
        The layer is not Keras' own, is called with a setting of its own, or has a function of the user's.
    """
    layer, kind = call.layer, kind_of(call.layer)
    if not type(layer).__module__.startswith("keras.") or kind not in kinds():
        raise LoweringError(f"{call.name} is a {kind}")
    if call.settings:
        raise LoweringError(f"{call.name} is called with a setting of its own")
    if not isinstance(layer, keras.layers.Layer):
        ranks = {len(tensor.shape) for tensor in call.node.input_tensors}
        if kind not in OPERATIONS or len(ranks) > 1:  # NumPy would set the batch against another axis
            raise LoweringError(f"{call.name} is a {kind}" + " of values with different axes" * (kind in OPERATIONS))
        return {"axis": layer.axis} if kind == "Concatenate" else {}
    own = vars(layer) if activation else {**vars(layer), "activation": None}
    functions = {name: _function(call, own[name]) for name in FUNCTIONS if name in own}
    try:
        settings = layer.get_config()
    except Exception as error:
        raise LoweringError(f"{call.name} has settings that cannot be written down") from error
    return {**settings, **functions, "trainable": layer.trainable}


def kind_of(layer: Any) -> str:
    """Name a layer's kind as files do: by its public class."""
    name = type(layer).__name__
    return PUBLIC.get(name, name)


def _function(call: Call, function: Any) -> Any:
    """Name an activation, which must be Keras' own, or describe the layer that it is."""
    if function is None:
        return None
    if isinstance(function, keras.layers.Layer):
        kind = type(function).__name__
        if not type(function).__module__.startswith("keras.") or kind not in kinds() or function.weights:
            raise LoweringError(f"{call.name} has an activation of its own")
        return {"class_name": kind, "config": function.get_config()}
    name = next((name for name in dir(keras.activations) if getattr(keras.activations, name) is function), None)
    if name is None:
        raise LoweringError(f"{call.name} has an activation of its own")
    return name


def is_seed(variable: Any) -> bool:
    """Say whether a variable is the state of a layer's chance, which is no weight."""
    return "seed" in variable.path and not variable.trainable
