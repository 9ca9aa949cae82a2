"""The page served to the browser of this machine, and to nobody else.

A request is answered only if its Host is this server's, it comes from this server's own page or from the address
bar, and it carries the cookie that the opened link was exchanged for. No route takes a path or an address.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from html import escape
from math import prod
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from convscope.errors import ConvscopeError, UsageError
from convscope.page._document import DOCUMENT, HEADERS, MODULE, STYLE
from convscope.page.exhibit import Exhibit
from convscope.page.film import CONTROLS, FilmShow
from convscope.page.four import FourTraining
from convscope.page.playground import MOST_BYTES, keep_network, lab_points
from convscope.records import ExperimentResult
from convscope.wording import Setting, Words, visible

__all__ = ["COOKIE", "LOOPBACK", "PageServer"]

LOOPBACK = "127.0.0.1"
LONGEST_NUMBER = 15
COOKIE = "convscope"
Endpoint = Callable[[Request], Awaitable[Response]]


class PageServer:
    """One model, served on one port.

    Parameters
    ----------
    exhibit : Exhibit
    port : int
        0 takes a free one.
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
        if host in ("", "0.0.0.0", "::"):
            raise UsageError(
                "the page answers to exact addresses only.",
                received=repr(host),
                repair="give the address that the others will type, e.g. this machine's own in the network",
            )
        self._exhibit = exhibit
        self._lock = threading.Lock()  # backends differ in what they do in two threads at once
        self._film = film
        self._four = FourTraining(str(exhibit.facts.get("data", "auto")), self._show_four)
        self._bundle = exhibit.bundle(can_ask=True, can_train=True, film=film is not None)
        self._socket = _bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        names = {shown, "localhost"} if host == LOOPBACK else {shown}
        self._hosts = {f"{name}:{self.port}" for name in names}
        self._origins = {f"http://{name}" for name in self._hosts}
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self.address = f"http://{shown}:{self.port}/"
        self.link = f"{self.address}?token={self._token}"
        settings = uvicorn.Config(
            self._app(), log_level="warning", lifespan="off", server_header=False, timeout_graceful_shutdown=2
        )
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

    def _app(self) -> Starlette:
        routes: list[tuple[str, Endpoint, str]] = [
            ("/", self._page, "GET"),
            ("/convscope.js", self._file(MODULE, "text/javascript"), "GET"),
            ("/convscope.css", self._file(STYLE, "text/css"), "GET"),
            ("/api/bundle", self._all, "GET"),
            ("/api/rows/{row:int}", self._row, "GET"),
            ("/api/values", self._values, "POST"),
            ("/api/strongest/{layer:int}/{channel:int}", self._strongest, "GET"),
            ("/api/points/{name:str}", self._points, "GET"),
            ("/api/playground", self._playground, "POST"),
            ("/api/film/{step:str}", self._looks, "GET"),
            ("/api/training/{order:str}", self._order, "POST"),
            ("/api/four/{rows:int}", self._four_begins, "POST"),
            ("/api/four", self._four_stands, "GET"),
        ]
        return Starlette(
            routes=[Route(path, self._guarded(endpoint), methods=[method]) for path, endpoint, method in routes],
            exception_handlers={404: self._nowhere, 405: self._nowhere},
        )

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        """Answer only those who may ask, and say in every answer what the page may do."""

        async def answer(request: Request) -> Response:
            try:
                response = self._stranger(request) or self._admitted(request) or await endpoint(request)
            except ConvscopeError as error:
                response = _told(request, str(error), 422)
            except ClientDisconnect:
                response = _told(request, "the request ended early", 400)
            response.headers.update(HEADERS)
            return response

        return answer

    async def _nowhere(self, request: Request, error: Exception) -> Response:
        """Refuse strangers first, on every path and with every method, so that they do not learn what there is."""
        response = self._stranger(request) or await _refused(request, error)
        response.headers.update(HEADERS)
        return response

    def _stranger(self, request: Request) -> Response | None:
        """Refuse a request that is not from this server's own page."""
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return _told(request, "this address does not belong to convscope", 400)
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        from_bar = site == "none" and request.method == "GET"
        other_site = site not in (None, "same-origin") and not from_bar
        if other_site or (origin is not None and origin not in self._origins):
            return _told(request, "another page may not ask convscope", 403)
        return None

    def _admitted(self, request: Request) -> Response | None:
        """Let in who has the cookie; exchange the token of the opened link for it, once."""
        given = request.query_params.get("token", "")
        if request.url.path == "/" and self._token and secrets.compare_digest(given.encode(), self._token.encode()):
            self._token = None
            response = RedirectResponse("/", 303)
            response.set_cookie(f"{COOKIE}-{self.port}", self._cookie, httponly=True, samesite="strict", path="/")
            return response
        cookie = request.cookies.get(f"{COOKIE}-{self.port}", "")
        if secrets.compare_digest(cookie.encode(), self._cookie.encode()):
            return None
        return _told(request, "This link was used already, or is not complete. Run convscope explore again.", 401)

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(DOCUMENT.format(title=escape(visible(self._exhibit.title)), base=""))

    def _file(self, path: Any, kind: str) -> Endpoint:
        async def send(request: Request) -> Response:
            return FileResponse(path, media_type=kind)

        return send

    async def _all(self, request: Request) -> Response:
        return _binary(self._bundle)

    async def _row(self, request: Request) -> Response:
        return _binary(await run_in_threadpool(self._locked, self._exhibit.row, request.path_params["row"]))

    async def _values(self, request: Request) -> Response:
        expected = 4 * prod(self._exhibit.picture_shape)
        body = await _body(request, expected)
        if body is None:
            raise UsageError(f"a picture has {expected:,} bytes here, and more came.")
        if len(body) != expected:
            raise UsageError("this is no picture of the right size.", received=f"{len(body):,} bytes")
        pixels = np.frombuffer(body, np.float32)
        if not np.isfinite(pixels).all():
            raise UsageError("a picture holds finite numbers only.")
        return _binary(await run_in_threadpool(self._locked, self._exhibit.values, pixels))

    async def _strongest(self, request: Request) -> Response:
        layer, channel = (request.path_params[name] for name in ("layer", "channel"))
        return _binary(await run_in_threadpool(self._locked, lambda _: self._exhibit.strongest(layer, channel), None))

    async def _points(self, request: Request) -> Response:
        return _binary(await run_in_threadpool(lab_points, request.path_params["name"]))

    async def _looks(self, request: Request) -> Response:
        step = request.path_params["step"]
        if self._film is None or not step.lstrip("-").isdecimal() or len(step) > LONGEST_NUMBER:
            return await _refused(request, Exception())
        return _binary(await run_in_threadpool(self._film.after, int(step)))

    async def _order(self, request: Request) -> Response:
        order = request.path_params["order"]
        if self._film is None or order not in CONTROLS:
            return await _refused(request, Exception())
        self._film.order(order)
        return _binary(b"")

    async def _four_begins(self, request: Request) -> Response:
        self._four.start(request.path_params["rows"])
        return _binary(self._four.status())

    async def _four_stands(self, request: Request) -> Response:
        return _binary(self._four.status())

    async def _playground(self, request: Request) -> Response:
        body = await _body(request, MOST_BYTES)
        if body is None:
            raise UsageError(f"a network of the playground has at most {MOST_BYTES:,} bytes, and more came.")
        return _binary(await run_in_threadpool(self._locked, keep_network, body))

    def _locked(self, ask: Callable[[Any], bytes], what: Any) -> bytes:
        with self._lock:
            return ask(what)


async def _body(request: Request, most: int) -> bytes | None:
    """Take what was sent; None as soon as it is too much."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            return None
    return bytes(body)


def _told(request: Request, what: str, status: int) -> Response:
    """Say what is wrong: to a program as JSON, to a person as text."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": what}, status)
    return PlainTextResponse(what, status)


def _binary(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream")


async def _refused(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    response = _told(request, "there is nothing here", status)
    response.headers.update(HEADERS)
    return response


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer's second half waits for 40 ms
    try:
        found.bind((host, port))
        found.listen(128)  # so that a browser that is faster than the server waits
    except (OSError, OverflowError) as error:
        found.close()
        raise UsageError(
            f"port {port} of {host} cannot be used: {getattr(error, 'strerror', None) or error}.",
            repair=Words("leave out ", Setting("port"), ", and a free one is taken"),
        ) from None
    return found
