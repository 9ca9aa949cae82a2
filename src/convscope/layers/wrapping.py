"""Bidirectional, TimeDistributed: layers around a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convscope.layers._kind import REQUIRED, Example, LoweringError, Settings, kinds, layer_kind, lower
from convscope.layers._making import Making, Value
from convscope.primitives.join import Join

__all__ = ["bidirectional", "time_distributed"]


@layer_kind(
    "TimeDistributed",
    words="applies the same layer at each step",
    settings={"layer": REQUIRED},
    examples=[
        Example("TimeDistributed", ((4, 6),), {"layer": Example("Dense", (), {"units": 3})}),
        Example("TimeDistributed", ((3, 5, 5, 2),), {"layer": Example("Conv2D", (), {"filters": 2, "kernel_size": 2})}),
    ],
)
def time_distributed(making: Making, settings: Settings, x: Value) -> Value:
    """Scan without a memory."""
    inner = settings["layer"]

    def body(steps: list[Value], memory: list[Value], same: list[Value]) -> tuple[list[Value], Value]:
        return [], lower(steps[0].making, *_named(inner), steps[0])

    return making.scan(body, [x])


@layer_kind(
    "Bidirectional",
    words="reads the sequence forwards and backwards",
    settings={"layer": REQUIRED, "backward_layer": None, "merge_mode": "concat"},
    examples=[
        Example("Bidirectional", ((6, 3),), {"layer": Example("LSTM", (), {"units": 2})}),
        Example(
            "Bidirectional",
            ((6, 3),),
            {"layer": Example("GRU", (), {"units": 2, "return_sequences": True}), "merge_mode": "ave"},
        ),
        Example("Bidirectional", ((5, 2),), {"layer": Example("SimpleRNN", (), {"units": 3}), "merge_mode": "mul"}),
    ],
)
def bidirectional(making: Making, settings: Settings, x: Value) -> Value:
    """Run two layers, turn the second one's steps round again, and merge."""
    kind, config = _named(settings["layer"])
    if kind in kinds() and "go_backwards" not in kinds()[kind].settings:
        raise LoweringError(f"{making.layer} reads a {kind} in both directions")
    reversed_config = {**config, "go_backwards": not config.get("go_backwards")}
    other = _named(settings["backward_layer"]) if settings["backward_layer"] else (kind, reversed_config)
    ahead = _inside(making, "forward", (kind, config), x)
    behind = _inside(making, "backward", other, x)
    if config.get("return_sequences"):
        behind = behind.cut(0, None, None, -1)
    mode = settings["merge_mode"]
    if mode == "concat":
        return ahead.put(Join(axis=len(ahead.shape) - 1), behind, part="joined")
    if mode == "mul":
        return ahead.times(behind, part="product")
    if mode not in ("sum", "ave"):
        raise LoweringError(f"{making.layer} gives two values")
    return ahead.plus(
        behind, factors=(1.0, 1.0) if mode == "sum" else (0.5, 0.5), part="sum" if mode == "sum" else "mean"
    )


def _inside(making: Making, name: str, layer: tuple[str, Mapping[str, Any]], x: Value) -> Value:
    """Lower a layer inside this one; its name stands in front of its parts' names."""
    inner = making.within(name)
    return Value(lower(inner, *layer, Value(x.number, inner)).number, making)


def _named(layer: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Read the kind and the settings of a layer in a configuration."""
    return str(layer["class_name"]), layer["config"]
