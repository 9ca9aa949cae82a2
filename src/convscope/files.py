"""Files that are either complete or absent, and folders with one writer.

A file is written as a temporary file, fsync, rename, fsync of the folder.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from math import isfinite
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from convscope.errors import RunError
from convscope.limits import DEEPEST_JSON, MOST_JSON_BYTES, check_values

__all__ = [
    "LOCK",
    "is_bare",
    "make_folder",
    "only_writer",
    "read_json",
    "read_lines",
    "read_plain",
    "write_bytes",
    "write_json",
    "write_text",
    "writing",
]

LOCK = ".lock"


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and move it there when the block ends well.

    Parameters
    ----------
    path : str or Path
        The file to be. Its folder must exist. It appears complete or not at all.

    Yields
    ------
    temporary : Path
        An empty file in the same folder; write to it and close it.

    Raises
    ------
    OSError
        The folder is missing, read-only or full; nothing is left behind.
    """
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _sync(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file completely or not at all; see `writing`."""
    with writing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write UTF-8 text completely or not at all; see `writing`."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: str | Path, record: Any) -> None:
    """Write one indented JSON object completely or not at all; NaN and infinities are refused with ValueError."""
    write_text(path, json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def make_folder(path: str | Path) -> None:
    """Make a folder, and those above it, and force its name to the disk; one that is there is left alone."""
    folder = Path(path)
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


@contextmanager
def only_writer(folder: str | Path, *, patience: float = 0) -> Iterator[None]:
    """Keep other processes from writing into a folder, for as long as the block, or this process, lives.

    What a killed process left half written, its temporary files, is removed first.

    Parameters
    ----------
    folder : str or Path
        It is made if it is not there. Its file ``.lock`` is locked by the operating system, and so the lock ends with
        the process that holds it, however that ends; the file itself means nothing.
    patience : float
        Seconds to wait for another writer to end.

    Raises
    ------
    RunError
        Another process, or another training in this one, is writing into the folder; or nobody can.
    """
    try:
        make_folder(folder)
        lock = FileLock(Path(folder) / LOCK, timeout=patience).acquire()
    except OSError as error:
        if not isinstance(error, Timeout):
            raise RunError(
                f"{folder} cannot be written: {error.strerror or error}.", repair="choose another folder"
            ) from None
        raise RunError(
            f"{folder} is already in use: another training is writing to it.",
            expected="one training per folder",
            repair="wait until it ends, stop it, or choose another folder",
        ) from None
    with lock:
        for torn in Path(folder).glob(".*.part"):
            with suppress(OSError):
                torn.unlink()
        yield


def read_json(path: str | Path) -> Any:
    """Read a small JSON file from any source; NaN and infinities become None.

    Raises
    ------
    OSError
        It is not there, or cannot be read.
    ValueError
        It is no plain file, too large, or not JSON.
    """
    return _parsed(_small_text(path))


def read_lines(path: str | Path) -> list[Any]:
    """Read a file of one JSON value per line, as `read_json` reads one; a torn last line is dropped.

    Raises
    ------
    OSError, ValueError
        As `read_json`; the message names the line.
    """
    found = []
    for number, line in enumerate(_small_text(path).split("\n")[:-1], start=1):
        try:
            found += [_parsed(line)] if line else []
        except ValueError as error:
            raise ValueError(f"line {number:,}: {error}") from None
    return found


def read_plain(path: str | Path, most: int) -> bytes:
    """Read a plain file of anybody's: a link is not followed, and a pipe would wait for ever.

    Parameters
    ----------
    path : str or Path
    most : int
        Bytes that it may have.

    Raises
    ------
    OSError
        It is not there, a link, or cannot be read.
    ValueError
        It is a folder, a pipe or a device, or larger; nothing was read.
    """
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))  # some systems lack some
    handle = os.open(path, sum(flags, os.O_RDONLY))
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise ValueError("it is not a regular file")
    with os.fdopen(handle, "rb") as file:
        content = b"" if status.st_size > most else file.read(most + 1)
    if max(status.st_size, len(content)) > most:
        raise ValueError(f"it has {max(status.st_size, len(content)):,} bytes, but at most {most:,} are read")
    return content


def _small_text(path: str | Path) -> str:
    place = Path(path)
    size = place.stat().st_size
    if not place.is_file():
        raise ValueError("it is not a regular file")
    if size > MOST_JSON_BYTES:
        raise ValueError(f"it has {size:,} bytes, but at most {MOST_JSON_BYTES:,} are read")
    return place.read_text(encoding="utf-8")


def _parsed(text: str) -> Any:
    too_deep = ValueError("its values are nested too deeply")
    check_values(text)
    try:
        found = json.loads(text, parse_constant=lambda name: None, parse_float=_number)
        json.dumps(found, ensure_ascii=False).encode()  # half a letter can be written as JSON, and nowhere else
    except RecursionError:
        raise too_deep from None
    if _is_deep(found):
        raise too_deep
    return found


def _number(digits: str) -> float | None:
    """Read a number; one that is written larger than any, as 1e400, is none."""
    value = float(digits)
    return value if isfinite(value) else None


def _is_deep(found: Any) -> bool:
    """Say whether values lie deeper in one another than whatever is made of them can follow."""
    level = [found]
    for _ in range(DEEPEST_JSON):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
    return bool(level)


def _inside(values: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return values.values() if isinstance(values, dict) else values


def is_bare(folder: str | Path) -> bool:
    """Say whether a folder holds nothing, or only a lock and temporary files that a killed process left."""
    left = (LOCK, ".part")
    return all(path.name.startswith(".") and path.name.endswith(left) for path in Path(folder).iterdir())


def _sync(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows cannot open a folder; its rename needs no second sync
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
