"""Attention and its relatives: each place asks all others, and takes of each what its answer is worth."""

from __future__ import annotations

import numpy as np

from convscope.layers._kind import BIAS, KERNEL, REQUIRED, Example, LoweringError, Settings, layer_kind
from convscope.layers._making import Making, Value
from convscope.primitives.noise import Noise
from convscope.primitives.softmax import Softmax

__all__ = ["additive", "attention", "grouped", "multi_head"]

HEADS = {"dropout": 0.0, "use_bias": True, "use_gate": False, "sliding_window": None}
WORDS = "lets each place take from all others what answers its question"


@layer_kind(
    "MultiHeadAttention",
    words=WORDS,
    settings={
        "num_heads": REQUIRED,
        "key_dim": REQUIRED,
        "value_dim": None,
        "output_shape": None,
        "attention_axes": None,
        **HEADS,
    },
    also=f"{BIAS} {KERNEL} seed flash_attention query_shape key_shape value_shape",
    examples=[
        Example("MultiHeadAttention", ((5, 6), (5, 6)), {"num_heads": 2, "key_dim": 3}),
        Example("MultiHeadAttention", ((4, 6), (5, 6)), {"num_heads": 1, "key_dim": 4, "use_bias": False}),
    ],
)
def multi_head(making: Making, settings: Settings, query: Value, value: Value, key: Value | None = None) -> Value:
    """Compare queries and keys in several heads, and mix the values by how well they match."""
    if settings["output_shape"] or settings["attention_axes"] not in (None, [1], (1,)):
        raise LoweringError(f"{making.layer} attends to something other than a sequence")
    heads, size = settings["num_heads"], settings["key_dim"]
    wide = settings["value_dim"] or size
    asked = _seen(making, settings, query, name="query", heads=heads, length=size)
    offered = _seen(making, settings, value if key is None else key, name="key", heads=heads, length=size)
    given = _seen(making, settings, value, name="value", heads=heads, length=wide)
    return _answered(making, settings, query, asked=asked, offered=offered, given=given)


@layer_kind(
    "GroupQueryAttention",
    words=WORDS,
    settings={"head_dim": REQUIRED, "num_query_heads": REQUIRED, "num_key_value_heads": REQUIRED, **HEADS},
    also=f"{BIAS} {KERNEL} seed flash_attention",
    examples=[
        Example(
            "GroupQueryAttention",
            ((5, 6), (4, 6)),
            {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
        )
    ],
)
def grouped(making: Making, settings: Settings, query: Value, value: Value, key: Value | None = None) -> Value:
    """Let several heads of questions share a head of keys and values."""
    heads, few, size = (settings[name] for name in ("num_query_heads", "num_key_value_heads", "head_dim"))
    if heads % few:
        raise LoweringError(f"{making.layer} divides {heads} heads into {few} groups")
    asked = _seen(making, settings, query, name="query", heads=heads, length=size)
    offered = _seen(making, settings, value if key is None else key, name="key", heads=few, length=size)
    given = _seen(making, settings, value, name="value", heads=few, length=size)
    offered, given = (one.move(("repeat", 1, heads // few)) for one in (offered, given))
    return _answered(making, settings, query, asked=asked, offered=offered, given=given)


@layer_kind(
    "Attention",
    words=WORDS,
    settings={"use_scale": False, "score_mode": "dot", "dropout": 0.0},
    also="seed",
    examples=[
        Example("Attention", ((5, 3), (4, 3)), {"use_scale": True}),
        Example("Attention", ((5, 3), (4, 2), (4, 3)), {"score_mode": "concat"}),
    ],
)
def attention(making: Making, settings: Settings, query: Value, value: Value, key: Value | None = None) -> Value:
    """Compare by products, or by the bent sum of a question and a key."""
    _check_sequence(making, query)
    scale = [making.weight("scale")] if settings["use_scale"] else []
    keys = value if key is None else key
    if settings["score_mode"] == "dot":
        scores = query.contract("td,sd->ts", keys, part="match")
        scores = scores.times(*scale, part="score") if scale else scores
    else:
        weight = making.weight("concat_score_weight")
        sums = _pairs(query, keys)
        scores = _added_up((sums.times(*scale) if scale else sums).bend("tanh", "bent")).times(weight, part="score")
    return _mixed(settings, scores, value)


@layer_kind(
    "AdditiveAttention",
    words=WORDS,
    settings={"use_scale": True, "dropout": 0.0},
    also="seed",
    examples=[
        Example("AdditiveAttention", ((5, 3), (4, 3))),
        Example("AdditiveAttention", ((5, 3), (4, 3)), {"use_scale": False}),
    ],
)
def additive(making: Making, settings: Settings, query: Value, value: Value, key: Value | None = None) -> Value:
    """Compare by the weighed sum of a question and a key, bent."""
    _check_sequence(making, query)
    bent = _pairs(query, value if key is None else key).bend("tanh", "bent")
    if settings["use_scale"]:
        scores = bent.contract("tsd,d->ts", making.weight("scale", query.shape[-1]), part="score")
    else:
        scores = _added_up(bent)
    return _mixed(settings, scores, value)


def _seen(making: Making, settings: Settings, x: Value, name: str, heads: int, length: int) -> Value:
    """See a sequence through each head."""
    _check_sequence(making, x)
    kernel = making.weight(f"{name}/kernel", x.shape[-1], heads, length)
    bias = [making.weight(f"{name}/bias", heads, length)] if settings["use_bias"] else []
    return x.contract("ti,ihd->thd", kernel, *bias, part=name)


def _answered(making: Making, settings: Settings, query: Value, asked: Value, offered: Value, given: Value) -> Value:
    """Mix what is given by how well what is offered matches what is asked, and add the heads up."""
    if settings["use_gate"] or settings["sliding_window"]:
        raise LoweringError(f"{making.layer} has a gate or a sliding window")
    heads, wide, size = *given.shape[1:], asked.shape[2]
    kernel = making.weight("attention_output/kernel", heads, wide, query.shape[-1])
    bias = [making.weight("attention_output/bias", query.shape[-1])] if settings["use_bias"] else []
    scores = asked.contract("thd,shd->hts", offered, part="match").plus(factors=(size**-0.5,), part="score")
    shares = _shares(settings, scores)
    return shares.contract("hts,shd->thd", given, part="taken").contract("thd,hdo->to", kernel, *bias, part="sum")


def _shares(settings: Settings, scores: Value) -> Value:
    shares = scores.put(Softmax(axis=len(scores.shape) - 1), part="attention")
    return shares.put(Noise(kind="dropout", rate=float(settings["dropout"])))


def _mixed(settings: Settings, scores: Value, value: Value) -> Value:
    return _shares(settings, scores).contract("ts,sd->td", value, part="taken")


def _pairs(query: Value, keys: Value) -> Value:
    """Add each question to each key."""
    (asks, size), (answers, other) = query.shape, keys.shape
    return query.reshape(asks, 1, size).plus(keys.reshape(1, answers, other), part="together")


def _added_up(x: Value) -> Value:
    return x.contract("tsd,d->ts", x.making.made(x.shape[-1:], np.ones), part="added up")


def _check_sequence(making: Making, x: Value) -> None:
    if len(x.shape) != 2:
        raise LoweringError(f"{making.layer} attends to something other than a sequence: {x.shape}")
