"""A model file, read and checked without Keras: what is wrong with it is said in a fraction of a second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from convscope.errors import ModelError, ModelFileError
from convscope.modelfiles._modelparts import (
    check_labels,
    check_preprocess,
    check_schema,
    parse,
    read_parts,
    read_weights,
)
from convscope.modelfiles.architecture import plan

__all__ = ["CheckedModel", "check_model"]


@dataclass(frozen=True)
class CheckedModel:
    """What a model file holds.

    Parameters
    ----------
    config : object
        The layers, as Keras writes them.
    arrays : list of array
        The weights, in order.
    finite : bool
        Whether all of them are finite.
    classes : array of shape (n_classes,)
    preprocess : dict
    """

    config: Any
    arrays: list[NDArray[Any]]
    finite: bool
    classes: NDArray[Any]
    preprocess: dict[str, Any]


def check_model(place: Path, *, allow_nonfinite: bool = False) -> CheckedModel:
    """Read a model folder or zip file, and compare each part with the others.

    Raises
    ------
    ModelFileError
        A file is missing, changed, or does not fit the others; the message names the first difference.
    """
    parts = read_parts(place)
    config = parse(parts["model.json"], place / "model.json")
    check_schema(config, place / "model.json")
    if set(config) != {"schema", "keras"}:
        raise ModelFileError(
            f"{place / 'model.json'} is not in the form that convscope writes.", received=", ".join(config)[:80]
        )
    try:
        architecture = plan(config["keras"])
    except ModelError as error:
        raise ModelFileError(
            f"{place / 'model.json'}: {error.what}",
            received=error.received,
            expected=error.expected,
            repair=error.repair,
        ) from None
    classes = check_labels(parse(parts["labels.json"], place / "labels.json"), place / "labels.json")
    found = parse(parts["preprocess.json"], place / "preprocess.json")
    preprocess = check_preprocess(found, classes, architecture, place / "preprocess.json")
    arrays, finite = read_weights(
        parts["weights.safetensors"],
        architecture.weights,
        place / "weights.safetensors",
        allow_nonfinite=allow_nonfinite,
    )
    return CheckedModel(config["keras"], arrays, finite, classes, preprocess)
