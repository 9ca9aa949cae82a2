"""Checkpoints of a training: folders that are complete or absent.

::

    checkpoints/
      epoch-0002/
        state.safetensors   weights, optimizer, random states of layers
        COMMIT.json         written last: SHA-256 of the other and of itself, how far, seed, data, settings, versions
      epoch-0003/           the two newest are kept
      epoch-0003-step-0120/ an epoch that was interrupted after 120 steps

A folder without ``COMMIT.json`` is no checkpoint. Reading executes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from errno import ENOSPC
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from convscope.engine._plain import pack, unpack
from convscope.errors import RunError
from convscope.files import make_folder, read_plain, write_bytes
from convscope.limits import MOST_JSON_BYTES, check_values

__all__ = ["CHECKPOINT_SCHEMA", "Checkpoint", "Progress", "newest_checkpoint", "write_checkpoint"]

Array = NDArray[Any]
CHECKPOINT_SCHEMA = "convscope.checkpoint/1"
STATE, COMMIT = "state.safetensors", "COMMIT.json"
KEPT = 2
NAME = re.compile(r"epoch-(\d+)(?:-step-(\d+))?")


@dataclass
class Progress:
    """How far a training has come.

    Parameters
    ----------
    epoch : int
        Whole epochs.
    metrics : dict of str to list of float
        One value for each of them.
    seconds : list of float
        Wall-clock seconds of each of them.
    stopped : bool
        A callback ended the training.
    step : int
        Steps of the next epoch that were taken too.
    begun : tuple
        What these steps counted: loss, right answers, rows, seconds.
    """

    epoch: int = 0
    metrics: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    stopped: bool = False
    step: int = 0
    begun: tuple[Any, ...] = (0.0, 0, 0, 0.0)

    def end_epoch(self, measured: Mapping[str, float], seconds: float) -> None:
        """Count one more epoch."""
        self.epoch, self.step, self.begun = self.epoch + 1, 0, (0.0, 0, 0, 0.0)
        self.seconds.append(seconds)
        for name, value in measured.items():
            self.metrics.setdefault(name, []).append(value)


@dataclass(frozen=True)
class Checkpoint:
    """A training as it was at one moment.

    Parameters
    ----------
    progress : Progress
    arrays : dict of str to array
        What the training loop needs to go on.
    callbacks : list of dict
        The plain attributes of each callback.
    facts : dict
        JSON values that have to be the same to go on: ``data``, ``settings``; and ``seed``, ``versions``.
    """

    progress: Progress
    arrays: dict[str, Array]
    callbacks: list[dict[str, Any]]
    facts: dict[str, Any]

    @property
    def name(self) -> str:
        """Name its folder, e.g. ``epoch-0003``."""
        step = f"-step-{self.progress.step:04d}" if self.progress.step else ""
        return f"epoch-{self.progress.epoch:04d}{step}"


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, then remove what is older than the two newest.

    Parameters
    ----------
    folder : Path
        Of all checkpoints of one training; the caller is its only writer.
    checkpoint : Checkpoint

    Raises
    ------
    RunError
        The disk is full, read-only or broken; every earlier checkpoint is still there.
    """
    try:
        try:
            _write(folder, checkpoint)
        except OSError as error:
            older = _committed(folder)[1:]
            if error.errno != ENOSPC or not older:
                raise
            _discard(older)  # one is left to go on from
            _write(folder, checkpoint)
    except OSError as error:
        raise RunError(
            f"the checkpoint {checkpoint.name} cannot be written: {error.strerror or error}.",
            received=str(folder),
            repair="free some space, or repair the disk; then continue from the last checkpoint: nothing else is lost",
        ) from None
    with suppress(OSError):
        _discard([path for path in _folders(folder) if path not in _committed(folder)[:KEPT]])


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the newest complete checkpoint, and remove newer ones; None if there is none.

    A checkpoint that is torn or was altered is told in a warning, and the one before it is taken.
    """
    for path in _committed(folder):
        try:
            found = _read(path)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError) as error:
            warnings.warn(f"the checkpoint {path} is damaged ({error}); it is skipped.", UserWarning, stacklevel=2)
            continue
        _discard([other for other in _folders(folder) if _place(other) > _place(path)])
        return found
    _discard(_folders(folder))
    return None


def _write(folder: Path, checkpoint: Checkpoint) -> None:
    path = folder / checkpoint.name
    _discard([path] if path.exists() else [])
    make_folder(path)
    try:
        arrays = dict(checkpoint.arrays)
        told = {"progress": vars(checkpoint.progress), "callbacks": checkpoint.callbacks}
        plain = {name: pack(value, arrays, name) for name, value in told.items()}
        content = save(arrays)
        write_bytes(path / STATE, content)
        commit = {
            "schema": CHECKPOINT_SCHEMA,
            "epoch": checkpoint.progress.epoch,
            "step": checkpoint.progress.step,
            **checkpoint.facts,
            **plain,
            "sha256": {STATE: hashlib.sha256(content).hexdigest()},
        }
        commit["sha256"][COMMIT] = _own_hash(commit)
        write_bytes(path / COMMIT, _one_line_each(commit).encode("utf-8"))
    except BaseException:
        with suppress(OSError):
            _discard([path])
        raise


def _read(path: Path) -> Checkpoint:
    written = read_plain(path / COMMIT, MOST_JSON_BYTES)
    check_values(written)
    commit = json.loads(written)
    if commit["schema"] != CHECKPOINT_SCHEMA:
        raise ValueError(f"its schema is {commit['schema']!r}")
    if commit["sha256"].pop(COMMIT) != _own_hash(commit):
        raise ValueError(f"the hash of {COMMIT} differs")
    content = (path / STATE).read_bytes()
    if commit["sha256"][STATE] != hashlib.sha256(content).hexdigest():
        raise ValueError(f"the hash of {STATE} differs")
    arrays = {name: array.copy() for name, array in load(content).items()}  # as read they cannot be changed
    progress, callbacks = (unpack(commit.pop(name), arrays) for name in ("progress", "callbacks"))
    return Checkpoint(Progress(**progress), arrays, callbacks, commit)


def _own_hash(commit: Mapping[str, Any]) -> str:
    content = json.dumps({**commit, "sha256": {STATE: commit["sha256"][STATE]}}, sort_keys=True)
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _one_line_each(record: Mapping[str, Any]) -> str:
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in record.items()) + "\n}\n"


def _place(path: Path) -> tuple[int, int]:
    found = NAME.fullmatch(path.name)
    return (int(found[1]), int(found[2] or 0)) if found else (-1, 0)


def _folders(folder: Path) -> list[Path]:
    """List what may be a checkpoint, the newest first."""
    return sorted((path for path in folder.glob("epoch-*") if NAME.fullmatch(path.name)), key=_place, reverse=True)


def _committed(folder: Path) -> list[Path]:
    return [path for path in _folders(folder) if (path / COMMIT).is_file()]


def _discard(paths: list[Path]) -> None:
    for path in paths:
        (path / COMMIT).unlink(missing_ok=True)  # first: what is left half removed is no checkpoint
        shutil.rmtree(path)
