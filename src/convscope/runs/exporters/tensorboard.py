"""A run as TensorBoard reads it: the measures of each epoch, and what the run was asked."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convscope.errors import MissingExtraError, UsageError
from convscope.installing import install_line
from convscope.runs.exporters import end_times, settings_of, training_of
from convscope.runs.store import Run

try:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.summary.writer.record_writer import RecordWriter
except ImportError:
    raise MissingExtraError("the package tensorboard is not installed.", repair=install_line("tensorboard")) from None

__all__ = ["export"]


def export(run: Run, target: Path) -> Path:
    """Write a folder with one file of events into a folder of such folders.

    Parameters
    ----------
    run : Run
        Of one training.
    target : Path
        What ``tensorboard --logdir`` is given; made if it is not there.

    Raises
    ------
    UsageError
        The run already exists.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope.runs import create_run, exporters
    >>> run = create_run("example", "two_epochs")
    >>> run.write_record({"created": "2021-05-01T12:00:00", "accuracy": 0.9})
    >>> run.write_metrics([{"epoch": 1, "loss": 0.5, "seconds": 2.0}, {"epoch": 2, "loss": 0.3, "seconds": 2.0}])
    >>> exporters.tensorboard(run, Path("logs")).name
    'two_epochs'
    """
    folder = target / run.path.resolve().name
    if folder.exists():
        raise UsageError(f"{folder} already exists.", repair="choose another folder, or delete this one")
    training = training_of(run)  # before anything is written
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".convscope-") as made:
        _write(run, training, Path(made) / "events")
        shutil.move(Path(made) / "events", folder)
    return folder


def _write(run: Run, training: tuple[Any, Any], folder: Path) -> None:
    record, metrics = training
    times = end_times(record, metrics)
    folder.mkdir()
    with (folder / f"events.out.tfevents.{round(times[-1])}.convscope").open("wb") as file:
        writer = RecordWriter(file)  # tensorboard's own writer writes in a thread, which nobody can tell of a full disk

        def add(event: Event) -> None:
            writer.write(event.SerializeToString())

        add(Event(wall_time=times[0], file_version="brain.Event:2"))
        settings = {name: _plain(value) for name, value in settings_of(record).items()}
        asked = hparams_pb(settings, trial_id=run.path.resolve().name, start_time_secs=times[0])
        add(Event(step=0, wall_time=times[0], summary=asked))
        for row, time in zip(metrics, times, strict=False):
            measured = {name: value for name, value in row.items() if name != "epoch" and value is not None}
            add(Event(step=int(row["epoch"]), wall_time=time, summary=_scalars(measured)))
        tested = _scalars({"test/accuracy": record["accuracy"]})
        add(Event(step=len(metrics), wall_time=times[-1], summary=tested))


def _scalars(measured: Mapping[str, float]) -> Any:
    return Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in measured.items()])


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else str(value)
