"""One value of a traced layer, or of a part of it, term by term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, fsum, log, sqrt
from typing import Any

import numpy as np

from convscope.arithmetic import ACTIVATIONS, activate
from convscope.errors import ShapeError, UsageError, did_you_mean
from convscope.primitives import CURVES
from convscope.records import LayerTrace, Step, Term, Trace
from convscope.tracing.faults import known_fault
from convscope.tracing.opened import Opened, PartPlace, Spot, last_function, opened, settled, where_parts_are
from convscope.tracing.verify import TOLERANCE

__all__ = ["step"]

Place = tuple[int, ...]
FUNCTIONS = ("bend", "softmax")


def step(
    trace: Trace,
    layer: str,
    row: int | None = None,
    column: int | None = None,
    channel: int | None = None,
    *,
    part: str | None = None,
    time: int | Sequence[int] | None = None,
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
    part : str, optional
        Explain a value of this part instead, e.g. ``"forget gate"``: row, column and channel are then places in it. If
        left out, the layer's last sum and its activation are told as one step, and so are a scale and a shift.
    time : int or sequence of int, optional
        At which step, for a part that a recurrent layer computes at each step; the last one if left out. One number for
        each layer where one is within another.

    Returns
    -------
    step : Step

    Raises
    ------
    ShapeError
        There is no such place, or no such step.
    UsageError
        There is no such layer or part, or it is not known what the layer computes.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> from convscope.tracing import record_trace
    >>> trace = record_trace(models.cnn((28, 28, 1), 10), np.ones((28, 28)))
    >>> one = step(trace, "conv2d_2", 5, 7, 30)
    >>> len(one.terms), one.abs_difference < 1e-5
    (288, True)
    >>> step(trace, "conv2d_2", 5, 7, 30, part="sum").value == one.pre_activation
    True
    """
    found = trace.layer(layer)
    given = [int(index) for index in (row, column, channel) if index is not None]
    if found.graph is None:
        raise UsageError(
            f"the values of {layer} cannot be taken apart: {found.note}.",
            received=f"layer {layer} ({found.kind})",
            repair="choose another layer; this one's values are in the trace",
        )
    whole = opened(found, trace.inputs_of(found))
    if part is None:
        if time is not None:
            raise UsageError(
                "a step of time needs a part.", received=f"time={time}", repair="name a part, or leave time out"
            )
        one = _whole_step(found, whole, _place(found.name, found.shape, given))
    else:
        one = _part_step(found, whole, part, given, time)
    if abs(one.value - one.model_value) <= TOLERANCE * max(1.0, abs(one.model_value)):
        return one
    return replace(one, note=known_fault(found, trace.inputs_of(found), trace.backend) or found.note)


def _place(name: str, shape: tuple[int, ...], given: Sequence[int]) -> Place:
    """Check a place; zeros in front of a unit's number are taken for the missing rows and columns."""
    place = tuple(given)
    surplus = len(place) - len(shape)
    if surplus > 0 and not any(place[:surplus]):
        place = place[surplus:]
    if len(place) != len(shape) or not all(0 <= index < size for index, size in zip(place, shape, strict=True)):
        raise ShapeError(
            f"{name} has no such value.",
            received="at " + (", ".join(map(str, place)) or "no place"),
            expected=f"{len(shape)} whole numbers, at most "
            + ", ".join(str(size - 1) for size in shape)
            + ", counted from 0",
        )
    return place


def _whole_step(layer: LayerTrace, whole: Opened, place: Place) -> Step:
    """Tell the layer's last sum and its activation as one step."""
    last = settled(Spot(whole, whole.graph.outputs[-1], place))
    assert last is not None, "nothing is put between the numbers of an output"
    sums, function = last, "linear" if layer.function else ""
    how: dict[str, Any] = {}
    if last.node is not None and last.node.do.name in FUNCTIONS:
        function, how = _function(last.node)
        before = settled(Spot(last.where, last.node.inputs[0], last.place))
        assert before is not None, "nothing is put between numbers that are bent"
        sums = before
    taken = _Taken.of(sums, layer, whole, fold=True)
    if last.node is None or sums.node is None:  # an activation by itself: what goes in is what is bent
        taken = replace(taken, operation="bend" if last.node is None else last.node.do.name)
    value, exponentials = _activated(layer, last, function, how=how, total=taken.value, place=place)
    in_keras = last.where.outer is None or last is sums
    return _told(
        layer,
        taken,
        place,
        value=value,
        model_pre_activation=float(layer.pre_activation[place]) if in_keras else sums.input,
        model_value=float(layer.activation[place]),
        function=function,
        exponentials=exponentials,
    )


def _told(layer: LayerTrace, taken: _Taken, place: Place, **more: Any) -> Step:
    """Put what a value is made of together with what became of it."""
    return Step(
        layer.name,
        layer.kind,
        taken.operation,
        place=place,
        rule=taken.rule,
        terms=taken.terms,
        bias=taken.bias,
        pre_activation=taken.value,
        note=layer.note,
        **more,
    )


def _part_step(
    layer: LayerTrace, whole: Opened, part: str, given: Sequence[int], time: int | Sequence[int] | None
) -> Step:
    """Tell one part's value; the model has a counterpart for a layer's last part and its sum."""
    known = where_parts_are(whole.graph)
    if part not in known:
        raise UsageError(
            f"{layer.name} has no part named {part!r}.",
            received=repr(part),
            expected=did_you_mean(part, list(known)) if known else "no part: the layer hands on what it is given",
            repair="name one of the layer's parts, or leave the part out",
        )
    where = known[part]
    times = _times(layer, whole, part, where, time)
    place = _place(f"{layer.name}, {part}", where.shape, given)
    spot = settled(Spot(where.at(whole, times), where.number, place))
    assert spot is not None and spot.node is not None, "a part is computed"
    taken = _Taken.of(spot, layer, whole, fold=False)
    value, function = taken.value, "linear"
    exponentials: tuple[float, ...] = ()
    if spot.node.do.name in FUNCTIONS:
        function, how = _function(spot.node)
        value, exponentials = _activated(layer, spot, function, how=how, total=taken.value, place=place)
    ours = spot.input
    if not where.path and where.number == whole.graph.outputs[-1]:
        ours = float(layer.activation[place])
    elif not where.path and _is_before_the_function(whole, where.number):
        ours = float(layer.pre_activation[place])
    own = ours if function == "linear" else taken.value
    return _told(
        layer,
        taken,
        place,
        value=value,
        model_pre_activation=own,
        model_value=ours,
        function=function,
        exponentials=exponentials,
        part=part,
        time=times,
    )


def _is_before_the_function(whole: Opened, number: int) -> bool:
    """Whether a value is what the layer's own activation is given, with the layer's axes."""
    found = last_function(whole.graph)
    if found is None or found.moves:
        return False
    node = whole.graph.nodes[found.number]
    return node is not None and node.inputs[0] == number


def _times(
    layer: LayerTrace, whole: Opened, part: str, where: PartPlace, time: int | Sequence[int] | None
) -> tuple[int, ...]:
    """Check the steps; the last ones are taken where none are given."""
    lengths, graph = [], whole.graph
    for scan in where.path:
        lengths.append(graph.shapes[scan][0])
        graph = graph.nodes[scan].do.body  # type: ignore[union-attr]
    asked = [time] if isinstance(time, int) else [length - 1 for length in lengths] if time is None else list(time)
    if len(asked) != len(lengths) or not all(0 <= one < most for one, most in zip(asked, lengths, strict=True)):
        most = ", ".join(str(length - 1) for length in lengths)
        raise ShapeError(
            f"{layer.name}, {part} has no such step."
            if lengths
            else f"{part} of {layer.name} is not computed step by step.",
            received=f"time {', '.join(map(str, asked))}",
            expected=f"{len(lengths)} whole numbers, at most {most}, counted from 0" if lengths else "no time",
        )
    return tuple(int(one) for one in asked)


@dataclass(frozen=True)
class _Taken:
    """The terms of one value, and what they make."""

    operation: str
    rule: str
    terms: tuple[Term, ...]
    bias: float | None
    value: float

    @classmethod
    def of(cls, spot: Spot, layer: LayerTrace, whole: Opened, *, fold: bool) -> _Taken:
        """Take a number apart; to fold is to tell a scale and a shift, one after the other, as one."""
        if spot.node is None:
            term = _term(spot, None, spot, layer, whole)
            return cls("pick", "copy", (term,), None, term.product)
        if fold:
            line = _line(spot)
            if line is not None:
                source, scale, shift = line
                terms: tuple[Term, ...] = (_term(source, scale, spot, layer, whole),)
                return cls(spot.node.do.name, "sum", terms, shift, _made_of("sum", terms, shift))
        found = spot.node.do.apart([spot.where.value(number) for number in spot.node.inputs], spot.place)
        sources = [settled(Spot(spot.where, spot.node.inputs[which], place)) for which, place, _ in found.terms]
        terms = tuple(
            _term(source, weight, spot, layer, whole)
            for source, (_, _, weight) in zip(sources, found.terms, strict=True)
            if source is not None
        )
        if found.rule == "share" or found.rule == "log share":
            own = spot.place[spot.node.do.axis]  # type: ignore[attr-defined]
            return cls("softmax", found.rule, terms, None, terms[own].input)
        value = _made_of(found.rule, terms, found.constant)
        return cls(spot.node.do.name, found.rule, terms, found.constant, value)


def _term(source: Spot, weight: float | None, asker: Spot, layer: LayerTrace, whole: Opened) -> Term:
    number = source.input
    product = number if weight is None else number * weight
    return Term(
        _name(source, asker, layer, whole),
        source.place,
        number,
        weight=weight,
        product=product,
        is_padding=not source.is_inside,
    )


def _name(source: Spot, asker: Spot, layer: LayerTrace, whole: Opened) -> str:
    """Name what a number belongs to in the learner's words."""
    if source.node is not None:
        time = source.where.time
        at = f" at step {', '.join(map(str, time))}" if time and time != asker.where.time else ""
        return f"{source.node.part}{at}"
    if source.number in source.where.graph.constants:
        return "nothing remembered" if asker.where.outer else "a fixed number"
    which = whole.graph.sources.index(source.number)
    return [*layer.inputs, *layer.weights][which]


def _line(spot: Spot) -> tuple[Spot, float, float | None] | None:
    """Follow a number back as long as it is another number times a scale, plus a shift; None where it is not."""
    scale, shift, found = 1.0, None, False
    while spot.node is not None and spot.node.do.name in ("add", "multiply", "normalize"):
        values = [spot.where.value(number) for number in spot.node.inputs]
        apart = spot.node.do.apart(values, spot.place)
        spots = [Spot(spot.where, spot.node.inputs[which], place) for which, place, _ in apart.terms]
        moving = [one for one, (which, _, _) in zip(spots, apart.terms, strict=True) if not one.is_static]
        if apart.rule not in ("sum", "product") or len(moving) != 1:
            break
        numbers = [
            (one.is_static, one.input if one.is_static else 1.0, 1.0 if weight is None else weight)
            for one, (_, _, weight) in zip(spots, apart.terms, strict=True)
        ]
        if apart.rule == "sum":
            more = fsum(number * weight for is_static, number, weight in numbers if is_static) + (apart.constant or 0.0)
            factor = next(weight for is_static, _, weight in numbers if not is_static)
            shift = (shift or 0.0) + scale * more
        else:
            factor = float(np.prod([number for _, number, _ in numbers]))
        scale, found = scale * factor, True
        before = settled(moving[0])
        assert before is not None, "nothing is put between numbers that are scaled"
        spot = before
    return (spot, scale, shift) if found else None


def _made_of(rule: str, terms: Sequence[Term], constant: float | None) -> float:
    """Make a value of terms in float64, rounded once."""
    numbers = [term.product for term in terms]
    if rule == "largest":
        return max(numbers)
    if rule in ("copy", "curve"):
        return numbers[0]
    if rule == "product":
        return float(np.prod(numbers))
    if rule in ("sum", "mean"):
        total = _sum([*numbers, constant or 0.0])
        return total / len(numbers) if rule == "mean" else total
    own, *line = numbers
    mean = _sum(line) / len(line) if rule == "deviation" else 0.0
    squares, small = _sum([(number - mean) ** 2 for number in line]), constant or 0.0
    return (own - mean) / sqrt(max(squares, small) if rule == "length" else squares / len(line) + small)


def _sum(numbers: Sequence[float]) -> float:
    return fsum(numbers) if np.isfinite(numbers).all() else float(np.sum(numbers))


def _function(node: Any) -> tuple[str, dict[str, Any]]:
    """Name a node's function as Keras does, with its settings."""
    if node.do.name == "bend":
        return node.do.curve, dict(node.do.how)
    return ("log_softmax" if node.do.log else "softmax"), {}


def _activated(
    layer: LayerTrace, last: Spot, function: str, how: dict[str, Any], total: float, place: Place
) -> tuple[float, tuple[float, ...]]:
    """Apply a function to one number; a softmax needs the whole line."""
    if not function:
        return float(layer.activation[place]), ()
    if last.node is None or last.node.do.name not in FUNCTIONS:
        return total, ()
    if last.node.do.name == "bend":
        number = np.float64(total)
        with np.errstate(all="ignore"):
            value = (
                activate(function, number, **how) if function in ACTIVATIONS else CURVES[function].value(number, **how)
            )
        return float(value), ()
    axis = last.node.do.axis  # type: ignore[attr-defined]
    line = np.moveaxis(last.where.value(last.node.inputs[0]), axis, -1)[last.place[:axis] + last.place[axis + 1 :]]
    numbers = [float(number) for number in line]
    numbers[last.place[axis]] = total
    largest = max(numbers)
    powers = tuple(exp(number - largest) for number in numbers)
    if function == "log_softmax":
        return total - largest - log(fsum(powers)), powers
    return exp(total - largest) / fsum(powers), powers
