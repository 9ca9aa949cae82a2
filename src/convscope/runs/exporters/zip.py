"""The whole run folder as one file; unpacked anywhere, it is that run again."""

from __future__ import annotations

import shutil
from pathlib import Path

from convscope.errors import UsageError
from convscope.files import writing
from convscope.runs.store import Run

__all__ = ["export"]


def export(run: Run, target: Path) -> Path:
    """Write the file.

    Parameters
    ----------
    run : Run
    target : Path
        A new file that ends in .zip.

    Raises
    ------
    UsageError
        It is there already, or is named otherwise.
    """
    if target.exists():
        raise UsageError(f"{target} is there already.", repair="choose another name")
    if target.suffix.lower() != ".zip":
        raise UsageError(f"{target} cannot be written.", expected="a new file that ends in .zip")
    with writing(target) as temporary:
        made = shutil.make_archive(str(temporary), "zip", run.path.parent, run.path.name)
        Path(made).replace(temporary)
    return target
