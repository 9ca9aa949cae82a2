"""Serve a class until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import uvicorn

from convscope.errors import UsageError
from convscope.page._listening import LOOPBACK, PORTS, authorities, bound, shown, usual_config
from convscope.page.classroom.server import ClassServer, ClassSettings
from convscope.page.classroom.turns import Quotas
from convscope.wording import Setting, Words

__all__ = ["open_class", "serve_class", "usual_workers"]

BACKLOG = 2048
"""Connections that may wait: a lesson begins with everybody at once."""
ENDING_S = 3
MOST_FILES = 8192


def usual_workers() -> int:
    """Leave one core to the pages."""
    return max(1, (os.cpu_count() or 2) - 1)


def open_class(
    run: str,
    folder: Path,
    *,
    port: int,
    host: str,
    public_url: str | None,
    n_workers: int,
    learners: int,
    behind_proxy: bool,
) -> tuple[ClassServer, socket.socket]:
    """Open a class on an address.

    Parameters
    ----------
    run : str
        The teacher's run, or nothing.
    folder : Path
        Where everything is kept.
    port : int
        0 picks a free one.
    host : str
        One exact address; loopback behind a proxy.
    public_url : str, optional
        What learners type, where a proxy stands between, e.g. ``https://class.school.org``.
    n_workers : int
    learners : int
        How many come.
    behind_proxy : bool
        Whether all requests come from a proxy on this machine, which says where they came from.

    Returns
    -------
    server : ClassServer
    listening : socket

    Raises
    ------
    UsageError, RunError
        The address is taken or no address, or the folder cannot be used.
    """
    if sys.platform == "win32":
        raise UsageError(
            "a class is served on Linux and macOS only.", repair="use WSL, or show one run: convscope explore RUN"
        )
    public = None if public_url is None else _public(public_url)
    listening = bound(host, port, BACKLOG, Words("choose another one with ", Setting("port")))
    try:
        own, number = listening.getsockname()[:2]
        if behind_proxy and not ip_address(own).is_loopback:
            raise UsageError(
                "behind a proxy the class is served to this machine alone.",
                received=Words(Setting("behind_proxy", True), " and ", Setting("host", host)),
                repair=Words("leave out ", Setting("host"), ": else whoever comes past the proxy says who they are"),
            )
        inside = {host.lower(), own, *(("localhost",) if own == LOOPBACK else ())}
        names = [name for one in sorted(inside) for name in authorities("http", one, number)]
        origins = [f"http://{name}" for name in names]
        address = f"http://{shown(host)}:{number}"
        if public is not None:
            outside = authorities(public.scheme, str(public.hostname), public.port)
            names += outside
            origins += [f"{public.scheme}://{name}" for name in outside]
            address = f"{public.scheme}://{outside[0]}{public.path.rstrip('/')}"
        settings = ClassSettings(
            run, folder, tuple(names), origins=tuple(origins), n_workers=n_workers, quotas=Quotas.of(learners),
            address=address, behind_proxy=behind_proxy,
        )  # fmt: skip
        return ClassServer(settings), listening
    except BaseException:
        listening.close()
        raise


def serve_class(server: ClassServer, listening: socket.socket) -> None:
    """Answer until Ctrl-C.

    Raises
    ------
    KeyboardInterrupt
        At its end.
    """
    os.umask(0o077)  # whatever a training writes is the owner's alone
    files = _allow_files()
    config = usual_config(
        server.app,
        backlog=min(BACKLOG, files // 4),  # so many are accepted before one of them is looked at
        most_connections=files // 2,
        timeout_graceful_shutdown=ENDING_S,
    )
    uvicorn.Server(config).run(sockets=[listening])
    raise KeyboardInterrupt


def _allow_files() -> int:
    """Open as many files as the machine allows, and say how many: usually it is a thousand, and a connection is one."""
    import resource  # noqa: PLC0415  (there is none on Windows, where no class is served)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft


def _public(address: str) -> SplitResult:
    """Read what learners type."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        parts = parts._replace(netloc=shown(host) + (f":{parts.port}" if parts.port else ""))
    except ValueError:
        host = ""
    odd = not host or "@" in address or not address.isprintable() or " " in address or parts.query or parts.fragment
    if odd or parts.scheme not in PORTS:
        raise UsageError(f"{address!r} is not a valid address.", expected="for instance https://class.school.org")
    return parts
