"""The teacher's own page: who is there, removing a learner, another link, and the door.

Whoever has the teacher's link may do all of this; it is printed beside the link of the class. A program sends its key
as ``Authorization: Bearer KEY``.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from convscope.page._document import STYLE
from convscope.page.classroom.places import Places
from convscope.page.classroom.requests import read_json
from convscope.page.classroom.sending import Endpoint, SentFile
from convscope.page.classroom.store import Place, Store, new_secret
from convscope.page.classroom.workers import Workers
from convscope.page.guard import RefusedError, cookies, whole_number

__all__ = ["Teacher"]

COOKIE = "convscope-teacher"
PAGE, SCRIPT, LOOKS = (Path(__file__).with_name(name) for name in ("teacher.html", "teacher.js", "class.css"))
FILES = ((STYLE, "text/css"), (LOOKS, "text/css"), (SCRIPT, "text/javascript"))


class Teacher:
    """Answers the teacher.

    Parameters
    ----------
    store : Store
    places : Places
    workers : Workers
    address : str
        Of the class.
    safe : bool
        Whether the page comes by https.

    Attributes
    ----------
    key : str
        The same whenever this class is served.
    routes : list of Route
        All of them below ``PATH``.
    """

    PATH = "/teacher/"

    def __init__(self, store: Store, places: Places, workers: Workers, address: str, *, safe: bool) -> None:
        self._store, self._places, self._workers, self._address, self._safe = store, places, workers, address, safe
        self.key = store.fact("teacher", new_secret())
        self._text = PAGE.read_text(encoding="utf-8")
        routes: list[tuple[str, Endpoint, str]] = [
            ("", self._page, "GET"),
            ("api/class", self._class, "GET"),
            ("api/door", self._door, "PUT"),
            ("api/link", self._change_link, "POST"),
            ("api/learners", self._remove_address, "DELETE"),
            ("api/learners/{learner}", self._remove, "DELETE"),
            *((path.name, SentFile(path, kind).send, "GET") for path, kind in FILES),
        ]
        self.routes = [Route(self.PATH + path, endpoint, methods=[method]) for path, endpoint, method in routes]

    @property
    def link(self) -> str:
        """The teacher's link."""
        return f"{self._address}{self.PATH}?key={self.key}"

    @property
    def class_link(self) -> str:
        """The link of the class, as it is now."""
        return f"{self._address}/?token={self._places.token}"

    def admitted(self, request: Request) -> Response | None:
        """Let in who has the key; exchange the key of the opened link for a cookie."""
        is_link = request.method == "GET" and request.scope["path"] == self.PATH
        if is_link and self._fits(request.query_params.get("key", "")):
            response = RedirectResponse("./", 303)
            response.set_cookie(COOKIE, self.key, httponly=True, samesite="lax", secure=self._safe, path="/")
            return response
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        keys = [*cookies(request, COOKIE), *([given] if kind.lower() == "bearer" else [])]
        if any(map(self._fits, keys)):
            return None
        raise RefusedError(401, "this page belongs to the teacher", "open the teacher's link that convscope printed")

    def _fits(self, key: str) -> bool:
        return secrets.compare_digest(key.encode(), self.key.encode())

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(self._text)

    async def _class(self, request: Request) -> Response:
        return JSONResponse(self._told())

    async def _door(self, request: Request) -> Response:
        wanted = await read_json(request)
        if not isinstance(wanted, dict) or not isinstance(wanted.get("open"), bool):
            raise RefusedError(422, "the door is open or not", 'send {"open": false}')
        self._places.open_door(wanted["open"])
        return JSONResponse(self._told())

    async def _change_link(self, request: Request) -> Response:
        self._places.change_link()
        return JSONResponse(self._told())

    async def _remove(self, request: Request) -> Response:
        number = whole_number(request, "learner")
        return self._removed(f"there is no learner {number}", lambda place: place.number == number)

    async def _remove_address(self, request: Request) -> Response:
        address = request.query_params.get("address")
        return self._removed("nobody came from this address", lambda place: place.address == address)

    def _removed(self, missing: str, condition: Callable[[Place], bool]) -> Response:
        found = [place for place in self._places.listed() if condition(place)]
        if not found:
            raise RefusedError(404, missing)
        for place in found:
            for job in self._store.active(place.user):
                self._workers.cancel(job.job)
            self._places.remove(place)
        return JSONResponse(self._told())

    def _told(self) -> dict[str, Any]:
        now, jobs = self._store.now(), self._store.counted_jobs()
        tables = Counter(upload.user for upload in self._store.uploads())
        return {
            "link": self.class_link,
            "open": self._places.is_open,
            "learners": [
                {
                    "number": place.number,
                    "address": place.address,
                    "joined_s": round(now - place.joined),
                    "seen_s": round(now - place.seen),
                    "trainings": sum(jobs.get(place.user, {}).values()),
                    "waiting": jobs.get(place.user, {}).get("queued", 0),
                    "tables": tables[place.user],
                }
                for place in self._places.listed()
            ],
        }
