"""Reads one ``.keras`` file in a process of its own; see `keras_file`.

``python -m convscope.training._keras_worker FOLDER SECONDS FILE_BYTES``: FOLDER holds ``model.keras``, whose settings
were checked, and its HDF5 file as ``given.h5``; what comes out is ``weights.safetensors``, or one line on stderr.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from safetensors.numpy import save_file

from convscope.backend import keras
from convscope.training.architecture import MOST_PARAMETERS
from convscope.training.logits import reading_variables

__all__ = ["check_links", "main"]

FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.", "ctypes.dlopen")
DEEPEST = 64
MOST_OBJECTS = 20_000


def check_links(path: Path) -> None:
    """Look at everything in an HDF5 file: plain arrays of numbers, held by hard links, and not too many.

    Raises
    ------
    ValueError
        Something leads out of the file, is made of other arrays, is no number, or is too large.
    """
    with h5py.File(path, "r") as file:
        _check_group(file, "", _Count(), 0)


class _Count:
    def __init__(self) -> None:
        self.objects = self.numbers = 0


def _check_group(group: Any, place: str, count: _Count, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError(f"its weights are nested more than {DEEPEST} deep.")
    for name in group:
        where, link = f"{place}/{name}", group.get(name, getlink=True)
        count.objects += 1
        if count.objects > MOST_OBJECTS:
            raise ValueError(f"its weights hold more than {MOST_OBJECTS:,} objects.")
        if type(link) is not h5py.HardLink:
            raise ValueError(f"{where} is a link ({type(link).__name__}); links are not followed.")
        found = group[name]
        if isinstance(found, h5py.Group):
            _check_group(found, where, count, depth + 1)
        elif isinstance(found, h5py.Dataset):
            _check_dataset(found, where, count)
        else:
            raise ValueError(f"{where} is neither a group nor an array.")


def _check_dataset(found: Any, where: str, count: _Count) -> None:
    if found.is_virtual or found.external:
        raise ValueError(f"{where} lies in another file (virtual or external).")
    if found.dtype.kind not in "fiub":
        raise ValueError(f"{where} holds no numbers, but {found.dtype}.")
    count.numbers += int(found.size)
    if count.numbers > MOST_PARAMETERS:
        raise ValueError(f"its weights are more than {MOST_PARAMETERS:,} numbers.")


def main(folder: Path, seconds: int, file_bytes: int) -> None:
    """Check the HDF5 file, load the model, and write its weights in order."""
    _limit(seconds, file_bytes)
    check_links(folder / "given.h5")
    sys.addaudithook(_refuse)
    with reading_variables():
        model = keras.saving.load_model(folder / "model.keras", compile=False, safe_mode=True)
        arrays = [np.asarray(keras.ops.convert_to_numpy(weight.value), order="C") for weight in model.weights]
    save_file({f"{index:04d}": array for index, array in enumerate(arrays)}, folder / "weights.safetensors")


def _limit(seconds: int, file_bytes: int) -> None:
    if sys.platform == "win32":
        return  # no such limits there; the parent watches the clock
    import resource  # noqa: PLC0415  (there is none on Windows)

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """End whatever would start a program, open a socket or read a pickle; Keras needs none of them here."""
    if event.startswith(FORBIDDEN):
        raise RuntimeError(f"reading the file led to {event}, which is not allowed.")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except Exception as error:
        sys.stderr.write(f"{' '.join(str(error).split())[:300] or type(error).__name__}\n")
        sys.exit(1)
