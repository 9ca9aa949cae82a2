"""What a model's settings promise, worked out before anything is built: shapes, weights, parameters.

Keras reserves memory for a layer while it reads its settings. So the settings of a model file are read here first:
every layer is lowered to primitives, which gives its shape and its weights without an array. What is on no list here
does not reach Keras.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from convscope.errors import ConvscopeError, ModelError
from convscope.layers import LoweringError, Making, Value, is_int, lower
from convscope.limits import DEEPEST_MODEL, MOST_AXES, MOST_LAYER_VALUES, MOST_LAYERS, MOST_PARAMETERS
from convscope.modelfiles._keras_config import (
    Source,
    begins_with_input,
    end_of,
    input_layer,
    inputs_of,
    n_layers,
    nodes_of,
)
from convscope.modelfiles._layer_checks import KERAS_ALONE, LAYER_KINDS, OPERATION_MODULE, check_layer
from convscope.primitives import Graph

__all__ = ["LAYER_KINDS", "MOST_PARAMETERS", "Architecture", "Weight", "plain_config", "plan"]

Shape = tuple[int, ...]
Result = tuple[Value, list["Weight"]]


@dataclass(frozen=True)
class Weight:
    """One array of a model.

    Parameters
    ----------
    layer, kind, name : str
        For instance ``conv2d``, ``Conv2D``, ``kernel``; a layer within a model within has both names, with a slash, and
        so has a weight of a layer of several parts.
    shape : tuple of int
    number : int
        Of its value in the graph.
    """

    layer: str
    kind: str
    name: str
    shape: Shape
    number: int = -1

    def __str__(self) -> str:
        return f"the {self.name} of layer {self.layer} ({self.kind})"


@dataclass(frozen=True)
class Architecture:
    """What a model will be.

    Parameters
    ----------
    graph : Graph
        Its sources are the image and the weights; its constants are left unmade, if nobody asked for them.
    input_shape, output_shape : tuple of int
        Of one image, without the batch.
    weights : list of Weight
        In the order in which Keras lists them.
    beyond : tuple of str
        What Keras does and the graph does not, as the end of a sentence that begins with the layer.
    """

    graph: Graph
    input_shape: Shape
    output_shape: Shape
    weights: list[Weight]
    beyond: tuple[str, ...] = ()

    @property
    def n_parameters(self) -> int:
        """All numbers in all weights."""
        return sum(prod(weight.shape) for weight in self.weights)


def plan(config: Any, *, shapes_only: bool = True) -> Architecture:
    """Read a model's settings and add up what they ask for.

    Parameters
    ----------
    config : object
        As Keras serializes a model: ``{"class_name": "Functional", "config": {"layers": [...]}}`` or "Sequential".
    shapes_only : bool
        Leave constants unmade, as for a file whose sizes nobody has looked at.

    Returns
    -------
    architecture : Architecture

    Raises
    ------
    ModelError
        A layer, setting or object is not on the lists, does not fit the layer before it, or is too large; the message
        names the first.
    """
    reader = _Reader(shapes_only=shapes_only)
    output, weights = reader.model(config, None, "")
    graph = reader.making.graph
    graph.outputs = [output.number]
    found = Architecture(graph, graph.shapes[0], output.shape, weights, tuple(reader.beyond))
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
    if config.get("class_name") == "Sequential" and not begins_with_input(config):
        kept["config"]["layers"] = [input_layer(config), *kept["config"]["layers"]]
    return kept


class _Reader:
    """Reads layer after layer, and lowers each."""

    def __init__(self, *, shapes_only: bool) -> None:
        self.making = Making(shapes_only=shapes_only)
        self.owned: dict[str, list[Weight]] = {}
        self.n_calls = 0
        self.beyond: list[str] = []

    def model(self, config: Any, source: Value | None, path: str) -> Result:
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
        return self._sequential(layers if begins_with_input(config) else [input_layer(config), *layers], source, path)

    def _sequential(self, layers: list[Any], source: Value | None, path: str) -> Result:
        _kind_of(layers[0], "the first layer")
        value, weights, names = self._enter(layers[0], source), [], set()
        for place, layer in enumerate(layers[1:], 1):
            settings = layer.get("config") if isinstance(layer, dict) else None
            name = str((isinstance(settings, dict) and settings.get("name")) or f"number {place}")
            if name in names or "/" in name:
                raise ModelError("two layers have the same name, or one has a slash.", received=name[:80])
            names.add(name)
            value, found = self._call(layer, [value], f"{path}{name}")
            weights += found
        return value, weights

    def _functional(self, settings: Mapping[str, Any], layers: list[Any], source: Value | None, path: str) -> Result:
        """Follow the calls of a functional model, each as soon as what it takes is known."""
        first, last = (end_of(settings.get(name), name) for name in ("input_layers", "output_layers"))
        names = _names(layers)
        known: dict[Source, Value] = {}
        weights: dict[str, list[Weight]] = {}
        waiting = [
            (layer, (name, number), [*inputs_of(node)])
            for name, layer in zip(names, layers, strict=True)
            for number, node in enumerate(nodes_of(layer))
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
                    known[made], weights[made[0]] = self._call(layer, values, f"{path}{made[0]}")
            if len(later) == len(waiting):
                raise ModelError(f"layer {later[0][1][0]} takes an input that no other layer gives.")
            waiting = later
        if first not in known or last not in known:
            raise ModelError(
                "an input or output of the model is not one of its layers.", received=f"{first[0]}, {last[0]}"
            )
        return known[last], [weight for name in names for weight in weights.get(name, [])]

    def _enter(self, layer: Mapping[str, Any], source: Value | None) -> Value:
        """Let the image in, or what a model within is given."""
        if layer["class_name"] != "InputLayer":
            raise ModelError("a model does not start with an input layer.", received=str(layer["class_name"]))
        shape = _input_shape(layer["config"])
        _check_size(shape, "the input")
        if source is None:
            return self.making.input(shape)
        if source.shape != shape:
            raise ModelError("a nested model does not fit its input.", received=f"{source.shape}")
        return source

    def _call(self, layer: Any, inputs: list[Value | float], path: str) -> Result:
        """Read one call of one layer."""
        kind = _kind_of(layer, f"layer {path}")
        self.n_calls += 1 if kind in ("Functional", "Sequential") else n_layers(kind, layer["config"])
        if self.n_calls > MOST_LAYERS:
            raise _too_many(path)
        given = [one for one in inputs if isinstance(one, Value)]
        if kind in ("Functional", "Sequential"):
            if len(given) != 1 or len(inputs) != 1:
                raise ModelError(f"layer {path} ({kind}) takes one input.", received=f"{len(inputs)}")
            return self.model(layer, given[0], f"{path}/")
        if not given or (layer["module"] == OPERATION_MODULE and len({len(value.shape) for value in given}) > 1):
            shapes = [value.shape for value in given]
            raise ModelError(f"layer {path} ({kind}): its inputs differ in their number of axes.", received=f"{shapes}")
        self.beyond += (f"layer {path} ({kind}) {what}" for what in _beyond(layer["config"]))
        value = self._lowered(kind, layer["config"], inputs, path)
        new = self.making.weights[sum(map(len, self.owned.values())) :] if path not in self.owned else []
        owned = self.owned.setdefault(
            path,
            [
                Weight(path, kind, f"{one.layer}/{one.name}".removeprefix(f"{path}/"), one.shape, one.number)
                for one in new
            ],
        )
        return value, owned

    def _lowered(self, kind: str, settings: Mapping[str, Any], inputs: list[Value | float], path: str) -> Value:
        """Work out what a layer gives, by the primitives that it is made of."""
        making = self.making
        making.layer = making.owner = path
        values = [making.constant(one) if isinstance(one, float) else one for one in inputs]
        shapes = ", ".join(str(value.shape) for value in values)[:160]
        try:
            value = lower(making, kind, _with_curves(settings), *values)
        except LoweringError as error:
            cause = error.__cause__ if isinstance(error.__cause__, ConvscopeError) else None
            raise ModelError(
                f"layer {path} ({kind}){str(error).removeprefix(path)}.",
                received=cause.received if cause else f"input {shapes}",
                expected=cause.expected if cause else None,
                repair=cause.repair if cause else None,
            ) from None
        except UNFIT as error:
            raise ModelError(
                f"layer {path} ({kind}) has settings that do not fit its input.",
                received=f"input {shapes}: {error!r}"[:160],
            ) from None
        _check_size(value.shape, f"layer {path} ({kind})")
        return value


UNFIT = (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, AttributeError, OverflowError, MemoryError)


def _kind_of(layer: Any, where: str) -> str:
    """Check a layer, and say of which layer an error speaks."""
    try:
        return check_layer(layer)
    except ModelError as error:
        raise ModelError(
            f"{where}: {error.what}", received=error.received, expected=error.expected, repair=error.repair
        ) from None


def _beyond(settings: Mapping[str, Any]) -> Iterator[str]:
    """List what the graph leaves out: precisions, and activations that only Keras knows."""
    precision = settings.get("dtype")
    name = precision["config"].get("name") if isinstance(precision, dict) else precision
    if name not in (None, "float32"):
        yield f"computes in {name}"
    for key, value in settings.items():
        if key.endswith("activation") and isinstance(value, str) and value in KERAS_ALONE:
            yield f"has the {key} {value}"
        elif isinstance(value, dict) and isinstance(value.get("config"), dict) and key != "dtype":
            yield from _beyond(value["config"])


def _with_curves(settings: Any) -> Any:
    """Put nothing in the place of activations that only Keras knows; they change no shape."""
    if not isinstance(settings, dict):
        return settings
    return {
        key: None
        if key.endswith("activation") and isinstance(value, str) and value in KERAS_ALONE
        else _with_curves(value)
        for key, value in settings.items()
    }


def _input_shape(settings: Mapping[str, Any]) -> Shape:
    """Read the shape that an input layer promises."""
    shape = settings.get("batch_shape") or settings.get("batch_input_shape")
    if not isinstance(shape, list) or len(shape) < 2:
        raise ModelError("the input has no shape.", received=f"{shape!r}"[:80])
    if not all(is_int(size, 1) for size in shape[1:]):
        raise ModelError("the input has a shape of unknown sizes.", received=f"{shape!r}"[:80])
    return tuple(shape[1:])


def _too_many(path: str) -> ModelError:
    return ModelError(f"the model has more than {MOST_LAYERS:,} layers.", received=f"layer {path}")


def _check_size(shape: Shape, what: str) -> None:
    if len(shape) > MOST_AXES:
        raise ModelError(f"{what} gives values of too many axes: {len(shape)}.", expected=f"at most {MOST_AXES}")
    if prod(shape) > MOST_LAYER_VALUES or any(size < 1 for size in shape):
        raise ModelError(
            f"{what} is {'too large' if prod(shape) > 0 else 'empty'}: it gives {shape}.",
            expected=f"1 to {MOST_LAYER_VALUES:,} numbers for one image",
        )


def _names(layers: list[Any]) -> list[str]:
    for place, layer in enumerate(layers):
        _kind_of(layer, f"layer {layer.get('name') if isinstance(layer, dict) else place}")
    names = [str(layer.get("name")) for layer in layers]
    unclear = [name for name, count in Counter(names).items() if count > 1 or "/" in name]
    if unclear:
        raise ModelError("two layers have the same name, or one has a slash.", received=unclear[0][:80])
    return names
