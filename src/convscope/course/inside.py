"""The program that runs inside the sandbox: one student's cells, and plain values out.

It is started by path, reads one JSON job from standard input and writes one JSON line. What it runs may do anything
that the sandbox allows, to this program too; so nothing it says is more than a student's answer, and all judging is
done outside, by what never comes in here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["as_plain", "main", "run_cells"]

NOBODY = 65534
MOST_LEVELS = 6
MOST_NUMBERS = 400_000
MOST_LETTERS = 20_000


def main() -> None:
    """Read the job, run its cells, write the answers, and end at once, whatever threads are left."""
    job = json.load(sys.stdin)
    result = os.fdopen(os.dup(1), "w", encoding="utf-8")
    _give_up_rights(job["limits"], leave_root=job["leave_root"])
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    _hide_the_checks()
    namespace, failures = run_cells(job["cells"])
    answers = {}
    for name in job["names"]:
        try:
            answers[name] = as_plain(namespace.get(name), _trials(job["probes"].get(name)))
        except Exception as error:  # an answer may be an object of any make
            answers[name] = {"is": "unreadable", "why": _short(error)}
    result.write(json.dumps({"answers": answers, "failures": failures}) + "\n")
    result.flush()
    os._exit(0)


def _give_up_rights(limits: dict[str, int], *, leave_root: bool) -> None:
    """Set limits that cannot be raised again, and stop being root."""
    import resource  # noqa: PLC0415  (there is none on Windows, where there is no sandbox either)

    wanted = {
        resource.RLIMIT_AS: limits["address_bytes"],
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)
        kept = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (kept, kept))
    if leave_root:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        if 0 in (os.getuid(), os.geteuid(), os.getgid()):
            raise SystemExit("still root")


class _Absent:
    """Stands for every exercise: it has no answers in here."""

    def __getattr__(self, name: str) -> _Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given: Any, **settings: Any) -> _Absent:
        return self

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "Answers are checked later."


def _hide_the_checks() -> None:
    """Let ``from convscope.course import ex`` work, though the exercises' files are not in the sandbox."""
    empty = ModuleType("convscope.course.exercises")
    empty.__getattr__ = lambda name: getattr(_Absent(), name)  # type: ignore[method-assign]
    sys.modules["convscope.course.exercises"] = empty


def run_cells(cells: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Run cells one after the other, as a notebook does; one that fails does not stop the next.

    Returns
    -------
    namespace : dict
    failures : list of str
        What went wrong, by cell.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *shown, **settings: None}
    failures = []
    for number, cell in enumerate(cells, 1):
        try:
            exec(compile(cell, f"<cell {number}>", "exec"), namespace)
        except BaseException as error:  # SystemExit ends a cell, not the grading
            failures.append(f"cell {number}: {_short(error)}")
    return namespace, failures[:20]


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _trials(probes: list[list[Any]] | None) -> Callable[[Any], Any] | None:
    """Make the arguments of a function's trials: grids become arrays."""
    if probes is None:
        return None
    arguments = [[np.array(one, np.float32) if isinstance(one, list) else one for one in probe] for probe in probes]
    return lambda function: [as_plain(function(*given)) for given in arguments]


def as_plain(value: Any, trial: Callable[[Any], Any] | None = None, depth: int = 0) -> Any:
    """Turn a value into what JSON can carry: numbers, text, arrays, lists, mappings, a model's layers, outputs.

    Raises
    ------
    ValueError
        It is something else, or too large.
    """
    if isinstance(value, _Absent):
        raise ValueError("it comes from the course's own answers, which are not here")
    if value is None or value is ... or isinstance(value, bool | float):
        return None if value is ... else value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, str) and len(value) <= MOST_LETTERS:
        return value
    if depth < MOST_LEVELS:
        if isinstance(value, dict):
            parts = [[str(key)[:200], as_plain(one, None, depth + 1)] for key, one in list(value.items())[:1000]]
            return {"is": "mapping", "parts": parts}
        if isinstance(value, list | tuple) and len(value) <= 1000:
            return {"is": "list", "parts": [as_plain(one, None, depth + 1) for one in value]}
    if hasattr(value, "layers") or hasattr(value, "model_"):
        from convscope.course.layers import read_layers  # noqa: PLC0415  (the sandbox's own limits come first)

        return {"is": "model", "layers": [asdict(layer) for layer in read_layers(value)]}
    if callable(value) and trial is not None:
        return {"is": "function", "outputs": trial(value)}
    return _array(value)


def _array(value: Any) -> Any:
    for method in ("to_numpy", "numpy"):
        if callable(getattr(value, method, None)):
            value = getattr(value, method)()
    array = np.asarray(value)
    if array.size > MOST_NUMBERS or array.dtype.kind not in "biufUO" or array.ndim > 8:
        raise ValueError(f"an array of shape {array.shape} and type {array.dtype}")
    parts = array.ravel().tolist()
    if not all(isinstance(part, bool | int | float | str) for part in parts):
        raise ValueError("an array of objects")
    return {"is": "array", "shape": list(array.shape), "parts": parts}


if __name__ == "__main__":
    main()
