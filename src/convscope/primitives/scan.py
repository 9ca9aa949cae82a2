"""Scan: the same graph at each step of a sequence, with a memory that is handed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer

__all__ = ["Scan"]


@dataclass(frozen=True, kw_only=True)
class Scan(Primitive, name="scan"):
    """Run a body at each step along the first axis: the memory that it gives, it is given at the next step.

    Inputs: ``n_steps`` sequences, ``n_memory`` first memories, and values that are the same at all steps. The body's
    sources stand in this order; it gives the memories and, last, the step's output. Without a memory the steps do not
    depend on each other.

    Parameters
    ----------
    body : Graph
    n_steps, n_memory : int

    References
    ----------
    Hochreiter and Schmidhuber 1997, "Long short-term memory"; Werbos 1990, "Backpropagation through time".
    """

    body: Any
    n_steps: int = 1
    n_memory: int = 1

    @property
    def settings(self) -> dict[str, Any]:
        """The settings; the body is a graph."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "static"}

    def shape(self, *shapes: Shape) -> Shape:
        """Put the steps in front of what the body gives."""
        if len({shape[0] for shape in shapes[: self.n_steps]}) != 1:
            raise ValueError("its sequences differ in length")
        return (shapes[0][0], *self.body.shapes[self.body.outputs[-1]])

    def passes(self, values: Sequence[Array], now: Pass) -> Iterator[tuple[list[Any], list[Any]]]:
        """Run the body step by step, and yield each step's values and ways back."""
        steps, memory, same = self._parted(values)
        for time in range(steps[0].shape[1]):
            given = [*(sequence[:, time] for sequence in steps), *memory, *same]
            found, backs = self.body.forward(given, now)
            memory = [found[number] for number in self.body.outputs[:-1]]
            yield found, backs

    def _parted(self, values: Sequence[Array]) -> tuple[list[Array], list[Array], list[Array]]:
        """Part the inputs; a first memory without a batch axis is every image's."""
        steps, rest = list(values[: self.n_steps]), list(values[self.n_steps :])
        still = self.static[self.n_steps : self.n_steps + self.n_memory]
        memory = [
            np.broadcast_to(value, (len(steps[0]), *value.shape)) if is_static else value
            for value, is_static in zip(rest, still, strict=False)
        ]
        return steps, memory, rest[self.n_memory :]

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Run all steps; gradients go through them backwards, the last step first."""
        tape = list(self.passes(values, now))
        *memories, output = self.body.outputs
        first_same = self.n_steps + self.n_memory

        def back(dy: Array) -> list[Array | None]:
            into = [np.zeros_like(sequence) for sequence in values[: self.n_steps]]
            same: list[Array | None] = [None] * (len(values) - first_same)
            memory: list[Array | None] = [None] * self.n_memory
            for time in reversed(range(len(tape))):
                flowing = {output: dy[:, time]}
                for number, slope in zip(memories, memory, strict=True):
                    if slope is not None:
                        flowing[number] = flowing[number] + slope if number in flowing else slope
                found = self.body.backward(flowing, tape[time][1])
                for sequence, slope in zip(into, found, strict=False):
                    if slope is not None:
                        sequence[:, time] = slope
                memory = found[self.n_steps : first_same]
                same = [_sum(*pair) for pair in zip(same, found[first_same:], strict=True)]
            still = self.static[self.n_steps : first_same]
            firsts = [
                slope.sum(axis=0) if is_static and slope is not None else slope
                for slope, is_static in zip(memory, still, strict=True)
            ]
            return [*into, *firsts, *same]

        return np.stack([found[output] for found, _ in tape], axis=1), back

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Say that the number is what the body gave; who asks goes into the body, at the place's first index."""
        raise NotImplementedError("a step is taken apart in the body")

    def straight(self) -> Primitive:
        """Every step of the straight body."""
        return Scan(body=self.body.straight(), n_steps=self.n_steps, n_memory=self.n_memory, static=self.static)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write one Scan, whose body is written likewise."""
        return out.scan(self, names, shapes)


def _sum(one: Array | None, other: Array | None) -> Array | None:
    return other if one is None else one if other is None else one + other
