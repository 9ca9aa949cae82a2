"""A run as MLflow keeps it: parameters, the measures of each epoch, tags, and the files."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from convscope.errors import MissingExtraError, RunError, UsageError
from convscope.installing import install_line
from convscope.runs.exporters import end_times, settings_of, training_of
from convscope.runs.store import Run

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read while it is imported
try:
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient
    from sqlalchemy.exc import SQLAlchemyError
except ImportError:
    raise MissingExtraError("the package mlflow is not installed.", repair=install_line("mlflow")) from None

__all__ = ["export"]

EXPERIMENT = "convscope"
NAME_TAG = "convscope.run"
MOST_RUNS = 50_000
"""MLflow gives no more at once."""
TAGS = ("data_hash", "code_version", "created", "command")
FILES = ("model", "report.html", "run.json", "metrics.jsonl")


def export(run: Run, target: Path) -> Path:
    """Add a run to a store of MLflow's in a folder: a database, and the files of the runs.

    Parameters
    ----------
    run : Run
        Of one training.
    target : Path
        A folder; ``mlflow ui --backend-store-uri sqlite:///FOLDER/mlflow.db`` shows it.

    Raises
    ------
    UsageError
        The run already exists.
    RunError
        MLflow cannot write there, for instance because the disk is full.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope.runs import create_run, exporters
    >>> run = create_run("example")
    >>> run.write_record({"created": "2021-05-01T12:00:00", "accuracy": 0.9})
    >>> exporters.mlflow(run, Path("store")).name
    'mlflow.db'
    """
    training = training_of(run)  # before anything is written
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    target.mkdir(parents=True, exist_ok=True)
    database = target.resolve() / "mlflow.db"
    is_new = not database.exists()
    try:
        _export(run, database, training)
    except (MlflowException, SQLAlchemyError) as error:
        if is_new:
            database.unlink(missing_ok=True)
        reason = getattr(error, "orig", None) or error
        raise RunError(
            f"MLflow cannot write {database}: {str(reason).splitlines()[0][:200]}.",
            repair="free some space on that disk, or choose another folder",
        ) from None
    return database


def _export(run: Run, database: Path, training: tuple[Any, Any]) -> None:
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name(EXPERIMENT)
    files = (database.parent / "files").as_uri()
    place = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT, files)
    name = run.path.resolve().name
    if any(one.data.tags.get(NAME_TAG) == name for one in client.search_runs([place], max_results=MOST_RUNS)):
        raise UsageError(f"{database} holds {name} already.", repair="choose another folder")
    _add(client, place, name, run, training)


def _add(client: Any, experiment: str, name: str, run: Run, training: tuple[Any, Any]) -> None:
    record, metrics = training
    times = [round(1000 * time) for time in end_times(record, metrics)]
    begun = client.create_run(experiment, start_time=times[0], run_name=name).info.run_id
    try:
        measured = [
            Metric(measure, value, time, int(row["epoch"]))
            for row, time in zip(metrics, times, strict=False)
            for measure, value in row.items()
            if measure != "epoch" and value is not None
        ]
        measured.append(Metric("test_accuracy", float(record["accuracy"]), times[-1], len(metrics)))
        for start in range(0, len(measured), 1000):  # MLflow takes no more at once
            client.log_batch(begun, metrics=measured[start : start + 1000])
        params = [Param(setting, str(value)) for setting, value in settings_of(record).items()]
        tags = [RunTag(NAME_TAG, name), *(RunTag(tag, str(record[tag])) for tag in TAGS if tag in record)]
        client.log_batch(begun, params=params, tags=tags)
        for file in FILES:
            path = run.path / file
            if path.is_dir():
                client.log_artifacts(begun, str(path), file)
            elif path.is_file():
                client.log_artifact(begun, str(path))
        client.set_terminated(begun, end_time=times[-1])
    except BaseException:
        client.delete_run(begun)
        raise
