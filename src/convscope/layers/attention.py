"""MultiHeadAttention: each place asks all others, and takes of each what its answer is worth."""

from __future__ import annotations

from convscope.layers._kind import BIAS, KERNEL, REQUIRED, Example, LoweringError, Settings, layer_kind
from convscope.layers._making import Making, Value
from convscope.primitives.noise import Noise
from convscope.primitives.softmax import Softmax

__all__ = ["attention"]


@layer_kind(
    "MultiHeadAttention",
    words="lets each place take from all others what answers its question",
    settings={
        "num_heads": REQUIRED,
        "key_dim": REQUIRED,
        "value_dim": None,
        "dropout": 0.0,
        "use_bias": True,
        "output_shape": None,
        "attention_axes": None,
        "use_gate": False,
        "sliding_window": None,
    },
    also=f"{BIAS} {KERNEL} seed flash_attention query_shape key_shape value_shape",
    examples=[
        Example("MultiHeadAttention", ((5, 6), (5, 6)), {"num_heads": 2, "key_dim": 3}),
        Example("MultiHeadAttention", ((4, 6), (5, 6)), {"num_heads": 1, "key_dim": 4, "use_bias": False}),
    ],
)
def attention(making: Making, settings: Settings, query: Value, value: Value, key: Value | None = None) -> Value:
    """Compare queries and keys, and mix the values by how well they match."""
    if len(query.shape) != 2 or settings["output_shape"] or settings["attention_axes"] not in (None, [1], (1,)):
        raise LoweringError(f"{making.layer} attends to something other than a sequence")
    if settings["use_gate"] or settings["sliding_window"]:
        raise LoweringError(f"{making.layer} has a gate or a sliding window")
    heads, size = settings["num_heads"], settings["key_dim"]
    wide = settings["value_dim"] or size

    def seen(x: Value, name: str, length: int) -> Value:
        kernel = making.weight(f"{name}/kernel", x.shape[-1], heads, length)
        bias = [making.weight(f"{name}/bias", heads, length)] if settings["use_bias"] else []
        return x.contract("ti,ihd->thd", kernel, *bias, part=name)

    asked, offered, given = seen(query, "query", size), seen(key or value, "key", size), seen(value, "value", wide)
    kernel = making.weight("attention_output/kernel", heads, wide, query.shape[-1])
    bias = [making.weight("attention_output/bias", query.shape[-1])] if settings["use_bias"] else []
    scores = asked.contract("thd,shd->hts", offered, part="match").plus(factors=(size**-0.5,), part="score")
    shares = scores.put(Softmax(axis=2), part="attention").put(Noise(kind="dropout", rate=float(settings["dropout"])))
    return shares.contract("hts,shd->thd", given, part="taken").contract("thd,hdo->to", kernel, *bias, part="sum")
