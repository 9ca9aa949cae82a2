"""Fetch a data set's file from the first mirror that has it, and keep it only if its content is the pinned one.

pooch, which does much of this, pins the checksum of the packed file, starts again after a broken connection and
follows any redirect; here any mirror and any compression serves, a download goes on where it broke, and an
address inside this machine or its network is never asked.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from convscope.datasets._home import find, is_offline, verify
from convscope.datasets._hosts import Policy, greet
from convscope.datasets._records import Pinned
from convscope.errors import DatasetError
from convscope.files import writing
from convscope.limits import TIMEOUT_S
from convscope.wording import visible

__all__ = ["fetch"]

CHUNK = 1 << 16
MOST_DIGITS = 15
"""Of a length in bytes."""
MOST_REASON = 300
"""Letters of what a server gives as its reason."""
TRIES = 3
GZIP_SLACK = 1 << 10
"""Bytes by which a gzipped file may be larger than its content."""

Report = Callable[[int, int], None]


def fetch(pinned: Pinned, home: Path, *, progress: bool = False, policy: Policy | None = None) -> Path:
    """Find a file in the data home, or download it from the first mirror that has it.

    Parameters
    ----------
    pinned : Pinned
    home : Path
        The data home; made if it is not there.
    progress : bool
        Show a bar with the time left on stderr.
    policy : Policy, optional
        Which addresses may be asked.

    Returns
    -------
    path : Path
        A file that lay there already is not verified here.

    Raises
    ------
    DatasetError
        Offline, no mirror answers, the checksum differs, or the folder cannot be written. Nothing is left
        behind.
    """
    found = find(pinned.place, home)
    if found is not None:
        return found
    target = home / pinned.place
    if is_offline():
        raise DatasetError(
            f"{pinned.place} is not available, and CONVSCOPE_OFFLINE forbids downloads.",
            expected=f"the file {target}",
            repair="put it there, point CONVSCOPE_DATA at a folder that has it, or unset CONVSCOPE_OFFLINE",
        )
    policy = policy or Policy()
    for mirror in pinned.mirrors:
        greet(mirror, policy)
    reasons: list[str] = []
    for mirror in pinned.mirrors:
        try:
            with _kept(target) as temporary:
                _download(mirror + target.name, temporary, pinned, progress, policy)
        except _NoAnswerError as error:
            reasons.append(f"{mirror}: {error}")
        else:
            return target
    raise DatasetError(
        f"{pinned.place} is not available from any mirror.",
        received="; ".join(reasons),
        expected=f"the file {target}",
        repair="try again, or put the file there yourself",
    )


class _NoAnswerError(Exception):
    """One mirror does not serve; another may. What a server says is shown on one line, and steers no terminal."""

    def __init__(self, reason: str) -> None:
        super().__init__(visible(reason[:MOST_REASON]))


@contextmanager
def _kept(target: Path) -> Iterator[Path]:
    """Give a temporary file that becomes ``target``, or nothing."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with writing(target) as temporary:
            yield temporary
    except DatasetError:
        raise
    except OSError as error:
        raise DatasetError(
            f"{target.parent} cannot be written: {error.strerror or error}.",
            repair="free some space, or choose another folder with CONVSCOPE_DATA",
        ) from None


def _download(address: str, into: Path, pinned: Pinned, progress: bool, policy: Policy) -> None:
    """Receive one file and verify it, going on where a broken connection left off."""
    most = pinned.size + (GZIP_SLACK if address.endswith(".gz") else 0)
    with _bar(pinned.place, progress) as report, into.open("r+b") as file:
        for attempt in range(TRIES):
            if attempt:
                time.sleep(policy.pause_s * 2 ** (attempt - 1))
            problem = _receive(address, file, most, policy, report)
            if problem is None:
                break
        else:
            raise _NoAnswerError(problem or "")
    try:
        verify(into, pinned)
    except DatasetError as error:
        found = f"received {error.received}; expected {error.expected}" if error.received else "it is damaged"
        raise _NoAnswerError(f"what was received is not the file ({found})") from None


def _receive(address: str, file: BinaryIO, most: int, policy: Policy, report: Report) -> str | None:
    """Append what the server sends to the file; say what broke, or None at the end of the file."""
    have = file.seek(0, 2)
    try:
        with _ask(address, have, policy) as answer:
            if answer.status != 206:
                have = file.seek(0)
                file.truncate()
            total = have + _length(answer)
            started, begun = have, time.monotonic()
            while part := _next(answer, most + 1 - have):
                file.write(part)
                have += len(part)
                if have > most:
                    raise _NoAnswerError(f"what it sends is longer than the {most:,} bytes of the file")
                report(have, total)
                _check_pace(have - started, time.monotonic() - begun, policy)
    except _BrokenError as error:
        return f"the connection broke after {have:,} bytes ({error})"
    return f"the connection broke after {have:,} of {total:,} bytes" if have < total else None


def _length(answer: Any) -> int:
    """Read how many bytes a server means to send; 0 where it does not say."""
    said = (answer.headers.get("Content-Length") or "0").strip()
    if not (said.isascii() and said.isdecimal() and len(said) <= MOST_DIGITS):
        raise _NoAnswerError(f"gives a length that is not a number ({said[:MOST_DIGITS]!r})")
    return int(said)


def _check_pace(received: int, seconds: float, policy: Policy) -> None:
    """Give up on a server that is too slow, once it has had time to start."""
    if seconds > policy.patience_s and received < policy.slowest * seconds:
        raise _NoAnswerError(
            f"sends {received / seconds:,.0f} bytes a second, but at least {policy.slowest:,.0f} are required"
        )


class _BrokenError(Exception):
    """The connection broke while bytes were coming; asking again may help."""


def _ask(address: str, start: int, policy: Policy) -> Any:
    headers = {"User-Agent": "convscope"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        greet(address, policy).result()
        opener = urllib.request.build_opener(_Redirects(policy))
        return _opened(opener, urllib.request.Request(address, headers=headers), policy.patience_s)
    except urllib.error.HTTPError as error:
        error.close()
        raise _NoAnswerError(f"answers {error.code} {error.reason}") from None
    except DatasetError as error:
        raise _NoAnswerError(error.what) from None
    except (OSError, HTTPException, ValueError) as error:
        raise _NoAnswerError(str(getattr(error, "reason", error)) or type(error).__name__) from None


def _opened(opener: Any, request: Any, seconds: float) -> Any:
    """Wait for an answer to begin, and no longer than that, however slowly its first lines drip in."""
    answered: Queue[tuple[Any, Exception | None]] = Queue()

    def ask() -> None:
        try:
            answered.put((opener.open(request, timeout=TIMEOUT_S), None))
        except Exception as error:
            answered.put((None, error))

    Thread(target=ask, daemon=True).start()
    try:
        answer, error = answered.get(timeout=seconds)
    except Empty:
        raise _NoAnswerError(f"did not answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return answer


def _next(answer: Any, most: int) -> bytes:
    """Take what has come by now; to wait for a whole chunk would be to wait for a slow server."""
    try:
        part: bytes = answer.read1(min(CHUNK, most))
    except (OSError, HTTPException) as error:
        raise _BrokenError(str(error) or type(error).__name__) from None
    return part


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where the policy would have gone by itself."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        try:
            self.policy.check(newurl)
        except OSError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _bar(what: str, shown: bool) -> Iterator[Report]:
    """Show a download bar on stderr, or nothing; gives a function of (bytes so far, bytes in all)."""
    columns = (TextColumn("{task.description}"), BarColumn(24), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as progress:
        task = progress.add_task(what, total=None)
        yield lambda have, total: progress.update(task, completed=have, total=total or None)
