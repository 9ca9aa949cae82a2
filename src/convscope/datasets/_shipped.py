"""Find a file inside an installed package without importing the package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from convscope.datasets._home import verify
from convscope.datasets._records import Shipped
from convscope.errors import DatasetError
from convscope.installing import install_line

__all__ = ["find_shipped", "need_shipped"]


def find_shipped(shipped: Shipped) -> Path | None:
    """Say where the file lies; None if the package is not installed, or does not hold it.

    To look for a top-level package runs nothing of it.
    """
    spec = find_spec(shipped.package)
    folders = spec.submodule_search_locations if spec else None
    places = (Path(folder) / shipped.file.place for folder in folders or ())
    return next((place for place in places if place.is_file()), None)


def need_shipped(shipped: Shipped) -> Path:
    """Give the file, with its content verified.

    Raises
    ------
    DatasetError
        The package is not installed, or its file is not the pinned one.
    """
    path = find_shipped(shipped)
    if path is None:
        raise DatasetError(
            f"the package {shipped.package}, which holds the table, is not installed.",
            repair=install_line(shipped.extra),
        )
    verify(path, shipped.file, repair=f"pip install --force-reinstall --no-deps {shipped.package}")
    return path
