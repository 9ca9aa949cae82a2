"""A table in gzip, bz2, xz or a zip of one file: unpacked into a temporary file, within a budget."""

from __future__ import annotations

import bz2
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any

from convscope.archives import check_members
from convscope.errors import DataError, TableError
from convscope.limits import MOST_IMAGES, MOST_TABLE_BYTES
from convscope.tables._open import check_table, check_unpacked, packed_in, unpacked
from convscope.tables._packing import XzFile
from convscope.tables._tar import tar_members

__all__ = ["TABLES", "holds_shards", "packed_tables", "unpacked_file", "unpacked_shards"]

CHUNK = 1 << 20
Copy = Callable[[IO[bytes]], object]
TABLES = (".csv", ".tsv", ".txt", ".tab", ".data", ".parquet", ".feather", ".arrow", ".json", ".jsonl", ".ndjson",
          ".npy", ".npz")  # fmt: skip
PICTURES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff")
SHARD, BESIDE_SHARDS = ".parquet", (".txt", ".json")
WORKBOOK = "[Content_Types].xml"
ENDINGS = (".gz", ".bz2", ".xz", ".zip")


def packed_tables(path: Path) -> list[str]:
    """Name the table in a zip archive, or its Parquet files; none where it holds pictures.

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
        return []
    tables = [name for name in names if name.lower().endswith(TABLES) or "ubyte" in name] or names[:1]
    shards = [name for name in tables if name.lower().endswith(SHARD)]
    if shards and all(name.lower().endswith((SHARD, *BESIDE_SHARDS)) for name in tables):
        return shards
    if len(tables) > 1:
        raise TableError(
            f"{path.name} holds several tables.",
            received=", ".join(tables[:8]) + ", ..." * (len(tables) > 8),
            expected="one; or Parquet files that are shards of one",
            repair="unpack it and give the one to read",
        )
    if not tables:
        raise TableError(f"{path.name} holds no files.", expected="a table, or pictures in one folder per class")
    return tables


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
        with _in_our_words(path), _opened(path, kind, member) as source, place.open("wb") as target:
            _copy(source, target, path)
        with packed_in(path):
            yield place


@contextmanager
def unpacked_shards(path: Path, members: Sequence[str] = ()) -> Iterator[Path]:
    """Give a folder of the Parquet files of an archive while the block runs.

    Parameters
    ----------
    path : Path
        Zip, or tar where no members are named.
    members : sequence of str
        Of a zip archive, as `packed_tables` gives them.

    Raises
    ------
    TableError
        It is damaged, cut, or unpacks to far more than its size lets expect.
    """
    with TemporaryDirectory(prefix="convscope-") as folder:
        place = Path(folder) / path.name.split(".")[0]
        with _in_our_words(path):
            for name, copy in _from_zip(path, members) if members else _from_tar(path):
                target = place / name.replace("\\", "/")
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    copy(file)
        with packed_in(path):
            yield place


def holds_shards(path: Path) -> bool:
    """Say whether the first file of use in a tar archive is a Parquet file."""
    found = (member.name.lower() for member in tar_members(path) if not member.is_folder)
    return next((name.endswith(SHARD) for name in found if name.endswith((SHARD, *PICTURES))), False)


def _from_zip(path: Path, members: Sequence[str]) -> Iterator[tuple[str, Copy]]:
    with zipfile.ZipFile(path) as archive:
        for name in members:
            with archive.open(name) as source:
                yield name, partial(shutil.copyfileobj, source)


def _from_tar(path: Path) -> Iterator[tuple[str, Copy]]:
    for member in tar_members(path):
        if member.name.lower().endswith(SHARD) and not member.is_folder and not _is_litter(member.name):
            yield member.name, member.copy


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
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


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] in ("Thumbs.db", "desktop.ini")
