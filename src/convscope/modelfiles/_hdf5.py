"""What may be in an HDF5 file of weights, looked at before anything of it is read, and without Keras.

``python -m convscope.modelfiles._hdf5 FILE SECONDS`` says in one line on stderr what is wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py

from convscope.limits import DEEPEST_HDF5, MOST_HDF5_OBJECTS, MOST_PARAMETERS

__all__ = ["check_links", "limit_process", "run"]

MOST_COMPLAINT = 4_000
"""Bytes of what it says."""


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
    if depth > DEEPEST_HDF5:
        raise ValueError(f"its weights are nested more than {DEEPEST_HDF5} deep.")
    for name in group:
        where, link = f"{place}/{name}", group.get(name, getlink=True)
        count.objects += 1
        if count.objects > MOST_HDF5_OBJECTS:
            raise ValueError(f"its weights hold more than {MOST_HDF5_OBJECTS:,} objects.")
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
    if found.id.get_create_plist().get_nfilters() or found.id.get_storage_size() < found.nbytes:
        raise ValueError(f"{where} is compressed or incomplete; Keras writes complete, uncompressed arrays.")


def limit_process(seconds: int, file_bytes: int) -> None:
    """Limit what this process may use: seconds of a core, and bytes of a file that it writes."""
    if sys.platform == "win32":
        return  # no such limits there; the parent watches the clock
    import resource  # noqa: PLC0415  (there is none on Windows)

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(work: Any) -> None:
    """Do the work of a process, and tell in one line what went wrong."""
    try:
        work()
    except Exception as error:
        sys.stderr.write(f"{' '.join(str(error).split())[:300] or type(error).__name__}\n")
        sys.exit(1)


def main(path: Path, seconds: int) -> None:
    """Look at one file, within limits."""
    limit_process(seconds, MOST_COMPLAINT)
    check_links(path)


if __name__ == "__main__":
    run(lambda: main(Path(sys.argv[1]), int(sys.argv[2])))
