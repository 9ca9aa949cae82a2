"""What a model's settings promise, worked out before anything is built: shapes, weights, parameters.

Keras reserves memory for a layer while it reads its settings. So the settings of a model file are read here first,
with sums of small whole numbers: every layer's kind, its settings, what goes in and what comes out, and the shape of
every weight. What is on no list here does not reach Keras.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from convscope.errors import ModelError
from convscope.limits import DEEPEST_MODEL, MOST_LAYER_VALUES, MOST_LAYERS, MOST_PARAMETERS
from convscope.training._layer_checks import LAYER_KINDS, check_layer
from convscope.training._layer_kinds import KINDS, MERGING, Shape, input_shape, is_int

__all__ = ["LAYER_KINDS", "MOST_PARAMETERS", "Architecture", "Call", "Weight", "plain_config", "plan"]

Source = tuple[str, int]


@dataclass(frozen=True)
class Weight:
    """One array of a model.

    Parameters
    ----------
    layer, kind, name : str
        For instance ``conv2d``, ``Conv2D``, ``kernel``; a layer within a model within has both names, with a slash.
    shape : tuple of int
    """

    layer: str
    kind: str
    name: str
    shape: Shape

    def __str__(self) -> str:
        return f"the {self.name} of layer {self.layer} ({self.kind})"


@dataclass(frozen=True)
class Call:
    """One layer at work. The image is value 0, and the call at place ``n`` gives value ``n + 1``.

    Parameters
    ----------
    layer, kind : str
    settings : mapping
        As Keras writes them.
    inputs : tuple of int or float
        Numbers of values; a float is a constant.
    shapes : tuple of tuples of int
        Of the inputs, without the batch; of a constant ().
    shape : tuple of int
        Of what comes out.
    weights : tuple of Weight
    """

    layer: str
    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[int | float, ...]
    shapes: tuple[Shape, ...]
    shape: Shape
    weights: tuple[Weight, ...]


@dataclass(frozen=True)
class Architecture:
    """What a model will be.

    Parameters
    ----------
    calls : list of Call
        In an order in which each finds its inputs.
    input_shape, output_shape : tuple of int
        Of one image, without the batch.
    output : int
        The number of the value that comes out.
    weights : list of Weight
        In the order in which Keras lists them.
    """

    calls: list[Call]
    input_shape: Shape
    output_shape: Shape
    output: int
    weights: list[Weight]

    @property
    def n_parameters(self) -> int:
        """All numbers in all weights."""
        return sum(prod(weight.shape) for weight in self.weights)


def plan(config: Any) -> Architecture:
    """Read a model's settings and add up what they ask for.

    Parameters
    ----------
    config : object
        As Keras serializes a model: ``{"class_name": "Functional", "config": {"layers": [...]}}`` or "Sequential".

    Returns
    -------
    architecture : Architecture

    Raises
    ------
    ModelError
        A layer, setting or object is not on the lists, does not fit the layer before it, or is too large; the message
        names the first.
    """
    reader = _Reader()
    output, weights = reader.model(config, None, "")
    found = Architecture(reader.calls, reader.shapes[0], reader.shapes[output], output, weights)
    if found.n_parameters > MOST_PARAMETERS:
        largest = max(found.weights, key=lambda weight: prod(weight.shape))
        raise ModelError(
            f"the model is too large: {largest} alone has {prod(largest.shape):,} numbers.",
            received=f"{found.n_parameters:,} parameters",
            expected=f"at most {MOST_PARAMETERS:,}",
        )
    return found


def plain_config(config: Any) -> Any:
    """Leave out what a model needs for training with Keras, or to be built early; a Sequential begins with its input.

    Parameters
    ----------
    config : object
        Settings that `plan` has read.
    """
    if isinstance(config, list):
        return [plain_config(part) for part in config]
    if not isinstance(config, dict):
        return config
    kept = {name: plain_config(part) for name, part in config.items() if name not in ("compile_config", "build_config")}
    if config.get("class_name") == "Sequential" and not _begins_with_input(config):
        kept["config"]["layers"] = [_input_layer(config), *kept["config"]["layers"]]
    return kept


class _Reader:
    """Reads layer after layer; holds what was called so far, and the shape of every value."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.shapes: list[Shape] = []

    def model(self, config: Any, source: int | None, path: str) -> tuple[int, list[Weight]]:
        """Read a model that is given a value; the outermost is given the image. Say which value comes out."""
        if path.count("/") > DEEPEST_MODEL:
            raise ModelError("the model's settings are nested too deeply.", expected=f"at most {DEEPEST_MODEL} levels")
        kind = check_layer(config)
        if kind not in ("Functional", "Sequential"):
            raise ModelError("the outermost layer is not a model.", received=kind, expected="Functional or Sequential")
        layers = config["config"].get("layers")
        if not isinstance(layers, list) or not layers:
            raise ModelError(f"a {kind} has no list of layers.", received=type(layers).__name__)
        if kind == "Functional":
            return self._functional(config["config"], layers, source, path)
        return self._sequential(layers if _begins_with_input(config) else [_input_layer(config), *layers], source, path)

    def _sequential(self, layers: list[Any], source: int | None, path: str) -> tuple[int, list[Weight]]:
        check_layer(layers[0])
        value, weights = self._enter(layers[0], source), []
        for place, layer in enumerate(layers[1:], 1):
            name = str((check_layer(layer) and layer["config"].get("name")) or f"number {place}")
            value, found = self._call(layer, [value], f"{path}{name}")
            weights += found
        return value, weights

    def _functional(
        self, settings: Mapping[str, Any], layers: list[Any], source: int | None, path: str
    ) -> tuple[int, list[Weight]]:
        """Follow the calls of a functional model, each as soon as what it takes is known."""
        first, last = (_end(settings.get(name), name) for name in ("input_layers", "output_layers"))
        names = _names(layers)
        known: dict[Source, int] = {}
        weights: dict[str, list[Weight]] = {}
        waiting = [
            (layer, (name, number), [*_inputs(node)])
            for name, layer in zip(names, layers, strict=True)
            for number, node in enumerate(_nodes(layer))
        ]
        if len(waiting) > MOST_LAYERS + 1:
            raise _too_many(path)
        while waiting:
            later = []
            for layer, made, taken in waiting:
                if not all(isinstance(one, float) or one in known for one in taken):
                    later.append((layer, made, taken))
                elif layer["class_name"] == "InputLayer":
                    if made != first:
                        raise ModelError("the model has several inputs.", received=f"{made[0]} beside {first[0]}")
                    known[made] = self._enter(layer, source)
                else:
                    values = [one if isinstance(one, float) else known[one] for one in taken]
                    known[made], found = self._call(layer, values, f"{path}{made[0]}")
                    if weights.setdefault(made[0], found) != found:
                        raise ModelError(f"layer {made[0]} is given inputs of different sizes.")
            if len(later) == len(waiting):
                raise ModelError(f"layer {later[0][1][0]} takes an input that no other layer gives.")
            waiting = later
        if first not in known or last not in known:
            raise ModelError(
                "an input or output of the model is not one of its layers.", received=f"{first[0]}, {last[0]}"
            )
        return known[last], [weight for name in names for weight in weights.get(name, [])]

    def _enter(self, layer: Mapping[str, Any], source: int | None) -> int:
        """Let the image in, or what a model within is given."""
        shape = input_shape(layer["config"], []) if layer["class_name"] == "InputLayer" else None
        if shape is None:
            raise ModelError("a model does not start with an input layer.", received=str(layer["class_name"]))
        _check_size(shape, "the input")
        if source is None:
            self.shapes.append(shape)
            return 0
        if self.shapes[source] != shape:
            raise ModelError("a nested model does not fit its input.", received=f"{self.shapes[source]}")
        return source

    def _call(self, layer: Any, inputs: list[int | float], path: str) -> tuple[int, list[Weight]]:
        """Read one call of one layer."""
        kind = check_layer(layer)
        if len(self.calls) >= MOST_LAYERS:
            raise _too_many(path)
        if len(inputs) != 1 and kind not in MERGING:
            raise ModelError(f"layer {path} ({kind}) takes one input.", received=f"{len(inputs)}")
        if kind in ("Functional", "Sequential"):
            return self.model(layer, int(inputs[0]), f"{path}/")
        shapes = tuple(() if isinstance(one, float) else self.shapes[one] for one in inputs)
        shape, weights = _settled(kind, layer["config"], shapes, path)
        self.calls.append(Call(path, kind, layer["config"], tuple(inputs), shapes, shape, tuple(weights)))
        self.shapes.append(shape)
        return len(self.calls), weights


def _too_many(path: str) -> ModelError:
    return ModelError(f"the model has more than {MOST_LAYERS:,} layers.", received=f"layer {path}")


def _settled(
    kind: str, settings: Mapping[str, Any], shapes: tuple[Shape, ...], path: str
) -> tuple[Shape, list[Weight]]:
    """Work out what a layer gives, and which weights it has."""
    try:
        shape = KINDS[kind].shape(settings, shapes)
        weights = KINDS[kind].weights(settings, shapes[0])
    except (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, AttributeError, OverflowError) as error:
        if isinstance(error, ModelError):
            raise ModelError(f"layer {path} ({kind}): {error.what}", received=error.received) from None
        raise ModelError(
            f"layer {path} ({kind}) has settings that do not fit its input.",
            received=f"input {shapes}: {error!r}"[:160],
        ) from None
    _check_size(shape, f"layer {path} ({kind})")
    return shape, [Weight(path, kind, *weight) for weight in weights]


def _check_size(shape: Shape, what: str) -> None:
    if prod(shape) > MOST_LAYER_VALUES or any(size < 1 for size in shape):
        raise ModelError(
            f"{what} is {'too large' if prod(shape) > 0 else 'empty'}: it gives {shape}.",
            expected=f"1 to {MOST_LAYER_VALUES:,} numbers for one image",
        )


def _names(layers: list[Any]) -> list[str]:
    for layer in layers:
        check_layer(layer)
    names = [str(layer.get("name")) for layer in layers]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ModelError("two layers have the same name.", received=twice[0][:80])
    return names


def _nodes(layer: Mapping[str, Any]) -> list[Any]:
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list) or len(nodes) > MOST_LAYERS:
        raise ModelError(f"layer {layer.get('name')} has no list of calls.", received=type(nodes).__name__)
    return nodes if layer["class_name"] != "InputLayer" else [{}]


def _inputs(node: Any) -> Iterator[Source | float]:
    """List which outputs a call takes; nothing but outputs, and numbers beside them."""
    if not isinstance(node, dict) or set(node) - {"args", "kwargs"}:
        raise ModelError("a layer's call is not as Keras writes it.", received=f"{node!r}"[:80])
    kwargs = node.get("kwargs") or {}
    plain = isinstance(kwargs, dict) and all(
        name in ("mask", "training") and (value is None or isinstance(value, bool)) for name, value in kwargs.items()
    )
    if not plain:
        raise ModelError("a layer is called with something other than inputs.", received=f"{kwargs!r}"[:80])
    yield from _found(node.get("args", []), 0)


def _found(part: Any, depth: int) -> Iterator[Source | float]:
    if isinstance(part, list) and depth < 3:
        for inner in part:
            yield from _found(inner, depth + 1)
    elif isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
        history = part["config"].get("keras_history") if isinstance(part.get("config"), dict) else None
        yield _source(history)
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield float(part)
    elif part is not None:
        raise ModelError("a layer is called with something other than inputs.", received=f"{part!r}"[:80])


def _source(history: Any) -> Source:
    if isinstance(history, list) and len(history) == 3 and isinstance(history[0], str):
        name, number, place = history
        if is_int(number) and place == 0:
            return name, number
    raise ModelError("an input of a layer is not as Keras writes it.", received=f"{history!r}"[:80])


def _end(ends: Any, which: str) -> Source:
    if isinstance(ends, list) and len(ends) == 1:
        ends = ends[0]
    try:
        return _source(ends)
    except ModelError:
        raise ModelError(f"{which} does not name one layer.", received=f"{ends!r}"[:80]) from None


def _begins_with_input(config: Mapping[str, Any]) -> bool:
    layers = config["config"].get("layers")
    first = layers[0] if isinstance(layers, list) and layers else None
    return isinstance(first, dict) and first.get("class_name") == "InputLayer"


def _input_layer(config: Mapping[str, Any]) -> dict[str, Any]:
    """Make the input layer of a model that has none, from what it was built for."""
    build = config.get("build_config")
    shape = build.get("input_shape") if isinstance(build, dict) else None
    return {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "dtype": "float32", "name": "input"},
        "registered_name": None,
    }
