"""The pages of *Reference*, made from the code: what code knows is written nowhere else."""

from __future__ import annotations

from pathlib import Path

from generate import charts, commands, entries, errors, exercises, layers, names

__all__ = ["write_reference"]


def write_reference(folder: Path) -> None:
    """Write all pages into a folder; what does not change keeps its date, so that Sphinx reads it only once."""
    for made in (names, commands, charts, entries, errors, exercises, layers):
        made.write(folder)
