"""Many trainings of one model on one table: points of parameters, each over several seeds.

::

    SWEEP/
      sweep.json      what was asked last; its place tells workers that they see the folder
      <trial>/        one run per trial, named by its hash, see `trial`
      report.html     charts and table
      run.json        kind "sweep": one row per point, best first; written last

What lies there is never done again: the same sweep, or a wider one, in the same folder does only what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from convscope.backend import backend_name
from convscope.datasets import catalogue as data_sets
from convscope.errors import ModelError, RunError, UsageError
from convscope.files import is_bare, write_json
from convscope.models import find_builder
from convscope.reading import Reading
from convscope.runs import searches
from convscope.runs.engines import Engine, find_engine
from convscope.runs.environment import code_version, package_versions
from convscope.runs.searches import Point
from convscope.runs.spaces import Space, Values
from convscope.runs.store import Run, runs_home
from convscope.runs.trial import MARK, SWEEP_FILE, Trial, hash_file, order, sweep_parts
from convscope.tables import hash_tables
from convscope.training import ImageClassifier
from convscope.training.intervals import mean_interval
from convscope.training.settings import check_setting, check_settings
from convscope.wording import Setting, Words

__all__ = ["Outcome", "Sweep", "run_sweep"]

SWEEP_SCHEMA = "convscope.sweep/1"
NOT_SWEPT = ("model", "random_state", "callbacks", "verbose", "warm_start")


@dataclass(frozen=True)
class Sweep:
    """What a sweep tries.

    Parameters
    ----------
    data : str
        A data set's name, or a path to a table.
    model : str
        A model's name, or ``FILE.py:builder``.
    spaces : mapping of str to Values or Range
        Parameters of `ImageClassifier`, the builder's own as ``model__NAME``.
    search : str
        A name in ``runs.searches``: ``"grid"``, ``"random"`` or ``"optuna"``.
    n_points : int, optional
        Points to try; all of a grid, 20 otherwise.
    n_seeds, seed : int
        Each point is trained with seeds ``seed``, ``seed + 1``, ...
    recipe, pixel_order : str
    limit : int, optional
        Use so many training rows, and so many test rows, only.
    reading : Reading
        How a table of the user's own is read.
    """

    data: str
    model: str
    spaces: Mapping[str, Space]
    search: str = "grid"
    n_points: int | None = None
    n_seeds: int = 1
    seed: int = 0
    recipe: str = "fast"
    pixel_order: str = "original"
    limit: int | None = None
    reading: Reading = field(default_factory=lambda: Reading())
    place: str = field(init=False)

    def __post_init__(self) -> None:
        # Workers are somewhere else: a path is given to them as a whole one. What is no path is refused as typed.
        path = Path(self.data).expanduser()
        place = self.data if self.data in data_sets or not path.exists() else str(path.resolve())
        object.__setattr__(self, "place", place)

    @property
    def settings(self) -> dict[str, Any]:
        """Name what all trials share."""
        shared = {name: getattr(self, name) for name in ("recipe", "pixel_order", "limit")}
        read = {"reading": dict(self.reading)} if self.reading else {}  # else earlier trials had other names
        return shared | {"code": hash_file(self.model)} | read

    def seeds(self) -> range:
        """List the seeds of each point."""
        return range(self.seed, self.seed + self.n_seeds)


@dataclass(frozen=True)
class Outcome:
    """One trial that has finished.

    Parameters
    ----------
    trial : Trial
    record : dict or None
        Of its run; None where it failed.
    failed : str
        Why there is no record.
    kept : bool
        Whether it had been done before.
    """

    trial: Trial
    record: dict[str, Any] | None
    failed: str = ""
    kept: bool = False

    @property
    def accuracy(self) -> float | None:
        """Accuracy on the rows that the sweep chooses by, 0..1."""
        return None if self.record is None else float(self.record["validation"]["accuracy"])


def run_sweep(
    sweep: Sweep,
    out: str | Path | None = None,
    *,
    engine: str = "loky",
    jobs: int | None = None,
    tell: Callable[[Outcome, int, int], None] = lambda outcome, n_done, n_trials: None,
    report: Callable[[dict[str, Any], Path], None] = lambda record, path: None,
    **more: Any,
) -> dict[str, Any]:
    """Do what is missing of a sweep, and sum up all of it.

    Parameters
    ----------
    sweep : Sweep
    out : path, optional
        Its folder; one named after model and data under `runs_home` if left out.
    engine : str
        ``"loky"``, ``"dask://HOST:PORT"`` or ``"ray://HOST:PORT"``.
    jobs : int, optional
        Trials at a time, on this machine.
    tell : callable
        Called for each finished trial, with the number of finished trials and of all so far.
    report : callable
        Given the record and a path, writes the report there.
    **more
        Further JSON values for the record, e.g. the command.

    Returns
    -------
    record : dict
        ``sweep`` (its folder), ``rows`` (one per point, best first), ``best`` (the first row, with its accuracy on
        the test rows), ``n_trials``, ``n_kept``, ``failed`` (a message per trial that failed).

    Raises
    ------
    UsageError
        A parameter is unknown, or there are too many trials.
    RunError
        The folder holds something else, has a writer already, or the cluster cannot be reached.
    ModelError
        All trials failed.
    """
    _check_parameters(sweep)
    carry_out = find_engine(engine, jobs)
    search = searches.catalogue.get(sweep.search)(sweep.spaces, sweep.n_points, sweep.seed)
    points = next(search)  # a grid that is too large is refused before anything is read
    data_hash = hash_tables(*sweep_parts(sweep.place, sweep.settings))
    folder = Path(out) if out is not None else runs_home() / _folder_name(sweep, data_hash)
    if folder.is_dir() and not (folder / SWEEP_FILE).is_file() and not is_bare(folder):
        raise RunError(
            f"{folder} is not the folder of a sweep.", repair=Words("choose another folder with ", Setting("out"))
        )
    run = Run(folder)
    found: dict[str, Outcome] = {}
    tried: list[Point] = []
    with run.writing():
        write_json(folder / SWEEP_FILE, {"schema": SWEEP_SCHEMA, **asdict(sweep), **more})
        while points:
            tried += points
            trials = {trial.name: trial for point in points for trial in _trials(sweep, point, data_hash)}
            n_trials = len(found | trials)
            for outcome in _outcomes(trials, found, sweep.place, folder, carry_out):
                found[outcome.trial.name] = outcome
                tell(outcome, len(found), n_trials)
            try:
                points = search.send([_score(sweep, point, data_hash, found) for point in points])
            except StopIteration:
                break
        rows = _rows(sweep, tried, data_hash, found)
        record = {"kind": "sweep", **_record(sweep, rows, data_hash, found), **more}
        if not rows[0]["n_seeds"]:
            raise ModelError(f"all {len(found):,} trials failed; the first one: {' '.join(rows[0]['failed'].split())}")
        report(record, run.report_path)
        run.write_record(record)
    return {"sweep": str(folder), **record}


def _check_parameters(sweep: Sweep) -> None:
    """Refuse what the classifier or the builder does not know, names and values, before anything is trained."""
    for name in sweep.spaces:
        if name in NOT_SWEPT:
            raise UsageError(
                f"{name} cannot be swept.",
                repair=Words(Setting("model"), " and ", Setting("n_seeds"), " choose models and seeds"),
            )
    ImageClassifier(find_builder(sweep.model)).set_params(**dict.fromkeys(sweep.spaces))
    check_settings({"recipe": sweep.recipe, "seed": sweep.seed})
    for name, space in sweep.spaces.items():
        for value in space.values if isinstance(space, Values) else (space.low, space.high):
            check_setting(name, value)


def _folder_name(sweep: Sweep, data_hash: str) -> str:
    return f"sweep-{Path(sweep.model.split(':')[-1]).name}-{Path(sweep.data).name.split('.')[0]}-{data_hash[:8]}"


def _trials(sweep: Sweep, point: Point, data_hash: str) -> list[Trial]:
    return [Trial(sweep.model, point, seed, data_hash, sweep.settings) for seed in sweep.seeds()]


def _outcomes(
    trials: Mapping[str, Trial], found: Mapping[str, Outcome], place: str, folder: Path, carry_out: Engine
) -> Iterator[Outcome]:
    """Yield what was kept, then carry out the rest."""
    missing = []
    for name, trial in trials.items():
        if name in found:
            continue
        if (folder / name / "run.json").is_file():
            yield Outcome(trial, _kept(Run(folder / name)), kept=True)
        else:
            (folder / name / MARK).unlink(missing_ok=True)  # a new sweep begins a trial anew as often as it may
            missing.append(trial)
    if missing:
        for index, text in carry_out([order(trial, place, folder) for trial in missing]):
            outcome = json.loads(text)
            yield Outcome(missing[index], outcome.get("record"), outcome.get("failed", ""))


def _kept(run: Run) -> dict[str, Any]:
    """Read the record of a trial that was done before."""
    record = run.record()
    for name in ("accuracy", "interval", "validation", "n_parameters", "seconds"):
        if record.get(name) is None:
            raise RunError(
                f"{run.path} is not a trial of a sweep: its record has no {name}.",
                repair="delete this folder; the sweep then does the trial again",
            )
    return record


def _score(sweep: Sweep, point: Point, data_hash: str, found: Mapping[str, Outcome]) -> float | None:
    accuracies = [found[trial.name].accuracy for trial in _trials(sweep, point, data_hash)]
    known = [accuracy for accuracy in accuracies if accuracy is not None]
    return float(np.mean(known)) if known else None


def _rows(sweep: Sweep, points: Sequence[Point], data_hash: str, found: Mapping[str, Outcome]) -> list[dict[str, Any]]:
    """Sum up each point over its seeds, the best first; a point that was tried twice is one row."""
    rows = {
        json.dumps(point, sort_keys=True): _row(point, [found[t.name] for t in _trials(sweep, point, data_hash)])
        for point in points
    }
    return sorted(rows.values(), key=lambda row: (row["accuracy"] is None, -(row["accuracy"] or 0)))


def _row(point: Point, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    failed = next((outcome.failed for outcome in outcomes if outcome.failed), "")
    return {
        "parameters": dict(point),
        **_summed([record["validation"]["accuracy"] for record in records], [r["validation"] for r in records]),
        "n_seeds": len(records),
        "n_parameters": records[0]["n_parameters"] if records else None,
        "seconds": round(float(np.mean([record["seconds"] for record in records])), 3) if records else None,
        "trials": [outcome.trial.name for outcome in outcomes],
        "failed": failed,
    }


def _summed(accuracies: Sequence[float], measured: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give mean and 95 % interval: over the seeds, or over the rows if there is one seed."""
    if not accuracies:
        return {"accuracy": None, "interval": [None, None]}
    if len(accuracies) == 1:
        return {"accuracy": accuracies[0], "interval": list(measured[0]["interval"])}
    mean, low, high = mean_interval(accuracies)
    return {"accuracy": mean, "interval": [max(0.0, low), min(1.0, high)]}


def _record(
    sweep: Sweep, rows: Sequence[Mapping[str, Any]], data_hash: str, found: Mapping[str, Outcome]
) -> dict[str, Any]:
    best = dict(rows[0])
    tests = [found[name].record or {} for name in best["trials"] if found[name].record]
    best["test"] = _summed([record["accuracy"] for record in tests], tests)
    some = next((outcome.record for outcome in found.values() if outcome.record), {})
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": sweep.model,
        "data": sweep.data,
        "data_hash": data_hash,
        **{name: getattr(sweep, name) for name in ("search", "recipe", "pixel_order", "limit", "seed", "n_seeds")},
        **({"reading": dict(sweep.reading)} if sweep.reading else {}),
        "n_train": some.get("n_train"),
        "n_validation": some.get("validation", {}).get("n_rows"),
        "n_test": some.get("n_test"),
        "n_trials": len(found),
        "n_kept": sum(outcome.kept for outcome in found.values()),
        "failed": [outcome.failed for outcome in found.values() if outcome.failed],
        "accuracy": best["accuracy"],
        "interval": best["interval"],
        "best": best,
        "rows": list(rows),
        "backend": backend_name(),
        "code_version": code_version(),
        "versions": package_versions(),
    }
