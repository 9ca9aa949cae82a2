"""Dense: every unit weighs all numbers of a line."""

from __future__ import annotations

from convscope.layers._kind import BIAS, KERNEL, REQUIRED, Example, Settings, activated, layer_kind
from convscope.layers._making import Making, Value

__all__ = ["dense"]


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
    before = "tuvw"[: len(x.shape) - 1]
    sums = x.contract(f"{before}i,io->{before}o", kernel, *bias, part="sum")
    return activated(sums, settings["activation"])
