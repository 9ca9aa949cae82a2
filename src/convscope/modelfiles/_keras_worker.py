"""Reads one ``.keras`` file in a process of its own; see `keras_file`.

``python -m convscope.modelfiles._keras_worker FOLDER SECONDS FILE_BYTES``: FOLDER holds ``model.keras``, whose settings
were checked, and its HDF5 file as ``given.h5``; what comes out is ``weights.safetensors``, or one line on stderr.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from convscope.backend import keras
from convscope.engine.logits import reading_variables
from convscope.modelfiles._hdf5 import check_links, limit_process, run

__all__ = ["main"]

FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.", "ctypes.dlopen")


def main(folder: Path, seconds: int, file_bytes: int) -> None:
    """Check the HDF5 file, load the model, and write its weights in order."""
    limit_process(seconds, file_bytes)
    check_links(folder / "given.h5")
    sys.addaudithook(_refuse)
    with reading_variables():
        model = keras.saving.load_model(folder / "model.keras", compile=False, safe_mode=True)
        arrays = [np.asarray(keras.ops.convert_to_numpy(weight.value), order="C") for weight in model.weights]
    save_file({f"{index:04d}": array for index, array in enumerate(arrays)}, folder / "weights.safetensors")


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """End whatever would start a program, open a socket or read a pickle; Keras needs none of them here."""
    if event.startswith(FORBIDDEN):
        raise RuntimeError(f"reading the file led to {event}, which is not allowed.")


if __name__ == "__main__":
    run(lambda: main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
