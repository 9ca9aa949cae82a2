"""One value of a traced layer, term by term."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic import activate, convolution_steps, depthwise_steps, padding_amounts, pooling_steps
from convscope.errors import ShapeError, UsageError
from convscope.records import LayerTrace, Step, Term, Trace
from convscope.tracing.faults import known_fault
from convscope.tracing.recompute import fold, pooling_place, with_height
from convscope.tracing.verify import TOLERANCE

__all__ = ["joined_kernel", "step"]

Place = tuple[int, ...]
ALONG_A_LINE = ("softmax", "log_softmax")


@dataclass(frozen=True)
class _Parts:
    """The terms of one value, and what is made of them."""

    rule: str
    terms: tuple[Term, ...]
    bias: float | None = None

    @property
    def total(self) -> float:
        """The value before the activation, in float64, rounded once."""
        products = [term.product for term in self.terms]
        if self.rule == "largest":
            return max(products)
        whole = [*products, self.bias or 0.0]
        total = fsum(whole) if np.isfinite(whole).all() else float(np.sum(whole))
        return total / len(products) if self.rule == "mean" else total


def step(
    trace: Trace, layer: str, row: int | None = None, column: int | None = None, channel: int | None = None
) -> Step:
    """Explain one value of a layer: its terms, its bias, its sum, its activation, and what the model says.

    Parameters
    ----------
    trace : Trace
    layer : str
        Its name.
    row, column, channel : int
        Where in the layer's output, 0-based. A dense layer has units only: give the unit as the one number; a
        sequence has a position and a channel.

    Returns
    -------
    step : Step

    Raises
    ------
    ShapeError
        There is no such place.
    UsageError
        There is no such layer, or the arithmetic does not know what it computes.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> from convscope.tracing import record_trace
    >>> trace = record_trace(models.cnn((28, 28, 1), 10), np.ones((28, 28)))
    >>> one = step(trace, "conv2d_2", 5, 7, 30)
    >>> len(one.terms), one.abs_difference < 1e-5
    (288, True)
    """
    found = trace.layer(layer)
    place = _place(found, [index for index in (row, column, channel) if index is not None])
    if not found.operation:
        raise UsageError(
            f"the values of {layer} cannot be taken apart: {found.note}.",
            received=f"layer {layer} ({found.kind})",
            repair="choose another layer; this one's values are in the trace",
        )
    parts = TAKEN_APART[found.operation](found, trace.inputs_of(found), place)
    value, exponentials = _activated(found, place, parts.total)
    model_value = float(found.activation[place])
    differs = abs(value - model_value) > TOLERANCE * max(1.0, abs(model_value))
    fault = known_fault(found, trace.inputs_of(found), trace.backend) if differs else ""
    return Step(
        layer,
        found.kind,
        found.operation,
        place,
        parts.rule,
        parts.terms,
        parts.bias,
        parts.total,
        value,
        float(found.pre_activation[place]),
        model_value,
        found.function,
        exponentials,
        fault or found.note,
    )


def _place(layer: LayerTrace, given: Sequence[int]) -> Place:
    """Check a place; zeros in front of a unit's number are taken for the missing rows and columns."""
    place = tuple(int(index) for index in given)
    surplus = len(place) - len(layer.shape)
    if surplus > 0 and not any(place[:surplus]):
        place = place[surplus:]
    inside = len(place) == len(layer.shape) and all(
        0 <= index < size for index, size in zip(place, layer.shape, strict=True)
    )
    if not inside:
        raise ShapeError(
            f"{layer.name} has no such value.",
            received="at " + (", ".join(map(str, place)) or "no place"),
            expected=f"{len(layer.shape)} whole numbers, at most "
            + ", ".join(str(size - 1) for size in layer.shape)
            + ", counted from 0",
        )
    return place


def _activated(layer: LayerTrace, place: Place, total: float) -> tuple[float, tuple[float, ...]]:
    """Apply the layer's activation to one sum; a softmax needs the whole line."""
    if not layer.function:
        return float(layer.activation[place]), ()
    if layer.function not in ALONG_A_LINE:
        return float(activate(layer.function, np.float64(total), **layer.function_settings)), ()
    axis = layer.function_settings.get("axis", -1) % len(place)
    line = np.moveaxis(layer.pre_activation, axis, -1)[place[:axis] + place[axis + 1 :]].astype(np.float64)
    line[place[axis]] = total
    return float(activate(layer.function, line)[place[axis]]), tuple(np.exp(line - line.max()).tolist())


def _convolution(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    """Take a convolution apart, of a sequence too: that is an image of height 1."""
    settings, flat = dict(layer.settings), inputs[0].ndim == 2
    kernel, bias = joined_kernel(layer), layer.weights.get("bias")
    if flat:
        kernel = kernel[None]
        settings["padding"] = _along_a_sequence(layer, len(inputs[0]))
        settings |= {name: (1, *settings[name]) for name in ("strides", "dilation_rate")}
    depthwise = layer.operation == "depthwise_convolution"
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    steps = (depthwise_steps if depthwise else convolution_steps)(with_height(inputs[0]), kernel, bias, **settings)
    one = steps.at(*((0, *place) if flat else place))
    terms = []
    for index in np.ndindex(one.products.shape):
        where = (int(one.rows[index[0]]), int(one.columns[index[1]]), int(one.in_channels[index[2]]))
        number, weight, product = (float(values[index]) for values in (one.window, one.kernel, one.products))
        terms.append(Term(layer.inputs[0], where[1:] if flat else where, number, weight, product))
    return _Parts("sum", tuple(terms), one.bias if bias is not None else None)


def joined_kernel(layer: LayerTrace) -> NDArray[Any]:
    """Give the kernels; a separable layer's two make one: each weight is depthwise times pointwise, added up."""
    if layer.operation != "separable_convolution":
        return np.asarray(layer.weights["kernel"])
    deep = layer.weights["depthwise_kernel"].astype(np.float64)
    mixed = layer.weights["pointwise_kernel"][0, 0].astype(np.float64).reshape(*deep.shape[2:], -1)
    return np.asarray(np.einsum("hwcm,cmo->hwco", deep, mixed))


def _along_a_sequence(layer: LayerTrace, length: int) -> Any:
    size, dilation = layer.weights["kernel"].shape[0], layer.settings["dilation_rate"][0]
    causal: Any = (dilation * (size - 1), 0)
    word = layer.settings["padding"]
    return (0, 0), padding_amounts(
        length, size, layer.settings["strides"][0], causal if word == "causal" else word, dilation
    )


def _dense(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    *before, unit = place
    values, weights = inputs[0][tuple(before)], layer.weights["kernel"][:, unit]
    terms = tuple(
        _term(layer.inputs[0], (*before, index), value, weight)
        for index, (value, weight) in enumerate(zip(values, weights, strict=True))
    )
    return _Parts("sum", terms, float(layer.weights["bias"][unit]) if "bias" in layer.weights else None)


def _pooling(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    flat = inputs[0].ndim == 2
    one = pooling_steps(with_height(inputs[0]), **pooling_place(layer)).at(*((0, *place) if flat else place))
    terms = []
    for index in np.argwhere(one.inside).tolist():
        where = (int(one.rows[index[0]]), int(one.columns[index[1]]), place[-1])
        terms.append(_term(layer.inputs[0], where[1:] if flat else where, one.window[tuple(index)]))
    return _Parts("largest" if layer.settings["kind"] == "max" else "mean", tuple(terms))


def _global_pooling(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    values = inputs[0][..., place[-1]]
    terms = tuple(_term(layer.inputs[0], (*index, place[-1]), values[index]) for index in np.ndindex(values.shape))
    return _Parts("largest" if layer.settings["kind"] == "max" else "mean", terms)


def _scale_and_shift(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    channel = place[layer.settings.get("axis", -1)]
    scale, shift = (np.broadcast_to(part, (channel + 1,) if not part.ndim else part.shape) for part in fold(layer))
    return _Parts("sum", (_term(layer.inputs[0], place, inputs[0][place], scale[channel]),), float(shift[channel]))


def _prelu(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    value = float(inputs[0][place])
    alpha = np.broadcast_to(layer.weights["alpha"], layer.shape)[place]
    return _Parts("sum", (_term(layer.inputs[0], place, value, 1.0 if value > 0 else alpha),))


def _add(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    return _Parts(
        "sum", tuple(_term(name, place, values[place]) for name, values in zip(layer.inputs, inputs, strict=True))
    )


def _concatenate(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    axis = layer.settings["axis"] % len(place)
    index = place[axis]
    for name, values in zip(layer.inputs, inputs, strict=True):
        if index < values.shape[axis]:
            where = (*place[:axis], index, *place[axis + 1 :])
            return _Parts("copy", (_term(name, where, values[where]),))
        index -= values.shape[axis]
    raise AssertionError("the place was checked")


def _reshape(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    where = np.unravel_index(np.ravel_multi_index(place, layer.shape), inputs[0].shape)
    return _copy(layer, inputs, tuple(int(index) for index in where))


def _zero_padding(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    before = [side[0] for side in layer.settings["padding"]][-(len(place) - 1) :]
    where = (*(index - first for index, first in zip(place[:-1], before, strict=True)), place[-1])
    if all(0 <= index < size for index, size in zip(where, inputs[0].shape, strict=True)):
        return _copy(layer, inputs, where)
    return _Parts("copy", (Term(layer.inputs[0], where, 0.0, None, 0.0),))


def _copy(layer: LayerTrace, inputs: list[NDArray[Any]], place: Place) -> _Parts:
    return _Parts("copy", (_term(layer.inputs[0], place, inputs[0][place]),))


def _term(source: str, place: Sequence[int], value: Any, weight: Any = None) -> Term:
    number = float(value)
    if weight is None:
        return Term(source, tuple(place), number, None, number)
    return Term(source, tuple(place), number, float(weight), number * float(weight))


TAKEN_APART: Mapping[str, Callable[[LayerTrace, list[NDArray[Any]], Place], _Parts]] = {
    "activation": _copy,
    "add": _add,
    "batch_normalization": _scale_and_shift,
    "concatenate": _concatenate,
    "convolution": _convolution,
    "convolution_1d": _convolution,
    "dense": _dense,
    "depthwise_convolution": _convolution,
    "global_pooling": _global_pooling,
    "identity": _copy,
    "pooling": _pooling,
    "prelu": _prelu,
    "rescaling": _scale_and_shift,
    "reshape": _reshape,
    "separable_convolution": _convolution,
    "zero_padding": _zero_padding,
}
