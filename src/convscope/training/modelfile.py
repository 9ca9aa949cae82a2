"""A trained classifier as a folder that holds no code.

::

    model/
      model.json           the layers: kinds from a closed list, settings, no class paths of others
      weights.safetensors  one array per weight, in order
      labels.json          the classes, in the order of the outputs
      preprocess.json      image shape, what intensities are divided by, recipe, history
      manifest.json        SHA-256 of each of the others; written last

Reading checks hashes, layer kinds, a parameter budget, shapes and finiteness, and executes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from convscope.backend import keras
from convscope.errors import ModelError
from convscope.files import write_bytes, write_json
from convscope.training.logits import reading_variables

__all__ = ["LAYER_KINDS", "MODEL_SCHEMA", "StoredModel", "read_model", "write_model"]

MODEL_SCHEMA = "convscope.model/1"
MOST_PARAMETERS = 50_000_000
MOST_JSON_BYTES = 4_000_000
LARGEST_SIZE = 100_000
LARGEST_INPUT = 1_000_000
FILES = ("model.json", "weights.safetensors", "labels.json", "preprocess.json")
UNSAFE_SUFFIXES = (".h5", ".hdf5", ".keras", ".pkl", ".pickle", ".joblib", ".pt", ".pth", ".npy")
LAYER_KINDS = frozenset(
    """Activation Add AlphaDropout Average AveragePooling1D AveragePooling2D BatchNormalization Concatenate
    Conv1D Conv2D Conv2DTranspose Cropping2D Dense DepthwiseConv1D DepthwiseConv2D Dropout ELU Flatten
    Functional GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalMaxPooling1D GlobalMaxPooling2D GroupNormalization InputLayer LayerNormalization LeakyReLU
    MaxPooling1D MaxPooling2D Maximum Minimum Multiply Normalization PReLU Permute ReLU RepeatVector
    Rescaling Reshape SeparableConv1D SeparableConv2D Sequential Softmax SpatialDropout2D Subtract
    UpSampling2D ZeroPadding2D""".split()  # noqa: SIM905  (a list of fifty strings reads worse)
)
SIZES = dict.fromkeys(
    ("units", "filters", "kernel_size", "size", "n", "padding", "depth_multiplier"), LARGEST_SIZE
) | dict.fromkeys(("batch_shape", "target_shape"), LARGEST_INPUT)
KNOWN_KINDS = LAYER_KINDS | {"DTypePolicy"}
OTHER_MODULES = ("keras.initializers", "keras.regularizers", "keras.constraints")


@dataclass(frozen=True)
class StoredModel:
    """Everything that a classifier needs to predict again.

    Parameters
    ----------
    model : keras.Model
    classes : array of shape (n_classes,)
    image_shape : (height, width, channels) or None
    pixel_scale : float
    logits : bool
        True where the model's outputs are logits.
    feature_names : list of str
        Empty where the input had no names.
    settings : dict
        Recipe and the like; JSON values.
    history : dict of str to list of float
    seconds : list of float
    """

    model: Any
    classes: NDArray[Any]
    image_shape: tuple[int, ...] | None
    pixel_scale: float
    logits: bool
    feature_names: list[str]
    settings: dict[str, Any]
    history: dict[str, list[float]]
    seconds: list[float]


def write_model(path: str | Path, stored: StoredModel) -> None:
    """Write a model folder; the manifest, written last, makes it whole.

    Raises
    ------
    ModelError
        The folder is not empty, or the model has layers that are not on the closed list.
    OSError
        The disk is full or read-only.
    """
    folder = Path(path)
    with reading_variables():
        layers = _without_compile(keras.saving.serialize_keras_object(stored.model))
    config = {"schema": MODEL_SCHEMA, "keras": layers}
    _check_config(config["keras"], folder / "model.json")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ModelError(
            f"{folder} is not empty, and a model never writes over another.", repair="choose another folder"
        )
    weights = {f"{index:04d}/{weight.path}": _array(weight) for index, weight in enumerate(stored.model.weights)}
    write_json(folder / "model.json", config)
    write_bytes(folder / "weights.safetensors", save(weights))
    write_json(folder / "labels.json", {"classes": stored.classes.tolist(), "dtype": _kind(stored.classes)})
    write_json(
        folder / "preprocess.json",
        {
            "image_shape": stored.image_shape,
            "n_classes": len(stored.classes),
            "pixel_scale": stored.pixel_scale,
            "logits": stored.logits,
            "feature_names": stored.feature_names,
            "settings": stored.settings,
            "history": {name: [_finite(value) for value in values] for name, values in stored.history.items()},
            "seconds": stored.seconds,
        },
    )
    write_json(
        folder / "manifest.json",
        {"schema": MODEL_SCHEMA, "sha256": {name: _sha256(folder / name) for name in FILES}},
    )


def read_model(path: str | Path) -> StoredModel:
    """Read a model folder.

    Raises
    ------
    ModelError
        A file is missing, changed, or does not fit the others; the message names the first difference.
    """
    folder = Path(path)
    _check_folder(folder)
    config = _read_json(folder / "model.json")
    if not isinstance(config, dict) or config.get("schema") != MODEL_SCHEMA:
        raise ModelError(
            f"{folder / 'model.json'} has another schema.", expected=MODEL_SCHEMA, repair="upgrade convscope"
        )
    _check_config(config["keras"], folder / "model.json")
    _check_sizes(config["keras"])
    model = _build(config["keras"], folder / "model.json")
    _set_weights(model, folder / "weights.safetensors")
    try:
        return _stored(model, _read_json(folder / "labels.json"), _read_json(folder / "preprocess.json"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"{folder} has a labels.json or preprocess.json without what a classifier needs: {error!r}.",
            repair="train and save again",
        ) from None


def _stored(model: Any, labels: Any, preprocess: Any) -> StoredModel:
    classes = np.array(labels["classes"], dtype=object if labels["dtype"] == "text" else labels["dtype"])
    units, shape = model.output_shape[-1], preprocess["image_shape"]
    fits = len(classes) <= units or (units == 1 and len(classes) == 2)
    if len(classes) != preprocess["n_classes"] or not fits:
        raise ModelError(
            f"labels.json has {len(classes)} labels for {units} outputs.",
            expected=f"{preprocess['n_classes']} labels",
            repair="train and save again",
        )
    return StoredModel(
        model=model,
        classes=classes,
        image_shape=None if shape is None else tuple(shape),
        pixel_scale=float(preprocess["pixel_scale"]),
        logits=bool(preprocess["logits"]),
        feature_names=list(preprocess["feature_names"]),
        settings=dict(preprocess["settings"]),
        history={
            name: [np.nan if value is None else value for value in values]
            for name, values in preprocess["history"].items()
        },
        seconds=list(preprocess["seconds"]),
    )


def _check_folder(folder: Path) -> None:
    if folder.suffix.lower() in UNSAFE_SUFFIXES:
        raise ModelError(
            f"{folder} is a {folder.suffix} file, which can run code when it is read.",
            expected="a model folder that ImageClassifier.save wrote",
            repair="train again, or save the classifier with ImageClassifier.save",
        )
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise ModelError(
            f"{folder} is not a model: it has no manifest.json.",
            expected="a folder that ImageClassifier.save wrote",
        )
    listed = _read_json(manifest)
    for name in FILES:
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name} is missing.", repair="copy the whole folder again")
        if not isinstance(listed, dict) or listed.get("sha256", {}).get(name) != _sha256(folder / name):
            raise ModelError(
                f"{folder / name} is not the file that was saved: its hash differs.",
                repair="copy the folder again",
            )


def _check_config(config: Any, path: Path) -> None:
    """Refuse any layer or object that is not Keras' own and on the closed list."""
    for found in _objects(config):
        module, kind = str(found.get("module")), str(found.get("class_name"))
        known = module in OTHER_MODULES or (kind in KNOWN_KINDS and module.split(".")[0] == "keras")
        if not known or found.get("registered_name") not in (None, kind):
            raise ModelError(
                f"{path.name} has a layer that a model file cannot hold: {kind}.",
                received=f"{module}.{kind}",
                expected="Keras' own layers that compute and hold no code",
                repair="rebuild the model without it",
            )


def _check_sizes(config: Any) -> None:
    """Refuse a layer larger than any that this project trains, before Keras reserves memory for it."""
    for found in _objects(config):
        settings = found.get("config")
        for name, value in settings.items() if isinstance(settings, dict) else ():
            sizes = value if isinstance(value, list | tuple) else [value]
            most = SIZES.get(name)
            if most is not None and any(isinstance(size, int) and size > most for size in sizes):
                raise ModelError(
                    f"model.json has a layer that is too large: {found.get('class_name')}.",
                    received=f"{name}={value}",
                    expected=f"at most {most:,}",
                )


def _objects(config: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 60:
        raise ModelError("the model's settings are nested too deeply.", expected="at most 60 levels")
    if isinstance(config, dict):
        if "class_name" in config and config["class_name"] != "__keras_tensor__":
            yield config
        for value in config.values():
            yield from _objects(value, depth + 1)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from _objects(value, depth + 1)


def _build(config: dict[str, Any], path: Path) -> Any:
    try:
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    except (TypeError, ValueError, KeyError, AttributeError, MemoryError, RuntimeError) as error:
        raise ModelError(f"{path} describes no model that Keras can build: {error}.") from None


def _without_compile(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != "compile_config"}


def _set_weights(model: Any, path: Path) -> None:
    if model.count_params() > MOST_PARAMETERS:
        raise ModelError(
            "the model is too large.",
            received=f"{model.count_params():,} parameters",
            expected=f"at most {MOST_PARAMETERS:,}",
        )
    try:
        arrays = load(path.read_bytes())
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged: {error}.", repair="copy the folder again") from None
    found = [arrays[name] for name in sorted(arrays)]
    expected = [tuple(weight.shape) for weight in model.weights]
    for index, (array, shape) in enumerate(zip(found, expected, strict=False)):
        if array.shape != shape:
            raise ModelError(
                f"weight {index} of {path} does not fit the layers.",
                received=str(array.shape),
                expected=str(shape),
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelError(
                f"weight {index} of {path} has values that are not finite.",
                repair="train again with a lower learning rate",
            )
    if len(found) != len(expected):
        raise ModelError(
            f"{path} does not fit the layers.", received=f"{len(found)} arrays", expected=f"{len(expected)}"
        )
    model.set_weights(found)


def _read_json(path: Path) -> Any:
    if path.stat().st_size > MOST_JSON_BYTES:
        raise ModelError(f"{path} is too large.", expected=f"at most {MOST_JSON_BYTES:,} bytes")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON: {error}.") from None


def _array(weight: Any) -> NDArray[Any]:
    return np.ascontiguousarray(keras.ops.convert_to_numpy(weight.value))


def _kind(classes: NDArray[Any]) -> str:
    return "text" if classes.dtype.kind in "OUS" else str(classes.dtype)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
