"""How Keras writes a model down: which layers call which, and what goes in.

What is not exactly as Keras writes it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from convscope.errors import ModelError
from convscope.layers import is_int
from convscope.limits import MOST_LAYERS

__all__ = ["Source", "begins_with_input", "end_of", "input_layer", "inputs_of", "n_layers", "nodes_of"]

Source = tuple[str, int]
"""The name of a layer, and which of its calls."""


def n_layers(kind: str, settings: Mapping[str, Any]) -> int:
    """Count a layer and those within; one that reads in both directions has its layer twice."""
    inner = settings.get("layer")
    if not isinstance(inner, dict):
        return 1
    return 1 + (2 if kind == "Bidirectional" else 1) * n_layers(inner["class_name"], inner["config"])


def nodes_of(layer: Mapping[str, Any]) -> list[Any]:
    """List the calls of a layer; an input layer has one."""
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list) or len(nodes) > MOST_LAYERS:
        raise ModelError(f"layer {layer.get('name')} has no list of calls.", received=type(nodes).__name__)
    return nodes if layer["class_name"] != "InputLayer" else [{}]


def inputs_of(node: Any) -> Iterator[Source | float]:
    """List which outputs a call takes; nothing but outputs, and numbers beside them."""
    if not isinstance(node, dict) or set(node) - {"args", "kwargs"}:
        raise ModelError("a layer's call is not as Keras writes it.", received=f"{node!r}"[:80])
    kwargs = node.get("kwargs") or {}
    if not isinstance(kwargs, dict):
        raise ModelError("a layer is called with something other than inputs.", received=f"{kwargs!r}"[:80])
    tensors = {name: kwargs[name] for name in ("value", "key") if isinstance(kwargs.get(name), dict)}
    for name, value in kwargs.items():
        switched = name in ("mask", "training") and isinstance(value, bool)
        if name not in tensors and not switched and value is not None and value is not False:
            raise ModelError("a layer is called with something other than inputs.", received=f"{kwargs!r}"[:80])
    yield from _found(node.get("args", []), 0)
    yield from _found(list(tensors.values()), 0)


def _found(part: Any, depth: int) -> Iterator[Source | float]:
    if isinstance(part, list) and depth < 3:
        for inner in part:
            yield from _found(inner, depth + 1)
    elif isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
        history = part["config"].get("keras_history") if isinstance(part.get("config"), dict) else None
        yield source_of(history)
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield float(part)
    elif part is not None:
        raise ModelError("a layer is called with something other than inputs.", received=f"{part!r}"[:80])


def source_of(history: Any) -> Source:
    if isinstance(history, list) and len(history) == 3 and isinstance(history[0], str):
        name, number, place = history
        if is_int(number) and place == 0:
            return name, number
    raise ModelError("an input of a layer is not as Keras writes it.", received=f"{history!r}"[:80])


def end_of(ends: Any, which: str) -> Source:
    """Read which layer is the input or the output of a model."""
    if isinstance(ends, list) and len(ends) == 1:
        ends = ends[0]
    try:
        return source_of(ends)
    except ModelError:
        raise ModelError(f"{which} does not name one layer.", received=f"{ends!r}"[:80]) from None


def begins_with_input(config: Mapping[str, Any]) -> bool:
    """Say whether a Sequential says what it takes."""
    layers = config["config"].get("layers")
    first = layers[0] if isinstance(layers, list) and layers else None
    return isinstance(first, dict) and first.get("class_name") == "InputLayer"


def input_layer(config: Mapping[str, Any]) -> dict[str, Any]:
    """Make the input layer of a model that has none, from what it was built for."""
    build = config.get("build_config")
    shape = build.get("input_shape") if isinstance(build, dict) else None
    return {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "dtype": "float32", "name": "input"},
        "registered_name": None,
    }
