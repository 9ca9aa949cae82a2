"""What was traced: one image through the layers of a model, and how one of the values came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any

from numpy.typing import NDArray

from convscope.errors import UsageError, did_you_mean

__all__ = ["LayerTrace", "Part", "Step", "Term", "Trace"]


@dataclass(frozen=True)
class Part:
    """One thing that a layer computes on the way to its output.

    Parameters
    ----------
    name : str
        As the learner reads it: ``"sum"``, ``"largest"``, ``"forget gate"``; unlike any other's of the layer.
    operation : str
        The primitive that computes it.
    values : array
        Of one image, in float64, computed from the layer's real inputs and weights. What a recurrent layer computes at
        each step is stacked: the first axis is time.
    steps : tuple of int
        How many steps are stacked, one number for each recurrent layer around the part; empty where there are none.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models, record_trace
    >>> trace = record_trace(models.cnn((8, 8, 1), 10), np.ones((8, 8)))
    >>> [(part.name, part.values.shape) for part in trace.layer("conv2d_1").parts]
    [('sum', (6, 6, 32)), ('relu', (6, 6, 32))]
    """

    name: str
    operation: str
    values: NDArray[Any]
    steps: tuple[int, ...] = ()


@dataclass(frozen=True)
class LayerTrace:
    """One layer while one image went through the model.

    Parameters
    ----------
    name : str
        As in the model; ``"block/conv"`` in a model inside the model, ``"dense#2"`` at a layer's second use.
    kind : str
        The Keras class.
    inputs : tuple of str
        Names of the traced tensors that it was given.
    weights : mapping of str to array
        ``"kernel"``, ``"bias"``, ... in Keras' shapes, as they enter the graph.
    function : str
        The activation's Keras name, ``"linear"`` for none; empty where it is a function of the user's.
    pre_activation, activation : array of shape (height, width, channels), or whatever the layer gives
        The model's own numbers, before and after the activation; no batch axis.
    n_parameters : int
        Equal to ``layer.count_params()``.
    arithmetic : str
        Where that number, or the shape, comes from.
    note : str
        What a reader must know; empty where there is nothing to say.
    graph : primitives.Graph, optional
        How the layer is computed: its sources are the inputs, then the weights. None where that is not known.
    parts : tuple of Part
        In the order of computation; empty where the layer is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models, record_trace
    >>> layer = record_trace(models.cnn((8, 8, 1), 10), np.ones((8, 8))).layer("conv2d_1")
    >>> layer.function, layer.shape, layer.n_parameters, layer.arithmetic
    ('relu', (6, 6, 32), 320, '(3·3·1 + 1)·32')
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    weights: Mapping[str, NDArray[Any]]
    function: str
    pre_activation: NDArray[Any]
    activation: NDArray[Any]
    n_parameters: int
    arithmetic: str
    note: str = ""
    graph: Any = field(default=None, repr=False, compare=False)
    parts: tuple[Part, ...] = field(default=(), repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the activation, without the batch axis."""
        return self.activation.shape


@dataclass(frozen=True)
class Trace:
    """One image on its way through a model; ``trace["conv2d_1"]`` is that layer's activation.

    Parameters
    ----------
    image : array of shape (height, width, channels), or as it was given
        As it was handed in, before scaling.
    pixel_scale : float
        The image was divided by it, e.g. 255; 1 where nothing was rescaled.
    inputs : mapping of str to array
        What entered the model, ``"input"`` for its only one.
    layers : tuple of LayerTrace
        In the order of computation.
    class_names : tuple of str
        Empty where the model does not know them.
    backend : str
        That computed it: ``"jax"``, ``"tensorflow"`` or ``"torch"``.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models, record_trace
    >>> trace = record_trace(models.mlp((8, 8, 1), 10), np.ones((8, 8)))
    >>> trace.names
    ('hidden', 'output')
    >>> trace["hidden"].shape
    (64,)
    """

    image: NDArray[Any]
    pixel_scale: float
    inputs: Mapping[str, NDArray[Any]]
    layers: tuple[LayerTrace, ...]
    class_names: tuple[str, ...] = ()
    backend: str = ""

    @cached_property
    def _layer_of(self) -> dict[str, LayerTrace]:
        return {layer.name: layer for layer in self.layers}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the layers, in the order of computation."""
        return tuple(self._layer_of)

    def layer(self, name: str) -> LayerTrace:
        """Find a layer by its name, or by the end of its name if that is unique; raises UsageError if there is none."""
        within = [name] if name in self._layer_of else [full for full in self.names if full.endswith(f"/{name}")]
        if len(within) != 1:
            raise UsageError(
                f"the trace has no layer named {name!r}.", received=repr(name), expected=did_you_mean(name, self.names)
            )
        return self._layer_of[within[0]]

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.inputs[name] if name in self.inputs else self.layer(name).activation

    def inputs_of(self, layer: LayerTrace) -> list[NDArray[Any]]:
        """List the arrays that a layer was given, in its own order."""
        return [self[name] for name in layer.inputs]


@dataclass(frozen=True)
class Term:
    """One part of a sum, or one candidate of a maximum.

    Parameters
    ----------
    source : str
        What the input comes from: a layer's name, ``"input"``, a part of the same layer (``"forget gate"``, ``"cell at
        step 1"``), or a weight (``"gamma"``).
    place : tuple of int
        Where in that tensor, 0-based; outside of it lies padding.
    input : float
    weight : float or None
        None where nothing is multiplied.
    product : float
        ``input * weight``; the input where there is no weight.
    is_padding : bool
        Whether the input is a zero that was put around the tensor.

    Examples
    --------
    >>> Term("input", (0, 3, 0), input=2.0, weight=-0.5, product=-1.0).product
    -1.0
    """

    source: str
    place: tuple[int, ...]
    input: float
    weight: float | None
    product: float
    is_padding: bool = False


@dataclass(frozen=True)
class Step:
    """How one value of a layer comes about.

    Parameters
    ----------
    layer, kind : str
        As in the layer's trace.
    operation : str
        The primitive that makes a value of the terms.
    place : tuple of int
        Where in the layer's output, or in the part, 0-based.
    rule : str
        What is made of the terms: a ``"sum"``, ``"product"``, ``"mean"``, the ``"largest"``, a ``"copy"``, a point of a
        ``"curve"``, a ``"share"`` or ``"log share"`` of all of them. In a ``"deviation"``, ``"length"`` or ``"root mean
        square"`` the first term is the number itself, and the others are what it is measured by.
    terms : tuple of Term
    bias : float or None
        Added to the products; None where there is none. Of a deviation its epsilon.
    pre_activation, value : float
        Computed from the terms in float64: before and after the activation.
    model_pre_activation, model_value : float
        What the model computed.
    function : str
        The activation's Keras name; empty where the arithmetic does not know it.
    exponentials : tuple of float
        Of a softmax: e to the power of each number of the line, less the line's largest; else empty.
    note : str
    part : str
        The part's name, if a part was asked for.
    time : tuple of int
        The step of a recurrent layer, if the part is computed at each step.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models, record_trace
    >>> from convscope.tracing import step
    >>> one = step(record_trace(models.cnn((8, 8, 1), 10), np.ones((8, 8))), "conv2d_1", 0, 0, 0)
    >>> one.rule, len(one.terms), one.abs_difference < 1e-5
    ('sum', 9, True)
    """

    layer: str
    kind: str
    operation: str
    place: tuple[int, ...]
    rule: str
    terms: tuple[Term, ...]
    bias: float | None
    pre_activation: float
    value: float
    model_pre_activation: float
    model_value: float
    function: str
    exponentials: tuple[float, ...] = ()
    note: str = ""
    part: str = ""
    time: tuple[int, ...] = ()

    @property
    def abs_difference(self) -> float:
        """Distance between our value and the model's."""
        return abs(self.value - self.model_value)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; NaN and infinities become None."""
        numbers = ("bias", "pre_activation", "model_pre_activation", "value", "model_value", "abs_difference")
        return {
            "layer": self.layer,
            "kind": self.kind,
            "part": self.part,
            "time": list(self.time),
            "at": list(self.place),
            "rule": self.rule,
            **{name: _finite(getattr(self, name)) for name in numbers},
            "activation": self.function,
            "exponentials": [_finite(value) for value in self.exponentials],
            "terms": [
                {
                    "source": term.source,
                    "at": list(term.place),
                    "input": _finite(term.input),
                    "weight": _finite(term.weight),
                    "product": _finite(term.product),
                }
                for term in self.terms
            ],
            "note": self.note,
        }


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
