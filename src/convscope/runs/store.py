"""A run is a folder, and the folder is the truth.

::

    RUN/
      run.json        what was asked, what came out: schema "convscope.run/1"
      metrics.jsonl   one JSON object per epoch, appended
      model/          the classifier, see training.modelfile
      report.html     the report

A run that trained several models holds one such folder per model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from convscope.errors import RunError
from convscope.files import write_json

__all__ = ["RUN_SCHEMA", "Run", "create_run", "open_run", "runs_home"]

RUN_SCHEMA = "convscope.run/1"


@dataclass(frozen=True)
class Run:
    """One run folder.

    Parameters
    ----------
    path : Path
        The folder.
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
    def metrics_path(self) -> Path:
        """Where the measures of each epoch lie."""
        return self.path / "metrics.jsonl"

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write run.json, whole or not at all."""
        write_json(self.path / "run.json", {**record, "schema": RUN_SCHEMA})

    def record(self) -> dict[str, Any]:
        """Read run.json.

        Raises
        ------
        RunError
            It is missing, is not JSON, or has a schema that this version does not read.
        """
        path = self.path / "run.json"
        try:
            if path.exists() and not path.is_file():
                raise ValueError("it is no plain file")
            record = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(
                f"{self.path} is not a run: it has no run.json.",
                expected="a folder that convscope train or convscope lab wrote",
                repair="look for the folder that holds run.json",
            ) from None
        except (ValueError, RecursionError) as error:
            raise RunError(f"{path} is damaged: {error}.", repair="train again; other runs are not touched") from None
        schema = record.get("schema") if isinstance(record, dict) else None
        if schema != RUN_SCHEMA:
            raise RunError(
                f"{path} has a schema that this version does not read.",
                received=repr(schema),
                expected=repr(RUN_SCHEMA),
                repair="install the version of convscope that wrote it",
            )
        return dict(record)

    def discard_if_empty(self) -> None:
        """Take the folder away again if nothing was written into it."""
        with suppress(OSError):
            self.path.rmdir()

    def append_metrics(self, row: Mapping[str, Any]) -> None:
        """Append one line to metrics.jsonl and force it to the disk; NaN and infinities become null."""
        with self.metrics_path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({name: _finite(value) for name, value in row.items()}) + "\n")
            lines.flush()
            os.fsync(lines.fileno())

    def metrics(self) -> list[dict[str, Any]]:
        """Read metrics.jsonl; a torn last line is dropped."""
        if not self.metrics_path.is_file():
            return []
        lines = self.metrics_path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1] if line]


def runs_home() -> Path:
    """Return the folder of all runs: ``CONVSCOPE_HOME``, else the user's data folder."""
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
    """
    path = Path(out) if out is not None else _unused(runs_home() / f"{datetime.now():%Y-%m-%d-%H%M%S}-{name}")
    try:
        path.mkdir(parents=True, exist_ok=True)
        occupied = any(path.iterdir())
        (path / ".writable").touch()
        (path / ".writable").unlink()
    except OSError as error:
        raise RunError(
            f"{path} cannot be used as a run folder: {error.strerror or error}.",
            repair="choose another folder with --out, or set CONVSCOPE_HOME",
        ) from None
    if occupied:
        raise RunError(
            f"{path} is not empty, and a run never writes over another.",
            repair="choose another folder with --out, or delete this one",
        )
    return Run(path)


def open_run(run: str | Path) -> Run:
    """Find a run by its path, or by its name under `runs_home`, and check its record.

    Raises
    ------
    RunError
        There is no such run, or its record is damaged.
    """
    for path in (Path(run), runs_home() / run):
        if path.is_dir():
            found = Run(path)
            found.record()
            return found
    raise RunError(
        f"there is no run {str(run)!r}.",
        expected=f"a run folder, or the name of one in {runs_home()}",
        repair="convscope train DATA makes one",
    )


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def _unused(path: Path) -> Path:
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate
