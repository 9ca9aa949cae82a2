"""The complete run folder as one file, which can be unpacked anywhere."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from convscope.errors import UsageError
from convscope.files import LOCK, writing
from convscope.runs.store import Run

__all__ = ["export"]


def export(run: Run, target: Path) -> Path:
    """Write the file: folders and plain files; a link would take what is not the run's along.

    Parameters
    ----------
    run : Run
    target : Path
        A new file that ends in .zip.

    Raises
    ------
    UsageError
        It is there already, or is named otherwise.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope.runs import create_run, exporters
    >>> run = create_run("example")
    >>> run.write_record({"created": "2021-05-01T12:00:00", "accuracy": 0.9})
    >>> exporters.zip(run, Path("run.zip")).name
    'run.zip'
    """
    if target.exists():
        raise UsageError(f"{target} already exists.", repair="choose another name")
    if target.suffix.lower() != ".zip":
        raise UsageError(f"{target} cannot be written.", expected="a new file that ends in .zip")
    folder = run.path.resolve()
    with (
        writing(target) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive,
    ):
        for path in _inside(folder):
            archive.write(path, path.relative_to(folder.parent))
    return target


def _inside(folder: Path) -> Iterator[Path]:
    """List a folder and all that lies in it, but for the lock and for what is half written."""
    yield folder
    for place, _, names in os.walk(folder):
        if Path(place) != folder:
            yield Path(place)
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink() and name != LOCK and not name.endswith(".part"):
                yield path
