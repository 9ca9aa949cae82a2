"""What learners send, read with a limit on everything."""

from __future__ import annotations

import json
import math
import os
import re
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request

from convscope.errors import UsageError
from convscope.page.classroom.store import Upload
from convscope.page.guard import RefusedError
from convscope.reading import LEGAL, reading_of

__all__ = [
    "MODELS",
    "MOST_EPOCHS",
    "MOST_ROWS",
    "SETS",
    "SUFFIXES",
    "read_json",
    "read_pixels",
    "read_training",
    "receive_upload",
]

SETS = ("digits", "mnist", "fashion_mnist")
MODELS = ("cnn", "mlp", "linear")
MOST_EPOCHS = 20
MOST_ROWS = 10_000
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".parquet", ".npz")
MOST_JSON_BYTES = 1_000_000
MOST_NAME = 100
LARGEST = 3.0e38
"""Of a number that a picture may hold: what a float32 can hold."""


async def read_json(request: Request) -> Any:
    """Read a body as JSON.

    Raises
    ------
    RefusedError
        It is too long, or is no JSON.
    """
    body = await _body(request, MOST_JSON_BYTES)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(422, "this is not valid JSON") from None


async def read_pixels(request: Request, n_features: int) -> array[float]:
    """Read a picture: ``{"pixels": [...]}``, or float32 numbers as bytes.

    Raises
    ------
    RefusedError
        It has another number of pixels, or one is not a finite number.
    """
    if request.headers.get("content-type", "").startswith("application/octet-stream"):
        pixels: array[float] = array("f")
        body = await _body(request, 4 * n_features)
        if len(body) != 4 * n_features:
            raise RefusedError(422, f"a picture has {4 * n_features:,} bytes here, not {len(body):,}")
        pixels.frombytes(body)
        if not all(map(math.isfinite, pixels)):
            raise RefusedError(422, "a picture holds finite numbers only")
        return pixels
    found = await read_json(request)
    listed = found.get("pixels") if isinstance(found, dict) else None
    if not isinstance(listed, list) or len(listed) != n_features:
        came = f"{len(listed):,} came" if isinstance(listed, list) else "none came"
        raise RefusedError(
            422, f"a picture has {n_features:,} pixels here, and {came}", 'send {"pixels": [0, 255, ...]}'
        )
    for place, value in enumerate(listed):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not -LARGEST <= value <= LARGEST:
            raise RefusedError(
                422, f"pixel {place + 1} is not a number that a picture can hold", "send intensities 0 to 255"
            )
    return array("f", listed)


def read_training(found: Any, uploads: Mapping[str, Upload]) -> dict[str, Any]:
    """Read what is to be trained.

    Raises
    ------
    RefusedError
        Something is missing, unknown or too large.
    """
    known = {"data", "model", "epochs", "rows", "seed", "look", "reading"}
    if not isinstance(found, dict) or set(found) - known:
        raise RefusedError(422, "this is not a valid training", f"send an object with {', '.join(sorted(known))}")
    data, model = found.get("data", "digits"), found.get("model", "cnn")
    if not isinstance(data, str) or (data not in SETS and data not in uploads):
        raise RefusedError(422, "there is no such table", f"choose {', '.join(SETS)} or a table that you uploaded")
    if model not in MODELS:
        raise RefusedError(422, "there is no such model", f"choose {', '.join(MODELS)}")
    numbers = {"epochs": (2, 1, MOST_EPOCHS), "rows": (2000, 10, MOST_ROWS), "seed": (0, 0, 2**31)}
    wanted: dict[str, Any] = {"data": data, "model": model, "name": uploads[data].name if data in uploads else data}
    for name, (usual, least, most) in numbers.items():
        value = found.get(name, usual)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise RefusedError(422, f"{name} is not between {least} and {most:,}")
        wanted[name] = value
    is_own, look = data in uploads, found.get("look", False)
    if not isinstance(look, bool) or (look and not is_own):
        raise RefusedError(422, "only a table that you uploaded can be looked at")
    return {**wanted, "look": look, "reading": _read_options(found.get("reading", {}), is_own)}


def _read_options(given: Any, is_own: bool) -> dict[str, Any]:
    """Read how a table is to be read; as it was sent, so that the page can show it in its fields again."""
    if not isinstance(given, dict) or set(given) - set(LEGAL) or (given and not is_own):
        raise RefusedError(422, "a table is not read with these options", f"choose among {', '.join(LEGAL)}")
    wrong = next((name for name, fits in LEGAL.items() if not fits(given.get(name))), None)
    if wrong is not None:
        raise RefusedError(422, f"{wrong} cannot have this value", f"correct the field {wrong}")
    try:
        reading_of(given)
    except UsageError as error:
        raise RefusedError(
            422, error.what.removesuffix("."), error.expected and f"expected: {error.expected}"
        ) from None
    return given


async def receive_upload(request: Request, path: Path) -> tuple[str, str, int]:
    """Write a table to a temporary file beside ``path``, part by part; nothing stays when its sender goes.

    Returns
    -------
    name, suffix : str
    size : int

    Raises
    ------
    RefusedError
        It is empty, or named like no table; `guard` sees to its size.
    """
    name = re.sub(r"[^\w .()-]", "_", Path(request.query_params.get("name", "")).name)[-MOST_NAME:]
    suffix = next((end for end in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(end)), None)
    if suffix is None:
        raise RefusedError(
            422, "this file name is not that of a table", f"upload a file that ends in {', '.join(SUFFIXES)}"
        )
    temporary, size = path.with_name(f"{path.name}.part"), 0
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            async for part in request.stream():
                size += file.write(part)
        if not size:
            raise RefusedError(422, "the table is empty")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return name, suffix, size


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise RefusedError(413, f"this is longer than {most:,} bytes")
    return bytes(body)
