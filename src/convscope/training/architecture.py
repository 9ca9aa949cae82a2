"""What a model's settings promise, worked out before anything is built: shapes, weights, parameters.

Keras reserves memory for a layer while it reads its settings. So the settings of a model file are read here first,
with sums of small whole numbers: every layer's kind, its settings, what goes in and what comes out, and the shape of
every weight. What is on no list here does not reach Keras.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from convscope.errors import ModelError
from convscope.training._layer_kinds import KINDS, MERGING, Shape, input_shape, is_int

__all__ = ["ACTIVATION_NAMES", "LAYER_KINDS", "Architecture", "Weight", "plain_config", "plan"]

MOST_PARAMETERS = 50_000_000
MOST_VALUES = 50_000_000
"""Numbers that one layer may give for one image."""
MOST_LAYERS = 2_000
DEEPEST = 60

Settings = Mapping[str, Any]

ACTIVATION_NAMES = frozenset(
    """celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold""".split()  # noqa: SIM905  (a long list)
)
ACTIVATION_LAYERS = frozenset({"ReLU", "LeakyReLU", "ELU", "Softmax"})
INITIALIZERS = frozenset(
    """Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal LecunUniform
    Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal VarianceScaling
    Zeros""".split()  # noqa: SIM905
)
REGULARIZERS = frozenset({"L1", "L1L2", "L2", "OrthogonalRegularizer"})
CONSTRAINTS = frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"})
PRECISIONS = frozenset({"float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16"})
OPERATIONS = frozenset({"Add", "Subtract", "Multiply", "Maximum", "Minimum"})
"""What ``one + two`` leaves in a functional model."""
OBJECT_KEYS = frozenset(
    """build_config class_name compile_config config inbound_nodes module name registered_name
    shared_object_id""".split()  # noqa: SIM905
)
PARTS = {  # where a setting may hold an object, and which
    "_initializer": ("keras.initializers", INITIALIZERS),
    "_regularizer": ("keras.regularizers", REGULARIZERS),
    "_constraint": ("keras.constraints", CONSTRAINTS),
    "dtype": ("keras", frozenset({"DTypePolicy"})),
    "activation": ("keras.layers", ACTIVATION_LAYERS),
}
COMMON = frozenset({"name", "trainable", "dtype", "activity_regularizer"})
LAYER_KINDS = frozenset(KINDS) | {"Functional", "Sequential"}


@dataclass(frozen=True)
class Weight:
    """One array of a model.

    Parameters
    ----------
    layer, kind, name : str
        For instance ``conv2d``, ``Conv2D``, ``kernel``.
    shape : tuple of int
    """

    layer: str
    kind: str
    name: str
    shape: Shape

    def __str__(self) -> str:
        return f"the {self.name} of layer {self.layer} ({self.kind})"


@dataclass(frozen=True)
class Architecture:
    """What a model will be.

    Parameters
    ----------
    input_shape, output_shape : tuple of int
        Of one image, without the batch.
    weights : list of Weight
        In the order in which Keras lists them.
    """

    input_shape: Shape
    output_shape: Shape
    weights: list[Weight] = field(default_factory=list)

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
    found = _model(config, _Budget(), 0)
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


class _Budget:
    """Counts layers, so that no settings make the reading itself long."""

    def __init__(self) -> None:
        self.n_layers = 0

    def take(self, name: str) -> None:
        self.n_layers += 1
        if self.n_layers > MOST_LAYERS:
            raise ModelError(f"the model has more than {MOST_LAYERS:,} layers.", received=f"layer {name}")


def _model(config: Any, budget: _Budget, depth: int) -> Architecture:
    if depth > DEEPEST:
        raise ModelError("the model's settings are nested too deeply.", expected=f"at most {DEEPEST} levels")
    kind = _check_object(config)
    if kind not in ("Functional", "Sequential"):
        raise ModelError("the outermost layer is no model.", received=kind, expected="Functional or Sequential")
    settings = config["config"]
    layers = settings.get("layers")
    if not isinstance(layers, list) or not layers:
        raise ModelError(f"a {kind} has no list of layers.", received=type(layers).__name__)
    if kind == "Functional":
        return _functional(settings, layers, budget, depth)
    if not _begins_with_input(config):
        layers = [_input_layer(config), *layers]
    shape: Shape = ()
    weights: list[Weight] = []
    for place, layer in enumerate(layers):
        found = _layer(layer, [shape] if place else [], budget, depth)
        shape, weights = found.output_shape, weights + found.weights
    return Architecture(input_shape(layers[0]["config"], []), shape, weights)


def _functional(settings: Settings, layers: list[Any], budget: _Budget, depth: int) -> Architecture:
    """Follow the calls of a functional model, each as soon as what it takes is known."""
    for layer in layers:
        _check_object(layer)
    known: dict[tuple[str, int], Shape] = {}
    weights: dict[str, list[Weight]] = {}
    waiting = [(layer, number, [*_tensors(node)]) for layer in layers for number, node in enumerate(_nodes(layer))]
    while waiting:
        later = []
        for layer, number, sources in waiting:
            if all(source in known for source in sources):
                name = str(layer.get("name"))
                found = _layer(layer, [known[source] for source in sources], budget, depth)
                known[name, number] = found.output_shape
                if weights.setdefault(name, found.weights) != found.weights:
                    raise ModelError(f"layer {name} is given inputs of different sizes.")
            else:
                later.append((layer, number, sources))
        if len(later) == len(waiting):
            name = later[0][0].get("name")
            raise ModelError(f"layer {name} takes what no other layer gives.", expected="the output of a layer")
        waiting = later
    first, last = (_one_end(settings.get(name), known, name) for name in ("input_layers", "output_layers"))
    names = [str(layer.get("name")) for layer in layers]
    if len(set(names)) != len(names):
        raise ModelError("two layers have the same name.", received=next(n for n in names if names.count(n) > 1))
    return Architecture(known[first], known[last], [weight for name in names for weight in weights.get(name, [])])


def _nodes(layer: Mapping[str, Any]) -> list[Any]:
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list) or len(nodes) > MOST_LAYERS:
        raise ModelError(f"layer {layer.get('name')} has no list of calls.", received=type(nodes).__name__)
    return nodes if layer["class_name"] != "InputLayer" else [{}]


def _tensors(node: Any) -> Iterator[tuple[str, int]]:
    """List which outputs a call takes; nothing but outputs, and numbers beside them."""
    if not isinstance(node, dict) or set(node) - {"args", "kwargs"}:
        raise ModelError("a layer's call is not as Keras writes it.", received=f"{node!r}"[:80])
    kwargs = node.get("kwargs") or {}
    plain = isinstance(kwargs, dict) and all(
        name in ("mask", "training") and (value is None or isinstance(value, bool)) for name, value in kwargs.items()
    )
    if not plain:
        raise ModelError("a layer is called with something else than inputs.", received=f"{kwargs!r}"[:80])
    yield from _found_tensors(node.get("args", []), 0)


def _found_tensors(part: Any, depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(part, list) and depth < 3:
        for inner in part:
            yield from _found_tensors(inner, depth + 1)
    elif isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
        history = part["config"].get("keras_history") if isinstance(part.get("config"), dict) else None
        yield _source(history)
    elif not (part is None or isinstance(part, int | float)):
        raise ModelError("a layer is called with something else than inputs.", received=f"{part!r}"[:80])


def _source(history: Any) -> tuple[str, int]:
    if isinstance(history, list) and len(history) == 3 and isinstance(history[0], str):
        name, number, place = history
        if is_int(number) and place == 0:
            return name, number
    raise ModelError("an input of a layer is not as Keras writes it.", received=f"{history!r}"[:80])


def _one_end(ends: Any, known: Mapping[tuple[str, int], Shape], which: str) -> tuple[str, int]:
    if isinstance(ends, list) and len(ends) == 1:
        ends = ends[0]
    source = _source(ends)
    if source not in known:
        raise ModelError(f"{which} names a layer that is not there.", received=source[0])
    return source


def _layer(layer: Any, inputs: list[Shape], budget: _Budget, depth: int) -> Architecture:
    """Read one call of one layer."""
    kind = _check_object(layer)
    settings = layer["config"]
    name = str(settings.get("name") or layer.get("name") or kind.lower())
    budget.take(name)
    if kind in ("Functional", "Sequential"):
        found = _model(layer, budget, depth + 1)
        if inputs != [found.input_shape]:
            raise ModelError(f"the model {name} does not fit what it is given.", received=f"{inputs}")
        return found
    if len(inputs) != 1 and kind not in MERGING | {"InputLayer"}:
        raise ModelError(f"layer {name} ({kind}) takes one input.", received=f"{len(inputs)}")
    try:
        shape = KINDS[kind].shape(settings, inputs)
        weights = KINDS[kind].weights(settings, inputs[0]) if inputs else []
    except (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, AttributeError, OverflowError) as error:
        if isinstance(error, ModelError):
            raise ModelError(f"layer {name} ({kind}): {error.what}", received=error.received) from None
        raise ModelError(
            f"layer {name} ({kind}) has settings that do not fit what it is given.",
            received=f"input {inputs}: {error!r}"[:160],
        ) from None
    if prod(shape) > MOST_VALUES or any(size < 1 for size in shape):
        raise ModelError(
            f"layer {name} ({kind}) is {'too large' if prod(shape) > 0 else 'empty'}: it gives {shape}.",
            expected=f"1 to {MOST_VALUES:,} numbers for one image",
        )
    return Architecture(inputs[0] if inputs else shape, shape, [Weight(name, kind, *weight) for weight in weights])


def _check_object(found: Any) -> str:
    """Say what kind of layer this is; refuse any that is not Keras' own and on the list, or has other settings."""
    if not isinstance(found, dict):
        raise ModelError("a layer is not an object.", received=f"{found!r}"[:80])
    module, kind = found.get("module"), found.get("class_name")
    if not _is_known(module, kind) or found.get("registered_name") not in (None, kind):
        raise ModelError(
            f"a layer that a model file cannot hold: {kind}.",
            received=f"{module}.{kind}"
            + (f", registered as {found['registered_name']}" if found.get("registered_name") else ""),
            expected="Keras' own layers that compute and hold no code",
            repair="rebuild the model without it",
        )
    unknown = sorted(map(str, set(found) - OBJECT_KEYS))
    if unknown or not isinstance(found.get("config"), dict):
        raise ModelError(f"layer {kind} is not as Keras writes it.", received=", ".join(unknown) or "no settings")
    if kind not in ("Functional", "Sequential"):
        _check_settings(str(kind), found["config"])
    return str(kind)


def _is_known(module: Any, kind: Any) -> bool:
    if not (isinstance(module, str) and isinstance(kind, str)):
        return False
    if kind in ("Functional", "Sequential"):
        return module in ("keras", "keras.models", f"keras.src.models.{kind.lower()}")
    return (module == "keras.layers" and kind in KINDS) or (module == "keras.src.ops.numpy" and kind in OPERATIONS)


def _check_settings(kind: str, settings: Settings) -> None:
    """Refuse a setting that this kind of layer does not have, and any value that is more than numbers and names.

    A setting that a later Keras adds is passed over while it is switched off (null).
    """
    known = COMMON | set(KINDS[kind].settings.split())
    for name, value in settings.items():
        if name not in known and value is not None:
            raise ModelError(f"a {kind} has no setting {name!r}.", received=f"{value!r}"[:80])
        allowed = next((part for ending, part in PARTS.items() if name.endswith(ending)), None)
        if isinstance(value, dict):
            _check_part(kind, name, value, allowed)
        elif not _is_plain(value):
            raise ModelError(f"the setting {name} of a {kind} is no number or name.", received=f"{value!r}"[:80])
        if name in ("activation", "dtype") and isinstance(value, str):
            legal = ACTIVATION_NAMES if name == "activation" else PRECISIONS
            if value not in legal:
                raise ModelError(f"a {kind} has an unknown {name}.", received=repr(value[:80]))
        if isinstance(value, str) and allowed and name not in ("activation", "dtype"):
            raise ModelError(f"the setting {name} of a {kind} is not as Keras writes it.", received=repr(value[:80]))


def _check_part(kind: str, name: str, value: Mapping[str, Any], allowed: tuple[str, frozenset[str]] | None) -> None:
    """Check an initializer, regularizer, constraint, precision or activation within a layer's settings."""
    module, kinds = allowed or ("", frozenset())
    inner = value.get("config")
    ours = (value.get("module"), value.get("registered_name") or value.get("class_name")) == (
        module,
        value.get("class_name"),
    )
    if not ours or value.get("class_name") not in kinds or set(value) - OBJECT_KEYS or not isinstance(inner, dict):
        raise ModelError(
            f"a {kind} that a model file cannot hold: its {name} is {value.get('class_name')}.",
            received=f"{value.get('module')}.{value.get('class_name')}",
            expected="Keras' own, with numbers and names for settings",
            repair="rebuild the model without it",
        )
    if value["class_name"] in ACTIVATION_LAYERS:
        _check_settings(value["class_name"], inner)
    elif value["class_name"] == "DTypePolicy":
        if inner.get("name") not in PRECISIONS or set(inner) - {"name"}:
            raise ModelError(f"a {kind} computes in an unknown precision.", received=f"{inner!r}"[:80])
    elif not all(_is_plain(setting) for setting in inner.values()):
        raise ModelError(f"the {name} of a {kind} is more than numbers and names.", received=f"{inner!r}"[:80])


def _is_plain(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth < 3 and len(value) <= MOST_VALUES and all(_is_plain(part, depth + 1) for part in value)
    return value is None or isinstance(value, str | int | float)


def _begins_with_input(config: Mapping[str, Any]) -> bool:
    layers = config["config"].get("layers")
    first = layers[0] if isinstance(layers, list) and layers else None
    return isinstance(first, dict) and first.get("class_name") == "InputLayer"


def _input_layer(config: Mapping[str, Any]) -> dict[str, Any]:
    build = config.get("build_config")
    shape = build.get("input_shape") if isinstance(build, dict) else None
    return {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "dtype": "float32", "name": "input"},
        "registered_name": None,
    }
