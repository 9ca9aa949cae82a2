"""A step in one plain sentence, whose numbers add up as shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from convscope.arithmetic import exact_sum_lines, format_number
from convscope.records import Step, Term

__all__ = ["explain", "place_words"]

VERBS = {"reshape": "moves", "zero_padding": "passes on", "identity": "passes on", "concatenate": "passes on"}


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
    >>> explain(Step("output", "Dense", "dense", (1,), "sum", (term,), -1.0, 2.0, 2.0, 2.0, 2.0, "relu"))
    'Unit 1 of output: 1 product makes 3.000; with the bias −1.000 that is 2.000, above 0, so ReLU lets it through.'
    """
    where = place_words(step.place)
    return f"{where[0].upper()}{where[1:]} of {step.layer}: {_WORDS[step.rule](step)}{_activation(step)}."


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
    if step.operation == "add":
        return _joined([(term.source, term.product) for term in step.terms], step.pre_activation)
    if step.operation in ("batch_normalization", "rescaling", "prelu"):
        term = step.terms[0]
        weight = 1.0 if term.weight is None else term.weight
        return _with_bias(f"{format_number(term.input, 6)} × {format_number(weight, 6)} makes", "", step, "shift", 6)
    for_it, against = (sum(sign * term.product > 0 for term in step.terms) for sign in (1, -1))
    sides = f" ({for_it:,} above 0, {against:,} below)" if n_terms > 1 else ""
    return _with_bias(f"{n_terms:,} products make" if n_terms != 1 else "1 product makes", sides, step, "bias", 3)


def _with_bias(products: str, sides: str, step: Step, name: str, digits: int) -> str:
    """Say what the products make, and what the bias makes of that."""
    shown = step.pre_activation - (step.bias or 0.0)
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


def _copy(step: Step) -> str:
    term, number = step.terms[0], format_number(step.pre_activation)
    if step.operation == "zero_padding" and min(term.place) < 0:
        return f"{number}, a zero put around the image"
    if step.operation == "activation":
        return f"{number} from {_where(term)}"
    return f"{step.kind} {VERBS.get(step.operation, 'passes on')} {number} from {_where(term)}, unchanged"


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
    if step.function == "relu" and step.value in (0.0, step.pre_activation):
        lets = step.pre_activation > 0
        return ", above 0, so ReLU lets it through" if lets else ", not above 0, so ReLU gives 0"
    return f"; {step.function} makes it {value}"


_WORDS: Mapping[str, Callable[[Step], str]] = {"sum": _sum, "largest": _largest, "mean": _mean, "copy": _copy}
