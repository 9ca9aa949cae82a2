"""What every request meets before anything looks at its path: the guard of the page's servers.

A pure ASGI application around another one. Host, Origin, Sec-Fetch-Site and the cookie are looked at before a route is
sought, so whoever may not ask learns nothing, and no fault behind the guard is reached. Every answer, whatever becomes
of it, has the headers of the page; every refusal is a JSON object, ``error`` and where there is one ``repair``, or text
for who opened an address in a browser.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from convscope.errors import ConvscopeError
from convscope.page._document import HEADERS

__all__ = ["Guard", "RefusedError", "cookies", "whole_number"]

LONGEST_ADDRESS = 4096
LONGEST_HEAD = 16_384
MOST_BODY = 1_000_000
LONGEST_BODY_S = 30.0
SLOWEST_BYTES_PER_S = 50_000
PART_BYTES = 65_536
LONGEST_READING_S = 60.0
"""For one part of an answer."""
MOST_DIGITS = 15
LOG = logging.getLogger(__name__)


class RefusedError(Exception):
    """A request that is not answered: its status, what is wrong, and what to do."""

    def __init__(
        self,
        status: int,
        what: str,
        repair: str | None = None,
        *,
        retry_s: int = 0,
        place: int = 0,
        allow: str = "",
    ) -> None:
        super().__init__(what)
        self.status, self.what, self.repair = status, what, repair
        self.place = place
        told = {
            "allow": allow,
            "retry-after": str(retry_s or ""),
            "connection": "close" if status in (400, 408) else "",
        }
        self.headers = {name: value for name, value in told.items() if value}

    def response(self, request: Request) -> Response:
        """Tell it as JSON, and as text to who opened the address in a browser."""
        if "text/html" in request.headers.get("accept", ""):
            sentences = (f"{part[:1].upper()}{part[1:].rstrip('.')}.\n" for part in (self.what, self.repair) if part)
            return PlainTextResponse("".join(sentences), self.status, self.headers)
        told: dict[str, Any] = {"error": self.what}
        told |= {"repair": self.repair} if self.repair else {}
        told |= {"place": self.place} if self.place else {}
        return JSONResponse(told, self.status, self.headers)


class Guard:
    """Lets through to an application who may ask.

    Parameters
    ----------
    app : ASGI application
        Its errors are answered here.
    hosts, origins : collections of str
        What the headers Host and Origin may say, in lower case.
    admit : callable
        Given a request that comes from where it may: None lets it through, a response is the answer. What is entered
        into its ``state.until_answered``, an ExitStack, is left when the answer is sent.
    bodies : mapping of str to int
        For a path, how many bytes may be sent there; elsewhere a million.
    linked : bool
        Whether a link in another page may open this one.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str],
        origins: Collection[str],
        admit: Callable[[Request], Response | None],
        bodies: Mapping[str, int] | None = None,
        linked: bool = False,
    ) -> None:
        self._app, self._admit, self._linked = app, admit, linked
        self._hosts, self._origins, self._bodies = frozenset(hosts), frozenset(origins), dict(bodies or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, refuse a websocket, hand on the beginning and the end of the server."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            with ExitStack() as until_answered:
                request = Request(scope)
                request.state.until_answered = until_answered
                await self._answer(request, receive, _Answer(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, request: Request, receive: Receive, answer: _Answer) -> None:
        scope = request.scope
        try:
            self._check_origin(request)
            response = self._admit(request)
            if response is None:
                _check_form(request)
                body = _Body(request, receive, self._bodies.get(scope["path"], MOST_BODY))
                scope["app"] = self  # where there is one, Starlette raises 404 and 405 instead of answering
                await self._app(scope, body.receive, answer.send)
                return
        except Exception as error:
            if answer.is_begun:
                LOG.error("an answer to %s broke off: %r", scope["method"], error)
                raise
            response = _refusal(error, request).response(request)
        await response(scope, receive, answer.send)

    def _check_origin(self, request: Request) -> None:
        """Refuse what does not come from this server's own page, or from opening its address."""
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise RefusedError(400, "this address does not belong to convscope")
        foreign = RefusedError(403, "another page may not ask convscope")
        if not self._origins.issuperset(request.headers.getlist("origin")):
            raise foreign
        sites = set(request.headers.getlist("sec-fetch-site")) - {"same-origin"}
        if sites and not (request.method in ("GET", "HEAD") and (sites == {"none"} or self._is_link(request))):
            raise foreign

    def _is_link(self, request: Request) -> bool:
        """Say whether a browser shows the answer as a page of its own, and not inside another one."""
        modes, places = (request.headers.getlist(f"sec-fetch-{name}") for name in ("mode", "dest"))
        return self._linked and modes == ["navigate"] and places in ([], ["document"])


class _Answer:
    """Puts the headers of the page on an answer, and waits until a long one is read."""

    def __init__(self, send: Send) -> None:
        self._send, self.is_begun = send, False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            given = list(message.get("headers", ()))
            named = {name.lower() for name, _ in given}
            ours = ((name.encode(), value.encode()) for name, value in HEADERS.items())
            message = {**message, "headers": [*given, *(pair for pair in ours if pair[0] not in named)]}
        body = message.get("body", b"")
        rest = memoryview(body)
        while len(rest) > PART_BYTES:
            await self._send_part({**message, "body": bytes(rest[:PART_BYTES]), "more_body": True})
            rest = rest[PART_BYTES:]
        await self._send_part({**message, "body": bytes(rest)} if body else message)

    async def _send_part(self, message: Message) -> None:
        async with asyncio.timeout(LONGEST_READING_S):
            await self._send(message)


class _Body:
    """Hands on what is sent, as long as it is neither too much nor too slow."""

    def __init__(self, request: Request, receive: Receive, most: int) -> None:
        self._receive, self._most, self._size = receive, most, 0
        self._until = time.monotonic() + LONGEST_BODY_S + most / SLOWEST_BYTES_PER_S
        self._is_whole = False
        said = request.headers.get("content-length", "0")
        if not (said.isascii() and said.isdigit()):
            raise RefusedError(400, "the length of the request is not a number")
        if len(said) > MOST_DIGITS or int(said) > most:
            raise self._too_large()

    async def receive(self) -> Message:
        if self._is_whole:
            return await self._receive()  # waits for the client to go
        try:
            message = await asyncio.wait_for(self._receive(), self._until - time.monotonic())
        except TimeoutError:
            raise RefusedError(408, "the request came too slowly") from None
        self._size += len(message.get("body", b""))
        if self._size > self._most:
            raise self._too_large()
        self._is_whole = not message.get("more_body", False)
        return message

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"at most {self._most:,} bytes are accepted here", "send less")


def cookies(request: Request, name: str) -> list[str]:
    """List the cookies of a name: another page of the same host, or of the domain above, may have set one more."""
    pairs = (part.partition("=") for text in request.headers.getlist("cookie") for part in text.split(";"))
    return [value.strip() for key, _, value in pairs if key.strip() == name]


def whole_number(request: Request, name: str) -> int:
    """Read a number of the path.

    Raises
    ------
    RefusedError
        It is written in anything but the digits 0 to 9, or larger than anything here.
    """
    text = str(request.path_params[name])
    if not (text.isascii() and text.isdigit()):
        raise RefusedError(404, "there is nothing here")
    if len(text) > MOST_DIGITS:
        raise RefusedError(422, f"there is no {name} {text[:MOST_DIGITS]}…", "ask for a smaller number")
    return int(text)


def _check_form(request: Request) -> None:
    """Refuse an address that is none, or long, a long head, and a body of two lengths."""
    path, query = request.scope["path"], request.scope["query_string"]
    if not path.startswith("/"):
        raise RefusedError(400, "an address must start with a slash")
    if len(request.scope.get("raw_path") or path) + len(query) > LONGEST_ADDRESS:
        raise RefusedError(414, f"an address has at most {LONGEST_ADDRESS:,} letters here")
    if sum(len(name) + len(value) for name, value in request.scope["headers"]) > LONGEST_HEAD:
        raise RefusedError(431, f"the headers have at most {LONGEST_HEAD:,} letters here")
    if {"content-length", "transfer-encoding"} <= set(request.headers):
        raise RefusedError(400, "the length of the request is given in two ways")


def _refusal(error: Exception, request: Request) -> RefusedError:
    """Put any error into words; an unexpected one is described in more detail on the terminal."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, ConvscopeError):
        return RefusedError(422, error.what, error.repair)
    if isinstance(error, HTTPException):
        what = "there is nothing here" if error.status_code == 404 else "this cannot be done here"
        return RefusedError(error.status_code, what, allow=(error.headers or {}).get("Allow", ""))
    if isinstance(error, ClientDisconnect):
        return RefusedError(400, "the request ended early")
    LOG.error("%s %.100r could not be answered: %.500r", request.method, request.scope["path"], error)
    return RefusedError(500, "something went wrong here", "tell the teacher, or try again")
