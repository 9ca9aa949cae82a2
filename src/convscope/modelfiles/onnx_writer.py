"""A graph of primitives in ONNX' operations: each primitive writes itself, and what can be computed now is.

Values are laid out as Keras lays them out, channels last; convolutions and poolings want channels first. So each stands
between two transpositions, which are moved behind the curves that follow until they meet and cancel out.

References
----------
ONNX operator reference, https://onnx.ai/onnx/operators/, operator set 20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import AttributeProto, NodeProto, TensorProto, helper, numpy_helper

from convscope.primitives import Graph

__all__ = ["GraphWriter", "write_graph"]

Array = NDArray[Any]
Shape = tuple[int, ...]
ALONG = frozenset({
    "Abs", "Add", "Celu", "Clip", "Div", "Elu", "Exp", "Gelu", "Greater", "HardSigmoid", "HardSwish", "LeakyRelu",
    "Max", "Min", "Mish", "Mul", "Neg", "Relu", "Selu", "Shrink", "Sigmoid", "Softplus", "Softsign", "Sqrt", "Sub",
    "Tanh", "Where",
})  # fmt: skip
"""What treats every number alike, so that it does not matter whether axes are exchanged before or after."""
KNOWN: Mapping[str, Callable[..., Array]] = {
    "Add": np.add,
    "Div": np.divide,
    "Mul": np.multiply,
    "Reshape": lambda x, shape: x.reshape(shape),
    "Sqrt": np.sqrt,
    "Sub": np.subtract,
    "Transpose": lambda x, perm: x.transpose(perm),
}
"""What is computed now where all inputs are known."""


@dataclass
class GraphWriter:
    """Operations in the order of their making; every value has a name of its own.

    Parameters
    ----------
    arrays : dict of str to array
        Weights and constants by their names; a body sees those of the graph around it.
    taken : set of str
        Names of arrays in bodies and around them: none may stand for two.
    """

    arrays: dict[str, Array] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    nodes: dict[str, NodeProto] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, operation: str, *inputs: str, **settings: Any) -> str:
        """Add an operation and return the name of what it gives; one that changes nothing is left out."""
        if operation == "Identity":
            return inputs[0]
        if operation in KNOWN and all(name in self.arrays for name in inputs):
            found = KNOWN[operation](*(self.arrays[name] for name in inputs), **settings)
            return self.keep(f"{inputs[0]}/{operation}", found)
        if operation == "Transpose":
            return self._transposed(inputs[0], settings["perm"])
        return (
            self._merged(operation, inputs)
            or self._sunk(operation, inputs, settings)
            or self.node(operation, inputs, settings)
        )

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        """Add an array and return its name."""
        return self.keep("constant", np.asarray(values, kind))

    def whole(self, *numbers: int) -> str:
        """Add a list of whole numbers, such as a shape."""
        return self.constant(numbers, np.int64)

    def keep(self, name: str, values: Array) -> str:
        """Add an array under a name, or one like it, and return the name."""
        if name == "constant" or name in self.taken or name in self.arrays:
            name = f"{name}_{next(self.numbers)}"
        self.taken.add(name)
        self.arrays[name] = np.asarray(values, order="C")
        return name

    def node(self, operation: str, inputs: Sequence[str], settings: Mapping[str, Any]) -> str:
        """Add an operation as it is."""
        name = f"value_{next(self.numbers)}"
        self.nodes[name] = helper.make_node(operation, list(inputs), [name], **settings)
        return name

    def _is(self, name: str, operation: str) -> bool:
        return name in self.nodes and self.nodes[name].op_type == operation

    # Transpositions --------------------------------------------------------------------------------------

    def _transposed(self, name: str, perm: Sequence[int]) -> str:
        """Exchange axes; two exchanges become one, or none."""
        while self._is(name, "Transpose"):
            before = self._perm(name)
            name, perm = self.nodes[name].input[0], [before[axis] for axis in perm]
        return name if list(perm) == sorted(perm) else self.node("Transpose", [name], {"perm": list(perm)})

    def _perm(self, name: str) -> list[int]:
        return list(self.nodes[name].attribute[0].ints)

    def _sunk(self, operation: str, inputs: Sequence[str], settings: Mapping[str, Any]) -> str | None:
        """Do first what treats all numbers alike, and exchange axes afterwards."""
        turned = [name for name in inputs if self._is(name, "Transpose")]
        if operation not in ALONG or not turned:
            return None
        perm = self._perm(turned[0])
        before = [self._before(name, perm) for name in inputs]
        if None in before:
            return None
        return self._transposed(self.add(operation, *map(str, before), **settings), perm)

    def _before(self, name: str, perm: list[int]) -> str | None:
        """Find, or make, what gives a value when its axes are exchanged."""
        if self._is(name, "Transpose"):
            return self.nodes[name].input[0] if self._perm(name) == perm else None
        values = self.arrays.get(name)
        if values is None or values.ndim > len(perm):
            return None
        if values.size == 1:
            return name
        whole = values.reshape((1,) * (len(perm) - values.ndim) + values.shape)
        return self.keep(f"{name}/turned", whole.transpose(np.argsort(perm)))

    # Factors and shifts ----------------------------------------------------------------------------------

    def _merged(self, operation: str, inputs: Sequence[str]) -> str | None:
        """Multiply and add numbers that are known to what was multiplied by others, or had others added, before."""
        if operation not in ("Add", "Sub", "Mul", "Div") or len(inputs) != 2:
            return None
        x, other = inputs
        if x in self.arrays and operation in ("Add", "Mul"):
            x, other = other, x
        if other not in self.arrays or x in self.arrays:
            return None
        if operation == "Sub":
            return self.add("Add", x, self.keep(f"{other}/Sub", -self.arrays[other]))
        earlier = self.nodes.get(x)
        if earlier is None or earlier.op_type not in ("Add", "Mul") or earlier.input[1] not in self.arrays:
            return None
        if operation == "Div":
            return self.add("Mul", x, self.keep(f"{other}/Div", 1 / self.arrays[other]))
        first, known = earlier.input
        if earlier.op_type == operation:
            return self.add(operation, first, self.add(operation, known, other))
        if operation == "Mul":
            return self.add("Add", self.add("Mul", first, other), self.add("Mul", known, other))
        return None

    # Loops -----------------------------------------------------------------------------------------------

    def scan(self, scan: Any, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Add a loop over the steps of a sequence: ONNX wants time in front of the batch."""
        inner = GraphWriter(dict(self.arrays), self.taken, numbers=self.numbers)
        n_given = scan.n_steps + scan.n_memory
        fresh = [f"step_{next(self.numbers)}" for _ in range(n_given)]
        body = scan.body
        known = write_graph(inner, body, dict(zip(body.sources, [*fresh, *names[n_given:]], strict=True)))
        results = [inner.node("Identity", [known[number]], {}) for number in body.outputs]
        order = [*range(scan.n_steps, n_given), *range(scan.n_steps)]
        inputs = [_typed(fresh[k], body.shapes[body.sources[k]]) for k in order]
        outputs = [_typed(name, body.shapes[number]) for name, number in zip(results, body.outputs, strict=True)]
        graph = helper.make_graph(
            inner.needed(results), "body", inputs, outputs, inner.initializers(results, self.arrays)
        )
        steps = [
            self.add("Transpose", name, perm=[1, 0, *range(2, len(shape) + 1)])
            for name, shape in zip(names[: scan.n_steps], shapes, strict=False)
        ]
        rows = self.node("Shape", names[:1], {"start": 0, "end": 1})
        memory = [
            self.node("Expand", [name, self.node("Concat", [rows, self.whole(*shape)], {"axis": 0})], {})
            if still
            else name
            for name, shape, still in list(zip(names, shapes, scan.static, strict=True))[scan.n_steps : n_given]
        ]
        name = self.node("Scan", [*memory, *steps], {"body": graph, "num_scan_inputs": scan.n_steps})
        last = [f"memory_{next(self.numbers)}" for _ in memory]
        self.nodes[name].output[:] = [*last, name]
        return self.add("Transpose", name, perm=[1, 0, *range(2, len(body.shapes[body.outputs[-1]]) + 2)])

    # What is left ----------------------------------------------------------------------------------------

    def needed(self, ends: Sequence[str]) -> list[NodeProto]:
        """List the operations that lead to some values."""
        found: set[str] = set()
        waiting = list(ends)
        while waiting:
            name = waiting.pop()
            if name in self.nodes and name not in found:
                found.add(name)
                waiting += _read(self.nodes[name])
        return [node for name, node in self.nodes.items() if name in found]

    def initializers(self, ends: Sequence[str], outside: Mapping[str, Array] | None = None) -> list[TensorProto]:
        """List the arrays that lead to some values, without those of the graph outside."""
        read = {name for node in self.needed(ends) for name in _read(node)} | set(ends)
        own = self.arrays.keys() - (outside or {}).keys()
        return [numpy_helper.from_array(self.arrays[name], name) for name in self.arrays if name in read & own]


def write_graph(out: GraphWriter, graph: Graph, known: dict[int, str]) -> dict[int, str]:
    """Write what leads to a graph's outputs.

    Parameters
    ----------
    out : GraphWriter
    graph : Graph
    known : dict of int to str
        The names of the sources.

    Returns
    -------
    names : dict of int to str
        Of every value that was needed.
    """
    needed = graph.leading_to(graph.outputs)
    known = known | {number: out.constant(values) for number, values in graph.constants.items() if number in needed}
    for number, node in enumerate(graph.nodes):
        if node is None or number not in needed:
            continue
        names = [known[place] for place in node.inputs]
        if all(name in out.arrays for name in names):
            values = node.do.value([out.arrays[name] for name in names])
            known[number] = out.keep(f"{names[0]}/{node.do.name}", values)
        else:
            known[number] = node.do.onnx(out, names, [graph.shapes[place] for place in node.inputs])
    return known


def _read(node: NodeProto) -> Iterator[str]:
    """List what an operation reads, its body included."""
    yield from node.input
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            for inner in attribute.g.node:
                yield from _read(inner)


def _typed(name: str, shape: Shape) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, *shape])
