"""The five files of a model, read into memory and checked one by one; nothing else is opened.

What is wrong is said of the first file that is wrong, in the order in which they depend on each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Mapping, Set
from math import isfinite, prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from convscope.archives import read_members
from convscope.errors import DataError, ModelFileError
from convscope.limits import MOST_DIGITS, MOST_MODEL_JSON_BYTES, MOST_TENSOR_BYTES, MOST_WEIGHT_BYTES
from convscope.modelfiles.architecture import Architecture, Weight
from convscope.wording import Setting, Words

__all__ = [
    "FILES",
    "MANIFEST",
    "MODEL_SCHEMA",
    "check_labels",
    "check_preprocess",
    "check_schema",
    "parse",
    "read_parts",
    "read_weights",
]

MODEL_SCHEMA = "convscope.model/1"
FILES = ("model.json", "weights.safetensors", "labels.json", "preprocess.json")
MANIFEST = "manifest.json"
LIMITS = {
    name: MOST_WEIGHT_BYTES if name.endswith("safetensors") else MOST_MODEL_JSON_BYTES for name in (*FILES, MANIFEST)
}
SCHEMA = re.compile(r"convscope\.model/(\d{1,6})")
UNSAFE = {
    ".h5": "an HDF5 file",
    ".hdf5": "an HDF5 file",
    ".keras": "a .keras file",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".joblib": "a joblib file",
    ".pt": "a PyTorch file",
    ".pth": "a PyTorch file",
    ".ckpt": "a checkpoint",
    ".npy": "an array file that may hold a pickle",
    ".pb": "a TensorFlow graph",
    ".onnx": "an ONNX file",
    ".tflite": "a TensorFlow Lite file",
    ".safetensors": "a file of weights alone",
}
MAGIC = {b"\x89HDF": "an HDF5 file", b"<": "a web page"} | {bytes([0x80, n]): "a pickle" for n in range(2, 6)}
REPAIR = "train again, or save the classifier with ImageClassifier.save"
TRUST = "convscope adopt FILE DATA --trust turns it into a run, if you know who wrote it"
LABEL_KINDS = {"text": str, "bool": bool} | {
    f"{kind}{bits}": int for kind in ("int", "uint") for bits in (8, 16, 32, 64)
}
FRACTIONS = ("float16", "float32", "float64")


def read_parts(path: Path) -> dict[str, bytes]:
    """Read the files of a model folder or zip file, and compare each with its hash.

    Raises
    ------
    ModelFileError
        It is another kind of file, or a file of it is missing, foreign, too large or not the one that was saved.
    """
    _check_kind(path)
    if path.is_dir():
        parts = {MANIFEST: _manifest_bytes(path)} | {name: _file(path / name, LIMITS[name]) for name in FILES}
    else:
        try:
            parts = read_members(path, LIMITS)
        except DataError as error:
            raise ModelFileError(
                error.what, received=error.received, expected=error.expected, repair=error.repair or REPAIR
            ) from None
    _check_hashes(parts, path)
    return parts


def parse(content: bytes, path: Path) -> Any:
    """Read JSON; NaN, infinities, numbers that no layer can hold and text that cannot be written are none."""
    try:
        found = json.loads(
            content.decode("utf-8"), parse_constant=_no_number, parse_float=_fraction, parse_int=_whole_number
        )
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise ModelFileError(f"{path} is not JSON: {reason}.", repair="copy the model again") from None


def read_weights(
    content: bytes, expected: list[Weight], path: Path, *, allow_nonfinite: bool
) -> tuple[list[NDArray[Any]], bool]:
    """Read the arrays, in the order of the layers, and compare each with the layer that it belongs to.

    Returns
    -------
    arrays : list of array
    finite : bool
        False where a value is NaN or infinite, which is refused unless ``allow_nonfinite``.
    """
    listed = int.from_bytes(content[:8], "little")
    if MOST_TENSOR_BYTES * (len(expected) + 1) < listed < len(content):
        raise ModelFileError(
            f"{path} lists far more arrays than the model has.",
            received=f"a list of {listed:,} bytes",
            expected=f"at most {MOST_TENSOR_BYTES * (len(expected) + 1):,} for {len(expected)} arrays",
        )
    try:
        arrays = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, MemoryError, OverflowError) as error:
        raise ModelFileError(f"{path} is damaged: {error}.", repair="copy the model again") from None
    found, finite = [arrays[name] for name in sorted(arrays)], True
    for index, (name, weight) in enumerate(zip(sorted(arrays), expected, strict=False)):
        array = arrays[name]
        if array.shape != weight.shape:
            raise ModelFileError(
                f"{path} holds the weights of another architecture: array {index} is not {weight}.",
                received=f"{name} of shape {array.shape}",
                expected=f"shape {weight.shape}",
                repair="use the weights that were saved with this model.json",
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            finite = False
            if not allow_nonfinite:
                place = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
                raise ModelFileError(
                    f"{path} has a value that is not finite: {weight}.",
                    received=f"{array[place]} at {place}",
                    repair=Words(
                        "train again with a lower learning rate; ",
                        Setting("allow_nonfinite", True),
                        " opens it all the same",
                    ),
                )
        elif array.dtype.kind not in "fiu":
            raise ModelFileError(f"{path} has weights that are not numbers: {weight}.", received=str(array.dtype))
    if len(found) != len(expected):
        too_few = len(found) < len(expected)
        first = f"{expected[len(found)]} is missing" if too_few else f"no layer uses {sorted(arrays)[len(expected)]}"
        raise ModelFileError(
            f"{path} holds the weights of another architecture: {first}.",
            received=f"{len(found)} arrays",
            expected=f"{len(expected)}",
        )
    return found, finite


def check_labels(labels: Any, path: Path) -> NDArray[Any]:
    """Read the classes: all of the kind that is named, each once."""
    _check_keys(labels, {"classes", "dtype"}, path)
    classes, kind = labels["classes"], labels["dtype"]
    if kind in FRACTIONS:
        legal: Any = (int, float)
    else:
        legal = LABEL_KINDS.get(kind) if isinstance(kind, str) else None
    if legal is None or not isinstance(classes, list) or not classes:
        raise ModelFileError(f"{path} has no classes of a known kind.", received=f"dtype {kind!r}"[:80])
    wrong = [one for one in classes if not isinstance(one, legal) or isinstance(one, bool) != (kind == "bool")]
    if wrong:
        raise ModelFileError(f"{path} has a label that is not {kind}.", received=f"{wrong[0]!r}"[:80])
    if len(set(classes)) != len(classes):
        twice = Counter(classes).most_common(1)[0][0]
        raise ModelFileError(f"{path} names a class twice.", received=f"{twice!r}"[:80], expected="each class once")
    try:
        return np.array(classes, dtype=object if kind == "text" else kind)
    except (OverflowError, ValueError) as error:
        raise ModelFileError(f"{path} has a label that is not {kind}.", received=str(error)[:80]) from None


def check_preprocess(found: Any, classes: NDArray[Any], architecture: Architecture, path: Path) -> dict[str, Any]:
    """Compare what goes in and comes out with the layers and the labels."""
    known = {"image_shape", "n_classes", "pixel_scale", "logits", "feature_names", "settings", "history", "seconds"}
    _check_keys(found, known, path, optional={"pixel_range"})
    _check_outputs(found["n_classes"], classes, architecture.output_shape)
    shape, n_features = found["image_shape"], prod(architecture.input_shape)
    if shape is not None and not (_are(shape, int) and len(shape) == 3 and prod(shape) == n_features):
        raise ModelFileError(
            f"{path} has an image shape that does not fit the network.",
            received=f"{shape}"[:80],
            expected=f"height, width, channels that make {n_features:,}",
        )
    scale, settings, history = found["pixel_scale"], found["settings"], found["history"]
    names, seen = found["feature_names"], found.get("pixel_range")
    problems = {
        "pixel_scale": _are([scale], (int, float)) and isfinite(scale) and scale > 0,
        "pixel_range": seen is None or (_are(seen, (int, float)) and len(seen) == 2 and seen[0] <= seen[1]),
        "logits": isinstance(found["logits"], bool),
        "feature_names": _are(names, str) and len(names) in (0, n_features),
        "settings": isinstance(settings, dict)
        and isinstance(settings.get("recipe"), str)
        and _are([settings.get("n_iter")], int)
        and all(value is None or isinstance(value, str | int | float) for value in settings.values()),
        "history": isinstance(history, dict) and all(_are_measures(values) for values in history.values()),
        "seconds": _are(found["seconds"], (int, float)),
    }
    wrong = next((name for name, fits in problems.items() if not fits), None)
    if wrong is not None:
        raise ModelFileError(
            f"{path} has a {wrong} of the wrong kind.", received=f"{found[wrong]!r}"[:80], repair=REPAIR
        )
    return dict(found)


def _check_outputs(n_classes: Any, classes: NDArray[Any], output_shape: tuple[int, ...]) -> None:
    units = output_shape[-1]
    fits = len(output_shape) == 1 and (len(classes) <= units or (units == 1 and len(classes) == 2))
    if len(classes) != n_classes or not fits:
        raise ModelFileError(
            f"labels.json has {len(classes)} labels for {units} outputs.",
            expected=f"{n_classes} labels" if _are([n_classes], int) else f"{units}",
            repair="use the labels.json that was saved with this network",
        )


def _check_kind(path: Path) -> None:
    kind = UNSAFE.get(path.suffix.lower())
    if kind:
        unsafe = path.suffix.lower() not in (".safetensors", ".onnx")
        raise ModelFileError(
            f"{path} is {kind}{', which can run code when it is read' * unsafe}.",
            expected="a model folder or .zip file that ImageClassifier.save wrote",
            repair=TRUST.replace("FILE", path.name) if path.suffix.lower() == ".keras" else REPAIR,
        )
    if path.is_dir():
        return
    if not path.is_file():
        raise ModelFileError(
            f"there is no model {path}.", expected="a folder or .zip file that ImageClassifier.save wrote"
        )
    with path.open("rb") as file:
        start = file.read(8)
    found = next((what for magic, what in MAGIC.items() if start.startswith(magic)), None)
    if found or not start.startswith(b"PK"):
        raise ModelFileError(
            f"{path} is {found or 'empty' if not start else found or 'no model'}.",
            received=f"first bytes {start[:4].hex(' ') or 'none'}",
            expected="a folder or .zip file that ImageClassifier.save wrote",
            repair=REPAIR,
        )


def _manifest_bytes(folder: Path) -> bytes:
    if not (folder / MANIFEST).is_file():
        raise ModelFileError(
            f"{folder} is not a model: it has no {MANIFEST}.", expected="a folder that ImageClassifier.save wrote"
        )
    return _file(folder / MANIFEST, MOST_MODEL_JSON_BYTES)


def _file(path: Path, most: int) -> bytes:
    """Read one plain file; a link would lead out of the folder, and a pipe would wait for ever."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise ModelFileError(f"{path} is missing.", repair="copy the whole folder again") from None
    except OSError as error:
        reason = "is a link" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise ModelFileError(f"{path} {reason}.", repair="copy the whole folder again") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise ModelFileError(f"{path} is not a regular file.", repair="copy the whole folder again")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > most:
            raise ModelFileError(
                f"{path} is too large.", received=f"{status.st_size:,} bytes", expected=f"at most {most:,}"
            )
        return file.read()


def _check_hashes(parts: Mapping[str, bytes], path: Path) -> None:
    listed = parse(parts[MANIFEST], path / MANIFEST)
    check_schema(listed, path / MANIFEST)
    _check_keys(listed, {"schema", "sha256"}, path / MANIFEST)
    hashes = listed["sha256"]
    if not isinstance(hashes, dict) or set(hashes) != set(FILES):
        raise ModelFileError(f"{path / MANIFEST} does not list the files of a model.", expected=", ".join(FILES))
    for name in FILES:
        if hashes[name] != hashlib.sha256(parts[name]).hexdigest():
            raise ModelFileError(
                f"{path / name} is not the file that was saved: its hash differs.", repair="copy the model again"
            )


def check_schema(found: Any, path: Path) -> None:
    """Refuse what another version wrote, and say which way to go."""
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema == MODEL_SCHEMA:
        return
    number = SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    newer = number is not None and int(number[1]) > int(MODEL_SCHEMA.rpartition("/")[2])
    raise ModelFileError(
        f"{path} was written by a newer convscope." if newer else f"{path} has a schema that this version cannot read.",
        received=f"{schema!r}"[:80],
        expected=repr(MODEL_SCHEMA),
        repair="upgrade convscope to the version that wrote it, or a newer one" if newer else REPAIR,
    )


def _check_keys(found: Any, known: set[str], path: Path, optional: Set[str] = frozenset()) -> None:
    if not isinstance(found, dict):
        raise ModelFileError(f"{path} is not a JSON object.", received=type(found).__name__, repair=REPAIR)
    missing, foreign = sorted(known - set(found)), sorted(set(found) - known - optional)
    if missing or foreign:
        difference = f"lacks {missing[0]}" if missing else f"has an entry that no model file has: {foreign[0][:80]}"
        raise ModelFileError(
            f"{path} {difference}.",
            expected=", ".join(sorted(known)),
            repair=REPAIR,
        )


def _are(values: Any, kind: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, kind) and not isinstance(value, bool) for value in values)


def _are_measures(values: Any) -> bool:
    return isinstance(values, list) and _are([value for value in values if value is not None], (int, float))


def _no_number(name: str) -> Any:
    raise ValueError(f"{name[:20]} is not allowed as a number")


def _fraction(digits: str) -> float:
    return value if isfinite(value := float(digits)) else _no_number(digits)


def _whole_number(digits: str) -> int:
    return int(digits) if len(digits) <= MOST_DIGITS else _no_number(digits)
