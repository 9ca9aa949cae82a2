"""Runs of every released version stay readable: see tools/golden_run.py."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.datasets import load_parts
from convscope.runs import find_run, open_run
from convscope.runs.index import list_runs
from convscope.training import ImageClassifier

GOLDEN = Path(__file__).parents[1] / "golden" / "runs"
VERSIONS = sorted(path.name for path in GOLDEN.iterdir())
FINISHED = ("finished", "shuffled", "points", "lab/linear-circle")


@pytest.fixture(params=VERSIONS)
def golden(request, tmp_path, monkeypatch):
    """The folders of one version, copied, as the home of all runs."""
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))
    shutil.copytree(GOLDEN / request.param, tmp_path / "runs")
    return tmp_path / "runs"


def convscope(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout) if "--json" in words else result.stdout


def test_a_run_that_was_moved_is_called_what_its_folder_is(golden):
    listed = {run["run"] for run in convscope("runs", "list", "--json")["runs"]}
    assert listed == {"finished", "shuffled", "points", "lab", "sweep", "unfinished"}
    assert convscope("runs", "show", "lab", "--json")["run"] == str(golden / "lab")
    compared = convscope("runs", "compare", "lab", "finished", "--json")["runs"]
    assert [run["run"] for run in compared] == ["lab", "finished"]


def test_this_version_has_its_folders():
    assert "0.1.0" in VERSIONS


def test_a_model_says_what_it_said(golden):
    classifier = ImageClassifier.load(golden / "finished" / "model")
    expected = json.loads((golden / "finished" / "predicted.json").read_text())
    found = classifier.predict_proba(load_parts("digits")[1][: len(expected)])
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("name", FINISHED)
def test_records_measures_and_models_are_read(golden, name):
    run = open_run(golden / name)
    assert len(run.metrics()) == run.record()["epochs"] > 0
    assert len(ImageClassifier.load(run.model_path).classes_) == len(run.record()["class_names"])


def test_all_are_listed_shown_and_compared(golden):
    kinds = {run.name: run.record["kind"] for run in list_runs(golden)}
    assert kinds["unfinished"] == "unfinished" and kinds["lab"] == "lab" and kinds["sweep"] == "sweep"
    assert {kinds[name] for name in ("finished", "shuffled", "points")} == {"training"}
    for name in (*FINISHED, "lab", "sweep"):
        assert convscope("runs", "show", name, "--json")["kind"]
    assert "seed" in convscope("runs", "compare", "finished", "shuffled", "--json")["differ_in"]


def test_commands_open_them(golden, tmp_path):
    assert convscope("evaluate", "finished", "digits", "--json")["n_rows"] == 360
    assert convscope("evaluate", "shuffled", "digits", "--json")["n_rows"] == 360
    convscope("export", "finished", tmp_path / "page.html")
    assert "<script" in (tmp_path / "page.html").read_text()


@pytest.mark.filterwarnings("ignore")
def test_an_unfinished_training_goes_on_from_its_last_checkpoint(golden):
    run = find_run("unfinished")
    before = run.checkpoint_name()
    assert before >= "epoch-0003"
    convscope("train", "--resume", run.path, "--json")
    assert run.is_finished and len(run.metrics()) == 200


def test_a_sweep_is_taken_up(golden):
    words = ("sweep", "digits", "--model", "linear", "--param", "epochs=1,2,3", "--limit", "60")
    record = convscope(*words, "--out", golden / "sweep", "--json")
    assert (record["n_trials"], record["n_kept"]) == (3, 2)
