"""What a file of this folder defines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from convscope.reading import Options
from convscope.tables.table import Table

__all__ = ["START_BYTES", "Format"]

START_BYTES = 512
"""So many first bytes of a file, unpacked if it is gzip, tell its format."""


@dataclass(frozen=True)
class Format:
    """A format of tables.

    Parameters
    ----------
    is_mine : callable
        Says by the path and the first bytes of a file whether it is of this format.
    read : callable
        Reads the file, with the options of `read_table`.
    unpacks : bool
        Whether ``read`` reads gzip itself; else it is given the unpacked file.
    rank : int
        Formats of a lower rank are asked first; text is asked last.
    """

    is_mine: Callable[[Path, bytes], bool]
    read: Callable[[Path, Options], Table]
    unpacks: bool = False
    rank: int = 0
