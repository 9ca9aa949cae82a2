"""The page, served only to the browser of this machine.

A request reaches a route only if its Host is this server's, it comes from this server's own page or from the address
bar, and it carries the cookie that the opened link was exchanged for (`guard`). No route takes a path or an address.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from html import escape
from typing import Any

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from convscope.page import questions
from convscope.page._document import DOCUMENT, MODULE, STYLE, TEACH, WORDS
from convscope.page._listening import LOOPBACK, authorities, bound, shown, usual_config
from convscope.page.exhibit import Exhibit
from convscope.page.film import FilmShow
from convscope.page.four import FourTraining
from convscope.page.guard import Guard, RefusedError, cookies, whole_number
from convscope.page.playground import MOST_BYTES
from convscope.page.question import Behind, Body, Question
from convscope.records import ExperimentResult
from convscope.wording import Setting, Words, visible

__all__ = ["COOKIE", "LOOPBACK", "PageServer"]

COOKIE = "convscope"
BACKLOG = 128
"""Connections that wait when a browser is faster than the server."""
Endpoint = Callable[[Request], Awaitable[Response]]


class PageServer:
    """One model, served on one port.

    Parameters
    ----------
    exhibit : Exhibit
    port : int
        0 picks a free one.
    film : FilmShow, optional
        Of the model's training, going on or finished.
    host : str
        Address to bind; the machine's own loopback unless told otherwise. One exact address, not all of them.

    Attributes
    ----------
    link : str
        Opens the page once; the token in it is exchanged for a cookie and then void.

    Raises
    ------
    UsageError
        The port is taken.
    """

    def __init__(self, exhibit: Exhibit, *, port: int = 0, host: str = LOOPBACK, film: FilmShow | None = None) -> None:
        self._exhibit = exhibit
        self._lock = threading.Lock()  # backends differ in what they do in two threads at once
        self._film = film
        self._four = FourTraining(str(exhibit.facts.get("data", "auto")), self._show_four)
        self._bundle = exhibit.bundle(can_ask=True, can_train=True, film=film is not None)
        self._socket = bound(host, port, BACKLOG, Words("leave out ", Setting("port"), ", and a free one is used"))
        self.port: int = self._socket.getsockname()[1]
        names = (host, self._socket.getsockname()[0], *(("localhost",) if host == LOOPBACK else ()))
        self._hosts = {one for name in names for one in authorities("http", name.lower(), self.port)}
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self.address = f"http://{shown(host)}:{self.port}/"
        self.link = f"{self.address}?token={self._token}"
        settings = usual_config(self._app(), lifespan="off", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(settings)

    def show(self, exhibit: Exhibit, film: FilmShow | None = None) -> None:
        """Show something else from now on, to whoever opens or reloads the page."""
        bundle = exhibit.bundle(can_ask=True, can_train=True, film=film is not None)
        with self._lock:
            self._exhibit, self._film, self._bundle = exhibit, film, bundle

    def _show_four(self, result: ExperimentResult) -> None:
        self.show(replace(self._exhibit, four=result), self._film)

    def serve(self) -> None:
        """Answer until Ctrl-C."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Answer in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End a server that `start` began."""
        self._server.should_exit = True
        self._thread.join()

    def _app(self) -> Guard:
        asked: list[Question] = [questions.catalogue.get(name) for name in questions.catalogue]
        routes: list[tuple[str, Endpoint, str]] = [
            ("/", self._page, "GET"),
            ("/convscope.js", self._file(MODULE, "text/javascript"), "GET"),
            ("/teach.js", self._file(TEACH, "text/javascript"), "GET"),
            ("/convscope.css", self._file(STYLE, "text/css"), "GET"),
            ("/words.json", self._file(WORDS, "application/json"), "GET"),
            ("/api/bundle", self._all, "GET"),
            *((f"/api/{one.path}", self._answering(one), one.method) for one in asked),
        ]
        return Guard(
            Router(
                [Route(path, endpoint, methods=[method]) for path, endpoint, method in routes], redirect_slashes=False
            ),
            hosts=self._hosts,
            origins={f"http://{name}" for name in self._hosts},
            admit=self._admitted,
            bodies={f"/api/{one.path}": MOST_BYTES for one in asked if one.body},
        )

    def _admitted(self, request: Request) -> Response | None:
        """Let in who has the cookie; exchange the token of the opened link for it, once."""
        given = request.query_params.get("token", "")
        is_link = request.method == "GET" and request.scope["path"] == "/"
        if is_link and self._token and secrets.compare_digest(given.encode(), self._token.encode()):
            self._token = None
            response = RedirectResponse("/", 303)
            response.set_cookie(f"{COOKIE}-{self.port}", self._cookie, httponly=True, samesite="strict", path="/")
            return response
        given_back = cookies(request, f"{COOKIE}-{self.port}")
        if any(secrets.compare_digest(cookie.encode(), self._cookie.encode()) for cookie in given_back):
            return None
        raise RefusedError(401, "this link was used already, or is not complete", "run convscope explore again")

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(DOCUMENT.format(title=escape(visible(self._exhibit.title)), base=""))

    def _file(self, path: Any, kind: str) -> Endpoint:
        async def send(request: Request) -> Response:
            return FileResponse(path, media_type=kind)

        return send

    async def _all(self, request: Request) -> Response:
        return _binary(self._bundle)

    def _answering(self, question: Question) -> Endpoint:
        """Make the endpoint of one question; the model answers one at a time."""

        def answered(given: dict[str, Any], body: bytes) -> bytes:
            with nullcontext() if question.is_quick else self._lock:
                return question.ask(self._behind(), given, body)

        async def answer(request: Request) -> Response:
            given = {
                name: whole_number(request, name) if hint is int else request.path_params[name]
                for name, hint in question.words.items()
            }
            body = b"" if question.body is None else await self._read(request, question.body)
            return _binary(await run_in_threadpool(answered, given, body))

        return answer

    async def _read(self, request: Request, kind: Body) -> bytes:
        """Take what was sent; refuse it as soon as it is too much."""
        behind, body = self._behind(), bytearray()
        async for part in request.stream():
            body += part
            kind.check(behind, len(body))
        return bytes(body)

    def _behind(self) -> Behind:
        return Behind(self._exhibit, self._film, self._four)


def _binary(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream")
