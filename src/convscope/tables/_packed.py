"""A table in gzip, bz2, xz or a zip of one file: unpacked into a temporary file, within a budget."""

from __future__ import annotations

import bz2
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any

from convscope.archives import check_members
from convscope.errors import DataError, TableError
from convscope.limits import MOST_IMAGES, MOST_TABLE_BYTES
from convscope.tables._open import check_table, check_unpacked, unpacked

__all__ = ["XzFile", "lone_table", "packing", "unpacked_file"]

CHUNK = 1 << 20
XZ_MEMORY = 256 << 20
TABLES = (".csv", ".tsv", ".txt", ".tab", ".data", ".parquet", ".feather", ".arrow", ".json", ".jsonl", ".ndjson",
          ".npy", ".npz")  # fmt: skip
PICTURES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff")
MAGIC = {b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x1f\x8b": "gz", b"PK": "zip"}
WORKBOOK = "[Content_Types].xml"
ENDINGS = (".gz", ".bz2", ".xz", ".zip")


def lone_table(path: Path) -> str | None:
    """Name the one table in a zip archive; None where it holds pictures.

    Raises
    ------
    TableError
        It holds several tables, or should not be unpacked.
    """
    try:
        members = check_members(path, most_members=MOST_IMAGES, most_bytes=MOST_TABLE_BYTES)
    except DataError as error:
        raise TableError(
            f"{path.name} is a zip archive that should not be unpacked: {error.what}",
            received=error.received,
            expected=error.expected,
            repair=error.repair or "get another one",
        ) from None
    if any(member.filename == WORKBOOK for member in members):
        raise TableError(f"{path.name} is an Excel workbook, or a document.", repair="save the sheet as CSV")
    names = [member.filename for member in members if not member.is_dir() and not _is_litter(member.filename)]
    if any(name.lower().endswith(PICTURES) for name in names):
        return None
    tables = [name for name in names if name.lower().endswith(TABLES) or "ubyte" in name] or names[:1]
    if len(tables) > 1:
        raise TableError(
            f"{path.name} holds several tables.",
            received=", ".join(tables[:8]) + ", ..." * (len(tables) > 8),
            expected="one",
            repair="unpack it and give the one to read",
        )
    if not tables:
        raise TableError(f"{path.name} holds no files.", expected="a table, or pictures in one folder per class")
    return tables[0]


@contextmanager
def unpacked_file(path: Path, kind: str, member: str | None = None) -> Iterator[Path]:
    """Give the unpacked file, under its own name, while the block runs.

    Parameters
    ----------
    path : Path
    kind : {"gz", "bz2", "xz", "zip"}
    member : str, optional
        Of a zip archive.

    Raises
    ------
    TableError
        It is damaged, cut, or unpacks to far more than its size lets expect.
    """
    name = PurePosixPath(member.replace("\\", "/")).name if member else path.name
    while name.lower().endswith(ENDINGS) and Path(name).stem:
        name = Path(name).stem
    with TemporaryDirectory(prefix="convscope-") as folder:
        place = Path(folder) / name
        try:
            with _opened(path, kind, member) as source, place.open("wb") as target:
                _copy(source, target, path)
        except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            cut = isinstance(error, EOFError)
            raise TableError(
                f"{path.name} {'ended early: it is cut' if cut else f'is damaged: {error}'}.",
                repair="download or copy it again",
            ) from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise TableError(f"{path.name} is damaged: {error}.", repair="download or copy it again") from None
        yield place


@contextmanager
def _opened(path: Path, kind: str, member: str | None) -> Iterator[Any]:
    if kind == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(member or "") as file:
            yield file
    elif kind == "gz":
        with unpacked(path) as file:
            yield file
    elif kind == "bz2":
        with bz2.open(path) as file:
            yield file
    else:
        with path.open("rb") as packed:
            yield XzFile(packed)


def _copy(source: IO[bytes], target: IO[bytes], path: Path) -> None:
    n_bytes = n_lines = 0
    while part := source.read(CHUNK):
        n_bytes += len(part)
        n_lines += part.count(b"\n")
        check_unpacked(path, n_bytes)
        check_table(path, n_lines, n_bytes, 1)
        target.write(part)


class XzFile:
    """Unpacks xz with a bound on memory, which a file may ask for by gigabytes."""

    def __init__(self, packed: IO[bytes]) -> None:
        self.packed, self.unpacker = packed, lzma.LZMADecompressor(memlimit=XZ_MEMORY)

    def read(self, count: int) -> bytes:
        while True:
            if self.unpacker.eof:
                rest = self.unpacker.unused_data.strip(b"\0") or self.packed.read(CHUNK).strip(b"\0")
                if not rest:
                    return b""
                self.unpacker = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
                part = self.unpacker.decompress(rest, count)
            elif self.unpacker.needs_input:
                more = self.packed.read(CHUNK)
                if not more:
                    raise EOFError
                part = self.unpacker.decompress(more, count)
            else:
                part = self.unpacker.decompress(b"", count)
            if part:
                return part


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] in ("Thumbs.db", "desktop.ini")


def packing(start: bytes) -> str | None:
    """Tell by the first bytes, as they lie, how a file is packed."""
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)
