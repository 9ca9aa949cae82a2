"""A trained classifier as a folder that holds no code.

::

    model/
      model.json           the layers: kinds from a closed list, settings, no class paths of others
      weights.safetensors  one array per weight, in order
      labels.json          the classes, in the order of the outputs
      preprocess.json      image shape, range of the intensities and what they are divided by, recipe, history
      manifest.json        SHA-256 of each of the others; written last

A zip file with these five members and nothing else is the same. Reading checks names, sizes, hashes, layer kinds, a
parameter budget, shapes, labels and finiteness before anything is built; it executes nothing, and opens no other file
and no socket.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from convscope.backend import keras
from convscope.engine.logits import reading_variables
from convscope.errors import ModelError, ModelFileError
from convscope.files import write_bytes, writing
from convscope.modelfiles._modelparts import FILES, MANIFEST, MODEL_SCHEMA
from convscope.modelfiles.architecture import LAYER_KINDS, plain_config, plan
from convscope.modelfiles.modelcheck import check_model

__all__ = ["LAYER_KINDS", "MODEL_SCHEMA", "StoredModel", "read_model", "serialize_model", "write_model"]

MOMENT = (1980, 1, 1, 0, 0, 0)
"""The date of all files in a zip file, so that the same model makes the same file."""

_BUILDING_FAILS = (
    TypeError, ValueError, KeyError, AttributeError, MemoryError, RuntimeError, IndexError, OverflowError,
)  # fmt: skip


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
    notes : tuple of str
        What is unusual about the file that it was read from.
    pixel_range : (float, float), optional
        Lowest and highest intensity seen in training. A file without it, as they once were written, has 0 to
        ``pixel_scale`` where that is not 1.
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
    notes: tuple[str, ...] = ()
    pixel_range: tuple[float, float] | None = None


def write_model(path: str | Path, stored: StoredModel) -> None:
    """Write a model folder, or a zip file where the name ends in .zip.

    In a folder the manifest, written last, makes it whole.

    Raises
    ------
    ModelError
        Something is there already, or the model has layers that are not on the closed list.
    OSError
        The disk is full or read-only.
    """
    place = Path(path)
    parts = model_parts(stored)
    if place.suffix.lower() == ".zip":
        _write_zip(place, parts)
        return
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise _occupied(f"{place} is not empty", "folder")
    for name, content in parts.items():
        write_bytes(place / name, content)


def model_parts(stored: StoredModel) -> dict[str, bytes]:
    """Make the content of each file of a model, the manifest last.

    Raises
    ------
    ModelError
        The model has layers that are not on the closed list.
    """
    config, arrays = serialize_model(stored.model)
    weights = {
        f"{index:04d}/{weight.path}": array
        for index, (weight, array) in enumerate(zip(stored.model.weights, arrays, strict=True))
    }
    preprocess = {
        "image_shape": stored.image_shape,
        "n_classes": len(stored.classes),
        "pixel_scale": stored.pixel_scale,
        "pixel_range": stored.pixel_range,
        "logits": stored.logits,
        "feature_names": stored.feature_names,
        "settings": stored.settings,
        "history": {name: [_finite(value) for value in values] for name, values in stored.history.items()},
        "seconds": stored.seconds,
    }
    parts = {
        "model.json": _json({"schema": MODEL_SCHEMA, "keras": config}),
        "weights.safetensors": bytes(save(weights)),
        "labels.json": _json({"classes": stored.classes.tolist(), "dtype": _kind(stored.classes)}),
        "preprocess.json": _json(preprocess),
    }
    hashes = {name: hashlib.sha256(parts[name]).hexdigest() for name in FILES}
    return {**parts, MANIFEST: _json({"schema": MODEL_SCHEMA, "sha256": hashes})}


def serialize_model(model: Any) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Give a model's settings as plain JSON values, and its weights in order.

    Raises
    ------
    ModelError
        The model has layers that are not on the closed list.
    """
    with reading_variables():
        layers = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
        arrays = [_array(weight) for weight in model.weights]
    plan(layers)  # what could not be read again is not written
    return plain_config(layers), arrays


def read_model(path: str | Path, *, allow_nonfinite: bool = False) -> StoredModel:
    """Read a model folder or zip file.

    Parameters
    ----------
    path : path
    allow_nonfinite : bool
        Open a model with NaN or infinite weights all the same; ``notes`` says so.

    Raises
    ------
    ModelFileError
        A file is missing, changed, or does not fit the others; the message names the first difference.
    """
    place = Path(path)
    checked = check_model(place, allow_nonfinite=allow_nonfinite)
    preprocess = checked.preprocess
    model = build_model(checked.config, checked.arrays, place / "model.json")
    scale, seen = float(preprocess["pixel_scale"]), preprocess.get("pixel_range")
    return StoredModel(
        model=model,
        classes=checked.classes,
        image_shape=None if preprocess["image_shape"] is None else tuple(preprocess["image_shape"]),
        pixel_scale=scale,
        logits=preprocess["logits"],
        feature_names=preprocess["feature_names"],
        settings=preprocess["settings"],
        history={
            name: [np.nan if value is None else value for value in values]
            for name, values in preprocess["history"].items()
        },
        seconds=preprocess["seconds"],
        pixel_range=(float(seen[0]), float(seen[1])) if seen else (0.0, scale) if scale != 1 else None,
        notes=() if checked.finite else ("some weights are NaN or infinite; predictions may be meaningless",),
    )


def build_model(config: Any, arrays: list[NDArray[Any]], path: Path) -> Any:
    """Let Keras build what `plan` has read, and give it its weights.

    Raises
    ------
    ModelFileError
        Keras cannot build it, or builds something else than was planned.
    """
    try:
        model = keras.saving.deserialize_keras_object(plain_config(config), safe_mode=True)
        with reading_variables():
            model.set_weights(arrays)
            for layer in model._flatten_layers():  # Keras has no public way into models within models
                if isinstance(layer, keras.layers.Normalization):
                    layer.finalize_state()  # it divides by a copy of what set_weights has just set
    except _BUILDING_FAILS as error:
        first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ModelFileError(f"{path} does not describe a model that Keras can build: {first}.") from None
    return model


def _write_zip(place: Path, parts: dict[str, bytes]) -> None:
    if place.exists():
        raise _occupied(f"{place} exists", "name")
    with writing(place) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            member = zipfile.ZipInfo(name, MOMENT)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, content)


def _occupied(what: str, kind: str) -> ModelError:
    return ModelError(f"{what}, and a model never overwrites another.", repair=f"choose another {kind}")


def _json(record: Any) -> bytes:
    return (json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def _array(weight: Any) -> NDArray[Any]:
    return np.asarray(
        keras.ops.convert_to_numpy(weight.value), order="C"
    )  # ascontiguousarray adds an axis to one number


def _kind(classes: NDArray[Any]) -> str:
    return "text" if classes.dtype.kind in "OUS" else str(classes.dtype)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
