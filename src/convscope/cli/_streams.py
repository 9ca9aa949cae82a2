"""Standard input, output and error, whatever they were opened as: closed, full, a pipe to ``head``, ASCII alone."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any

__all__ = ["finish", "ready_streams", "silence_output", "tell_unwritten"]

OUTPUT, ERROR = 1, 2
PLAIN = {"×": "x", "–": "-", "−": "-", "—": "-", "─": "-", "·": ".", "…": "...", "→": "->", "’": "'", "√": "sqrt"}
"""What our own words are written with where an encoding lacks it."""


def ready_streams() -> None:
    """Put something usable in the place of streams that are closed, and write plainly what an encoding lacks.

    Notes that cannot be written are lost without a word: nobody is there to read them. A result that cannot be written
    is an error, see `finish`.
    """
    codecs.register_error("plain", _plainly)
    _occupy(0, os.O_RDONLY)
    _occupy(OUTPUT, os.O_RDONLY)  # so that writing still fails
    _occupy(ERROR, os.O_WRONLY)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(OUTPUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    encoding = sys.stderr.encoding if sys.stderr is not None else "utf-8"
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(_Forgiving()), encoding=encoding, errors="plain", line_buffering=True
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="plain")


def finish(code: Any) -> Any:
    """Write what waits to be written; give the exit code, which is an error's where it cannot be written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return code or tell_unwritten(error)
    return code


def tell_unwritten(error: OSError) -> int:
    """Say that the result cannot be written, unless it is a pipe that has read enough; give the exit code."""
    silence_output()
    if error.errno != errno.EPIPE:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror or str(error)
        sys.stderr.write(
            f"OutputError: the result cannot be written to standard output: {reason}.\n"
            "  Repair:   send it where it can be written, then run the same command again\n"
        )
    return 1


def silence_output() -> None:
    """Let whatever else is written to standard output disappear, at the end of the process too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, OUTPUT)
    os.close(nowhere)


def _occupy(number: int, flags: int) -> None:
    """Open nothing under a number that is free, so that no file of ours gets it and is written to by accident."""
    try:
        os.fstat(number)
    except OSError:
        found = os.open(os.devnull, flags)
        if found != number:
            os.dup2(found, number)
            os.close(found)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, ascii(letter)[1:-1]) for letter in missing), error.end


class _Forgiving(io.RawIOBase):
    """Standard error, where what cannot be written is lost without an exception."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return ERROR

    def isatty(self) -> bool:
        return os.isatty(ERROR)

    def write(self, content: Any) -> int:
        with suppress(OSError):
            return os.write(ERROR, content)
        return len(content)
