"""Bytes of a file, unpacked if it is gzip, and never more of them than a budget allows."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from convscope.errors import TableError
from convscope.limits import FREE_TABLE_BYTES, MOST_RATIO, MOST_TABLE_BYTES, ROW_BYTES, largest_content

__all__ = ["GZIP_MAGIC", "check_table", "check_unpacked", "first_bytes", "packed_in", "read_all", "size_of", "unpacked"]

GZIP_MAGIC = b"\x1f\x8b"
PACKED_CHUNK = 1 << 16
BUFFER = 1 << 20
ARCHIVE_BYTES: ContextVar[int | None] = ContextVar("archive_bytes", default=None)
MOST_EMPTY, LEAST_MEMBER_BYTES = 1_000, 1_000
"""Of gzip members: so many may be small."""


def first_bytes(path: Path, count: int) -> bytes:
    """Read the beginning of a file, unpacked if it is gzip."""
    with unpacked(path) as file:
        return file.read(count)


def read_all(path: Path, *, lines: bool = False) -> bytes:
    """Read a whole file, unpacked if it is gzip; see `unpacked`.

    Raises
    ------
    TableError
        The file is cut, damaged, or unpacks to an unreasonable size.
    """
    with unpacked(path, lines=lines) as file:
        return file.read()


@contextmanager
def packed_in(archive: Path) -> Iterator[None]:
    """Compare what files unpack to with the archive that they came in, while the block runs: bombs may be twofold."""
    before = ARCHIVE_BYTES.set(archive.stat().st_size)
    try:
        yield
    finally:
        ARCHIVE_BYTES.reset(before)


def size_of(*files: Path) -> int:
    """Give the bytes that files have, or the archive that they come from, if those are fewer."""
    size, archive = sum(path.stat().st_size for path in files), ARCHIVE_BYTES.get()
    return size if archive is None else min(size, archive)


def check_table(path: Path, rows: int, cells: int, width: int) -> None:
    """Refuse a table that takes far more memory than its file would let expect; before it is decoded.

    Parameters
    ----------
    path : Path
    rows, cells : int
    width : int
        Bytes of memory for each cell.

    Raises
    ------
    TableError
        The message says how large the table is, and how large it may be.
    """
    size = size_of(path)
    content, most = rows * ROW_BYTES + cells * width, largest_content(size, free=FREE_TABLE_BYTES)
    if content > most:
        raise TableError(
            f"{path.name} unpacks to far more than a file of its size should.",
            received=f"{rows:,} rows, {cells:,} cells: {content:,} bytes of memory from {size:,}",
            expected=f"at most {most:,}",
            repair="keep fewer rows, or pixels as bytes (uint8); if it is your own and only packed well, unpack it",
        )


def check_unpacked(path: Path, n_bytes: int) -> None:
    """Refuse what has unpacked to far more than its file lets expect.

    Raises
    ------
    TableError
        The message says how many bytes there may be.
    """
    size = size_of(path)
    if n_bytes > largest_content(size):
        raise TableError(
            f"{path.name} unpacks to far more than a table of images should.",
            received=f"{n_bytes:,} bytes from {size:,}",
            expected=f"at most {largest_content(size):,}: 150 times its size, or 32 MiB",
            repair="keep fewer rows, or unpack it yourself and look at what it holds",
        )


def unpacked(path: Path, *, lines: bool = False) -> io.BufferedIOBase:
    """Open a file for reading, unpacked if it is gzip.

    Parameters
    ----------
    path : Path
    lines : bool
        Whether its lines become rows of a table, which take memory too.

    Raises
    ------
    TableError
        The file is too large; or, while it is read, it is cut, damaged, or unpacks to an unreasonable size.

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
    if size > MOST_TABLE_BYTES:
        raise TableError(
            f"{path.name} is too large.", received=f"{size:,} bytes", expected=f"at most {MOST_TABLE_BYTES:,}"
        )
    file = path.open("rb")
    if file.peek(2).startswith(GZIP_MAGIC):
        return io.BufferedReader(_Unpacked(file, path.name, ROW_BYTES * lines), BUFFER)
    return file


class _Unpacked(io.RawIOBase):
    """Unpacks gzip, member after member, and stops as soon as the output is out of proportion."""

    def __init__(self, file: io.BufferedReader, name: str, line_bytes: int) -> None:
        self.file, self.name, self.line_bytes = file, name, line_bytes
        self.unpacker = zlib.decompressobj(wbits=31)
        self.packed = b""
        self.taken = self.given = self.rows = self.members = 0

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
                self._begin_member()
            try:
                part = self.unpacker.decompress(self.packed, count)
            except zlib.error as error:
                raise TableError(
                    f"{self.name} is a damaged gzip file: {error}.", repair="download or copy it again"
                ) from None
            self.packed = self.unpacker.unused_data if self.unpacker.eof else self.unpacker.unconsumed_tail
            if part:
                self._check_proportion(part)
                return part

    def _begin_member(self) -> None:
        """Go on with the next member; a file of nothing but empty ones takes a minute, and gives nothing."""
        self.members += 1
        if self.members > MOST_EMPTY + self.given // LEAST_MEMBER_BYTES:
            raise TableError(
                f"{self.name} holds far more gzip members than a table has.",
                received=f"{self.members:,} with {self.given:,} bytes in them",
                repair="unpack it yourself and look at what it is",
            )
        self.unpacker = zlib.decompressobj(wbits=31)

    def _refill(self) -> bool:
        """Take more from the file, and begin the next member; False at a proper end."""
        self.packed = self.file.read(PACKED_CHUNK)
        self.taken += len(self.packed)
        if not self.packed and not self.unpacker.eof:
            raise TableError(
                f"{self.name} ended early: the gzip file is cut.",
                received=f"{self.taken:,} bytes",
                repair="download or copy it again",
            )
        return bool(self.packed)

    def _check_proportion(self, part: bytes) -> None:
        self.given += len(part)
        self.rows += max(part.count(b"\n"), part.count(b"\r")) if self.line_bytes else 0
        memory = self.given + self.rows * self.line_bytes
        if self.given > largest_content(self.taken) or memory > largest_content(self.taken, free=FREE_TABLE_BYTES):
            raise TableError(
                f"{self.name} unpacks to far more than a table of images should.",
                received=f"{self.given:,} bytes"
                + (f" and {self.rows:,} rows" if self.rows else "")
                + f" from the first {self.taken:,}",
                expected=f"at most {MOST_RATIO} times its size",
                repair="unpack it yourself and check what it holds",
            )
