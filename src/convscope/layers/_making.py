"""A graph in the making: values that know how to make the next one, and the weights that layers ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.primitives import Graph, Primitive
from convscope.primitives.add import Add
from convscope.primitives.bend import Bend
from convscope.primitives.contract import Contract
from convscope.primitives.multiply import Multiply
from convscope.primitives.pick import Move, Pick
from convscope.primitives.scan import Scan

__all__ = ["Making", "Value", "Weight"]

Shape = tuple[int, ...]
Array = NDArray[Any]
Body = Callable[[list["Value"], list["Value"], list["Value"]], tuple[list["Value"], "Value"]]


@dataclass(frozen=True)
class Value:
    """A value of a graph in the making.

    Examples
    --------
    >>> Making().input((2, 3)).reshape(6).shape
    (6,)
    """

    number: int
    making: Making

    @property
    def shape(self) -> Shape:
        """Its shape, without the batch axis."""
        return self.making.graph.shapes[self.number]

    def put(self, do: Primitive, *others: Value, part: str = "") -> Value:
        """Apply a primitive to this value and others."""
        return self.making.put(do, self, *others, part=part)

    def move(self, *moves: Move, part: str = "") -> Value:
        """Move its numbers."""
        return self.put(Pick(moves=moves), part=part)

    def reshape(self, *shape: int) -> Value:
        """Arrange its numbers in another shape, if it is another."""
        return self if shape == self.shape else self.move(("reshape", shape))

    def cut(self, axis: int, start: int | None = None, stop: int | None = None, step: int | None = None) -> Value:
        """Take a part along an axis, as a slice does."""
        return self.move(("cut", axis % len(self.shape), start, stop, step))

    def split(self, n: int) -> list[Value]:
        """Part the last axis into n alike."""
        size = self.shape[-1] // n
        return [self.cut(-1, k * size, (k + 1) * size) for k in range(n)]

    def bend(self, curve: str, part: str = "", **how: float) -> Value:
        """Send its numbers through a curve."""
        return self if curve == "linear" else self.put(Bend(curve=curve, how=tuple(how.items())), part=part)

    def plus(
        self, *others: Value, factors: tuple[float, ...] | None = None, constant: float = 0.0, part: str = ""
    ) -> Value:
        """Add other values, each times a factor, and a constant."""
        return self.put(Add(factors=factors or (1.0,) * (1 + len(others)), constant=constant), *others, part=part)

    def times(self, *others: Value, part: str = "") -> Value:
        """Multiply by other values."""
        return self.put(Multiply(), *others, part=part)

    def contract(self, letters: str, other: Value, *bias: Value, part: str = "") -> Value:
        """Multiply by another value along common letters, and add up."""
        return self.put(Contract(letters=letters), other, *bias, part=part)


@dataclass(frozen=True)
class Weight:
    """A weight that a layer asked for.

    Parameters
    ----------
    layer, name : str
        Of the layer, and of the weight within it: ``kernel``, or ``query/kernel`` in a layer of several parts.
    shape : tuple of int
        As Keras has it.
    number : int
        Of its value in the graph.

    Examples
    --------
    >>> making = Making(owner="dense")
    >>> kernel = making.weight("kernel", 6, 4)
    >>> making.weights[0].name, making.weights[0].shape
    ('kernel', (6, 4))
    """

    layer: str
    name: str
    shape: Shape
    number: int


@dataclass
class Making:
    """A graph in the making, and the layer whose turn it is.

    Parameters
    ----------
    graph : Graph
    layer : str
        The name of its call.
    owner : str
        Under which name its weights are kept: calls of a shared layer have the same.
    weights : list of Weight
        In the order in which they were asked for, which is Keras'.
    shapes_only : bool
        Whether constants are left unmade, as for a stranger's file, whose sizes nobody has looked at: they are zeros
        that take no memory.

    Examples
    --------
    >>> making = Making(layer="dense")
    >>> x = making.input((6,))
    >>> x.contract("i,io->o", making.weight("kernel", 6, 4)).shape
    (4,)
    """

    graph: Graph = field(default_factory=Graph)
    layer: str = ""
    owner: str = ""
    weights: list[Weight] = field(default_factory=list)
    shapes_only: bool = False
    outer: Making | None = None
    carried: list[Value] = field(default_factory=list)
    """Weights that a scan's body uses: they live in the graph around it."""
    inside: str = ""
    """The name of the layer inside another whose turn it is: put in front of its parts' names."""
    known: dict[tuple[str, str], Weight] = field(default_factory=dict)

    def input(self, shape: Shape) -> Value:
        """Add an input of the network."""
        return Value(self.graph.source(shape), self)

    def put(self, do: Primitive, *values: Value, part: str = "") -> Value:
        """Add a primitive."""
        numbers = (value.number for value in values)
        name = f"{self.inside} {part}" if self.inside and part else part
        return Value(self.graph.put(do, *numbers, layer=self.layer, part=name), self)

    def weight(self, name: str, *shape: int) -> Value:
        """Ask for a weight; a shared layer, or a step of a sequence, asks for it again and gets the same."""
        if self.outer is not None:
            self.carried.append(replace(self.outer, owner=self.owner).weight(name, *shape))
            return Value(self.graph.source(shape, static=True), self)
        known = self.known.get((self.owner, name))
        if known is None:
            known = Weight(self.owner, name, shape, self.graph.source(shape, static=True))
            self.known[self.owner, name] = known
            self.weights.append(known)
        elif known.shape != shape:
            raise ValueError(f"it is given inputs of different sizes: its {name} is {known.shape} and {shape}")
        return Value(known.number, self)

    def constant(self, values: ArrayLike) -> Value:
        """Add numbers that never change."""
        return self.made(np.shape(values), lambda shape: np.asarray(values, np.float32))

    def made(self, shape: Shape, make: Callable[[Shape], Array]) -> Value:
        """Add numbers that never change, and make them only if they are asked for."""
        values = np.broadcast_to(np.float32(0), shape) if self.shapes_only else make(shape)
        return Value(self.graph.constant(np.asarray(values, np.float32)), self)

    def called(self, value: Value, part: str) -> Value:
        """Give a value another name for the learner."""
        node = self.graph.nodes[value.number]
        self.graph.nodes[value.number] = node and replace(node, part=part)
        return value

    def within(self, name: str) -> Making:
        """Go on with a layer inside the one whose turn it is."""
        return replace(self, owner=f"{self.owner}/{name}", inside=name)

    def scan(
        self, body: Body, steps: Sequence[Value], memory: Sequence[Value] = (), same: Sequence[Value] = ()
    ) -> Value:
        """Run a body at each step along the first axis.

        Parameters
        ----------
        body : callable
            Takes one step's values, the memory, and what is the same at all steps; gives the new memory and the
            step's output.
        steps, memory, same : sequences of Value
        """
        inner = Making(layer=self.layer, owner=self.owner, shapes_only=self.shapes_only, outer=self, inside=self.inside)
        graph, static = inner.graph, self.graph.static
        one = [Value(graph.source(value.shape[1:]), inner) for value in steps]
        kept = [Value(graph.source(value.shape), inner) for value in memory]
        fixed = [Value(graph.source(value.shape, static=static[value.number]), inner) for value in same]
        memories, output = body(one, kept, fixed)
        graph.outputs = [*(value.number for value in memories), output.number]
        do = Scan(body=graph, n_steps=len(steps), n_memory=len(memory))
        return self.put(do, *steps, *memory, *same, *inner.carried)
