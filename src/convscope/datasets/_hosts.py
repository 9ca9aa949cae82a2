"""Which hosts may be asked for a file, and which of them answer: all are greeted at once."""

from __future__ import annotations

import ipaddress
import socket
import time
import urllib.parse
import urllib.request
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock, Thread

from convscope.errors import DatasetError
from convscope.limits import PATIENCE_S, SLOWEST_BYTES_PER_S

__all__ = ["Policy", "greet"]

GREETING_S = 3
"""So long may a host take to accept a connection: a network that swallows everything must not cost minutes."""
REMEMBERED_S = 10
"""So long a greeting holds: the files of one program share hosts, and who tries again means it."""


@dataclass(frozen=True)
class Policy:
    """Which addresses may be asked: public hosts by https.

    Parameters
    ----------
    trusted : tuple of str
        Hosts, as ``host:port``, that may be asked although they are not public; a test's own server.
    pause_s : float
        Seconds to wait before a broken download goes on; doubled each time.
    patience_s : float
        Seconds for an answer to begin, and after which a download must be as fast as the slowest.
    slowest : float
        In bytes per second.
    """

    trusted: tuple[str, ...] = ()
    pause_s: float = 0.5
    patience_s: float = PATIENCE_S
    slowest: float = SLOWEST_BYTES_PER_S

    def check(self, address: str) -> None:
        """Refuse other schemes, and hosts inside this machine or its network.

        Raises
        ------
        DatasetError
            The address may not be asked.
        OSError
            The host is not known.
        """
        parts = urllib.parse.urlsplit(address)
        if parts.netloc in self.trusted and parts.scheme in ("http", "https"):
            return
        if parts.scheme != "https" or not parts.hostname:
            raise DatasetError(f"{address} is refused: only https addresses of public hosts are allowed.")
        for found in _addresses(parts.hostname, parts.port or 443):
            mapped = getattr(found, "ipv4_mapped", None)
            if not (mapped or found).is_global:
                raise DatasetError(f"{address} is refused: it leads into this machine's own network ({found}).")


def greet(address: str, policy: Policy) -> Future[None]:
    """Begin to ask, aside, whether a host may be asked and accepts a connection; not again if just asked.

    Returns
    -------
    greeting : Future
        Raises DatasetError where the policy forbids the address, and OSError where the host does not answer.
    """
    host = urllib.parse.urlsplit(address).netloc, urllib.parse.urlsplit(address).scheme, policy
    with _LOCK:
        begun, greeting = _GREETINGS.get(host, (0.0, None))
        if greeting is None or time.monotonic() - begun > REMEMBERED_S:
            greeting = Future[None]()
            _GREETINGS[host] = time.monotonic(), greeting
            Thread(target=_greet, args=(address, policy, greeting), daemon=True).start()
    return greeting


_LOCK = Lock()
_GREETINGS: dict[tuple[str, str, Policy], tuple[float, Future[None]]] = {}


def _greet(address: str, policy: Policy, greeting: Future[None]) -> None:
    try:
        policy.check(address)
        _connect(address)
    except Exception as error:
        greeting.set_exception(error)
    else:
        greeting.set_result(None)


def _connect(address: str) -> None:
    """See whether the host accepts a connection, at its first address of each kind; a proxy is believed.

    Raises
    ------
    OSError
        It does not.
    """
    parts = urllib.parse.urlsplit(address)
    host, port = parts.hostname or "", parts.port or 443
    if _is_proxied(host):
        return
    problem: OSError | None = None
    kinds: set[int] = set()
    for found in _addresses(host, port):
        if found.version in kinds:
            continue
        kinds.add(found.version)
        try:
            socket.create_connection((str(found), port), GREETING_S).close()
        except OSError as error:
            problem = error
        else:
            return
    if problem:
        raise problem


def _addresses(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Resolve a host; behind a proxy, which resolves names itself, only what is written as a number."""
    if _is_proxied(host):
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            return []
    found = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
    return [ipaddress.ip_address(str(address).split("%")[0]) for *_, (address, *_) in found]


def _is_proxied(host: str) -> bool:
    return "https" in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)
