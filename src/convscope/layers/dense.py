"""Dense, EinsumDense: every unit weighs all numbers of a line, or of the axes that an equation names."""

from __future__ import annotations

import re

from convscope.layers._kind import BIAS, KERNEL, REQUIRED, Example, LoweringError, Settings, activated, layer_kind
from convscope.layers._making import Making, Value

__all__ = ["dense", "einsum_dense"]

EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")
LETTERS = "abcdefghjklmnpqrstuvwxyz"
"""Of the axes before those that are weighed; i and o are taken."""


@layer_kind(
    "Dense",
    words="adds up everything that it is given, with a weight for each number, once for each unit",
    settings={"units": REQUIRED, "use_bias": True, "activation": None},
    also=f"{BIAS} {KERNEL}",
    examples=[
        Example("Dense", ((6,),), {"units": 4, "activation": "relu"}),
        Example("Dense", ((3, 5),), {"units": 2, "use_bias": False, "activation": "tanh"}),
    ],
)
def dense(making: Making, settings: Settings, x: Value) -> Value:
    """Multiply the last axis by a matrix of weights."""
    units = settings["units"]
    kernel = making.weight("kernel", x.shape[-1], units)
    bias = [making.weight("bias", units)] if settings["use_bias"] else []
    before = LETTERS[: len(x.shape) - 1]
    sums = x.contract(f"{before}i,io->{before}o", kernel, *bias, part="sum")
    return activated(sums, settings["activation"])


@layer_kind(
    "EinsumDense",
    words="adds up along the axes that its equation names, with a weight for each number",
    settings={"equation": REQUIRED, "output_shape": REQUIRED, "activation": None, "bias_axes": None},
    also=f"{BIAS} {KERNEL} lora_rank lora_alpha gptq_unpacked_column_size",
    examples=[
        Example("EinsumDense", ((5,),), {"equation": "ab,bc->ac", "output_shape": 4, "bias_axes": "c"}),
        Example("EinsumDense", ((3, 6),), {"equation": "...x,xy->...y", "output_shape": 4, "activation": "relu"}),
        Example("EinsumDense", ((3, 6),), {"equation": "abc,cde->abde", "output_shape": [3, 2, 4], "bias_axes": "de"}),
    ],
)
def einsum_dense(making: Making, settings: Settings, x: Value) -> Value:
    """Contract by the equation, whose first letter, or dots, stand for the batch."""
    found = EQUATION.fullmatch(settings["equation"].replace(" ", ""))
    if found is None or bool(found[1]) != bool(found[5]) or bool(found[3]) != bool(found[7]) or (found[1] and found[3]):
        raise LoweringError(f"{making.layer} has the equation {settings['equation']}")
    one, weights, result = found[2], found[4], found[6]
    free = [letter for letter in f"{LETTERS}{LETTERS.upper()}" if letter not in one + weights + result]
    dots = "".join(free[: max(0, len(x.shape) + 1 - len(one))])
    one, result = (f"{dots}{one}", f"{dots}{result}") if found[1] else (f"{one}{dots}", f"{result}{dots}")
    if (not dots and found[1]) or len(one) != len(x.shape) + 1 or one[:1] != result[:1] or one[0] in weights:
        raise LoweringError(
            f"{making.layer} has the equation {settings['equation']}, and its input has shape {x.shape}"
        )
    wanted = settings["output_shape"]
    sizes = dict(zip(found[6][::-1], [*([wanted] if isinstance(wanted, int) else wanted)][::-1], strict=False))
    sizes = {**sizes, **dict(zip(one[1:], x.shape, strict=True))}
    if any(not isinstance(sizes.get(letter), int) for letter in weights):
        raise LoweringError(f"{making.layer} has an output_shape that does not fit its equation: {wanted}")
    kernel = making.weight("kernel", *(sizes[letter] for letter in weights))
    y = x.contract(f"{one[1:]},{weights}->{result[1:]}", kernel, part="sum")
    if settings["bias_axes"]:
        bias = making.weight("bias", *_bias_shape(settings["bias_axes"], result, sizes))
        y = y.plus(bias, part="shifted")
    return activated(y, settings["activation"])


def _bias_shape(axes: str, result: str, sizes: dict[str, int]) -> list[int]:
    """Give a bias the axes that it has, from its first one on, and 1 for those between."""
    first = min(result.index(letter) for letter in axes)
    return [sizes[letter] if letter in axes else 1 for letter in result[first:]]
