"""Serve a class until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from convscope.errors import UsageError
from convscope.page.classroom.server import ClassServer, ClassSettings
from convscope.wording import Setting, Words

__all__ = ["open_class", "serve_class", "usual_workers"]

BACKLOG = 2048
"""Connections that may wait: a lesson begins with everybody at once."""
ENDING_S = 3


def usual_workers() -> int:
    """Leave one core to the pages."""
    return max(1, (os.cpu_count() or 2) - 1)


def open_class(
    run: str, folder: Path, *, port: int, host: str, public_url: str | None, n_workers: int
) -> tuple[ClassServer, socket.socket, str]:
    """Open a class on an address.

    Parameters
    ----------
    run : str
        The teacher's run, or nothing.
    folder : Path
        Where everything is kept.
    port : int
        0 takes a free one.
    host : str
        One exact address; loopback behind a proxy.
    public_url : str, optional
        What learners type, where a proxy stands between, e.g. ``https://class.school.org``.
    n_workers : int

    Returns
    -------
    server : ClassServer
    listening : socket
    link : str
        Lets learners in.

    Raises
    ------
    UsageError, RunError
        The address is taken or no address, or the folder cannot be used.
    """
    if sys.platform == "win32":
        raise UsageError(
            "a class is served on Linux and macOS only.", repair="use WSL, or show one run: convscope explore RUN"
        )
    listening = _listening(host, port)
    own = f"[{host}]" if ":" in host else host
    number = listening.getsockname()[1]
    names = [f"{name}:{number}" for name in ([own, "localhost"] if host == "127.0.0.1" else [own])]
    origins = [f"http://{name}" for name in names]
    address = origins[0]
    if public_url is not None:
        parts = urlsplit(public_url)
        if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc or parts.query:
            listening.close()
            raise UsageError(f"{public_url!r} is no address.", expected="for instance https://class.school.org")
        names.append(parts.netloc.lower())
        origins.append(f"{parts.scheme}://{parts.netloc.lower()}")
        address = public_url.rstrip("/")
    settings = ClassSettings(run, folder, tuple(names), tuple(origins))
    try:
        server = ClassServer(replace(settings, n_workers=n_workers))
    except BaseException:
        listening.close()
        raise
    return server, listening, f"{address}/?token={server.token}"


def serve_class(server: ClassServer, listening: socket.socket) -> None:
    """Answer until Ctrl-C.

    Raises
    ------
    KeyboardInterrupt
        At its end.
    """
    config = uvicorn.Config(
        server.app,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=ENDING_S,
    )
    uvicorn.Server(config).run(sockets=[listening])
    raise KeyboardInterrupt


def _listening(host: str, port: int) -> socket.socket:
    if host in ("", "0.0.0.0", "::"):
        raise UsageError(
            "the class answers to exact addresses only.",
            received=repr(host),
            repair=Words(
                "leave out ", Setting("host"), " and put a proxy in front, or give this machine's own address"
            ),
        )
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer's second half waits for 40 ms
    try:
        found.bind((host, port))
        found.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        found.close()
        raise UsageError(
            f"port {port} of {host} cannot be used: {getattr(error, 'strerror', None) or error}.",
            repair=Words("choose another one with ", Setting("port")),
        ) from None
    return found
