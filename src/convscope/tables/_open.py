"""Bytes of a file, unpacked if it is gzip, and never more of them than a budget allows."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

from convscope.errors import TableError

__all__ = ["GZIP_MAGIC", "first_bytes", "largest_content", "read_all", "unpacked"]

GZIP_MAGIC = b"\x1f\x8b"
PACKED_CHUNK = 1 << 16
BUFFER = 1 << 20
FREE_BYTES = 32 << 20
"""So much may come out of any gzip file before its ratio is looked at."""
MOST_RATIO = 150
"""Tables of images shrink by 5 to 40; a bomb by several hundred."""
MOST_BYTES = 2 << 30


def first_bytes(path: Path, count: int) -> bytes:
    """Read the beginning of a file, unpacked if it is gzip."""
    with unpacked(path) as file:
        return file.read(count)


def read_all(path: Path) -> bytes:
    """Read a whole file, unpacked if it is gzip.

    Raises
    ------
    TableError
        The file is cut, damaged, or unpacks to more than is sensible.
    """
    with unpacked(path) as file:
        return file.read()


def largest_content(path: Path) -> int:
    """Say how many bytes a packed file may unpack to before it is taken for a bomb."""
    return min(MOST_BYTES, max(FREE_BYTES, MOST_RATIO * path.stat().st_size))


def unpacked(path: Path) -> io.BufferedIOBase:
    """Open a file for reading, unpacked if it is gzip.

    Raises
    ------
    TableError
        The file is too large; or, while it is read, it is cut, damaged, or unpacks to more than is sensible.

    Examples
    --------
    >>> import gzip
    >>> from pathlib import Path
    >>> from convscope.tables import open_unpacked
    >>> _ = Path("table.csv.gz").write_bytes(gzip.compress(b"class,1x1"))
    >>> with open_unpacked(Path("table.csv.gz")) as file:
    ...     file.read()
    b'class,1x1'
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise TableError(f"{path.name} is too large.", received=f"{size:,} bytes", expected=f"at most {MOST_BYTES:,}")
    file = path.open("rb")
    if file.peek(2).startswith(GZIP_MAGIC):
        return io.BufferedReader(_Unpacked(file, path.name), BUFFER)
    return file


class _Unpacked(io.RawIOBase):
    """Unpacks gzip, member after member, and stops as soon as the output is out of proportion."""

    def __init__(self, file: io.BufferedReader, name: str) -> None:
        self.file, self.name = file, name
        self.unpacker = zlib.decompressobj(wbits=31)
        self.packed = b""
        self.taken = self.given = 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        part = self._next(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def _next(self, count: int) -> bytes:
        while True:
            if not self.packed and not self._refill():
                return b""
            if self.unpacker.eof:  # what follows a member is another member, or padding with zeros
                if not self.packed.strip(b"\0"):
                    self.packed = b""
                    continue
                self.unpacker = zlib.decompressobj(wbits=31)
            try:
                part = self.unpacker.decompress(self.packed, count)
            except zlib.error as error:
                raise TableError(f"{self.name} is a damaged gzip file: {error}.", repair="get it again") from None
            self.packed = self.unpacker.unused_data if self.unpacker.eof else self.unpacker.unconsumed_tail
            if part:
                self._check_proportion(len(part))
                return part

    def _refill(self) -> bool:
        """Take more from the file, and begin the next member; False at a proper end."""
        self.packed = self.file.read(PACKED_CHUNK)
        self.taken += len(self.packed)
        if not self.packed and not self.unpacker.eof:
            raise TableError(
                f"{self.name} ended early: the gzip file is cut.",
                received=f"{self.taken:,} bytes",
                repair="get it again",
            )
        return bool(self.packed)

    def _check_proportion(self, count: int) -> None:
        self.given += count
        if self.given > MOST_BYTES or self.given > max(FREE_BYTES, MOST_RATIO * self.taken):
            raise TableError(
                f"{self.name} unpacks to far more than a table of images would.",
                received=f"{self.given:,} bytes from the first {self.taken:,}",
                expected=f"at most {MOST_RATIO} times its size",
                repair="unpack it yourself and look at what it is",
            )
