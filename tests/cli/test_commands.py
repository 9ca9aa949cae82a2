"""Train, evaluate, predict and doctor, as typed."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from convscope.cli import catalogue
from convscope.cli._app import app
from convscope.datasets import load_table
from convscope.tables import images_to_table, write_table


def convscope(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "run"
    result = convscope("train", "digits", "--model", "mlp", "--out", out, "--json")
    assert result.exit_code == 0, result.output
    return out, json.loads(result.stdout)


def test_training_prints_one_object_and_keeps_a_run(run):
    out, record = run
    assert set(record) >= {"run", "accuracy", "n_parameters", "seconds"}
    assert record["accuracy"] > 0.93
    assert record["n_parameters"] == 64 * 64 + 64 + 64 * 10 + 10
    assert {path.name for path in out.iterdir()} == {
        ".lock", "request.json", "run.json", "metrics.jsonl", "model", "report.html", "rows.safetensors",
    }  # fmt: skip


def test_evaluating_a_run_gives_the_accuracy_that_training_gave(run):
    out, record = run
    found = json.loads(convscope("evaluate", out, "digits", "--json").stdout)
    assert found["accuracy"] == record["accuracy"]
    assert sum(map(sum, found["confusion_matrix"])) == found["n_rows"] == 360


def test_predictions_have_a_label_and_probabilities_for_each_row(run, tmp_path):
    out, record = run
    table = load_table("digits", split="test")
    source, target = tmp_path / "in.parquet", tmp_path / "out.csv"
    write_table(table, source)
    assert convscope("predict", out, source, "-o", target).exit_code == 0
    found = pd.read_csv(target)
    assert np.mean(found["prediction"] == table.labels) == record["accuracy"]
    np.testing.assert_allclose(found.filter(like="p_").sum(axis=1), 1, atol=1e-6)


def test_predictions_go_to_stdout_as_csv_and_nothing_else(run):
    out, _ = run
    lines = convscope("predict", out, "digits").stdout.splitlines()
    assert lines[0].startswith("row,prediction,probability,p_0")
    assert len(lines) == 361


def test_predictions_never_write_over_a_file_unasked(run, tmp_path):
    out, _ = run
    (tmp_path / "mine.csv").write_text("precious")
    result = convscope("predict", out, "digits", "-o", tmp_path / "mine.csv")
    assert result.exit_code == 2
    assert (tmp_path / "mine.csv").read_text() == "precious"


def test_images_of_another_size_are_refused_unless_resizing_is_asked_for(run, tmp_path):
    out, _ = run
    images = np.zeros((4, 16, 16), np.uint8)
    images[:, 4:12, 7:9] = 255
    write_table(images_to_table(images, [1, 1, 1, 1]), tmp_path / "large.csv")
    refused = convscope("evaluate", out, tmp_path / "large.csv")
    assert (refused.exit_code, "--resize" in refused.stderr) == (3, True)
    assert convscope("evaluate", out, tmp_path / "large.csv", "--resize", "stretch").exit_code == 0


def test_a_model_of_the_users_own_file_is_trained(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import keras\n\n\ndef tiny(n_features, n_classes, units=8):\n"
        "    layers = keras.layers\n"
        "    return keras.Sequential([keras.Input((n_features,)), layers.Dense(units, activation='relu'),\n"
        "                             layers.Dense(n_classes, activation='softmax')])\n"
    )
    record = json.loads(convscope("train", "digits", "--model", f"{tmp_path}/mine.py:tiny", "--json").stdout)
    assert record["n_parameters"] == 64 * 8 + 8 + 8 * 10 + 10
    missing = convscope("train", "digits", "--model", f"{tmp_path}/mine.py:tinny")
    assert missing.exit_code == 2
    assert "did you mean 'tiny'" in missing.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["train", "digitz"], 2, "did you mean 'digits'"),
        (["train", "digits", "--model", "mpl"], 2, "did you mean 'mlp'"),
        (["train", "digits", "--epocs", "3"], 2, "--epochs"),
        (["trane", "digits"], 2, "Did you mean 'train'"),
        (["train", "digits", "--epochs", "0"], 2, "--epochs"),
        (["evaluate", "no-such-run", "digits"], 1, "there is no run"),
        (["train", "playground_circle", "--pixel-order", "shuffled"], 2, "images"),
    ],
    ids=["data set", "model", "option", "command", "range", "run", "points"],
)
def test_a_slip_gets_one_message_and_the_right_exit_code(words, code, said):
    result = convscope(*words)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_a_run_folder_that_is_taken_is_refused_before_training(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("")
    result = convscope("train", "digits", "--out", tmp_path / "taken")
    assert result.exit_code == 1
    assert "not empty" in result.stderr


def test_doctor_says_what_is_there_and_how_to_get_what_is_not(monkeypatch, tmp_path):
    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path))
    found = json.loads(convscope("doctor", "--json").stdout)
    checks = {check["what"]: check for check in found["checks"]}
    assert checks["data digits"]["ok"]
    assert not checks["data mnist"]["ok"]
    assert "convscope data fetch mnist" in checks["data mnist"]["repair"]
    assert "data mnist" in found["missing"]


@pytest.mark.parametrize("name", catalogue.names())
def test_each_command_has_help_and_a_summary(name):
    result = convscope(name, "--help")
    assert result.exit_code == 0
    assert catalogue.summary(name) in " ".join(convscope("--help").stdout.split())


def test_listing_the_commands_imports_none_of_them():
    code = (
        "import sys; from typer.testing import CliRunner; from convscope.cli._app import app;"
        "CliRunner().invoke(app, ['--help']); print([m for m in ('keras', 'pandas', 'altair') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_version_is_printed():
    assert convscope("--version").stdout.startswith("convscope 0.")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [["data", "list"], ["data", "info", "digits"], ["train", "digits", "--limit", "60", "--model", "linear"]]
)
def test_122_a_plain_narrow_terminal_without_utf8_is_no_reason_to_fail(tmp_path, words):
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TERM": "dumb", "COLUMNS": "40"}
    environment = {name: value for name, value in os.environ.items() if name != "LANG"} | plain
    command = [sys.executable, "-m", "convscope.cli", *words]
    result = subprocess.run(command, capture_output=True, env=environment | {"CONVSCOPE_HOME": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    assert b"\x1b[" not in result.stdout + result.stderr
