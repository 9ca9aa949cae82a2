"""One process group per job: started when it is its turn, watched, and ended whole."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convscope.page.classroom.fair import in_turn
from convscope.page.classroom.store import Store

__all__ = ["WorkerLimits", "Workers", "end_group", "memory_of_group"]

PROGRAM = "convscope.page.classroom._training"
WATCH_S = 0.5
LONGEST_LINE = 1 << 16


@dataclass(frozen=True)
class WorkerLimits:
    """What one training may use.

    Parameters
    ----------
    seconds : int
        Of the clock, and of each processor.
    memory_bytes : int
        Resident, of all its processes together.
    file_bytes : int
        Of one file that it writes.
    """

    seconds: int = 600
    memory_bytes: int = 2_000_000_000
    file_bytes: int = 200_000_000


@dataclass
class _Running:
    user: str
    process: Process
    progress: dict[str, Any] = field(default_factory=dict)
    ending: str = ""


class Workers:
    """Runs the jobs of a store, so many at a time.

    Parameters
    ----------
    store : Store
    n_workers : int
    limits : WorkerLimits
    prepare : callable
        Turns a job's request into what its worker reads.
    """

    def __init__(
        self,
        store: Store,
        n_workers: int,
        limits: WorkerLimits,
        prepare: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> None:
        self.store, self.n_workers, self.limits, self._prepare = store, n_workers, limits, prepare
        self.running: dict[str, _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = list(range(n_workers))

    def fill(self) -> None:
        """Begin as many jobs as there is room for."""
        while self._free and (turn := in_turn(self.store.waiting(), [one.user for one in self.running.values()])):
            self._begin(turn[0].job, turn[0].user)

    def progress(self, job: str) -> dict[str, Any]:
        """Say how far a running job is."""
        return self.running[job].progress if job in self.running else {}

    def cancel(self, job: str) -> None:
        """End a job's whole process group, or take it out of the queue."""
        found = self.running.get(job)
        self.store.end(job, "cancelled")
        if found is not None and found.process is not None:
            found.ending = "cancelled"
            end_group(found.process.pid)

    async def stop(self) -> None:
        """End everything that runs; the store still says that it runs, so that it is queued again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, job: str, user: str) -> None:
        self.store.begin(job)
        slot = self._free.pop()
        self.running[job] = _Running(user, None)  # type: ignore[arg-type]
        task = asyncio.create_task(self._run(job, slot))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, job: str, slot: int) -> None:
        try:
            await self._train(job, slot)
        finally:
            self.running.pop(job, None)
            self._free.append(slot)
        self.fill()

    async def _train(self, job: str, slot: int) -> None:
        found = self.store.job(job)
        if found is None or not found.active:
            return  # it was cancelled in between
        folder = self.store.job_path(job)
        _empty(folder)
        (folder / "request.json").write_text(json.dumps(self._prepare(found.request)), encoding="utf-8")
        numbers = map(str, (slot, self.limits.seconds, self.limits.file_bytes))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "convscope.loading", PROGRAM, str(folder), *numbers),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,
            limit=LONGEST_LINE,
            env=_environment(folder),
        )
        entry = self.running[job]
        entry.process = process
        current = self.store.job(job)
        if current is None or not current.active:
            entry.ending = "cancelled"
        watching = asyncio.create_task(self._watch(entry))
        try:
            last = await self._listen(entry)
            await process.wait()
        finally:
            watching.cancel()
            end_group(process.pid)
            with suppress(ProcessLookupError, asyncio.CancelledError):
                await process.wait()
        self._settle(job, entry, last)

    async def _listen(self, entry: _Running) -> dict[str, Any]:
        """Read what a worker tells, line by line, and give the last."""
        last: dict[str, Any] = {}
        assert entry.process.stdout is not None
        while True:
            try:
                line = await entry.process.stdout.readline()
            except ValueError:  # a line longer than any that our program writes
                continue
            if not line:
                return last
            with suppress(ValueError):
                last = dict(json.loads(line))
            if "phase" in last:
                entry.progress = last

    async def _watch(self, entry: _Running) -> None:
        until = time.monotonic() + self.limits.seconds
        while True:
            if entry.ending:
                end_group(entry.process.pid)
                return
            if time.monotonic() > until:
                entry.ending = f"it took longer than {self.limits.seconds} s: use fewer rows or epochs"
            elif memory_of_group(entry.process.pid) > self.limits.memory_bytes:
                entry.ending = f"it took more than {self.limits.memory_bytes / 1e9:g} GB of memory: use fewer rows"
            else:
                await asyncio.sleep(WATCH_S)

    def _settle(self, job: str, entry: _Running, last: dict[str, Any]) -> None:
        if entry.ending == "cancelled":
            self.store.end(job, "cancelled")
        elif "done" in last and entry.process.returncode == 0:
            self.store.end(job, "done", result=last["done"])
        else:
            early = f"the training ended early (code {entry.process.returncode})"
            fields = {"fields": last["fields"]} if "error" in last and last.get("fields") else None
            self.store.end(job, "failed", message=entry.ending or last.get("error") or early, result=fields)


def end_group(pid: int) -> None:
    """Kill a process and everything that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def memory_of_group(group: int) -> int:
    """Add up the resident memory of a process group, in bytes; 0 where there is no ``/proc``."""
    pages = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[2]) == group:
            pages += int(fields[21])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "CONVSCOPE_OFFLINE": "1", "CONVSCOPE_HOME": str(folder), "OMP_NUM_THREADS": "1"}


def _empty(folder: Path) -> None:
    """Make the folder of a job, without what an earlier attempt left."""
    if folder.exists():
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.mkdir(exist_ok=True)
