"""The class on one port, behind a proxy: who has a place, for how much, and the answers.

A learner is whoever opened the link of the class: a random number of 128 bits in a cookie. `guard` answers for the
exact Host only, and not for another page's Origin; no route takes a path. Whatever is refused is refused with a JSON
object: ``error``, and where there is one ``repair``; where it helps to wait, with Retry-After.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from convscope.page._document import DOCUMENT, MODULE, STYLE, TEACH, WORDS
from convscope.page.classroom.asking import Answerer, BusyError
from convscope.page.classroom.places import Places, neighbourhood
from convscope.page.classroom.requests import (
    MODELS,
    MOST_EPOCHS,
    MOST_ROWS,
    SETS,
    read_json,
    read_pixels,
    read_training,
    receive_upload,
)
from convscope.page.classroom.sending import Endpoint, SentFile
from convscope.page.classroom.store import Job, Place, Store, Upload, hash_of, new_secret
from convscope.page.classroom.teacher import Teacher
from convscope.page.classroom.turns import Quotas, Turns
from convscope.page.classroom.workers import WorkerLimits, Workers
from convscope.page.guard import Guard, RefusedError, cookies, whole_number

__all__ = ["COOKIE", "ClassServer", "ClassSettings"]

COOKIE = "convscope-class"
PAGE, SCRIPT, LOOKS = (Path(__file__).with_name(name) for name in ("class.html", "class.js", "class.css"))
JANITOR_S = 30.0
LONGEST_OPENING_S = 20.0
GONE = partial(RefusedError, 401, "this page belongs to a class", "open the link that your teacher gave you")
A_YEAR_S = 31_536_000


@dataclass(frozen=True)
class ClassSettings:
    """What a class may do.

    Parameters
    ----------
    run : str
        The teacher's run; empty for a small one.
    folder : Path
        Where everything is kept.
    hosts : tuple of str
        What the Host header may say, e.g. ``class.school.org`` and ``127.0.0.1:8000``.
    origins : tuple of str
        What the Origin header may say.
    address : str
        Where learners find the class: what its link begins with.
    behind_proxy : bool
        Whether the address of a learner is what a proxy says it is, in X-Forwarded-For.
    n_workers : int
        Trainings at a time.
    quotas : Quotas
    limits : WorkerLimits
        Of one training.
    upload_s, job_s : float
        After how many seconds uploads and finished trainings are deleted.
    """

    run: str
    folder: Path
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    n_workers: int = 1
    quotas: Quotas = field(default_factory=Quotas)
    limits: WorkerLimits = field(default_factory=WorkerLimits)
    upload_s: float = 2 * 3600
    job_s: float = 24 * 3600
    address: str = ""
    behind_proxy: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether learners come by https, so that cookies never travel in the open."""
        return any(origin.startswith("https:") for origin in self.origins)


class ClassServer:
    """Answers the learners of one class.

    Parameters
    ----------
    settings : ClassSettings

    Attributes
    ----------
    places : Places
    teacher : Teacher
    app : ASGI application

    Raises
    ------
    RunError
        The folder cannot be used, or is being served already.
    """

    def __init__(self, settings: ClassSettings) -> None:
        self.settings, self.store = settings, Store(settings.folder)
        self.places = Places(self.store, settings.quotas.learners)
        bundle = settings.folder / f"bundle-{hash_of(settings.run)}"
        record = Path(settings.run) / "run.json"
        if bundle.is_file() and record.is_file() and record.stat().st_mtime > bundle.stat().st_mtime:
            bundle.unlink()  # the run was made anew at the same place
        self.bundle = bundle
        self.answerer = Answerer(settings.run, bundle, settings.folder / "digits-cnn")
        self.n_queued_again = self.store.queue_again()
        self.workers = Workers(self.store, settings.n_workers, settings.limits, self._prepared)
        self.turns = Turns(settings.quotas)
        self._files = {path.name: SentFile(path, kind) for path, kind in FILES}
        self.teacher = Teacher(self.store, self.places, self.workers, settings.address, safe=settings.is_safe)
        self.app = self._application()

    def _application(self) -> Guard:
        routes: list[tuple[str, Endpoint, str]] = [
            ("/", self._page, "GET"),
            ("/api/class", self._class, "GET"),
            ("/api/mine", self._mine, "GET"),
            ("/api/uploads", self._upload, "POST"),
            ("/api/uploads/{upload}", self._remove_upload, "DELETE"),
            ("/api/jobs", self._train, "POST"),
            ("/api/jobs/{job}", self._job, "GET"),
            ("/api/jobs/{job}", self._cancel, "DELETE"),
            ("/api/predict", self._predict, "POST"),
            ("/model/", self._model_page, "GET"),
            ("/model/api/bundle", self._model_bundle, "GET"),
            ("/model/api/rows/{row}", self._row, "GET"),
            ("/model/api/values", self._values, "POST"),
            ("/jobs/{job}/", self._job_page, "GET"),
            ("/jobs/{job}/api/bundle", self._job_bundle, "GET"),
            ("/jobs/{job}/sixteen.png", self._sixteen, "GET"),
            *((f"/{name}", self._files[name].send, "GET") for name in self._files),
        ]
        learners = (Route(path, endpoint, methods=[method]) for path, endpoint, method in routes)
        return Guard(
            Router([*learners, *self.teacher.routes], redirect_slashes=False, lifespan=self._living),
            hosts=self.settings.hosts,
            origins=self.settings.origins,
            admit=self._admitted,
            bodies={"/api/uploads": self.settings.quotas.upload_bytes},
            linked=True,
        )

    @asynccontextmanager
    async def _living(self, app: Any) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self.answerer.serve()), asyncio.create_task(self._tidy())]
        self.workers.fill()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.workers.stop()
            self.places.tidy()
            self.store.close()

    async def _tidy(self) -> None:
        """Delete what is old, and free places, every half minute."""
        while True:
            now = self.store.now()
            with suppress(OSError, sqlite3.Error):  # a full disk; the next time it may go
                self.store.expire(uploads_before=now - self.settings.upload_s, jobs_before=now - self.settings.job_s)
                self.places.tidy()
            await asyncio.sleep(JANITOR_S)

    # Who may ask

    def _admitted(self, request: Request) -> Response | None:
        """Let in who has a cookie of this class; give one to who opened its link."""
        if request.scope["path"].startswith(self.teacher.PATH):
            return self.teacher.admitted(request)
        place = self.places.of(cookies(request, COOKIE))
        given = request.query_params.get("token")
        is_link = request.method == "GET" and request.scope["path"] == "/" and given is not None
        if is_link and (place is not None or self.places.fits(given)):
            return self._let_in(request, place)
        if place is None:
            raise GONE()
        self.turns.take_request(place.user)
        request.state.until_answered.enter_context(self.turns.asking(place.user))
        self.places.use(place)
        request.state.place, request.state.user = place, place.user
        return None

    def _let_in(self, request: Request, place: Place | None) -> Response:
        response = RedirectResponse("./", 303)
        if place is None:
            address = self._address(request)
            self.turns.take_join(address)
            secret = self.places.join(address)
            safe = self.settings.is_safe
            response.set_cookie(COOKIE, secret, max_age=A_YEAR_S, httponly=True, samesite="lax", secure=safe, path="/")
        return response

    def _address(self, request: Request) -> str:
        """Say where somebody comes from; the last address in X-Forwarded-For is the one that the proxy saw itself."""
        peer = request.client.host if request.client else ""
        told = ",".join(request.headers.getlist("x-forwarded-for")) if self.settings.behind_proxy else ""
        return neighbourhood(told.rpartition(",")[2]) or neighbourhood(peer)

    # Pages and files

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(PAGE_TEXT)

    async def _model_page(self, request: Request) -> Response:
        title = str(self.answerer.about.get("title", "the model of this class"))
        return HTMLResponse(DOCUMENT.format(title=escape(title), base="../"))

    async def _model_bundle(self, request: Request) -> Response:
        if not self.bundle.is_file():  # the first time it takes some seconds to make
            with suppress(TimeoutError):
                await asyncio.wait_for(self.answerer.ready.wait(), LONGEST_OPENING_S)
        if not self.bundle.is_file():
            raise RefusedError(429, self.answerer.problem or "the model is being opened", retry_s=3)
        return _binary(await asyncio.to_thread(self.bundle.read_bytes))

    async def _row(self, request: Request) -> Response:
        return _binary(await self.answerer.row(whole_number(request, "row")))

    async def _values(self, request: Request) -> Response:
        size = 4 * int(self.answerer.about.get("n_features", 0))
        if not size:
            raise BusyError(2)
        pixels = await read_pixels(request, size // 4)
        return _binary(await self.answerer.values(pixels.tobytes()))

    async def _predict(self, request: Request) -> Response:
        n_features = int(self.answerer.about.get("n_features", 0))
        if not n_features:
            raise BusyError(2)
        pixels = await read_pixels(request, n_features)
        found = await self.answerer.predict(pixels)
        classes = self.answerer.about["classes"]
        best = max(range(len(found)), key=found.__getitem__)
        return JSONResponse(
            {"prediction": classes[best], "probabilities": dict(zip(classes, map(_finite, found), strict=False))}
        )

    # What a learner has

    async def _class(self, request: Request) -> Response:
        quotas = self.settings.quotas
        return JSONResponse({
            "title": self.answerer.about.get("title", ""),
            "ready": self.answerer.ready.is_set(),
            "sets": list(SETS),
            "models": list(MODELS),
            "most_epochs": MOST_EPOCHS,
            "most_rows": MOST_ROWS,
            "most_bytes": quotas.upload_bytes,
            "hours": self.settings.upload_s / 3600,
            "learner": request.state.place.number,
        })  # fmt: skip

    async def _mine(self, request: Request) -> Response:
        user = request.state.user
        places = self._places()
        return JSONResponse({
            "jobs": [self._told(job, places) for job in self.store.jobs(user)],
            "uploads": [{"id": one.upload, "name": one.name, "bytes": one.bytes} for one in self.store.uploads(user)],
        })  # fmt: skip

    async def _upload(self, request: Request) -> Response:
        user, quotas = request.state.user, self.settings.quotas
        kept = self.store.uploads()
        mine = [one for one in kept if one.user == user]
        if len(mine) >= quotas.uploads:
            raise RefusedError(429, f"you have {len(mine)} tables already", "delete one of them first", retry_s=60)
        room = quotas.all_upload_bytes - sum(one.bytes for one in kept) - self.turns.n_uploading * quotas.upload_bytes
        if room < quotas.upload_bytes:
            raise RefusedError(
                429, "there is no more room for tables in this class", "wait until some expire", retry_s=600
            )
        with self.turns.uploading(user):
            upload = new_secret()
            path = self.store.upload_path(upload)
            name, suffix, size = await receive_upload(request, path)
            if request.state.place not in self.places:
                path.with_name(f"{upload}.part").unlink()
                raise GONE()
            path.with_name(f"{upload}.part").replace(path.with_name(f"{upload}{suffix}"))
            self.store.add_upload(Upload(upload, user, name, size, self.store.now()))
        return JSONResponse({"id": upload, "name": name, "bytes": size}, 201)

    async def _remove_upload(self, request: Request) -> Response:
        found = [one for one in self.store.uploads(request.state.user) if one.upload == request.path_params["upload"]]
        if not found:
            raise RefusedError(404, "you have no such table")
        self.store.remove_upload(found[0])
        return JSONResponse({"deleted": found[0].upload})

    async def _train(self, request: Request) -> Response:
        user, quotas = request.state.user, self.settings.quotas
        sent = await read_json(request)
        if request.state.place not in self.places:
            raise GONE()
        wanted = read_training(sent, {one.upload: one for one in self.store.uploads(user)})
        waiting = self.store.waiting()
        retry_s = self.turns.seconds(self.store, len(waiting) + 1, self.settings.n_workers)
        if len(waiting) >= quotas.queued:
            full = f"{len(waiting)} trainings wait already"
            raise RefusedError(429, full, f"ask again in {retry_s} s", retry_s=retry_s, place=len(waiting) + 1)
        near = sum(self.places.address_of(one.user) == request.state.place.address for one in waiting)
        if near >= quotas.address_queued:
            full = f"{near} trainings from your address wait already"
            raise RefusedError(429, full, f"ask again in {retry_s} s", retry_s=retry_s, place=len(waiting) + 1)
        active = len(self.store.active(user))
        if active >= quotas.active:
            raise RefusedError(
                429, f"{active} of your trainings wait or run", "wait for one, or cancel it", retry_s=retry_s
            )
        if self.store.count_since(user, self.store.now() - 3600) >= quotas.hourly:
            raise RefusedError(
                429, f"you have started {quotas.hourly} trainings in this hour", "look at them", retry_s=600
            )
        job = self.store.add_job(user, wanted)
        self.workers.fill()
        found = self.store.job(job)
        assert found is not None
        return JSONResponse(self._told(found, self._places()), 202)

    async def _job(self, request: Request) -> Response:
        return JSONResponse(self._told(self._own(request), self._places()))

    async def _cancel(self, request: Request) -> Response:
        job = self._own(request)
        if job.active:
            self.workers.cancel(job.job)
        found = self.store.job(job.job)
        assert found is not None
        return JSONResponse(self._told(found, {}))

    async def _job_page(self, request: Request) -> Response:
        job = self._own(request)
        return HTMLResponse(DOCUMENT.format(title=escape(str(job.request["name"])), base="../../"))

    async def _job_bundle(self, request: Request) -> Response:
        path = self.store.job_path(self._own(request).job) / "bundle"
        if not path.is_file():
            raise RefusedError(404, "this training has no model to show", "wait until it is done")
        return _binary(await asyncio.to_thread(path.read_bytes))

    async def _sixteen(self, request: Request) -> Response:
        path = self.store.job_path(self._own(request).job) / "sixteen.png"
        if not path.is_file():
            raise RefusedError(404, "of this table no pictures were drawn")
        return Response(await asyncio.to_thread(path.read_bytes), media_type="image/png")

    def _own(self, request: Request) -> Job:
        """Find a job of this learner; another's is not there."""
        job = self.store.job(request.path_params["job"])
        if job is None or job.user != request.state.user:
            raise RefusedError(404, "you have no such training")
        return job

    def _places(self) -> dict[str, int]:
        return self.turns.places(self.store, [one.user for one in self.workers.running.values()])

    def _told(self, job: Job, places: dict[str, int]) -> dict[str, Any]:
        told = {
            "id": job.job,
            "state": job.state,
            "name": job.request["name"],
            "model": job.request["model"],
            "epochs": job.request["epochs"],
            "table": job.request["data"],
            "look": job.request.get("look", False),
            "reading": job.request.get("reading", {}),
        }
        if job.job in places:
            place = places[job.job]
            wait_s = self.turns.seconds(self.store, place, self.settings.n_workers)
            return {**told, "place": place, "wait_s": wait_s}
        if job.state == "running":
            return {
                **told,
                "seconds": round(self.store.now() - (job.started or job.created)),
                **self.workers.progress(job.job),
            }
        return {**told, "message": job.message, "result": job.result}

    def _prepared(self, request: Any) -> dict[str, Any]:
        """Say where a job's table lies."""
        data = request["data"]
        found = next(self.store.upload_path(data).parent.glob(f"{data}.*"), None) if data not in SETS else data
        return {**request, "path": str(found or data)}


FILES = (
    (MODULE, "text/javascript"),
    (TEACH, "text/javascript"),
    (STYLE, "text/css"),
    (WORDS, "application/json"),
    (SCRIPT, "text/javascript"),
    (LOOKS, "text/css"),
)
PAGE_TEXT = PAGE.read_text(encoding="utf-8")


def _binary(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream")


def _finite(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None
