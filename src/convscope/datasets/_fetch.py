"""Find a data set's file, or fetch it from its mirrors, and know it by its checksum.

pooch, which does most of this, pins the checksum of the packed file and follows any redirect; here any mirror
and any compression serves, and an address inside the machine or its network is never asked.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from convscope.datasets._records import Pinned
from convscope.errors import DatasetError, TableError
from convscope.files import writing
from convscope.tables import open_unpacked

__all__ = ["Policy", "data_home_path", "fetch", "find", "is_offline", "verify"]

CHUNK = 1 << 16
TRIES = 3
TIMEOUT_S = 20
SLACK = 1 << 16
"""Bytes by which a packed file may be larger than its content."""


@dataclass(frozen=True)
class Policy:
    """Which addresses may be asked; the default is public hosts by https."""

    schemes: tuple[str, ...] = ("https",)
    allow_private: bool = False

    def check(self, address: str) -> None:
        """Refuse other schemes, and hosts inside this machine or its network.

        Raises
        ------
        DatasetError
            The address may not be asked.
        """
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in self.schemes:
            raise DatasetError(
                f"the address {address} is not asked.", received=f"{parts.scheme}:", expected="https: to a public host"
            )
        if self.allow_private:
            return
        for found in socket.getaddrinfo(parts.hostname or "", parts.port or 443, proto=socket.IPPROTO_TCP):
            if not ipaddress.ip_address(found[4][0]).is_global:
                raise DatasetError(
                    f"the address {address} is not asked: it leads into this machine's own network.",
                    received=str(found[4][0]),
                    expected="a public host",
                )


def data_home_path(data_home: str | Path | None = None) -> Path:
    """Return the folder of data sets: the argument, else ``CONVSCOPE_DATA``, else the user's cache folder."""
    chosen = data_home or os.environ.get("CONVSCOPE_DATA")
    return Path(chosen).expanduser() if chosen else user_cache_path("convscope", appauthor=False) / "data"


def is_offline() -> bool:
    """Say whether ``CONVSCOPE_OFFLINE`` forbids downloads."""
    return os.environ.get("CONVSCOPE_OFFLINE", "").lower() not in ("", "0", "false", "no")


def find(pinned: Pinned, home: Path) -> Path | None:
    """Find a file below the data home, packed or not, or None."""
    place = home / pinned.place
    for candidate in (place, place.with_suffix("") if place.suffix == ".gz" else place):
        if candidate.is_file():
            return candidate
    return None


def fetch(pinned: Pinned, home: Path, *, progress: bool = False, policy: Policy | None = None) -> Path:
    """Find a file, or download it from the first mirror that has it.

    Parameters
    ----------
    pinned : Pinned
    home : Path
        The data home; made if it is not there.
    progress : bool
        Show a bar with the time left on stderr.
    policy : Policy, optional
        Which addresses may be asked.

    Raises
    ------
    DatasetError
        Offline, no mirror answers, the checksum differs, or the folder cannot be written.
    """
    found = find(pinned, home)
    if found is not None:
        return found
    target = home / pinned.place
    if is_offline():
        raise DatasetError(
            f"{pinned.place} is not at hand, and CONVSCOPE_OFFLINE forbids downloads.",
            expected=f"the file {target}",
            repair="put it there, point CONVSCOPE_DATA at a folder that has it, or unset CONVSCOPE_OFFLINE",
        )
    reasons: list[str] = []
    for mirror in pinned.mirrors:
        try:
            return _download(mirror + Path(pinned.place).name, pinned, target, progress, policy or Policy())
        except DatasetError as error:
            reasons.append(f"{mirror}: {error.what}")
    raise DatasetError(
        f"{pinned.place} cannot be had from any mirror.",
        received="; ".join(reasons),
        expected=f"the file {target}",
        repair="try again, or put the file there yourself; see convscope data info",
    )


def verify(path: Path, pinned: Pinned) -> None:
    """Compare a file's uncompressed content with its pinned checksum.

    Raises
    ------
    DatasetError
        It differs; the message shows both.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with open_unpacked(path) as file:
            while part := file.read(1 << 20):
                digest.update(part)
                size += len(part)
    except TableError as error:
        raise DatasetError(f"{path} is damaged: {error.what}", repair="delete it; it is fetched again") from None
    if digest.hexdigest() != pinned.sha256:
        raise DatasetError(
            f"{path} is not the file that it should be: its checksum differs.",
            received=f"sha256 {digest.hexdigest()} of {size:,} bytes",
            expected=f"sha256 {pinned.sha256} of {pinned.size:,} bytes",
            repair="delete it; it is fetched again",
        )


def _download(address: str, pinned: Pinned, target: Path, progress: bool, policy: Policy) -> Path:
    """Download into a temporary file, verify, and only then let the file appear."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with writing(target) as temporary:
            with _bar(progress) as bar:
                _receive(address, temporary, pinned.size + SLACK, policy, bar)
            _check_download(temporary, pinned)
    except DatasetError:
        raise
    except OSError as error:
        raise DatasetError(
            f"{target.parent} cannot be written: {error.strerror or error}.",
            repair="free some space, or choose another folder with CONVSCOPE_DATA",
        ) from None
    return target


def _check_download(path: Path, pinned: Pinned) -> None:
    try:
        verify(path, pinned)
    except DatasetError as error:
        raise DatasetError(f"what came is not {pinned.place}: {error.received or error.what}") from None


def _receive(address: str, into: Path, most: int, policy: Policy, bar: Callable[[int, int], None]) -> None:
    """Receive a file, going on where a broken connection left off."""
    problem = "no answer"
    for _ in range(TRIES):
        have = into.stat().st_size
        try:
            with _open(address, have, policy) as answer, into.open("r+b") as file:
                resumed = answer.status == 206
                file.seek(have if resumed else 0)
                file.truncate()
                total = file.tell() + int(answer.headers.get("Content-Length") or 0)
                while part := answer.read(CHUNK):
                    file.write(part)
                    if file.tell() > most:
                        raise DatasetError(f"it is longer than {most:,} bytes")
                    bar(file.tell(), total)
                if total and file.tell() < total:
                    problem = f"the connection broke after {file.tell():,} of {total:,} bytes"
                    continue
                return
        except urllib.error.HTTPError as error:
            raise DatasetError(f"answers {error.code} {error.reason}") from None
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError, socket.gaierror) as error:
            problem = str(getattr(error, "reason", error))
            if isinstance(getattr(error, "reason", error), socket.gaierror):
                break
    raise DatasetError(problem)


def _open(address: str, start: int, policy: Policy) -> Any:
    policy.check(address)

    class Redirects(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
            policy.check(newurl)
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    headers = {"User-Agent": "convscope"} | ({"Range": f"bytes={start}-"} if start else {})
    opener = urllib.request.build_opener(Redirects)
    return opener.open(urllib.request.Request(address, headers=headers), timeout=TIMEOUT_S)


@contextmanager
def _bar(shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a download bar on stderr, or nothing; gives a function of (bytes so far, bytes in all)."""
    columns = (TextColumn("downloading"), BarColumn(24), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as progress:
        task = progress.add_task("", total=None)
        yield lambda have, total: progress.update(task, completed=have, total=total or None)
