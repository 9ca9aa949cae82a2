"""A traced layer opened: every value of its graph in float64, and the way from a number back to where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convscope.primitives import Graph, Node, Pass
from convscope.records import LayerTrace, Part

__all__ = [
    "Opened",
    "PartPlace",
    "Spot",
    "computed",
    "last_function",
    "opened",
    "parts_of",
    "settled",
    "sums_of",
    "where_parts_are",
]

Array = NDArray[Any]
Place = tuple[int, ...]
LOSSLESS = {"reshape", "order"}


@dataclass(frozen=True, eq=False)
class Opened:
    """A graph with all its values for one image; the body of a scan has one of these for each step.

    Parameters
    ----------
    graph : Graph
    batched : list of array
        As `Graph.forward` gives them.
    outer : (Opened, int, int), optional
        Of a body: the graph around it, the number of the scan in it, and the step.
    """

    graph: Graph
    batched: Sequence[Any]
    outer: tuple[Opened, int, int] | None = None
    _steps: dict[int, list[Opened]] = field(default_factory=dict, repr=False)

    def value(self, number: int) -> Array:
        """Give a value without the batch axis."""
        values = self.batched[number]
        return np.asarray(values if self.graph.static[number] else values[0])

    def steps(self, number: int) -> list[Opened]:
        """Open the body of a scan, step by step."""
        if number not in self._steps:
            node = self.graph.nodes[number]
            passes = node.do.passes([self.batched[place] for place in node.inputs], Pass(False))  # type: ignore[union-attr]
            self._steps[number] = [
                Opened(node.do.body, found, (self, number, time))  # type: ignore[union-attr]
                for time, (found, _) in enumerate(passes)
            ]
        return self._steps[number]

    @property
    def time(self) -> tuple[int, ...]:
        """The step, or steps where a recurrent layer is within another."""
        return () if self.outer is None else (*self.outer[0].time, self.outer[2])


@dataclass(frozen=True)
class Spot:
    """One number of one value."""

    where: Opened
    number: int
    place: Place

    @property
    def node(self) -> Node | None:
        """What computes it; None for a source or a constant."""
        return self.where.graph.nodes[self.number]

    @property
    def is_inside(self) -> bool:
        """Whether it is a number at all, and not padding."""
        shape = self.where.graph.shapes[self.number]
        return all(0 <= index < size for index, size in zip(self.place, shape, strict=True))

    @property
    def input(self) -> float:
        """The number; 0 for padding."""
        return float(self.where.value(self.number)[self.place]) if self.is_inside else 0.0

    @property
    def is_static(self) -> bool:
        """Whether it is made of weights and constants alone."""
        return self.where.graph.static[self.number]


def computed(graph: Graph, inputs: Sequence[Array], weights: Mapping[str, Array], kind: Any = np.float64) -> Opened:
    """Compute a layer's graph."""
    given = [*(values[None] for values in inputs), *weights.values()]
    with np.errstate(all="ignore"):  # what overflows in the model may overflow here
        found, _ = graph.forward([values.astype(kind) for values in given], Pass(False))
        return Opened(graph, found)


def opened(layer: LayerTrace, inputs: Sequence[Array]) -> Opened:
    """Open a layer of a known kind; what was computed is kept with the layer."""
    known: Opened | None = vars(layer).get("_opened")
    if known is None:
        known = computed(layer.graph, inputs, layer.weights)
        vars(layer)["_opened"] = known
    return known


def settled(spot: Spot) -> Spot | None:
    """Go back through everything that only hands numbers on, to a named value, a source or a constant.

    Returns
    -------
    spot : Spot or None
        None for a zero that is put between numbers.
    """
    while True:
        node, graph = spot.node, spot.where.graph
        if node is None:
            if spot.where.outer is None or spot.number in graph.constants:
                return spot
            spot = _outside(spot, *spot.where.outer)
        elif node.part:
            return spot
        elif node.do.name == "scan":
            body = spot.where.steps(spot.number)[spot.place[0]]
            spot = Spot(body, body.graph.outputs[-1], spot.place[1:])
        else:
            values = [spot.where.value(number) for number in node.inputs]
            terms = node.do.apart(values, spot.place).terms
            if not terms:
                return None
            ((which, place, _),) = terms
            spot = Spot(spot.where, node.inputs[which], place)


def _outside(spot: Spot, outer: Opened, number: int, time: int) -> Spot:
    """Find what a source of a body is given: a step, what was remembered, or what is the same at all steps."""
    node = outer.graph.nodes[number]
    do: Any = node.do  # type: ignore[union-attr]
    which = spot.where.graph.sources.index(spot.number)
    if which < do.n_steps:
        return Spot(outer, node.inputs[which], (time, *spot.place))  # type: ignore[union-attr]
    if which < do.n_steps + do.n_memory and time:
        before = outer.steps(number)[time - 1]
        return Spot(before, do.body.outputs[which - do.n_steps], spot.place)
    return Spot(outer, node.inputs[which], spot.place)  # type: ignore[union-attr]


@dataclass(frozen=True)
class PartPlace:
    """Where in a graph a part is.

    Parameters
    ----------
    path : tuple of int
        The scans around it, from the outermost.
    number : int
        Of its value, as the learner sees it: behind what puts axes back in their order.
    operation : str
    shape : tuple of int
        At one step.
    """

    path: tuple[int, ...]
    number: int
    operation: str
    shape: tuple[int, ...]

    def at(self, whole: Opened, time: Sequence[int]) -> Opened:
        """Open the graph that it is in, at some step."""
        for scan, step in zip(self.path, time, strict=True):
            whole = whole.steps(scan)[step]
        return whole

    def values(self, whole: Opened) -> Array:
        """Give its values, all steps one behind the other."""
        if not self.path:
            return whole.value(self.number)
        inner = PartPlace(self.path[1:], self.number, self.operation, self.shape)
        return np.stack([inner.values(step) for step in whole.steps(self.path[0])])


def where_parts_are(graph: Graph) -> dict[str, PartPlace]:
    """Find every part of a layer, in the order of computation."""
    return dict(_parts(graph, ()))


def _parts(graph: Graph, path: tuple[int, ...]) -> Iterator[tuple[str, PartPlace]]:
    for number, node in enumerate(graph.nodes):
        if node is None or graph.static[number]:
            continue
        if node.do.name == "scan":
            yield from _parts(node.do.body, (*path, number))  # type: ignore[attr-defined]
        elif node.part:
            shown = _as_seen(graph, number)
            yield node.part, PartPlace(path, shown, node.do.name, graph.shapes[shown])


def _as_seen(graph: Graph, number: int) -> int:
    """Follow a value to where its axes are the layer's: out of an image of height 1, or to channels that come first."""
    while number not in graph.outputs:
        users = [place for place, node in enumerate(graph.nodes) if node and number in node.inputs]
        node = graph.nodes[users[0]] if len(users) == 1 else None
        if node is None or node.part or node.do.name != "pick":
            break
        if not {word for word, *_ in node.do.moves} <= LOSSLESS:  # type: ignore[attr-defined]
            break
        number = users[0]
    return number


class LastFunction(NamedTuple):
    """The activation that a layer ends with: the number of its value, and what puts axes in order after it."""

    number: int
    moves: tuple[Node, ...]


def last_function(graph: Graph) -> LastFunction | None:
    """Find the activation that comes last in a layer; None where it ends with something else."""
    number = graph.outputs[-1]
    moves: list[Node] = []
    while (node := graph.nodes[number]) is not None and node.do.name == "pick" and not node.part:
        moves.insert(0, node)
        number = node.inputs[0]
    return LastFunction(number, tuple(moves)) if node is not None and node.do.name in ("bend", "softmax") else None


def sums_of(whole: Opened) -> Array:
    """Give what a layer's activation is given, with the layer's axes; without one, what the layer gives."""
    found = last_function(whole.graph)
    if found is None:
        return whole.value(whole.graph.outputs[-1])
    node = whole.graph.nodes[found.number]
    values = whole.value(node.inputs[0])  # type: ignore[union-attr]
    for move in found.moves:
        (values,) = move.do.value([values[None]])
    return values


def parts_of(whole: Opened) -> tuple[Part, ...]:
    """Give every part of a layer with its values."""
    found = []
    for name, place in where_parts_are(whole.graph).items():
        values = place.values(whole)
        found.append(Part(name, place.operation, values, values.shape[: len(place.path)]))
    return tuple(found)
