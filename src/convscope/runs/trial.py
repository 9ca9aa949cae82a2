"""One trial of a sweep: a pure function of a specification, the data and a seed, named by their hash.

A trial travels as JSON, to another process or to another machine, and its outcome comes back as JSON. What it trained
is a run of its own, in a folder named like the trial: done once, it is never done again, and one whose process was
killed goes on from its last checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from convscope.datasets import load_parts
from convscope.engine.interrupts import INTERRUPTIONS
from convscope.errors import ConvscopeError, DataError, RunError
from convscope.models import find_builder
from convscope.reading import Reading
from convscope.runs.store import Run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import Table, hash_tables, hold_out, limit_rows, mark_rows, shuffle_pixels
from convscope.training import ImageClassifier, evaluate
from convscope.wording import Setting, Words

__all__ = [
    "MARK",
    "MOST_BEGINNINGS",
    "SWEEP_FILE",
    "VERSION",
    "Trial",
    "carry_out",
    "failed",
    "hash_file",
    "order",
    "sweep_parts",
]

VERSION = version("convscope")
SWEEP_FILE = "sweep.json"
MARK = ".begun"
"""One byte for each time that the trial was started; its engine does not start it a third time."""
MOST_BEGINNINGS = 2
NAME_LENGTH = 16
PATIENCE = 600
"""Seconds for another worker to come to an end with the same trial: one that was killed, or that an interrupted sweep
left at work on a cluster. What it did by then counts."""


@dataclass(frozen=True)
class Trial:
    """All that decides how a trial ends.

    Parameters
    ----------
    model : str
        A model's name, or ``FILE.py:builder``.
    parameters : mapping of str to JSON values
        Of `ImageClassifier`, the builder's own as ``model__NAME``.
    seed : int
    data_hash : str
        SHA-256 of the tables, see `tables.hash_tables`.
    settings : mapping of str to JSON values
        What all trials of a sweep share: ``recipe``, ``pixel_order``, ``limit``, ``code`` (SHA-256 of the builder's
        file, or None), and ``reading`` where the table is not read in the usual way.
    """

    model: str
    parameters: Mapping[str, Any]
    seed: int
    data_hash: str
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The first digits of the SHA-256 of everything above, as sorted JSON."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:NAME_LENGTH]


def sweep_parts(place: str, settings: Mapping[str, Any]) -> tuple[Table, Table, Table]:
    """Load the rows of a sweep: to train on, to choose by, to test on.

    One training row in five is held out to choose by, each class in proportion, the same rows in every trial; the test
    rows choose nothing.

    Returns
    -------
    train, validation, test : tables
    """
    reading: Reading = settings.get("reading", Reading())
    train, test = (limit_rows(part, settings["limit"]) for part in load_parts(place, **reading))
    if settings["pixel_order"] == "shuffled":
        train, test = shuffle_pixels(train), shuffle_pixels(test)
    return *hold_out(train), test


def hash_file(model: str) -> str | None:
    """Hash the file of a ``FILE.py:builder``, so that a changed builder makes new trials; None for our own models."""
    path, colon, _ = model.rpartition(":")
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if colon and path.endswith(".py") else None


def order(trial: Trial, place: str, folder: Path) -> str:
    """Write down, as JSON, a trial, where its data are, and in which sweep's folder its run belongs."""
    where = {"place": place, "folder": str(folder), "version": VERSION}
    return json.dumps({"trial": asdict(trial), **where})


def carry_out(text: str) -> str:
    """Do what an order says, unless it was done before; called wherever an engine has its workers.

    Parameters
    ----------
    text : str
        From `order`.

    Returns
    -------
    outcome : str
        A JSON object: the trial's ``record``, or as ``failed`` why there is none.
    """
    ordered = json.loads(text)
    trial = Trial(**ordered["trial"])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return json.dumps({"record": _record(trial, ordered)})
    except ConvscopeError as error:
        return failed(str(error))
    except (Exception, SystemExit) as error:  # whatever a user's builder raises: the other trials go on
        return failed(f"{type(error).__name__}: {error}")


def failed(why: str = f"its worker was killed {MOST_BEGINNINGS} times.") -> str:
    """Write down the outcome of a trial that has no record."""
    return json.dumps({"failed": why})


def _record(trial: Trial, ordered: Mapping[str, Any]) -> dict[str, Any]:
    folder = Path(ordered["folder"])
    if ordered["version"] != VERSION:
        raise RunError(
            "the worker has another version of convscope.",
            received=VERSION,
            expected=ordered["version"],
            repair="install the same version everywhere",
        )
    if not (folder / SWEEP_FILE).is_file():
        raise RunError(
            "the worker does not see the sweep's folder.",
            received=str(folder),
            repair=Words("name a folder that all machines share with ", Setting("out")),
        )
    run = Run(folder / trial.name)
    if not run.is_finished:
        with run.writing(patience=PATIENCE):
            if not run.is_finished:  # another worker may have been quicker
                _train(trial, ordered["place"], run)
    return run.record()


def _train(trial: Trial, place: str, run: Run) -> None:
    if not (run.path / "request.json").is_file():
        run.write_request(asdict(trial))
    _count_beginning(run)
    train, validation, test = parts = sweep_parts(place, trial.settings)
    found = hash_tables(*parts)
    if found != trial.data_hash:
        raise DataError(
            "the worker's rows differ from the sweep's.",
            received=f"{place}, SHA-256 {found[:NAME_LENGTH]}...",
            expected=f"SHA-256 {trial.data_hash[:NAME_LENGTH]}...",
            repair="give all machines the same table",
        )
    settings = {"recipe": trial.settings["recipe"], "random_state": trial.seed}
    classifier = ImageClassifier(find_builder(trial.model), **(settings | dict(trial.parameters)))
    started = time.perf_counter()
    try:
        classifier.fit(train, resume=run.checkpoints_path)
    except Exception:
        run.discard_untrained()
        raise
    if classifier.interrupted_ in INTERRUPTIONS:
        raise RunError(f"interrupted by {classifier.interrupted_}; it will continue from there.")
    seconds = time.perf_counter() - started + sum(classifier.history_.seconds[: classifier.n_resumed_])
    chosen_by = evaluate(classifier, validation)
    facts = {
        "model": trial.model,
        "data": place,
        "pixel_order": trial.settings["pixel_order"],
        "recipe": trial.settings["recipe"],
        "seed": trial.seed,
        "n_train": len(train),
        "n_test": len(test),
        **({"reading": trial.settings["reading"]} if trial.settings.get("reading") else {}),
        "parameters": dict(trial.parameters),
        "validation": {
            "accuracy": chosen_by.accuracy,
            "interval": list(chosen_by.accuracy_interval),
            "n_rows": chosen_by.n_rows,
        },
    }
    measured = evaluate(classifier, test)
    save_training(
        run,
        TrainedModel(classifier, measured, facts, data_hash=found, seconds=seconds, rows=mark_rows(train)),
        trial=asdict(trial),
    )
    (run.path / MARK).unlink(missing_ok=True)


def _count_beginning(run: Run) -> None:
    """Refuse a trial that has taken its process with it as often as it may."""
    mark = run.path / MARK
    begun = mark.stat().st_size if mark.is_file() else 0
    if begun >= MOST_BEGINNINGS:
        raise RunError(
            f"its worker was killed {begun} times.", repair="find out what kills it; most often it is memory"
        )
    with mark.open("ab") as counted:
        counted.write(b".")
