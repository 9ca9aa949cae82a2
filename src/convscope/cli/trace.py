"""Follow one image through a trained network, down to the sum behind one value."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum
from textwrap import wrap
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from convscope.arithmetic import exact_sum_lines, format_number, shown_product
from convscope.arithmetic.digits import DECIMALS, Line
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_lines
from convscope.cli._reading import SplitOption, reads_tables
from convscope.cli._runs import load_for_run, open_classifier
from convscope.cli._walk import beside, matrix_lines, sentence
from convscope.errors import UsageError
from convscope.reading import Reading
from convscope.records import LayerTrace, Step, Term, Trace
from convscope.tables import Table
from convscope.tracing import LayerCheck, Verification, explain, field_of, record_trace, verify
from convscope.tracing import step as take_apart
from convscope.tracing.explain import place_words
from convscope.tracing.verify import TOLERANCE
from convscope.wording import visible

__all__ = ["trace"]

MOST_LINES = 9
DIGITS = 6  # of numbers that have a line of their own


@reads_tables
def trace(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or the name of a run.")],
    data: Annotated[str, typer.Option(help="A data set's name, or a path to a table; labels are not needed.")],
    row: Annotated[int, typer.Option(min=0, help="Which row of the table, counted from 0.")] = 0,
    split: SplitOption = None,
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Show how one value of this layer is computed.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="R,C,K", help="Which value: ROW,COLUMN,MAP or UNIT, from 0. [default: the layer's largest]"
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='Show a part of the layer, e.g. "sum" or "forget gate". [default: the last]'),
    ] = None,
    time: Annotated[
        int | None,
        typer.Option(min=0, help="At which step, counted from 0, for a part of a recurrent layer. [default: the last]"),
    ] = None,
    *,
    reading: Reading,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Follow one image through a network: check every layer, or show how one value is computed.

    The values come from the real layers. convscope recomputes each of them, and both must agree.
    """
    _check_needs(at, part, time, layer)
    place = None if at is None else _read_place(at)
    classifier, record = open_classifier(run)
    table = load_for_run(data, split, record, reading, progress=not quiet)
    found = record_trace(classifier, _image(table, row))
    if layer is None:
        _show_layers(found, verify(found), _about(table, row, found, run=run, data=data, split=split), json=json)
        return
    shown = found.layer(layer)
    where = _largest(shown, part, time) if place is None else place
    one = take_apart(found, shown.name, *where, part=part, time=time)
    if json:
        field = _field(found, one)
        print_json(
            {
                "run": run,
                "data": data,
                "split": split,
                "row": row,
                **one.to_dict(),
                "receptive_field": None if field is None else [[part[0], part[-1]] for part in field],
                "sentence": explain(one),
                "parts": [other.name for other in shown.parts],
            }
        )
        return
    print_lines(*_value_lines(found, one))


def _check_needs(at: str | None, part: str | None, time: int | None, layer: str | None) -> None:
    """Refuse options that mean nothing without another."""
    needs = (("at", at, "layer", layer), ("part", part, "layer", layer), ("time", time, "part", part))
    for name, value, needed, given in needs:
        if value is not None and given is None:
            raise UsageError(f"--{name} needs a {needed}.", received=f"--{name} {value}", repair=f"add --{needed} NAME")


def _read_place(text: str) -> list[int]:
    """Read one to three whole numbers, separated by commas."""
    try:
        place = [int(part) for part in text.split(",")]
    except ValueError:
        place = []
    if not 1 <= len(place) <= 3:
        raise UsageError(
            "--at takes one to three whole numbers, counted from 0.",
            received=f"--at {text}",
            expected="--at 5,7,30 (row, column, map), or --at 3 (a unit)",
        )
    return place


def _image(table: Table, row: int) -> NDArray[Any]:
    if row >= len(table):
        raise UsageError(
            f"there is no row {row}.", received=f"--row {row}", expected=f"0 to {len(table) - 1} (counted from 0)"
        )
    return np.asarray(table.inputs[row])


def _largest(layer: LayerTrace, part: str | None, time: int | None) -> list[int]:
    """Find the place of the largest value of a layer, or of a part at one step; the first where several are equal."""
    values = layer.activation
    for one in (one for one in layer.parts if one.name == part):
        last = tuple(n_steps - 1 for n_steps in one.steps)
        values = one.values[last if time is None or time >= len(one.values) else (time, *last[1:])]
    if values.ndim > 3:
        raise UsageError(f"{layer.name} has {values.ndim} axes.", repair="choose another layer")
    return [int(index) for index in np.unravel_index(int(np.argmax(values)), values.shape)]


def _about(table: Table, row: int, found: Trace, run: str, data: str, split: str | None) -> dict[str, Any]:
    """Say what was traced, and what the network answers."""
    last = found.layers[-1].activation.reshape(-1)
    names = found.class_names
    if len(names) == 2 and last.size == 1:
        last = np.array([1 - last[0], last[0]])
    answer = names[int(last.argmax())] if last.size == len(names) else None
    label = None if table.labels is None else str(table.labels[row])
    probability = float(last.max()) if answer is not None else None
    return {
        "run": run,
        "data": data,
        "split": split,
        "row": row,
        "label": label,
        "prediction": answer,
        "probability": probability,
    }


def _show_layers(found: Trace, checked: Verification, about: dict[str, Any], *, json: bool) -> None:
    pairs = list(zip(found.layers, checked.layers, strict=True))
    if json:
        layers = [_layer_record(layer, check) for layer, check in pairs]
        print_json(
            {
                **about,
                "backend": found.backend,
                "max_relative_difference": checked.max_relative_difference,
                "equal": checked.equal,
                "layers": layers,
            }
        )
        return
    told = [f"{name} {about[name]}" for name in ("label", "prediction") if about[name] is not None]
    told += [f"probability {about['probability']:.3f}"] if about["probability"] is not None else []
    title = f"{about['data']}, row {about['row']}" + (": " if told else "") + ", ".join(told)
    print_lines(title, "", *_table_lines(pairs), "")
    total = sum(layer.n_parameters for layer in _once(found))
    print_lines(*sentence(_verdict(checked, total)))
    for text in checked.notes:
        note(text)


def _once(found: Trace) -> list[LayerTrace]:
    """List the layers without the further uses of a shared one, whose parameters count once."""
    return [layer for layer in found.layers if "#" not in layer.name and "[" not in layer.name]


def _layer_record(layer: LayerTrace, check: LayerCheck) -> dict[str, Any]:
    largest = float(layer.activation.max(initial=-np.inf))
    return {
        "name": layer.name,
        "kind": layer.kind,
        "inputs": list(layer.inputs),
        "output_shape": list(layer.shape),
        "n_parameters": layer.n_parameters,
        "arithmetic": layer.arithmetic,
        "activation": layer.function,
        "largest": largest if np.isfinite(largest) else None,
        "max_relative_difference": check.max_relative_difference,
        "rounding": check.rounding,
        "equal": check.equal,
        "note": check.note,
    }


def _table_lines(pairs: list[tuple[LayerTrace, LayerCheck]]) -> Iterator[str]:
    """List the layers, each with the sum behind its number of parameters on a separate line."""
    rows = [("layer", "kind", "output shape", "largest", "difference"), *(_layer_row(*pair) for pair in pairs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for index, row in enumerate(rows):
        left = [f"{text:<{width}}" for text, width in zip(row[:3], widths[:3], strict=True)]
        right = [f"{text:>{width}}" for text, width in zip(row[3:], widths[3:], strict=True)]
        yield "  ".join([*left, *right])
        if index:
            layer = pairs[index - 1][0]
            count = f" = {layer.n_parameters:,} parameters" if layer.n_parameters else ""
            before = pairs[index - 2][0].name if index > 1 else "input"
            origin = "" if layer.inputs == (before,) else f"; from {', '.join(layer.inputs)}"
            yield from wrap(f"{layer.arithmetic}{count}{origin}", 76, initial_indent=" " * 4, subsequent_indent=" " * 6)


def _layer_row(layer: LayerTrace, check: LayerCheck) -> tuple[str, ...]:
    apart = check.max_relative_difference
    difference = "not known" if apart is None else "0" if apart == 0 else f"{apart:.0e}"
    shape, largest = " × ".join(map(str, layer.shape)), float(layer.activation.max(initial=-np.inf))
    return visible(layer.name), layer.kind, shape, format_number(largest), difference


def _verdict(checked: Verification, n_parameters: int) -> str:
    n_known = sum(check.max_relative_difference is not None for check in checked.layers)
    layers = f"{n_known} of {len(checked.layers)} layers" if n_known < len(checked.layers) else f"all {n_known} layers"
    largest = f"largest relative difference {checked.max_relative_difference:.1e}"
    if checked.equal:
        return f"{n_parameters:,} parameters; computed again, {layers} equal the model's: {largest}."
    wrong = ", ".join(check.name for check in checked.layers if not check.equal)
    return f"{n_parameters:,} parameters; NOT equal in {wrong}: {largest}, allowed {TOLERANCE:.0e}."


def _value_lines(found: Trace, one: Step) -> Iterator[str]:
    """Write out one value: words, the strongest window, the sum, the model's own number."""
    part = f", {one.part}" if one.part else ""
    time = f" at step {', '.join(map(str, one.time))}" if one.time else ""
    yield f"{one.layer} ({one.kind}){part}{time}: {place_words(one.place)}"
    yield from sentence(explain(one))
    yield from _field_lines(found, one)
    yield ""
    groups = _by_map(one.terms) if one.rule == "sum" and len(one.terms) > MOST_LINES else {}
    if len(groups) > 1 or (groups and len(one.terms[0].place) == 3):
        strongest = max(groups, key=lambda name: abs(sum(term.product for term in groups[name])))
        yield from _window_lines(strongest, groups[strongest])
        parts = [(name, float(np.sum([term.product for term in terms]))) for name, terms in groups.items()]
    else:
        measured = one.rule in ("deviation", "length", "root mean square")  # the first term is the number itself
        parts = [(_term_name(term), _product(term, DIGITS)) for term in one.terms[int(measured) :]]
    if one.rule == "sum":
        yield from _sum_lines(parts, one)
    else:
        yield from _plain_lines(parts)
    yield ""
    yield f"  value  {format_number(one.value, DIGITS)}" + (f"  ({one.function})" if one.function != "linear" else "")
    yield f"  model  {format_number(one.model_value, DIGITS)}  difference {one.abs_difference:.1e}"
    if one.note:
        yield from sentence(f"note: {one.note}")


def _field(found: Trace, one: Step) -> tuple[range, range] | None:
    """Find what part of the image a value of a map depends on; a part has places of its own."""
    return field_of(found, one.layer, *one.place[:2]) if len(one.place) == 3 and not one.part else None


def _field_lines(found: Trace, one: Step) -> Iterator[str]:
    """Say what part of the image the value depends on."""
    field = _field(found, one)
    if field is not None:
        rows, columns = (f"{part[0]}–{part[-1]}" if len(part) > 1 else str(part[0]) for part in field)
        yield from sentence(f"It can see rows {rows}, columns {columns} of the image.")


def _by_map(terms: tuple[Term, ...]) -> dict[str, list[Term]]:
    """Sort the terms of a window by the map that they come from."""
    groups: dict[str, list[Term]] = {}
    for term in terms:
        if len(term.place) < 2:
            return {}
        groups.setdefault(f"map {term.place[-1]}", []).append(term)
    return groups


def _window_lines(name: str, terms: list[Term]) -> Iterator[str]:
    """Draw window, kernel and products of one map, side by side."""
    n_rows = len({term.place[:-2] for term in terms})
    first, last = terms[0].place, terms[-1].place
    where = f"columns {first[1]}–{last[1]}" if len(first) > 2 else f"positions {first[0]}–{last[0]}"
    where = f"rows {first[0]}–{last[0]}, {where}" if len(first) > 2 else where
    yield from sentence(f"{name} of {terms[0].source} ({where}) counts most; window × kernel = products:")
    products = [_product(term, DECIMALS) for term in terms]
    parts = {
        "window": [term.input for term in terms],
        "kernel": [term.weight or 0.0 for term in terms],
        "products": products,
    }
    grids = {title: np.reshape(values, (n_rows, -1)) for title, values in parts.items()}
    yield from beside([(title, matrix_lines(grid, most=DECIMALS)) for title, grid in grids.items()])
    *shown, total = exact_sum_lines(
        [("", product) for product in products], fsum(term.product for term in terms), digits=DECIMALS
    )
    rounding = [f" with rounding {line.text}" for line in shown if line.name == "rounding"]
    yield from sentence(f"The {len(terms):,} products{''.join(rounding)} make {total.text}.")
    yield ""


def _sum_lines(parts: list[tuple[str, float]], one: Step) -> Iterator[str]:
    """List the largest parts, the rest, the bias and the sum, as they add up."""
    bias = round(one.bias or 0.0, DIGITS)
    most = None if len(parts) <= MOST_LINES + 1 else MOST_LINES
    *lines, _ = exact_sum_lines(parts, round(one.pre_activation, DIGITS) - bias, digits=DIGITS, most=most)
    if one.bias is not None:
        lines.append(Line("bias", format_number(bias, DIGITS, sign=True), bias))
    yield from _columns([*lines, Line("sum", format_number(one.pre_activation, DIGITS), one.pre_activation)])


def _plain_lines(parts: list[tuple[str, float]]) -> Iterator[str]:
    ordered = sorted(parts, key=lambda part: -part[1])[: MOST_LINES + 1]
    yield from _columns([Line(name, format_number(value, DIGITS), value) for name, value in ordered])
    if len(parts) > len(ordered):
        yield f"  and {len(parts) - len(ordered):,} smaller ones"


def _columns(lines: list[Line]) -> Iterator[str]:
    width, wide = max(len(line.name) for line in lines), max(len(line.text) for line in lines)
    for line in lines:
        if line.name == "sum":
            yield "  " + "─" * (width + 2 + wide)
        yield f"  {line.name:<{width}}  {line.text:>{wide}}"


def _term_name(term: Term) -> str:
    """Name a term by its place, and by its factors where it is a product."""
    where = place_words(term.place)
    if term.weight is None:
        return f"{where} of {term.source}"
    return f"{where}: {format_number(term.input, DIGITS)} × {format_number(term.weight, DIGITS)}"


def _product(term: Term, digits: int) -> float:
    """Multiply a term's factors as they are shown."""
    return term.product if term.weight is None else shown_product([term.input, term.weight], digits)
