"""What every primitive answers, and how arrays of several shapes are lined up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRIMITIVES", "Apart", "Array", "Back", "Pass", "Primitive", "Shape", "Writer", "fit", "line_up", "to_input"]

Array = NDArray[Any]
Shape = tuple[int, ...]
Place = tuple[int, ...]
Back = Callable[[Array], list[Array | None]]
PRIMITIVES: dict[str, type[Primitive]] = {}
"""Every primitive by its name: the closed set that all layers are lowered to.

Examples
--------
>>> PRIMITIVES["pool"].__name__
'Pool'
"""


@dataclass
class Pass:
    """What one pass through a network needs besides values and weights, and what it learns by the way.

    Parameters
    ----------
    training : bool
        Noise is drawn, and batch normalization uses the batch's own mean.
    rng : Generator, optional
        For noise.
    moments : list of (value, mean, variance)
        Of each batch normalization in training: the number of its value, and what the batch had.
    value : int
        The number of the value that is being computed.

    Examples
    --------
    >>> Pass(training=True).moments
    []
    """

    training: bool
    rng: np.random.Generator | None = None
    moments: list[tuple[int, Array, Array]] = field(default_factory=list)
    value: int = -1


@dataclass(frozen=True)
class Apart:
    """How one number comes about.

    Parameters
    ----------
    rule : {"sum", "product", "largest", "mean", "copy", "curve", "share", "log share", "deviation", "length"}
        What is made of the terms. The last two have the number itself as their first term, and all numbers that it is
        measured against after it.
    terms : list of (input, place, weight)
        The number of an input of the primitive, the place in it, and its factor; None where nothing is multiplied. A
        place outside of the input is padding: a zero.
    constant : float, optional
        Added to a sum; for a normalization its epsilon.

    Examples
    --------
    >>> Apart("sum", [(0, (2,), 0.5)], constant=1.0).rule
    'sum'
    """

    rule: str
    terms: list[tuple[int, Place, float | None]]
    constant: float | None = None


class Writer(Protocol):
    """What a primitive is written as ONNX with; every value has a name.

    Examples
    --------
    >>> sorted(name for name in vars(Writer) if not name.startswith("_"))
    ['add', 'constant', 'scan', 'whole']
    """

    def add(self, operation: str, *inputs: str, **settings: Any) -> str:
        """Add an operation and return the name of what it gives."""

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        """Add an array and return its name."""

    def whole(self, *numbers: int) -> str:
        """Add a list of whole numbers and return its name."""

    def scan(self, scan: Any, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Add a loop over the steps of a sequence and return the name of what it gives."""


@dataclass(frozen=True, kw_only=True)
class Primitive:
    """One operation of the closed set; a subclass is a pure function of its settings.

    Values carry a batch axis in front, unless they are made of weights and constants alone; settings and shapes leave
    it out.

    Parameters
    ----------
    static : tuple of bool
        Which inputs have no batch axis; filled in by the graph.

    Examples
    --------
    >>> PRIMITIVES["pool"](kind="max", window=(2, 2), strides=(2, 2)).shape((28, 28, 1))
    (14, 14, 1)
    """

    static: tuple[bool, ...] = ()
    name: ClassVar[str] = ""

    def __init_subclass__(cls, name: str = "", **more: Any) -> None:
        """Enter a primitive into the closed set; a rewrite of some has no name, and stays out."""
        super().__init_subclass__(**more)
        cls.name = name
        if name:
            PRIMITIVES[name] = cls

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that is particular to this use: numbers and words."""
        found = asdict(self)
        del found["static"]
        return found

    def shape(self, *shapes: Shape) -> Shape:
        """Work out the shape that comes out, without arrays; raises ValueError where the inputs do not fit."""
        raise NotImplementedError

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Compute a batch.

        Parameters
        ----------
        values : sequence of array
        now : Pass
        wanted : bool
            Whether anybody asks for the gradient of the first input.

        Returns
        -------
        y : array
        back : callable
            Given the gradient of y, gives one for each input; None for what has none.
        """
        raise NotImplementedError

    def value(self, values: Sequence[Array]) -> Array:
        """Compute a batch as after training, with no way back."""
        y, _ = self.run(values, Pass(training=False))
        return y

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Take one number of one image apart; values have no batch axis."""
        raise NotImplementedError

    def straight(self) -> Primitive:
        """Give a linear primitive that lets a slope through wherever this one's output depends on its input."""
        return self

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write the operation as ONNX and return the name of what it gives."""
        raise NotImplementedError


def to_input(back: Callable[[Array], tuple[Any, Any]]) -> Back:
    """Give the way back of a batch operation without weights, which has a gradient for its one input only."""

    def only(dy: Array) -> list[Array | None]:
        dx, _ = back(dy)
        return [dx]

    return only


def fit(dy: Array, like: Array, is_static: bool) -> Array:
    """Add up what broadcasting repeated: the gradient of one operand, whose shape ``like`` has."""
    in_front = tuple(range(dy.ndim - like.ndim))
    repeated = (axis for axis in range(-like.ndim, 0) if like.shape[axis] == 1 != dy.shape[axis])
    axes = in_front + tuple(axis for axis in repeated if is_static or axis != -like.ndim)
    return np.asarray(dy.sum(axis=axes).reshape(like.shape)) if axes else dy


def line_up(values: Sequence[Array], static: Sequence[bool]) -> list[Array]:
    """Give values of fewer axes as many as the longest has, behind the batch axis."""
    most = max(value.ndim - (not still) for value, still in zip(values, static, strict=True))
    return [
        value if still else value.reshape(len(value), *(1,) * (most - value.ndim + 1), *value.shape[1:])
        for value, still in zip(values, static, strict=True)
    ]
