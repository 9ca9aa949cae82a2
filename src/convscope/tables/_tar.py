"""Tar archives from untrusted sources, packed or not: read once from the beginning to the end, into memory only.

Python's own reader takes a header of any length into memory; here the few kinds of headers that programs write are read
with a limit, and links, devices, sparse files and paths that lead outside end the whole archive.
"""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from convscope.archives import check_path
from convscope.errors import DataError, TableError
from convscope.limits import MOST_IMAGE_BYTES, MOST_IMAGES, MOST_RATIO, MOST_TABLE_BYTES, largest_content
from convscope.tables._open import unpacked
from convscope.tables._packing import XzFile, packing

__all__ = ["Member", "tar_members"]

BLOCK = 512
START_BYTES = 16
LONGEST_HEADER = 1 << 16
"""Of the long names and further facts before a member."""
LONG_NAME, LONG_LINK, FACTS, COMMON_FACTS = b"L", b"K", b"x", b"g"
CHUNK = 1 << 16


@dataclass(frozen=True)
class Member:
    """A file or folder in a tar archive; a file can be read, or copied, until the next one is asked for."""

    name: str
    size: int
    is_folder: bool
    read: Callable[[], bytes | Exception]
    copy: Callable[[IO[bytes]], None]


def tar_members(path: Path) -> Iterator[Member]:
    """Walk through an archive.

    Raises
    ------
    TableError
        It is cut or damaged, holds links, too many members, or paths that lead outside.
    """
    try:
        with _opened(path) as file:
            yield from _members(file, path.name)
    except DataError as error:
        if isinstance(error, TableError):
            raise
        raise TableError(error.what, received=error.received, expected=error.expected, repair=error.repair) from None
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise TableError(f"{path.name} is damaged: {error}.", repair="download or copy it again") from None


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        kind = packing(file.read(START_BYTES))
    if kind == "bz2":
        return io.BufferedReader(_Measured(bz2.open(path), path), CHUNK)
    if kind == "xz":
        packed = path.open("rb")
        return io.BufferedReader(_Measured(XzFile(packed), path, packed), CHUNK)
    return unpacked(path)  # type: ignore[return-value]


class _Measured(io.RawIOBase):
    """Unpacks bzip2 and xz, and stops as soon as the output is out of proportion to the whole file."""

    def __init__(self, file: Any, path: Path, packed: Any = None) -> None:
        self.file, self.packed, self.name, self.given = file, packed or file, path.name, 0
        self.most = largest_content(path.stat().st_size)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.packed.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        part = self.file.read(len(buffer))
        buffer[: len(part)] = part
        self.given += len(part)
        if self.given > self.most:
            raise TableError(
                f"{self.name} unpacks to far more than pictures should.",
                received=f"more than {self.most:,} bytes",
                expected=f"at most {MOST_RATIO} times its size, and {MOST_TABLE_BYTES:,}",
                repair="unpack it yourself and check what it holds",
            )
        return len(part)


def _members(file: IO[bytes], archive: str) -> Iterator[Member]:
    seen: set[str] = set()
    n_headers = 0
    facts: dict[str, str] = {}
    while (block := _exactly(file, BLOCK, archive)).strip(b"\0"):
        n_headers += 1
        if n_headers > 2 * MOST_IMAGES:
            raise TableError(f"{archive} holds too many files.", expected=f"at most {MOST_IMAGES:,}")
        header = _header(block, archive)
        if header.type in (LONG_NAME, LONG_LINK, FACTS, COMMON_FACTS):
            content = _long_header(file, header, archive)
            if header.type == LONG_NAME:
                facts["path"] = content.rstrip(b"\0").decode("utf-8", "surrogateescape")
            elif header.type == FACTS:
                facts |= _facts(content)
            continue
        name = facts.get("path", header.name).removeprefix("./").rstrip("/")
        size = int(facts.get("size", header.size)) if header.type != tarfile.DIRTYPE else 0
        facts = {}
        _check(header, name, size, archive)
        if name.casefold() in seen and not header.isdir():
            raise TableError(f"{archive} holds two files of the same name.", received=repr(name[:120]))
        seen.add(name.casefold())
        body = _Body(file, size, archive)
        if name and name != ".":
            yield Member(name, size, header.isdir(), body.read, body.copy)
        body.skip()


class _Body:
    """What belongs to a member: as much of it is read as one picture may have, and the rest is skipped."""

    def __init__(self, file: IO[bytes], size: int, archive: str) -> None:
        self.file, self.size, self.archive = file, size, archive
        self.left = size + -size % BLOCK

    def read(self) -> bytes:
        wanted = min(self.size, MOST_IMAGE_BYTES + 1)
        self.left -= wanted
        return _exactly(self.file, wanted, self.archive)

    def copy(self, target: IO[bytes]) -> None:
        """Write all of it, some at a time."""
        left = self.size
        while left:
            part = min(left, CHUNK)
            target.write(_exactly(self.file, part, self.archive))
            left, self.left = left - part, self.left - part

    def skip(self) -> None:
        while self.left:
            part = min(self.left, CHUNK)
            _exactly(self.file, part, self.archive)
            self.left -= part


def _header(block: bytes, archive: str) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise TableError(f"{archive} is a damaged tar archive: {error}.", repair="download or copy it again") from None


def _long_header(file: IO[bytes], header: tarfile.TarInfo, archive: str) -> bytes:
    if header.size > LONGEST_HEADER:
        raise TableError(
            f"{archive} holds a header of {header.size:,} bytes.",
            expected=f"at most {LONGEST_HEADER:,}, for one member",
        )
    return _exactly(file, header.size + -header.size % BLOCK, archive)[: header.size]


def _facts(content: bytes) -> dict[str, str]:
    """Read lines of "LENGTH NAME=VALUE"; of them, the path and the size matter."""
    found: dict[str, str] = {}
    while content:
        length, _, _ = content.partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(content):
            break
        line, content = content[: int(length)], content[int(length) :]
        name, _, value = line[len(length) + 1 : -1].partition(b"=")
        if name == b"path" or (name == b"size" and value.isdigit() and len(value) < 20):
            found[name.decode()] = value.decode("utf-8", "surrogateescape")
        elif name.startswith(b"GNU.sparse"):
            found["sparse"] = "1"
    return found


def _check(header: tarfile.TarInfo, name: str, size: int, archive: str) -> None:
    if not (header.isdir() or header.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)):
        raise TableError(f"{name[:120]!r} in {archive} is a link or a device.", expected="plain files")
    if size > MOST_TABLE_BYTES or size < 0:
        raise TableError(f"{name[:120]!r} in {archive} is too large.", received=f"{size:,} bytes")
    check_path(archive, name)


def _exactly(file: IO[bytes], count: int, archive: str) -> bytes:
    parts = []
    while count:
        part = file.read(count)
        if not part:
            raise TableError(f"{archive} ended early: the archive is cut.", repair="download or copy it again")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
