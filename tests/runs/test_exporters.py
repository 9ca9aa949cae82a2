"""What other programs read of a run, read by their own readers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.errors import MissingExtraError
from convscope.runs import Run, open_run


def convscope(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("exported") / "it's mine"
    words = ("train", "digits", "--model", "linear", "--limit", "60", "--epochs", "3", "--out", out)
    assert convscope(*words).exit_code == 0
    return open_run(out)


@pytest.mark.filterwarnings("ignore")
def test_tensorboard_reads_the_measures_of_each_epoch(run, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    told = json.loads(convscope("runs", "export", run.path, tmp_path / "logs", "--to", "tensorboard", "--json").stdout)
    found = accumulator.EventAccumulator(told["written"]).Reload()
    metrics = run.metrics()
    for name in ("loss", "accuracy"):
        events = found.Scalars(name)
        assert [event.step for event in events] == [1, 2, 3]
        assert [event.value for event in events] == pytest.approx([row[name] for row in metrics])
        assert [event.wall_time for event in events] == sorted(event.wall_time for event in events)
    assert found.Scalars("test/accuracy")[0].value == pytest.approx(run.record()["accuracy"])
    assert "_hparams_/session_start_info" in found.summary_metadata
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["it's mine"]


@pytest.mark.filterwarnings("ignore")
def test_mlflow_reads_parameters_measures_tags_and_files(run, tmp_path):
    tracking = pytest.importorskip("mlflow.tracking")
    told = json.loads(convscope("runs", "export", run.path, tmp_path / "store", "--to", "mlflow", "--json").stdout)
    client = tracking.MlflowClient(f"sqlite:///{told['written']}")
    experiment = client.get_experiment_by_name("convscope")
    (found,) = client.search_runs([experiment.experiment_id])
    record = run.record()
    assert found.info.status == "FINISHED" and found.info.run_name == "it's mine"
    assert found.data.params["model"] == "linear" and found.data.params["seed"] == "0"
    assert found.data.tags["data_hash"] == record["data_hash"]
    history = client.get_metric_history(found.info.run_id, "loss")
    assert [(one.step, one.value) for one in history] == [(row["epoch"], row["loss"]) for row in run.metrics()]
    assert found.data.metrics["test_accuracy"] == record["accuracy"]
    assert {file.path for file in client.list_artifacts(found.info.run_id)} == {
        "model", "report.html", "run.json", "metrics.jsonl",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["tensorboard", "mlflow"])
def test_a_run_is_exported_once_and_others_beside_it(run, tmp_path, kind):
    pytest.importorskip(kind)
    other = Run(tmp_path / "other")
    other.path.mkdir()
    other.write_record(run.record())  # no measures and no model, as of a model that was adopted
    assert convscope("runs", "export", run.path, tmp_path / "place", "--to", kind).exit_code == 0
    again = convscope("runs", "export", run.path, tmp_path / "place", "--to", kind)
    assert again.exit_code == 2 and "already" in again.stderr
    assert convscope("runs", "export", other.path, tmp_path / "place", "--to", kind).exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["logs"], "does not say"),
        (["logs", "--to", "tensorbord"], "did you mean 'tensorboard'"),
        (["a.tar", "--to", "zip"], ".zip"),
        ([".", "--to", "zip"], "already exists"),
    ],
)
def test_a_slip_is_told(run, tmp_path, words, message):
    result = convscope("runs", "export", run.path, tmp_path / words[0], *words[1:])
    assert result.exit_code == 2 and message in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["tensorboard", "mlflow"])
def test_a_missing_package_is_named_with_the_line_that_installs_it(run, tmp_path, kind, monkeypatch):
    monkeypatch.setitem(
        sys.modules, f"{kind}.summary.writer.record_writer" if kind == "tensorboard" else f"{kind}.tracking", None
    )
    for name in [name for name in sys.modules if name.startswith(f"convscope.runs.exporters.{kind}")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError, match=rf"pip install .*'{kind}.*>="):
        __import__(f"convscope.runs.exporters.{kind}")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_nothing_is_sent_anywhere(run, tmp_path):
    pytest.importorskip("mlflow")
    code = (
        "import sys\n"
        "def hook(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo'): raise SystemExit(f'{event} {args}')\n"
        "sys.addaudithook(hook)\n"
        "from convscope.cli.__main__ import main\nmain()\n"
    )
    for kind in ("mlflow", "tensorboard"):
        words = ["runs", "export", str(run.path), str(tmp_path / kind), "--to", kind]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
        result = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, env=environment)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""


@pytest.mark.parametrize("kind", ["tensorboard", "mlflow"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.json", {"created": "../../x"}),
        ("run.json", {"created": None}),
        ("run.json", {"accuracy": None}),
        ("metrics.jsonl", "3\n"),
        ("metrics.jsonl", '{"epoch": {}}\n'),
        ("metrics.jsonl", '{"epoch": 1, "lo\n'),
        ("metrics.jsonl", '{"epoch": 1, "loss": "0.5"}\n'),
    ],
)
def test_a_run_that_lacks_what_is_to_be_written_is_refused_before_anything_is(run, tmp_path, kind, name, content):
    pytest.importorskip(kind)
    other = Path(shutil.copytree(run.path, tmp_path / "other"))
    if isinstance(content, dict):
        content = json.dumps(json.loads((other / name).read_text()) | content)
    (other / name).write_text(content)
    refused = convscope("runs", "export", other, tmp_path / "written", "--to", kind)
    assert refused.exit_code == 1
    assert f"{name} " in refused.stderr
    assert not (tmp_path / "written").exists()


def test_a_zip_file_holds_the_run_and_nothing_that_it_points_to(run, tmp_path):
    other = Path(shutil.copytree(run.path, tmp_path / "other"))
    (tmp_path / "secret").write_text("mine")
    (other / "link").symlink_to(tmp_path / "secret")
    (other / ".run.json.x.part").write_text("{")
    os.mkfifo(other / "pipe")
    assert convscope("runs", "export", other, tmp_path / "run.zip").exit_code == 0
    shutil.unpack_archive(tmp_path / "run.zip", tmp_path / "unpacked")
    assert open_run(tmp_path / "unpacked" / "other").record() == run.record()
    assert {path.name for path in (tmp_path / "unpacked" / "other").iterdir()} == {
        "model", "metrics.jsonl", "report.html", "request.json", "rows.safetensors", "run.json",
    }  # fmt: skip


def test_a_zip_file_that_cannot_be_written_whole_leaves_nothing(run, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zipfile.ZipFile.write", full)
    assert convscope("runs", "export", run.path, tmp_path / "run.zip").exit_code == 1
    assert os.listdir(tmp_path) == []


def test_a_full_disk_ends_tensorboards_export_in_one_message(run, tmp_path, monkeypatch):
    writing = pytest.importorskip("convscope.runs.exporters.tensorboard")

    def full(writer, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.RecordWriter, "write", full)
    refused = convscope("runs", "export", run.path, tmp_path / "logs", "--to", "tensorboard")
    assert (refused.exit_code, refused.stderr.count("No space left")) == (1, 1)
    assert os.listdir(tmp_path / "logs") == []


def test_a_full_disk_ends_mlflows_export_in_one_message(run, tmp_path, monkeypatch):
    writing = pytest.importorskip("convscope.runs.exporters.mlflow")

    def full(address):
        (tmp_path / "store" / "mlflow.db").touch()
        raise writing.SQLAlchemyError("database or disk is full")

    monkeypatch.setattr(writing, "MlflowClient", full)
    refused = convscope("runs", "export", run.path, tmp_path / "store", "--to", "mlflow")
    assert (refused.exit_code, "database or disk is full" in refused.stderr) == (1, True)
    assert os.listdir(tmp_path / "store") == []
