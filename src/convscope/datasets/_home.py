"""The data home: where files of data sets lie, and how a file is known by its content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path

from convscope.datasets._records import Pinned
from convscope.errors import DatasetError, TableError
from convscope.tables import open_unpacked

__all__ = ["data_home_path", "find", "is_offline", "verify"]

CHUNK = 1 << 20


def data_home_path(data_home: str | Path | None = None) -> Path:
    """Return the folder of data sets: the argument, else ``CONVSCOPE_DATA``, else the user's cache folder."""
    chosen = data_home or os.environ.get("CONVSCOPE_DATA")
    return Path(chosen).expanduser() if chosen else user_cache_path("convscope", appauthor=False) / "data"


def is_offline() -> bool:
    """Say whether ``CONVSCOPE_OFFLINE`` forbids downloads."""
    return os.environ.get("CONVSCOPE_OFFLINE", "").lower() not in ("", "0", "false", "no")


def find(place: str, home: Path) -> Path | None:
    """Find a file below the data home, gzipped or not, or None.

    A CSV is also found at the top; IDX files are not, since those of MNIST and Fashion-MNIST have the same names.

    Parameters
    ----------
    place : str
        Path below the data home, such as ``"points/circle.csv"``.
    home : Path
    """
    plain = Path(place.removesuffix(".gz"))
    folders = (home / plain.parent, home) if plain.suffix == ".csv" else (home / plain.parent,)
    candidates = [folder / f"{plain.name}{suffix}" for folder in folders for suffix in (".gz", "")]
    return next((path for path in candidates if path.is_file()), None)


def verify(path: Path, pinned: Pinned, repair: str = "delete it; it is fetched again") -> None:
    """Compare a file's uncompressed content with its pinned checksum; reads one byte too many at most.

    Raises
    ------
    DatasetError
        It differs, or the file is damaged; the message shows both checksums.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with open_unpacked(path) as file:
            while size <= pinned.size and (part := file.read(min(CHUNK, pinned.size + 1 - size))):
                digest.update(part)
                size += len(part)
    except TableError as error:
        raise DatasetError(f"{path} is damaged: {error.what}", repair=repair) from None
    if size > pinned.size or digest.hexdigest() != pinned.sha256:
        long = size > pinned.size
        raise DatasetError(
            f"{path} is not the expected file: its checksum differs.",
            received=f"more than {pinned.size:,} bytes" if long else f"sha256 {digest.hexdigest()} of {size:,} bytes",
            expected=f"sha256 {pinned.sha256} of {pinned.size:,} bytes",
            repair=repair,
        )
