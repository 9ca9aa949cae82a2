"""Large CSV tables of whole numbers 0 to 255 and nothing else: read byte by byte, while the next bytes are unpacked.

The usual table of images is such a table. Whatever is not (a text, a sign, a fraction, a quote, a row that is too
short) ends the attempt, and Arrow reads the file and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.compiled import compiled
from convscope.tables._open import unpacked

__all__ = ["digit_parts", "read_digits"]

CHUNK = 1 << 21
AHEAD = 3
"""Chunks that are unpacked before they are read."""


def read_digits(path: Path, *, n_skipped: int, n_columns: int, delimiter: str) -> NDArray[np.uint8] | None:
    """Read every field as a number.

    Parameters
    ----------
    path : Path
        CSV, gzipped or not.
    n_skipped : int
        Lines before the first row.
    n_columns : int
        Fields of each row.
    delimiter : str
        One character.

    Returns
    -------
    values : uint8 array of shape (n_rows, n_columns), or None
        None where something is no whole number from 0 to 255 as it is usually written.

    Raises
    ------
    TableError
        The file is cut, damaged, or unpacks to an unreasonable size.
    """
    parts = digit_parts(path, n_skipped=n_skipped, n_columns=n_columns, delimiter=delimiter)
    return np.concatenate(parts) if parts else None


def digit_parts(path: Path, *, n_skipped: int, n_columns: int, delimiter: str) -> list[NDArray[np.uint8]] | None:
    """Read the same, some megabytes of rows at a time, so that nobody has to hold all of it twice."""
    with ThreadPoolExecutor(1) as reader:
        pending: list[Future[NDArray[np.uint8] | None]] = []
        for lines in _whole_lines(path, n_skipped):
            pending.append(reader.submit(_numbers, lines, ord(delimiter), n_columns))
            waited = pending[max(0, len(pending) - AHEAD)]  # text that waits to be read is memory
            if waited.result() is None if len(pending) > AHEAD else waited.done() and waited.result() is None:
                return None
    found = [part.result() for part in pending]
    numbers = [part for part in found if part is not None]
    return numbers if found and len(numbers) == len(found) else None


def _whole_lines(path: Path, n_skipped: int) -> Iterator[bytes]:
    """Give the rows of a file, some megabytes of whole lines at a time."""
    with unpacked(path, lines=True) as file:
        for _ in range(n_skipped):
            file.readline()
        rest = b""
        while part := file.read(CHUNK):
            end = part.rfind(b"\n") + 1
            if end:
                yield rest + part[:end]
                rest = part[end:]
            else:
                rest += part
        if rest:
            yield rest + b"\n"


def _numbers(lines: bytes, delimiter: int, n_columns: int) -> NDArray[np.uint8] | None:
    out = np.empty(len(lines) // 2 + 1, np.uint8)
    n_fields = _read(np.frombuffer(lines, np.uint8), delimiter, n_columns, out)
    return None if n_fields < 0 else _kept(out[:n_fields].reshape(-1, n_columns))


def _kept(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Copy an array into memory that the system has back at once when it is let go; the heap would keep it."""
    if not values.size:
        return values
    held = np.frombuffer(mmap(-1, values.nbytes), np.uint8).reshape(values.shape)
    held[:] = values
    return held


@compiled
def _read(text: Any, delimiter: int, n_columns: int, out: Any) -> Any:
    """Write each field's number, and return how many there are; -1 where a field is no number, or a row too short."""
    value, n_digits, n_fields, n_before = 0, 0, 0, 0
    for place in range(len(text)):
        byte = text[place]
        if 48 <= byte <= 57:
            value, n_digits = 10 * value + (byte - 48), n_digits + 1
            if value > 255 or (n_digits > 1 and value < 10):
                return -1
        elif byte == delimiter or byte == 10:
            if n_digits == 0:
                return -1
            out[n_fields] = value
            value, n_digits, n_fields = 0, 0, n_fields + 1
            if byte == 10:
                if n_fields - n_before != n_columns:
                    return -1
                n_before = n_fields
        elif byte != 13 or place + 1 == len(text) or text[place + 1] != 10:
            return -1
    return n_fields
