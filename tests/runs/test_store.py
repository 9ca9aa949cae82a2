"""Run folders: whole or not there, never written over."""

import json
import os

import pytest

from convscope.errors import RunError
from convscope.files import write_json, write_text, writing
from convscope.runs import create_run, open_run, runs_home


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))


def test_a_run_is_found_by_path_and_by_name():
    run = create_run("mlp-digits")
    run.write_record({"kind": "training", "accuracy": 0.9})
    assert open_run(run.path).record()["accuracy"] == 0.9
    assert open_run(run.path.name).path == run.path
    assert run.path.parent == runs_home()


def test_two_runs_of_the_same_second_get_two_folders():
    assert create_run("a").path != create_run("a").path


def test_a_run_never_writes_over_another(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "work.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty"):
        create_run("a", tmp_path / "full")
    assert os.listdir(tmp_path / "full") == ["work.txt"]


def test_a_run_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be used"):
        create_run("a", tmp_path / "file")


def test_a_torn_last_line_of_metrics_is_dropped():
    run = create_run("a")
    run.append_metrics({"epoch": 1, "loss": 0.5})
    with run.metrics_path.open("a") as lines:
        lines.write('{"epoch": 2, "lo')
    assert run.metrics() == [{"epoch": 1, "loss": 0.5}]


def test_a_loss_that_is_not_finite_is_written_as_null():
    run = create_run("a")
    run.append_metrics({"epoch": 1, "loss": float("nan")})
    assert run.metrics() == [{"epoch": 1, "loss": None}]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "not a run"), ("{", "damaged"), ("[]", "schema"), ('{"schema": "convscope.run/99"}', "schema")],
    ids=["missing", "cut", "list", "newer"],
)
def test_a_damaged_record_is_refused(content, complaint):
    run = create_run("a")
    if content is not None:
        (run.path / "run.json").write_text(content)
    with pytest.raises(RunError, match=complaint):
        open_run(run.path)


def test_an_unknown_run_is_refused_with_where_to_look():
    with pytest.raises(RunError, match="there is no run 'nothing'"):
        open_run("nothing")


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "notes.txt"
    write_text(path, "first")
    with pytest.raises(ZeroDivisionError), writing(path) as temporary:
        temporary.write_text("half")
        1 / 0  # noqa: B018
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_written_file_can_be_read_by_others_as_the_umask_says(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}


def test_a_run_that_came_to_nothing_leaves_no_folder_and_loses_no_work():
    empty, begun = create_run("a"), create_run("b")
    begun.append_metrics({"epoch": 1})
    empty.discard_if_empty()
    begun.discard_if_empty()
    assert not empty.path.exists()
    assert begun.metrics() == [{"epoch": 1}]
