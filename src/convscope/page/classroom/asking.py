"""The process that knows the teacher's model, asked for many learners at once.

Pictures that come in while it computes wait together and go together: one picture takes a millisecond, and so do fifty.
A process that died is begun again.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from array import array
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from convscope.errors import UsageError
from convscope.page.classroom.workers import end_group
from convscope.page.guard import RefusedError

__all__ = ["Answerer", "BusyError"]

PROGRAM = "convscope.page.classroom._answering"
HEAD = struct.Struct("<cI")
MOST_WAITING = 500
TOGETHER = 64
LONGEST_START_S = 120.0
LONGEST_ANSWER_S = 20.0
AGAIN_S = 1.0

Question = tuple[bytes, bytes, "asyncio.Future[bytes]"]


class BusyError(RefusedError):
    """Too many questions wait, or the model is not open yet: ask again in ``retry_s`` seconds."""

    def __init__(self, retry_s: int = 1) -> None:
        super().__init__(429, "the model is busy", f"ask again in {retry_s} s", retry_s=retry_s)


class Answerer:
    """Asks the process that knows the model.

    Parameters
    ----------
    run : str
        A run, or nothing for a small one.
    bundle : Path
        Where the process puts the page's bundle.
    start : Path
        Where it keeps the small run.

    Attributes
    ----------
    about : dict
        Title, number of features and classes; empty until the process is ready.
    problem : str
        Why it cannot be opened.
    """

    def __init__(self, run: str, bundle: Path, start: Path) -> None:
        self._words = (run, str(bundle), str(start))
        self.about: dict[str, Any] = {}
        self.problem = ""
        self._waiting: list[Question] = []
        self._asked = asyncio.Event()
        self.ready = asyncio.Event()

    async def serve(self) -> None:
        """Keep a process going, until this task is cancelled."""
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "convscope.loading", PROGRAM, *self._words,
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True,
            )  # fmt: skip
            try:
                await self._serve(process)
            except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
                pass  # it died or hangs; what was asked of it is answered as busy, and it is begun again
            finally:
                self.ready.clear()
                end_group(process.pid)
                await process.wait()
                self._refuse()
            await asyncio.sleep(AGAIN_S)

    async def predict(self, pixels: array[float]) -> list[float]:
        """Give the probabilities of one picture, in the order of the classes."""
        found = array("f")
        found.frombytes(await self._ask(b"P", pixels.tobytes()))
        return found.tolist()

    async def row(self, row: int) -> bytes:
        """Give another row of the table, as the page reads it."""
        return await self._ask(b"R", str(row).encode())

    async def values(self, pixels: bytes) -> bytes:
        """Give the layers of a picture that the page cannot compute."""
        return await self._ask(b"V", pixels)

    async def _ask(self, kind: bytes, content: bytes) -> bytes:
        if not self.ready.is_set():
            raise BusyError(2)
        if len(self._waiting) >= MOST_WAITING:
            raise BusyError(1)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((kind, content, answer))
        self._asked.set()
        return await answer

    async def _serve(self, process: Process) -> None:
        kind, content = await asyncio.wait_for(_receive(process), LONGEST_START_S)
        if kind == b"E":
            self.problem = content.decode()
            raise ValueError(self.problem)
        self.about, self.problem = json.loads(content), ""
        self.ready.set()
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._waiting:
                await asyncio.wait_for(self._answer(process, self._next()), LONGEST_ANSWER_S)

    def _next(self) -> list[Question]:
        """Take the first question, and with a picture all that wait behind it."""
        alone = self._waiting[0][0] != b"P"
        chosen: list[Question] = []
        left: list[Question] = []
        for question in self._waiting:
            together = not chosen if alone else question[0] == b"P" and len(chosen) < TOGETHER
            (chosen if together else left).append(question)
        self._waiting = left
        return chosen

    async def _answer(self, process: Process, questions: Sequence[Question]) -> None:
        assert process.stdin is not None
        content = b"".join(question[1] for question in questions)
        try:
            process.stdin.write(HEAD.pack(questions[0][0], len(content)) + content)
            await process.stdin.drain()
            kind, answer = await _receive(process)
        except BaseException:
            for _, _, future in questions:
                if not future.done():
                    future.set_exception(BusyError(2))
            raise
        size = len(answer) // len(questions)
        for place, (_, _, future) in enumerate(questions):
            if future.done():
                continue  # who asked has gone
            if kind == b"E":
                future.set_exception(UsageError(answer.decode().split("\n")[0]))
            else:
                future.set_result(answer[place * size : (place + 1) * size])

    def _refuse(self) -> None:
        for _, _, future in self._waiting:
            if not future.done():
                with suppress(asyncio.InvalidStateError):
                    future.set_exception(BusyError(2))
        self._waiting = []


async def _receive(process: Process) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    kind, length = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
    return kind, await process.stdout.readexactly(length)
