"""A file lent to Arrow's CSV reader, and given back before anything else happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from time import monotonic, sleep
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

__all__ = ["LentFile", "lend"]

LAST_READ_S = 0.2
"""So long, at most, a reader that failed may take to ask for its next block and learn that there is none."""
GIVE_BACK_S = 2.0


class LentFile:
    """A file that counts the quotes that are read from it; as much of a file as Arrow asks for.

    Arrow reads ahead in a thread of its own, which an error does not end; a process that leaves while that thread
    still holds one of Python's objects is aborted. So `stop` waits until Arrow has given everything back, and what
    goes wrong in reading is kept from Arrow, which would hold it too: the file ends there, and `lend` raises it.
    """

    closed = False

    def __init__(self, file: Any) -> None:
        self.file, self.n_quotes = file, 0
        self.stopped, self.reading, self.ended = False, Lock(), Event()
        self.error: Exception | None = None
        self.lent: list[ref[NDArray[np.uint8]]] = []

    def read(self, count: int) -> NDArray[np.uint8] | bytes:
        """Read at most so many bytes; none at the end, and none after `stop`."""
        part = b""
        try:
            with self.reading:
                part = b"" if self.stopped else self.file.read(count)
        except Exception as error:
            self.error, self.stopped = error, True
        if not part:
            self.ended.set()
            return part
        self.n_quotes += part.count(b'"')
        lent = np.frombuffer(part, np.uint8)
        self.lent.append(ref(lent))
        return lent

    def stop(self) -> None:
        """Give no more bytes, and wait until none is held."""
        self.stopped = True
        with self.reading:
            pass
        self.ended.wait(LAST_READ_S)
        given_up = monotonic() + GIVE_BACK_S
        while any(part() is not None for part in self.lent) and monotonic() < given_up:
            sleep(0.001)


@contextmanager
def lend(file: Any) -> Iterator[LentFile]:
    """Lend an open file to a reader with threads of its own; close it when they are done with it."""
    with file:
        lent = LentFile(file)
        try:
            yield lent
        finally:
            lent.stop()
            if lent.error:
                raise lent.error from None
