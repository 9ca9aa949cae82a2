"""A step in one plain sentence, whose numbers add up as shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log

from convscope.arithmetic import exact_sum_lines, format_number, shown_product
from convscope.records import Step, Term

__all__ = ["explain", "place_words"]


def explain(step: Step) -> str:
    """Say how a value comes about.

    Parameters
    ----------
    step : Step

    Returns
    -------
    sentence : str
        Three decimals; minus is U+2212.

    Examples
    --------
    >>> from convscope.records import Step, Term
    >>> term = Term("input", (0,), 2.0, 1.5, 3.0)
    >>> explain(Step("output", "Dense", "contract", (1,), "sum", (term,), -1.0, 2.0, 2.0, 2.0, 2.0, "relu"))
    'Unit 1 of output: 1 product makes 3.000; with the bias −1.000 that is 2.000. It is above 0, so ReLU keeps it.'
    """
    where = place_words(step.place)
    part = f", {step.part}" if step.part else ""
    time = f" at step {', '.join(map(str, step.time))}" if step.time else ""
    return f"{where[0].upper()}{where[1:]} of {step.layer}{part}{time}: {_WORDS[step.rule](step)}{_activation(step)}."


def place_words(place: tuple[int, ...]) -> str:
    """Name a place: row, column and map; position and map; or unit."""
    if len(place) == 1:
        return f"unit {place[0]}"
    if len(place) == 2:
        return f"position {place[0]}, map {place[1]}"
    if len(place) == 3:
        return f"row {place[0]}, column {place[1]} of map {place[2]}".replace(" of map", ", map")
    return "value at " + ", ".join(map(str, place))


def _sum(step: Step) -> str:
    n_terms = len(step.terms)
    if n_terms == 1 and step.operation not in ("contract", "convolve"):
        term = step.terms[0]
        weight = 1.0 if term.weight is None else term.weight
        product = shown_product([term.input, weight], 6)
        words = f"{format_number(term.input, 6)} × {format_number(weight, 6)} makes"
        return _with_bias(words, "", step, "shift", digits=6, made=product)
    if step.operation == "add":
        constant = [("always", step.bias)] if step.bias is not None else []
        return _joined([*((term.source, term.product) for term in step.terms), *constant], step.pre_activation)
    for_it, against = (sum(sign * term.product > 0 for term in step.terms) for sign in (1, -1))
    sides = f" ({for_it:,} above 0, {against:,} below)" if n_terms > 1 else ""
    words = f"{n_terms:,} products make" if n_terms != 1 else "1 product makes"
    return _with_bias(words, sides, step, "bias", digits=3)


def _with_bias(products: str, sides: str, step: Step, name: str, *, digits: int, made: float | None = None) -> str:
    """Say what the products make, and what the bias makes of that."""
    shown = step.pre_activation - (step.bias or 0.0) if made is None else made
    if step.bias is None:
        return f"{products} {format_number(shown, digits)}{sides}"
    parts = [("products", shown), (name, step.bias)]
    first, second, *rest = exact_sum_lines(parts, step.pre_activation, digits=digits)
    remainder = f" and rounding {rest[0].text}" if len(rest) > 1 else ""
    without_plus = first.text.removeprefix("+")
    return f"{products} {without_plus}{sides}; with the {name} {second.text}{remainder} that is {rest[-1].text}"


def _joined(terms: list[tuple[str, float]], total: float) -> str:
    *lines, whole = exact_sum_lines(terms, total)
    words = " ".join(f"{_spaced(line.text)} ({line.name})" for line in lines)
    return f"{words.removeprefix('+ ')} = {whole.text}"


def _spaced(text: str) -> str:
    return f"{text[0]} {text[1:]}" if text[0] in "+−" else f"+ {text}"


def _largest(step: Step) -> str:
    winner = max(step.terms, key=lambda term: term.product)
    return f"the largest of {len(step.terms)} values is {format_number(winner.product)}, at {_where(winner)}"


def _mean(step: Step) -> str:
    n_terms = len(step.terms)
    total = format_number(sum(term.product for term in step.terms))
    return f"{n_terms:,} values add up to {total}; divided by {n_terms:,} that is {format_number(step.pre_activation)}"


def _product(step: Step) -> str:
    factors = " × ".join(f"{term.source} {format_number(term.input, 4)}" for term in step.terms)
    return f"{factors} = {format_number(shown_product([term.input for term in step.terms]), 4)}"


def _copy(step: Step) -> str:
    term, number = step.terms[0], format_number(step.pre_activation)
    if step.operation in ("bend", "softmax"):
        return _from(step)
    if step.operation == "pick" and term.is_padding:
        return f"{number}, a zero put around the image"
    moves = step.operation == "pick" and len(term.place) != len(step.place)
    return f"{step.kind} {'moves' if moves else 'passes on'} {number} from {_where(term)}, unchanged"


def _from(step: Step) -> str:
    """Name the number that is bent, or of which a share is taken."""
    own = next((term for term in step.terms if term.place == step.place), step.terms[0])
    return f"{format_number(step.pre_activation)} from {_where(own)}"


def _deviation(step: Step) -> str:
    own, *line = step.terms
    mean = sum(term.input for term in line) / len(line)
    apart = own.input - mean
    return (
        f"{format_number(own.input, 6)} less the mean of {_count(line)}, {format_number(mean, 6)}, is "
        f"{format_number(apart, 6)}; divided by their deviation{_by(apart, step.value)} that is "
        f"{format_number(step.value, 6)}"
    )


def _length(step: Step) -> str:
    own, *line = step.terms
    what = "length" if step.rule == "length" else "root mean square"
    return (
        f"{format_number(own.input, 6)} divided by the {what} of {_count(line)}{_by(own.input, step.value)} is "
        f"{format_number(step.value, 6)}"
    )


def _count(line: list[Term]) -> str:
    return f"{len(line):,} values" if len(line) != 1 else "1 value"


def _by(number: float, result: float) -> str:
    """Say what a number was divided by; of 0 that cannot be told."""
    return f", {format_number(number / result, 6)}," if result else ""


def _where(term: Term) -> str:
    return f"{place_words(term.place)} of {term.source}"


def _activation(step: Step) -> str:
    """Say what the activation makes of the sum."""
    value = format_number(step.value)
    if step.function == "linear":
        return ""
    if not step.function:
        return f"; what follows is not explained, the model gives {format_number(step.model_value)}"
    if step.exponentials and step.function == "softmax":
        total = sum(step.exponentials)
        return (
            f"; softmax divides its exponential, {format_number(step.value * total, 6)}, by the sum of all "
            f"{len(step.exponentials):,}, {format_number(total, 6)}: {format_number(step.value, 6)}"
        )
    if step.exponentials and step.rule == "log share":
        total = sum(step.exponentials)
        return (
            f"; less the largest of its {len(step.exponentials):,}, and less the logarithm of the sum of their "
            f"exponentials, {format_number(log(total), 6)}, that is {format_number(step.value, 6)}"
        )
    if step.function == "relu" and step.value in (0.0, step.pre_activation):
        lets = step.pre_activation > 0
        return f". It is {'above 0, so ReLU keeps it' if lets else 'not above 0, so ReLU gives 0'}"
    return f"; {step.function} makes it {value}"


_WORDS: Mapping[str, Callable[[Step], str]] = {
    "copy": _copy,
    "curve": _from,
    "deviation": _deviation,
    "largest": _largest,
    "length": _length,
    "log share": _from,
    "mean": _mean,
    "product": _product,
    "root mean square": _length,
    "share": _from,
    "sum": _sum,
}
