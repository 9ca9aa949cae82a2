"""Values in the order of computation: sources first, then what the primitives give; forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from convscope.primitives._primitive import Array, Back, Pass, Primitive, Shape

__all__ = ["Graph", "Node"]

Backs = list[tuple[int, tuple[int, ...], Back]]


@dataclass(frozen=True)
class Node:
    """One use of a primitive.

    Parameters
    ----------
    do : Primitive
    inputs : tuple of int
        The numbers of the values that go in.
    layer : str
        The name of the layer's call that it belongs to.
    part : str
        What the learner calls the value; empty for one that only moves numbers.

    Examples
    --------
    >>> from convscope.primitives.pool import Pool
    >>> Node(Pool(), inputs=(0,), layer="max_pooling2d", part="largest").part
    'largest'
    """

    do: Primitive
    inputs: tuple[int, ...]
    layer: str = ""
    part: str = ""


@dataclass
class Graph:
    """A network of primitives; weights are values like any other.

    Parameters
    ----------
    nodes : list of Node
        ``nodes[n]`` gives value n; None for a source or a constant, and for a value that a rewrite has removed.
    shapes : list of tuple of int
        Of each value, without the batch axis.
    static : list of bool
        Which values are made of weights and constants alone, and have no batch axis.
    sources : list of int
        Which values are given: inputs and weights, in the order in which `forward` takes them.
    constants : dict of int to array
    outputs : list of int

    Examples
    --------
    >>> import numpy as np
    >>> from convscope.primitives import Pass
    >>> from convscope.primitives.contract import Contract
    >>> graph = Graph()
    >>> x, kernel = graph.source((2,)), graph.source((2, 1), static=True)
    >>> graph.outputs = [graph.put(Contract(letters="i,io->o"), x, kernel)]
    >>> values, backs = graph.forward([np.ones((1, 2)), np.array([[2.0], [3.0]])], Pass(False))
    >>> values[graph.outputs[0]]
    array([[5.]])
    >>> graph.backward({graph.outputs[0]: np.ones((1, 1))}, backs)[0]
    array([[2., 3.]])
    """

    nodes: list[Node | None] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    static: list[bool] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    constants: dict[int, Array] = field(default_factory=dict)
    outputs: list[int] = field(default_factory=list)
    _plan: Any = field(default=None, repr=False, compare=False)

    def source(self, shape: Shape, *, static: bool = False) -> int:
        """Add a value that is given, and return its number."""
        self.sources.append(self._append(None, tuple(shape), static))
        return self.sources[-1]

    def constant(self, values: Array) -> int:
        """Add a value that never changes, and return its number."""
        number = self._append(None, values.shape, static=True)
        self.constants[number] = values
        return number

    def put(self, do: Primitive, *inputs: int, layer: str = "", part: str = "") -> int:
        """Add a primitive, and return the number of the value that it gives.

        Raises
        ------
        ValueError
            The inputs do not fit, or nothing would be left; the message has no full stop.
        """
        still = tuple(self.static[number] for number in inputs)
        do = replace(do, static=still)
        shape = tuple(int(size) for size in do.shape(*(self.shapes[number] for number in inputs)))
        if any(size < 1 for size in shape):
            raise ValueError(f"nothing would be left: {shape}")
        return self._append(Node(do, inputs, layer, part), shape, all(still))

    def _append(self, node: Node | None, shape: Shape, static: bool) -> int:
        self.nodes.append(node)
        self.shapes.append(shape)
        self.static.append(static)
        return len(self.nodes) - 1

    def plan(self, wanted: tuple[int, ...] | None = None) -> list[tuple[int, Any, tuple[int, ...], bool]]:
        """List what has to be done: number, run, inputs, and whether the first input's gradient is asked for.

        Parameters
        ----------
        wanted : tuple of int, optional
            The sources whose gradients are asked for; all if left out.
        """
        if self._plan is None or self._plan[0] != (wanted, len(self.nodes)):
            needs = [False] * len(self.nodes)
            for number in self.sources if wanted is None else wanted:
                needs[number] = True
            steps = []
            for number, node in enumerate(self.nodes):
                if node is not None:
                    needs[number] = any(needs[place] for place in node.inputs)
                    steps.append((number, node.do.run, node.inputs, needs[node.inputs[0]]))
            self._plan = ((wanted, len(self.nodes)), steps)
        return self._plan[1]  # type: ignore[no-any-return]

    def forward(
        self, given: Sequence[Array], now: Pass, wanted: tuple[int, ...] | None = None
    ) -> tuple[list[Any], Backs]:
        """Compute every value.

        Parameters
        ----------
        given : sequence of array
            One for each source.
        now : Pass
        wanted : tuple of int, optional
            As in `plan`.

        Returns
        -------
        values : list of array
        backs : list
            What `backward` needs.
        """
        values: list[Any] = [None] * len(self.nodes)
        for number, constant in self.constants.items():
            values[number] = constant
        for number, value in zip(self.sources, given, strict=True):
            values[number] = value
        backs: Backs = []
        for number, run, inputs, asked in self.plan(wanted):
            now.value = number
            values[number], back = run([values[place] for place in inputs], now, asked)
            backs.append((number, inputs, back))
        return values, backs

    def backward(self, flowing: Mapping[int, Array], backs: Backs) -> list[Array | None]:
        """Send gradients of some values back.

        Parameters
        ----------
        flowing : dict of int to array
        backs : list
            Of `forward`.

        Returns
        -------
        gradients : list
            One for each source; None where nothing arrives.
        """
        arriving = _send_back(flowing, backs, -1)
        return [arriving.get(number) for number in self.sources]

    def slope(self, flowing: Mapping[int, Array], backs: Backs, number: int) -> Array | None:
        """Send gradients of some values back to one that lies between; None where nothing arrives."""
        return _send_back(flowing, backs, number).get(number)

    def leading_to(self, numbers: Iterable[int]) -> set[int]:
        """Find all values that some values are made of, and themselves."""
        found: set[int] = set()
        waiting = list(numbers)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                node = self.nodes[number]
                waiting += node.inputs if node is not None else ()
        return found

    def straight(self) -> Graph:
        """Give the same graph with linear primitives; constants are 1, so that no slope can cancel."""
        return replace(
            self,
            nodes=[node and replace(node, do=node.do.straight()) for node in self.nodes],
            constants={number: np.ones_like(values) for number, values in self.constants.items()},
            _plan=None,
        )


def _send_back(flowing: Mapping[int, Array], backs: Backs, down_to: int) -> dict[int, Array]:
    """Send gradients back as far as a value, and give those of all values that are not passed."""
    arriving: dict[int, Array] = dict(flowing)
    for number, inputs, back in reversed(backs):
        if number <= down_to:
            break
        if number in arriving:
            for place, slope in zip(inputs, back(arriving.pop(number)), strict=True):
                if slope is not None:
                    arriving[place] = arriving[place] + slope if place in arriving else slope
    return arriving
