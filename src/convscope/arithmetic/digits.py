"""Numbers for a person: a true minus sign, and sums that add up digit for digit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite, isinf, prod

__all__ = ["DECIMALS", "MINUS", "Line", "decimals_needed", "exact_sum_lines", "format_number", "shown_product"]

MINUS = "−"
DECIMALS = 4  # of factors and of their products
EXACT = Context(prec=2000, rounding=ROUND_HALF_UP)  # half away from 0, as pocket calculators and the page round


@dataclass(frozen=True)
class Line:
    """One line of a sum.

    Parameters
    ----------
    name : str
    text : str
        The number as it is shown.
    value : float
        The number as it is; of a remainder line, what is shown.
    """

    name: str
    text: str
    value: float


def format_number(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Write a number with U+2212, commas in thousands, and never a negative zero.

    Parameters
    ----------
    value : float
    digits : int
        After the decimal point.
    sign : bool
        Write a plus sign, too.

    Examples
    --------
    >>> format_number(-1234.5678), format_number(-0.0001), format_number(2, 1, sign=True)
    ('−1,234.568', '0.000', '+2.0')
    """
    number = float(value)
    if not isfinite(number):
        text = "∞" if isinf(number) else "not a number"
        return (MINUS if number < 0 else "+" if sign and isinf(number) else "") + text
    rounded = _rounded(number, digits)
    mark = MINUS if rounded < 0 else "+" if sign and rounded > 0 else ""
    return mark + f"{abs(rounded):,f}"


def decimals_needed(values: Iterable[float], most: int = 6) -> int:
    """Say how many decimals show all values exactly, up to a limit.

    Examples
    --------
    >>> decimals_needed([1, 2]), decimals_needed([0.5, 0.25]), decimals_needed([1 / 3])
    (0, 2, 6)
    """
    finite = [float(value) for value in values if isfinite(value)]
    wanted = (f"{value:.{most}f}".rstrip("0").partition(".")[2] for value in finite)
    return max((len(decimals) for decimals in wanted), default=0)


def shown_product(factors: Iterable[float], digits: int = DECIMALS, of_factors: int | None = None) -> float:
    """Multiply numbers as they are shown, so that a pocket calculator confirms the product.

    The true product may differ in the last digits; the line "rounding" of a sum takes that up.

    Parameters
    ----------
    factors : iterable of float
    digits : int
        After the decimal point of the product; halves are rounded away from 0.
    of_factors : int, optional
        After the decimal point of the factors; as many as ``digits`` if left out.

    Returns
    -------
    product : float

    Examples
    --------
    >>> shown_product([0.00449, 100.0], digits=3), format_number(0.00449, 3)
    (0.4, '0.004')
    """
    numbers = [float(factor) for factor in factors]
    if not all(map(isfinite, numbers)):
        return prod(numbers)
    exact = Decimal(1)
    for number in numbers:
        exact = EXACT.multiply(exact, _rounded(number, digits if of_factors is None else of_factors))
    return float(exact.quantize(Decimal(1).scaleb(-digits), context=EXACT))


def exact_sum_lines(
    terms: Sequence[tuple[str, float]], total: float, *, digits: int = 3, most: int | None = None
) -> list[Line]:
    """List the terms of a sum so that what is shown adds up to the shown total, digit for digit.

    Parameters
    ----------
    terms : sequence of (str, float)
        Name and value of each term, the bias included.
    total : float
        Their sum.
    digits : int
        After the decimal point.
    most : int, optional
        Show so many of the largest terms, by size; without it all, in the order given.

    Returns
    -------
    lines : list of Line
        The terms; then "rounding", "1 other, rounding" or "n others, rounding" where something is hidden; then "sum".
        Where a term is not finite nothing can be made to add up, and there is no remainder line.

    Examples
    --------
    >>> for line in exact_sum_lines([("a", 0.26), ("b", 0.26)], 0.52, digits=1):
    ...     print(line.name, line.text)
    a +0.3
    b +0.3
    rounding −0.1
    sum 0.5
    """
    ordered = list(terms) if most is None else sorted(terms, key=lambda term: -abs(term[1]))
    shown = ordered if most is None else ordered[:most]
    hidden = len(ordered) - len(shown)
    lines = [Line(name, format_number(value, digits, sign=True), float(value)) for name, value in shown]
    if isfinite(total) and all(isfinite(value) for _, value in terms):
        rest = _rounded(total, digits)
        for _, value in shown:
            rest = EXACT.subtract(rest, _rounded(value, digits))
        if hidden or rest:
            others = f"{hidden} other{'s' if hidden > 1 else ''}, " if hidden else ""
            lines.append(Line(f"{others}rounding", _signed(rest), float(rest)))
    return [*lines, Line("sum", format_number(total, digits), float(total))]


def _rounded(value: float, digits: int) -> Decimal:
    return Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), context=EXACT)


def _signed(number: Decimal) -> str:
    return (MINUS if number < 0 else "+" if number > 0 else "") + f"{abs(number):,f}"
