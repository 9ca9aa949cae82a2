"""The socket of a server, the names that it answers to, and patience with who connects."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from convscope.errors import UsageError
from convscope.page._document import HEADERS

__all__ = ["LOOPBACK", "PORTS", "PatientProtocol", "authorities", "bound", "shown", "usual_config"]

LOOPBACK = "127.0.0.1"
PATIENCE_S = 15.0
"""For the head of a request: who sends none for so long, or for twice as long, is hung up on."""
PORTS = {"http": 80, "https": 443}


class PatientProtocol(H11Protocol):
    """uvicorn's own, with an end to waiting for a request, and words for what is none.

    When there are more connections than ``most``, the one that has asked for nothing for longest is given up.
    """

    def __init__(self, *words: Any, most: int, **named: Any) -> None:
        super().__init__(*words, **named)
        self._most, self._began = most, 0.0
        self._looking: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete or self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look after a connection."""
        super().connection_made(transport)
        self._began = self.loop.time()
        self._looking = self.loop.call_later(PATIENCE_S, self._look, object())
        ours = cast("set[PatientProtocol]", self.connections)
        if len(ours) > self._most:
            oldest = min((one for one in ours if one.is_idle), key=lambda one: one._began)
            ours.discard(oldest)
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say in JSON that this is no HTTP, if nothing else is being said."""
        headers = {"content-type": "application/json", "connection": "close", **HEADERS}
        content = json.dumps({"error": "this is not a valid request"}).encode()
        with suppress(h11.LocalProtocolError):
            for event in (
                h11.Response(status_code=400, headers=list(headers.items()), reason=b"Bad Request"),
                h11.Data(data=content),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _look(self, before: object) -> None:
        """Hang up if since the last look no request has come, none is being answered, and no answer was read."""
        now = (self.cycle if self.is_idle else object(), self.transport.get_write_buffer_size())
        if now == before:
            self.transport.abort()
        else:
            self._looking = self.loop.call_later(PATIENCE_S, self._look, now)


def usual_config(app: Any, *, most_connections: int = 400, **settings: Any) -> uvicorn.Config:
    """Configure uvicorn: our own protocol, no websockets, no belief in what a proxy says, no word about itself."""
    return uvicorn.Config(
        app,
        http=partial(PatientProtocol, most=most_connections),  # type: ignore[arg-type]
        ws="none",
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        **settings,
    )


def shown(host: str) -> str:
    """Write a host as it stands in an address.

    Examples
    --------
    >>> shown("::1"), shown("127.0.0.1")
    ('[::1]', '127.0.0.1')
    """
    return f"[{host}]" if ":" in host else host


def authorities(scheme: str, host: str, port: int | None) -> tuple[str, ...]:
    """List what a browser, or another program, writes into Host for an address; the first is the shortest.

    Examples
    --------
    >>> authorities("https", "class.example.org", None)
    ('class.example.org', 'class.example.org:443')
    >>> authorities("http", "::1", 8000)
    ('[::1]:8000',)
    """
    usual = PORTS[scheme]
    named = f"{shown(host)}:{usual if port is None else port}"
    return (shown(host), named) if port in (None, usual) else (named,)


def bound(host: str, port: int, backlog: int, repair: str) -> socket.socket:
    """Listen on one exact address.

    Raises
    ------
    UsageError
        It stands for all addresses, is no address of this machine, or is taken.
    """
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer's second half waits for 40 ms
    try:
        found.bind((host, port))
        found.listen(backlog)
    except (OSError, OverflowError, ValueError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or error
        if isinstance(error, socket.gaierror) or getattr(error, "errno", 0) == errno.EADDRNOTAVAIL:
            repair = "give an address of this machine"
        raise UsageError(f"port {port} of {host} cannot be used: {reason}.", repair=repair) from None
    if ip_address(found.getsockname()[0]).is_unspecified:  # also written "", "0" or "::0"
        found.close()
        raise UsageError(
            "the page answers to exact addresses only.",
            received=repr(host),
            repair="give the address that the others will type, e.g. this machine's own in the network, "
            "or leave it out and put a proxy in front",
        )
    return found
