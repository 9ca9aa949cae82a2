"""A run is a folder, and the folder is the truth.

::

    RUN/
      request.json    what was asked; written first
      checkpoints/    while the training goes on, see training.checkpoint
      metrics.jsonl   one JSON object per epoch
      model/          the classifier, see training.modelfile
      report.html     the report
      rows.safetensors  what tells the training rows again, see trained_rows
      film.safetensors  of a training that was watched: the weights moment by moment
      run.json        what was asked, what came out: schema "convscope.run/1"; written last

A run that trained several models holds one such folder per model. A folder with a request and without a run.json is a
training that was killed or interrupted, or is still at work.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from convscope.errors import RunError
from convscope.files import is_bare, only_writer, read_json, read_lines, write_json, write_text
from convscope.runs.fields import are_measures, check_fields
from convscope.runs.sequence import next_in, place_of
from convscope.wording import Setting, Words

__all__ = ["REQUEST_SCHEMA", "RUN_SCHEMA", "Run", "create_run", "find_run", "open_run", "runs_home"]

RUN_SCHEMA = "convscope.run/1"
REQUEST_SCHEMA = "convscope.request/1"
PROBE = ".writable.part"


@dataclass(frozen=True)
class Run:
    """One run folder.

    Parameters
    ----------
    path : Path
        The folder.

    Examples
    --------
    >>> run = create_run("example")
    >>> run.is_finished, run.model_path.name, run.metrics()
    (False, 'model', [])
    """

    path: Path

    @property
    def model_path(self) -> Path:
        """Where the trained classifier lies."""
        return self.path / "model"

    @property
    def report_path(self) -> Path:
        """Where the report lies."""
        return self.path / "report.html"

    @property
    def film_path(self) -> Path:
        """Where the film of a watched training lies."""
        return self.path / "film.safetensors"

    @property
    def rows_path(self) -> Path:
        """Where the marks of the training rows lie."""
        return self.path / "rows.safetensors"

    @property
    def metrics_path(self) -> Path:
        """Where the measures of each epoch lie."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints_path(self) -> Path:
        """Where a running training keeps its progress."""
        return self.path / "checkpoints"

    @property
    def is_finished(self) -> bool:
        """Whether its record was written."""
        return (self.path / "run.json").is_file()

    def writing(self, *, patience: float = 0) -> AbstractContextManager[None]:
        """Be the run's only writer for the length of a block; see `files.only_writer`."""
        return only_writer(self.path, patience=patience)

    def write_request(self, request: Mapping[str, Any]) -> None:
        """Write down the request before anything is done.

        Raises
        ------
        RunError
            The folder holds something already.
        """
        _refuse_occupied(self.path)
        write_json(self.path / "request.json", {**request, **self._place(), "schema": REQUEST_SCHEMA})

    def request(self) -> dict[str, Any]:
        """Read what was asked.

        Raises
        ------
        RunError
            There is nothing to go on with, or it is damaged.
        """
        path = self.path / "request.json"
        try:
            found = read_json(path)
            if found["schema"] != REQUEST_SCHEMA:
                raise ValueError(f"its schema is {found['schema']!r}")
        except FileNotFoundError:
            raise RunError(
                f"{self.path} holds no training to continue: it has no request.json.",
                expected="a folder that convscope train started to write",
                repair="convscope train DATA --out RUN starts one",
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} is damaged: {error}.", repair="train again in another folder") from None
        return dict(found)

    def discard_model(self) -> None:
        """Remove the model that a process was killed over; of a finished run nothing is ever removed."""
        if not self.is_finished:
            shutil.rmtree(self.model_path, ignore_errors=True)

    def discard_checkpoints(self) -> None:
        """Remove the checkpoints of a training that has come to its end."""
        if self.is_finished:
            for commit in self.checkpoints_path.glob("*/COMMIT.json"):
                commit.unlink(missing_ok=True)  # first: what is left half removed is no checkpoint
            shutil.rmtree(self.checkpoints_path, ignore_errors=True)

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write run.json, completely or not at all."""
        place = place_of(self.path / "run.json", record.get("created")) or self._place()
        write_json(self.path / "run.json", {**record, **place, "schema": RUN_SCHEMA})

    def _place(self) -> dict[str, Any]:
        """Give the run's place among those of the home that it lies in, if it lies in one."""
        home = self.path.absolute().parent
        return next_in(home) if home.resolve() == runs_home().absolute().resolve() else {}

    def record(self) -> dict[str, Any]:
        """Read run.json.

        Raises
        ------
        RunError
            It is missing, is not JSON, has a schema that this version does not read, or values of the wrong kind.
        """
        path = self.path / "run.json"
        try:
            record = read_json(path)
        except FileNotFoundError:
            if (self.path / "request.json").is_file():
                raise RunError(
                    f"the training in {self.path} has not finished.",
                    repair=f"convscope train --resume {self.path}",
                ) from None
            raise RunError(
                f"{self.path} is not a run: it has no run.json.",
                expected="a folder that convscope train or convscope lab wrote",
                repair="look for the folder that holds run.json",
            ) from None
        except ValueError as error:
            raise _damaged(path, error) from None
        schema = record.get("schema") if isinstance(record, dict) else None
        if schema != RUN_SCHEMA:
            raise RunError(
                f"{path} has a schema that this version cannot read.",
                received=repr(schema),
                expected=repr(RUN_SCHEMA),
                repair="install the version of convscope that wrote it",
            )
        try:
            return check_fields(record)
        except ValueError as error:
            raise _damaged(path, error) from None

    def discard_if_empty(self) -> None:
        """Remove the folder again if nothing was written into it."""
        with suppress(OSError):
            self.path.rmdir()

    def write_metrics(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write metrics.jsonl, completely or not at all: one line for each row; NaN and infinities become null."""
        write_text(self.metrics_path, "".join(map(_line, rows)))

    def discard_untrained(self) -> None:
        """Remove the folder again if its training failed before an epoch was finished."""
        kept = {path.parent.name for path in self.checkpoints_path.glob("*/COMMIT.json")}
        if not self.is_finished and kept <= {"epoch-0000"}:
            shutil.rmtree(self.path, ignore_errors=True)

    def checkpoint_name(self) -> str:
        """Name the newest checkpoint, e.g. ``epoch-0003``; empty if there is none."""
        return max((path.parent.name for path in self.checkpoints_path.glob("*/COMMIT.json")), default="")

    def append_metrics(self, row: Mapping[str, Any]) -> None:
        """Append one line to metrics.jsonl and force it to the disk; NaN and infinities become null."""
        with self.metrics_path.open("a", encoding="utf-8") as lines:
            lines.write(_line(row))
            lines.flush()
            os.fsync(lines.fileno())

    def metrics(self) -> list[dict[str, Any]]:
        """Read metrics.jsonl; a torn last line is dropped.

        Raises
        ------
        RunError
            A line holds anything but numbers with their names, ``epoch`` among them.
        """
        if not self.metrics_path.is_file():
            return []
        try:
            rows = read_lines(self.metrics_path)
            wrong = next((number for number, row in enumerate(rows, start=1) if not are_measures(row)), None)
            if wrong is not None:
                raise ValueError(f"line {wrong:,} holds no measures of an epoch")
        except ValueError as error:
            raise _damaged(self.metrics_path, error) from None
        return rows


def runs_home() -> Path:
    """Return the folder of all runs: ``CONVSCOPE_HOME``, else the user's data folder.

    Examples
    --------
    >>> runs_home().name
    'runs'
    """
    home = os.environ.get("CONVSCOPE_HOME")
    return (Path(home) if home else user_data_path("convscope", appauthor=False)) / "runs"


def create_run(name: str, out: str | Path | None = None) -> Run:
    """Make a new, empty run folder.

    Parameters
    ----------
    name : str
        What the run is about; part of the folder's name.
    out : path, optional
        The folder to use instead of a new one under `runs_home`. It may exist if it is empty.

    Raises
    ------
    RunError
        The folder holds something already, or cannot be written.

    Examples
    --------
    >>> create_run("example", "my_run").path.name
    'my_run'
    """
    path = Path(out) if out is not None else runs_home() / f"{datetime.now():%Y-%m-%d-%H%M%S}-{name}"
    try:
        path = path if out is not None else _unused(path)
        path.mkdir(parents=True, exist_ok=True)
        (path / PROBE).touch()
        (path / PROBE).unlink()
    except OSError as error:
        raise RunError(
            f"{path} cannot be used as a run folder: {error.strerror or error}.",
            repair=Words("choose another folder with ", Setting("out"), ", or set CONVSCOPE_HOME"),
        ) from None
    _refuse_occupied(path)
    return Run(path)


def open_run(run: str | Path) -> Run:
    """Find a run by its path, or by its name under `runs_home`, and check its record.

    Raises
    ------
    RunError
        There is no such run, or its record is damaged.

    Examples
    --------
    >>> run = create_run("example")
    >>> run.write_record({"created": "2021-05-01T12:00:00", "accuracy": 0.9})
    >>> open_run(run.path).record()["accuracy"]
    0.9
    """
    found = find_run(run)
    found.record()
    return found


def find_run(run: str | Path) -> Run:
    """Find a run by its path, or by its name under `runs_home`; it may be unfinished.

    Raises
    ------
    RunError
        There is no such folder.

    Examples
    --------
    >>> find_run(create_run("example").path.name).is_finished
    False
    """
    for path in (Path(run), runs_home() / run):
        if path.is_dir():
            return Run(path)
    raise RunError(
        f"there is no run {str(run)!r}.",
        expected=f"a run folder, or the name of one in {runs_home()}",
        repair="convscope train DATA creates one",
    )


def _damaged(path: Path, error: ValueError) -> RunError:
    return RunError(f"{path} is damaged: {error}.", repair="train again; other runs are not touched")


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps({name: _finite(value) for name, value in row.items()}) + "\n"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def _refuse_occupied(path: Path) -> None:
    if not is_bare(path):
        raise RunError(
            f"{path} is not empty, and a run never overwrites another.",
            repair=Words("choose another folder with ", Setting("out"), ", or delete this one"),
        )


def _unused(path: Path) -> Path:
    """Make a folder that nobody else has, not even a process of the same second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        candidate = path if number == 1 else path.with_name(f"{path.name}-{number}")
        with suppress(FileExistsError):
            candidate.mkdir()
            return candidate
    raise AssertionError("numbers do not end")
