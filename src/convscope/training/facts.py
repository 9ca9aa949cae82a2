"""What has to be the same for a training to go on: rows, settings; and the versions, which should be."""

from __future__ import annotations

import hashlib
import json
import platform
import warnings
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from convscope.backend import backend_name, keras
from convscope.engine.logits import reading_variables
from convscope.errors import DataError, UsageError
from convscope.training._input import Labelled
from convscope.training.recipes import Plan

__all__ = ["check_goes_on_from", "data_facts", "describe_model", "training_facts", "versions"]

PACKAGES = ("convscope", "keras", "numpy", "scipy", "numba")
ROWS = 4096


def training_facts(classifier: Any, labelled: Labelled, plan: Plan, seed: int) -> dict[str, Any]:
    """Gather all that decides how a training goes, as JSON values: seed, data, settings, versions.

    Parameters
    ----------
    classifier : ImageClassifier
        Its model is built and compiled.
    labelled : Labelled
    plan : Plan
    seed : int
        From which all randomness of the training follows.
    """
    stopping = {name: getattr(classifier, name) for name in ("validation_fraction", "n_iter_no_change")}
    settings = {
        "engine": classifier.engine_,
        "backend": backend_name(),
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
        "rows drawn": plan.n_rows,
        "pixel_scale": classifier.pixel_scale_,
        "early_stopping": stopping if classifier.early_stopping else None,
        "devices": classifier.devices,  # sums in another order have other last bits
        "callbacks": [type(callback).__name__ for callback in classifier.callbacks or []],
        "model": describe_model(classifier.model_),
    }
    return {"seed": seed, "data": data_facts(labelled), "settings": settings, "versions": versions()}


def data_facts(labelled: Labelled) -> dict[str, Any]:
    """Describe rows, labels and weights: how many, which classes, and the SHA-256 of all their values."""
    digest = hashlib.sha256(f"{labelled.rows.dtype} {labelled.rows.shape}".encode())
    for part in (labelled.rows, labelled.codes, np.zeros(0) if labelled.weights is None else labelled.weights):
        for start in range(0, len(part), ROWS):
            digest.update(np.ascontiguousarray(part[start : start + ROWS]).data.cast("B"))
    n_rows, n_columns = labelled.rows.shape
    classes = [str(label) for label in labelled.classes.tolist()]
    return {"rows": n_rows, "columns": n_columns, "classes": classes, "sha256": digest.hexdigest()}


def describe_model(model: Any) -> Any:
    """Describe layers, loss and optimizer as JSON values, whatever the names that Keras counted up."""
    try:
        with reading_variables():
            found = keras.saving.serialize_keras_object(model)
    except (NotImplementedError, TypeError, ValueError):  # a class of the user's that Keras cannot write down
        found = {"class_name": type(model).__name__, "weights": [list(weight.shape) for weight in model.weights]}
    numbers: dict[str, str] = {}
    for name in _names(found):
        numbers.setdefault(name, f"name {len(numbers)}")
    return _renamed(json.loads(json.dumps(found, default=lambda other: type(other).__name__)), numbers)


def versions() -> dict[str, str]:
    """List the versions on which the last bits of a training depend."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in (*PACKAGES, backend_name()):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def check_goes_on_from(kept: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Compare the facts of a checkpoint with those of the training that is to go on from it.

    Raises
    ------
    DataError
        Other rows; the message names the first difference.
    UsageError
        Another setting; so too.

    Warns
    -----
    UserWarning
        Other versions: the training goes on, and may end with other last bits.
    """
    for name, value, other in _differences(kept["data"], now["data"], "data"):
        raise DataError(
            f"these are not the rows that the training began with: {name} differs.",
            received=str(other),
            expected=str(value),
            repair="give the same table, or start again in another folder",
        )
    for name, value, other in _differences(kept["settings"], now["settings"]):
        raise UsageError(
            f"the training began with a different {name}.",
            received=str(other),
            expected=str(value),
            repair="give the same settings, or start again in another folder",
        )
    for name, value, other in _differences(kept["versions"], now["versions"]):
        warnings.warn(
            f"the training began with {name} {value}, and continues with {other}: the last bits may differ.",
            UserWarning,
            stacklevel=2,
        )
        return


def _differences(kept: Any, now: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(kept, dict) and isinstance(now, dict):
        for key in kept | now:
            yield from _differences(kept.get(key), now.get(key), f"{name}.{key}" if name else key)
    elif isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        for index, (one, other) in enumerate(zip(kept, now, strict=True)):
            yield from _differences(one, other, f"{name}[{index}]")
    elif kept != now and not (name.endswith(".module") and _is_ours(kept) and _is_ours(now)):
        yield name, kept, now


def _is_ours(module: Any) -> bool:
    """Say whether a class lives in convscope, where its file may move."""
    return isinstance(module, str) and module.startswith("convscope.")


def _names(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        if isinstance(found.get("name"), str):
            yield found["name"]
        for value in found.values():
            yield from _names(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _names(value)


def _renamed(found: Any, numbers: Mapping[str, str]) -> Any:
    if isinstance(found, dict):
        return {key: _renamed(value, numbers) for key, value in found.items()}
    if isinstance(found, list):
        return [_renamed(value, numbers) for value in found]
    return numbers.get(found, found) if isinstance(found, str) else found
