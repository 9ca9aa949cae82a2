"""Rewrites of a graph: fewer passes over memory for the same numbers and gradients.

A rewrite looks at primitives only, so that what a separable convolution or a step of a sequence is made of is hastened
as a Conv2D is. A value that is used twice, or asked for, is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from convscope.primitives import Graph, Node, Pass, Primitive
from convscope.primitives import gradients as g
from convscope.primitives.add import Add
from convscope.primitives.bend import Bend
from convscope.primitives.convolve import Convolve
from convscope.primitives.multiply import Multiply
from convscope.primitives.normalize import Normalize
from convscope.primitives.pool import Pool

__all__ = ["bend_at_once", "hasten"]

Array = NDArray[Any]
LARGEST_WINDOW = 16
"""Windows of the pooling with more places than this are not fused: their loops are written out by the compiler."""


def hasten(graph: Graph) -> Graph:
    """Take less time for the same output and gradients; what lies between may not be computed."""
    return _Rewriting(graph).pool_first().fuse().normalize_at_once().graph


def bend_at_once(graph: Graph) -> Graph:
    """Take a convolution by small kernels and its layer's own ReLU as one step: one that pools windows of one place."""
    return _Rewriting(graph).bend().graph


@dataclass(frozen=True, kw_only=True)
class PooledConvolution(Primitive):
    """Convolve, keep the largest of each window, and perhaps ReLU, as one compiled step."""

    convolve: Convolve
    pool: Pool
    relu: bool

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Any]:
        """Compute; see `fused.pooled_convolution`."""
        fused = _fused()
        assert fused is not None
        y, back = fused.pooled_convolution(
            *values,
            strides=self.convolve.strides,
            padding=self.convolve.sides,
            window=self.pool.window,
            pool_strides=self.pool.strides,
            relu=self.relu,
            is_first=not wanted,
        )

        def each(dy: Array) -> list[Array | None]:
            dx, weights = back(dy)
            return [dx, *weights]

        return y, each


@dataclass(frozen=True, kw_only=True)
class BatchNormalization(Primitive):
    """Normalize, multiply and add along the last axis as one step; inputs are x, mean, variance, [gamma], [beta].

    The batch's moments are known by the number of the value that was normalized.
    """

    normalize: Normalize
    number: int
    scaled: bool
    shifted: bool

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Any]:
        """Compute; the gradient of mean, variance, scale and shift is found in one pass."""
        x, *weights = values
        mean, variance, *own = (weight.reshape(-1) for weight in weights)
        gamma = own.pop(0) if self.scaled else None
        beta = own.pop(0) if self.shifted else None
        epsilon = self.normalize.epsilon
        if now.training and self.normalize.momentum is not None:
            y, back, batch_mean, batch_variance = g.batch_normalization(x, gamma, beta, epsilon=epsilon)
            now.moments.append((self.number, batch_mean, batch_variance))
        else:
            y, back = g.normalization(x, gamma, beta, mean, variance, epsilon=epsilon)

        def each(dy: Array) -> list[Array | None]:
            dx, found = back(dy)
            return [dx, None, None, *(one.reshape(like.shape) for one, like in zip(found, weights[2:], strict=True))]

        return y, each


class _Rewriting:
    """The nodes of a graph, changed step by step; a value keeps its number."""

    def __init__(self, graph: Graph) -> None:
        self.graph = replace(graph, nodes=list(graph.nodes), shapes=list(graph.shapes), _plan=None)
        self.nodes = self.graph.nodes
        self.used = Counter(place for node in self.nodes if node is not None for place in node.inputs)
        self.used.update(graph.outputs)

    def _alone(self, number: int, kind: type[Primitive]) -> Node | None:
        """Give the node of a value that is used once only, if its primitive is of a kind."""
        node = self.nodes[number]
        return node if node is not None and isinstance(node.do, kind) and self.used[number] == 1 else None

    def _relu(self, number: int) -> Node | None:
        node = self._alone(number, Bend)
        return node if node is not None and _is_relu(node) else None

    def pool_first(self) -> _Rewriting:
        """Let max pooling go before a ReLU that it follows: a quarter of the work.

        The largest of what is above 0 is what is above 0 of the largest; where nothing is, no gradient flows.
        """
        for number, pool in enumerate(self.nodes):
            if pool is not None and _keeps_largest(pool) and (relu := self._relu(pool.inputs[0])) is not None:
                before = pool.inputs[0]
                self.nodes[before] = replace(pool, inputs=relu.inputs)
                self.nodes[number] = replace(relu, inputs=(before,))
                self.graph.shapes[before] = self.graph.shapes[number]
        return self

    def fuse(self) -> _Rewriting:
        """Take a convolution, the max pooling after it and their ReLU as one step, if Numba is there to compile it.

        Where pooling keeps more than one of four, products of everything are faster.
        """
        for number, pool in enumerate(self.nodes):
            if pool is None or not _keeps_largest(pool) or not isinstance(pool.do, Pool):
                continue
            convolution = self._alone(pool.inputs[0], Convolve)
            if convolution is None or not _is_plain(convolution) or _fused() is None:
                continue
            small = prod(pool.do.window) <= LARGEST_WINDOW and prod(pool.do.strides) >= 4
            if small and pool.do.sides == g.NO_SIDES:
                after = self._relu_after(number)
                self._one_step(convolution, pool.do, [pool.inputs[0], number], after)
        return self

    def _relu_after(self, number: int) -> int | None:
        """Find the ReLU that alone uses a value."""
        user = self._only_user(number)
        node = None if user is None else self.nodes[user]
        return user if node is not None and _is_relu(node) else None

    def _one_step(self, convolution: Node, pool: Pool, numbers: list[int], relu: int | None) -> None:
        """Put one step in the place of the last of some values, and nothing in the places of the others."""
        last = numbers[-1] if relu is None else relu
        do = PooledConvolution(convolve=convolution.do, pool=pool, relu=relu is not None, static=convolution.do.static)  # type: ignore[arg-type]
        for number in numbers:
            self.nodes[number] = None
        self.nodes[last] = replace(convolution, do=do)

    def bend(self) -> _Rewriting:
        """See `bend_at_once`."""
        once = Pool(kind="max", window=(1, 1), strides=(1, 1))
        for number, node in enumerate(self.nodes):
            if node is None or not _is_relu(node):
                continue
            convolution = self._alone(node.inputs[0], Convolve)
            if convolution is None or convolution.layer != node.layer or (fused := _fused()) is None:
                continue
            size = prod(self.graph.shapes[convolution.inputs[1]][:3])
            if _is_plain(convolution) and size <= fused.FEW:  # for more, NumPy's own products are as fast
                self._one_step(convolution, once, [node.inputs[0]], number)
        return self

    def normalize_at_once(self) -> _Rewriting:
        """Take a batch normalization along the last axis as one step."""
        for number, node in enumerate(self.nodes):
            if node is None or not isinstance(node.do, Normalize) or len(node.inputs) != 3:
                continue
            if node.do.axes != tuple(range(len(self.graph.shapes[number]) - 1)):
                continue
            gamma, scaled = self._weight_after(number, Multiply())
            beta, last = self._weight_after(scaled, Add(factors=(1.0, 1.0)))
            own = tuple(weight for weight in (gamma, beta) if weight is not None)
            do = BatchNormalization(
                normalize=node.do, number=number, scaled=gamma is not None, shifted=beta is not None
            )
            for gone in (number, scaled, last):
                self.nodes[gone] = None
            self.nodes[last] = replace(node, do=do, inputs=(*node.inputs, *own))
        return self

    def _weight_after(self, number: int, do: Primitive) -> tuple[int | None, int]:
        """Find a weight that meets a value next, and what comes out; the value itself where there is none."""
        user = self._only_user(number)
        node = None if user is None else self.nodes[user]
        if user is None or node is None or len(node.inputs) != 2 or node.inputs[0] != number:
            return None, number
        fits = self.graph.static[node.inputs[1]] and node.do == replace(do, static=node.do.static)
        return (node.inputs[1], user) if fits else (None, number)

    def _only_user(self, number: int) -> int | None:
        if self.used[number] != 1:
            return None
        users = (place for place, node in enumerate(self.nodes) if node is not None and number in node.inputs)
        return next(users, None)


def _is_relu(node: Node) -> bool:
    return node.do == Bend(curve="relu", static=node.do.static)


def _keeps_largest(node: Node) -> bool:
    return isinstance(node.do, Pool) and node.do.kind == "max"


def _is_plain(convolution: Node) -> bool:
    do = convolution.do
    return isinstance(do, Convolve) and do.groups == 1 and do.dilation == (1, 1)


def _fused() -> ModuleType | None:
    try:
        from convscope.engine import fused  # noqa: PLC0415 Numba takes a while to load
    except ImportError:
        return None
    return fused
