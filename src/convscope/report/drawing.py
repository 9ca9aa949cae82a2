"""Charts become SVG in a process of their own: drawing holds Python's lock, and another core has nothing to do."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert

from convscope.wording import visible_values

__all__ = ["draw", "warm_up"]

PROGRAM = Path(__file__).with_name("_drawer.py")
DOT: dict[str, Any] = {"mark": "point", "data": {"values": [{}]}}


def draw(spec: dict[str, Any]) -> Future[str]:
    """Draw a Vega-Lite specification as SVG, after those that were asked for before.

    Raises
    ------
    ValueError
        When the result is asked for: the specification is none.
    """
    return _drawer().draw(spec)


def warm_up() -> None:
    """Start the drawing process now: its first drawing takes as long as ten others.

    Examples
    --------
    >>> warm_up()
    """
    draw(DOT)


@cache
def _drawer() -> _Drawer:
    return _Drawer()


class _Drawer:
    """Holds the drawing process, and a thread that talks with it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "drawing")
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self._close)

    def draw(self, spec: dict[str, Any]) -> Future[str]:
        return self._thread.submit(self._draw, json.dumps(visible_values(spec)))  # an escape sequence ends it

    def _draw(self, spec: str) -> str:
        try:
            answer = self._ask(spec)
        except (OSError, json.JSONDecodeError):  # it could not be started, or was killed: then it is drawn here
            self._end()
            return str(vl_convert.vegalite_to_svg(spec))
        if "error" in answer:
            raise ValueError(answer["error"])
        return str(answer["svg"])

    def _ask(self, spec: str) -> dict[str, str]:
        if self._process is None:
            pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process = subprocess.Popen([sys.executable, PROGRAM], **pipes, text=True, encoding="utf-8")
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(spec + "\n")
        process.stdin.flush()
        answer: dict[str, str] = json.loads(process.stdout.readline())
        return answer

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with suppress(OSError):  # what was written last may not have been read
                self._process.communicate()
        self._process = None

    def _close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._end()
