"""A ``.keras`` file: always written on request, and read only from somebody who is trusted.

Such a file may name any class and hold any HDF5 file, and Keras would build the one and follow the other. So here

1. the archive is looked at as `convscope.archives` does: three members of known names and bounded sizes;
2. its layers are read by `plan`, before Keras: layers on the list only, and a budget of parameters;
3. a process of its own, with limits of time, memory and files, looks at every link and array of the HDF5 file, and only
   then another one lets Keras load it, without what the file says about compiling; it answers with plain arrays;
4. those arrays are compared with the plan like those of any model file.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.archives import read_members
from convscope.backend import keras
from convscope.engine.logits import reading_variables
from convscope.errors import DataError, ModelError, ModelFileError
from convscope.files import writing
from convscope.limits import MOST_MODEL_JSON_BYTES, MOST_WEIGHT_BYTES
from convscope.modelfiles._modelparts import parse, read_weights
from convscope.modelfiles.architecture import plain_config, plan
from convscope.modelfiles.modelfile import build_model

__all__ = ["ImportLimits", "read_keras_file", "write_keras_file"]

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LIMITS = {CONFIG: MOST_MODEL_JSON_BYTES, METADATA: MOST_MODEL_JSON_BYTES, WEIGHTS: MOST_WEIGHT_BYTES}
CHECKER = "convscope.modelfiles._hdf5"
WORKER = "convscope.modelfiles._keras_worker"
POLL_S = 0.05


@dataclass(frozen=True)
class ImportLimits:
    """What the process that reads a ``.keras`` file may use.

    Parameters
    ----------
    seconds : int
        Of the clock.
    memory_bytes : int
        Resident.
    file_bytes : int
        Of what it writes.
    """

    seconds: int = 120
    memory_bytes: int = 3_000_000_000
    file_bytes: int = MOST_WEIGHT_BYTES


def write_keras_file(path: Path, model: Any) -> None:
    """Write a model as Keras does, completely or not at all.

    Raises
    ------
    OSError
        The disk is full or read-only.
    """
    with tempfile.TemporaryDirectory(prefix="convscope-") as folder, reading_variables():
        made = Path(folder) / "model.keras"
        keras.saving.save_model(model, made)
        with writing(path) as temporary:
            temporary.write_bytes(made.read_bytes())


def read_keras_file(path: Path, *, limits: ImportLimits | None = None) -> Any:
    """Read a ``.keras`` file from somebody who is trusted.

    Parameters
    ----------
    path : Path
    limits : ImportLimits, optional

    Returns
    -------
    model : keras.Model
        Built, not compiled.

    Raises
    ------
    ModelFileError
        It is damaged, or holds a layer, a link or a size that no model file of convscope may have.
    """
    _check_start(path)
    try:
        parts = read_members(path, LIMITS)
    except DataError as error:
        raise ModelFileError(
            error.what, received=error.received, expected=error.expected, repair=error.repair
        ) from None
    config = parse(parts[CONFIG], path / CONFIG)
    try:
        architecture = plan(config)
    except ModelError as error:
        raise ModelFileError(
            f"{path.name}: {error.what}", received=error.received, expected=error.expected, repair=error.repair
        ) from None
    plain = plain_config(config)
    content = _arrays(path, {**parts, CONFIG: json.dumps(plain).encode()}, limits or ImportLimits())
    arrays, _ = read_weights(content, architecture.weights, path / WEIGHTS, allow_nonfinite=False)
    return build_model(plain, arrays, path)


def _check_start(path: Path) -> None:
    """Say what a file is if it is not an archive; Keras would say that it was not found."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except FileNotFoundError:
        raise ModelFileError(f"there is no file {path}.", repair="check the spelling") from None
    except IsADirectoryError:
        raise ModelFileError(f"{path} is a folder.", expected="a .keras file") from None
    if start.startswith(b"PK"):
        return
    what = "is not a .keras file"
    if not start:
        what = "is empty"
    elif start.lstrip().startswith(b"<"):
        what = "is a web page, not a model"
    elif start.startswith(b"\x89HDF"):
        what = "is an HDF5 file, which is refused"
    raise ModelFileError(
        f"{path} {what}.",
        received=f"first bytes {start[:4].hex(' ') or 'none'}",
        expected="a zip archive that Keras 3 wrote",
        repair="download or copy the file again, or save it with Keras 3: model.save('model.keras')",
    )


def _arrays(path: Path, parts: dict[str, bytes], limits: ImportLimits) -> bytes:
    """Let the worker read the weights of an archive that holds only what was checked."""
    with tempfile.TemporaryDirectory(prefix="convscope-") as name:
        folder = Path(name)
        with zipfile.ZipFile(folder / "model.keras", "w") as archive:
            for member, content in parts.items():
                archive.writestr(member, content)
        (folder / "given.h5").write_bytes(parts[WEIGHTS])
        check = [CHECKER, str(folder / "given.h5"), str(limits.seconds)]
        load = [WORKER, name, str(limits.seconds), str(limits.file_bytes)]
        said = _run(check, folder, limits, path) or _run(load, folder, limits, path)
        made = folder / "weights.safetensors"
        if said or not made.is_file():
            reason = said.strip().splitlines()[-1][:300] if said.strip() else "it ended without an answer"
            raise ModelFileError(f"{path.name} cannot be imported: {reason}", repair="save it again with Keras 3")
        return made.read_bytes()


def _run(words: list[str], folder: Path, limits: ImportLimits, path: Path) -> str:
    """Run a module of ours until it ends or passes a limit, and give what it complains about."""
    environment = {**os.environ, "CONVSCOPE_OFFLINE": "1", "HOME": str(folder), "KERAS_HOME": str(folder)}
    with (folder / "complaint").open("w+") as complaint:
        process = subprocess.Popen(
            [sys.executable, "-m", "convscope.loading", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaint,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        try:
            _watch(process, limits, path)
        finally:
            _end(process)
        complaint.seek(0)
        return (complaint.read(4000) or "it ended without an answer") if process.returncode else ""


def _watch(process: subprocess.Popen[bytes], limits: ImportLimits, path: Path) -> None:
    last = time.monotonic() + limits.seconds
    while process.poll() is None:
        if time.monotonic() > last:
            raise ModelFileError(f"{path.name} took longer than {limits.seconds} s to read.", repair="do not trust it")
        if _resident(process.pid) > limits.memory_bytes:
            raise ModelFileError(
                f"{path.name} took more than {limits.memory_bytes / 1e9:g} GB to read.", repair="do not trust it"
            )
        time.sleep(POLL_S)


def _resident(pid: int) -> int:
    """Say how many bytes of memory a process holds; 0 where there is no ``/proc``."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the worker and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError, AttributeError):
        process.kill()
    process.wait()
