"""Which layers, settings and objects a model file may hold: lists, and nothing that is not on them.

A setting is a number, a name, a list of these, a layer within, or one of Keras' own initializers, regularizers,
constraints, precisions and activations. There is no class path, no function, and no place for code. Which kinds there
are, which settings they have, and which values are legal is what `layers` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convscope.errors import ModelError
from convscope.layers import kinds
from convscope.limits import DEEPEST_LAYER
from convscope.primitives import CURVES

__all__ = ["ACTIVATION_NAMES", "KERAS_ALONE", "LAYER_KINDS", "OPERATION_MODULE", "check_layer"]

Settings = Mapping[str, Any]
LONGEST_LIST = 1_000_000
KERAS_ALONE = frozenset({"sparsemax"})
"""Activations that a file may hold, and that only Keras can compute: they keep the shape, as all do."""
ACTIVATION_NAMES = frozenset(CURVES) | KERAS_ALONE | {"softmax", "log_softmax", "swish", "hard_swish"}
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
INPUT = frozenset({"batch_shape", "batch_input_shape", "sparse", "ragged", "optional"})
MODELS = frozenset({"Functional", "Sequential"})
LAYER_KINDS = frozenset(kinds()) | MODELS | {"InputLayer"}
OPERATION_MODULE = "keras.src.ops.numpy"


def check_layer(found: Any, depth: int = 0) -> str:
    """Say what kind of layer this is; refuse any that is not Keras' own and on the list, or has other settings.

    Parameters
    ----------
    found : object
        As Keras serializes a layer.
    depth : int
        How many layers there are around it.

    Raises
    ------
    ModelError
    """
    if not isinstance(found, dict):
        raise ModelError("a layer is not an object.", received=f"{found!r}"[:80])
    module, kind = found.get("module"), found.get("class_name")
    if depth > DEEPEST_LAYER:
        raise ModelError("layers are nested too deeply.", expected=f"at most {DEEPEST_LAYER} around each other")
    if not _is_known(module, kind, depth) or found.get("registered_name") not in (None, kind):
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
    if kind not in MODELS:
        _check_settings(str(kind), found["config"], depth)
    return str(kind)


def _is_known(module: Any, kind: Any, depth: int) -> bool:
    if not (isinstance(module, str) and isinstance(kind, str)):
        return False
    if kind in MODELS:
        return not depth and module in ("keras", "keras.models", f"keras.src.models.{kind.lower()}")
    return (module == "keras.layers" and kind in LAYER_KINDS) or (module == OPERATION_MODULE and kind in OPERATIONS)


def _check_settings(kind: str, settings: Settings, depth: int) -> None:
    """Refuse a setting that this kind of layer does not have, and any value that is more than numbers and names.

    A setting that a later Keras adds is passed over while it is switched off (null).
    """
    known = COMMON | (INPUT if kind == "InputLayer" else kinds()[kind].also | set(kinds()[kind].settings))
    for name, value in settings.items():
        if name not in known and value is not None:
            raise ModelError(f"a {kind} has no setting {name!r}.", received=f"{value!r}"[:80])
        if name in ("layer", "backward_layer") and value is not None:
            check_layer(value, depth + 1)
            continue
        allowed = next((part for ending, part in PARTS.items() if name.endswith(ending)), None)
        if isinstance(value, dict):
            _check_part(kind, name, value, allowed, depth)
        elif not _is_plain(value):
            raise ModelError(
                f"the setting {name} of a {kind} is neither a number nor a name.", received=f"{value!r}"[:80]
            )
        elif name.endswith("activation") or name == "dtype":
            legal = PRECISIONS if name == "dtype" else ACTIVATION_NAMES
            if value is not None and (not isinstance(value, str) or value not in legal):
                raise ModelError(f"a {kind} has an unknown {name}.", received=f"{value!r}"[:80])
        elif isinstance(value, str) and allowed:
            raise ModelError(f"the setting {name} of a {kind} is not as Keras writes it.", received=repr(value[:80]))
        elif kind != "InputLayer" and (expected := kinds()[kind].expected_instead(name, value)):
            raise ModelError(f"{name} must be {expected}.", received=f"{name}={value!r}"[:80])


def _check_part(
    kind: str, name: str, value: Mapping[str, Any], allowed: tuple[str, frozenset[str]] | None, depth: int
) -> None:
    """Check an initializer, regularizer, constraint, precision or activation within a layer's settings."""
    module, kinds = allowed or ("", frozenset())
    inner = value.get("config")
    ours = (value.get("module"), value.get("registered_name") or value.get("class_name")) == (
        module,
        value.get("class_name"),
    )
    if not ours or str(value.get("class_name")) not in kinds or set(value) - OBJECT_KEYS or not isinstance(inner, dict):
        raise ModelError(
            f"a {kind} that a model file cannot hold: its {name} is {value.get('class_name')}.",
            received=f"{value.get('module')}.{value.get('class_name')}",
            expected="Keras' own, with numbers and names for settings",
            repair="rebuild the model without it",
        )
    if value["class_name"] in ACTIVATION_LAYERS:
        _check_settings(value["class_name"], inner, depth)
    elif value["class_name"] == "DTypePolicy":
        if str(inner.get("name")) not in PRECISIONS or set(inner) - {"name"}:
            raise ModelError(f"a {kind} computes in an unknown precision.", received=f"{inner!r}"[:80])
    elif not all(_is_plain(setting) for setting in inner.values()):
        raise ModelError(f"the {name} of a {kind} is more than numbers and names.", received=f"{inner!r}"[:80])


def _is_plain(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth < 3 and len(value) <= LONGEST_LIST and all(_is_plain(part, depth + 1) for part in value)
    return value is None or isinstance(value, str | int | float)
