"""The command: what it prints, what it keeps, and what Ctrl-C leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from typer.testing import CliRunner

from convscope.cli._app import app

# A shell's background jobs ignore Ctrl-C, and so would what they start.
LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from convscope.cli.__main__ import main
main()
"""
SMALL = ("sweep", "digits", "--model", "mlp", "--limit", "120", "--param", "epochs=1,2")


def convscope(*words):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    out = tmp_path_factory.mktemp("swept") / "sweep"
    return convscope(*SMALL, "--seeds", 2, "--out", out), out


def test_the_table_names_each_combination_and_where_the_best_one_lies(swept):
    result, out = swept
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["epochs", "accuracy", "95%", "interval", "parameters", "seconds", "trial"]
    assert sorted(line.split()[0] for line in lines[1:3]) == ["1", "2"]
    assert any(line.split()[:1] == ["report"] for line in lines)
    assert all(len(line) <= 80 for line in lines if str(out) not in line)
    report = (out / "report.html").read_text()
    assert "Sweep of" in report
    assert "Darker lines are better." in report and "the line is the best accuracy up to a size" in report


def test_each_training_is_told_on_stderr(swept):
    told = [line for line in swept[0].stderr.splitlines() if "accuracy" in line]
    assert [line.split()[0] for line in told] == ["1/4", "2/4", "3/4", "4/4"]
    assert any("epochs 1, seed 0: accuracy 0." in line for line in told)


def test_json_is_one_object_and_what_is_kept_is_not_told_again(swept):
    result = convscope(*SMALL, "--seeds", 2, "--out", swept[1], "--json")
    record = json.loads(result.stdout)
    assert record["n_trials"] == record["n_kept"] == 4
    assert "accuracy" not in result.stderr
    assert record["best"]["accuracy"] == max(row["accuracy"] for row in record["rows"])


def test_a_trial_is_a_run_like_any_other(swept):
    record = json.loads((swept[1] / "run.json").read_text())
    trial = swept[1] / record["best"]["trials"][0]
    measured = convscope("evaluate", trial, "digits", "--json")
    assert measured.exit_code == 0, measured.output
    assert json.loads(measured.stdout)["n_rows"] == 360
    shown = json.loads(convscope("runs", "show", trial, "--json").stdout)
    assert shown["parameters"] == record["best"]["parameters"]


def test_a_sweep_without_parameters_trains_once(tmp_path):
    result = convscope("sweep", "digits", "--model", "linear", "--limit", 60, "--out", tmp_path / "sweep", "--json")
    assert json.loads(result.stdout)["n_trials"] == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--param", "epoch=1"], 2, "did you mean 'epochs'"),
        (["--param", "epochs=1..10000", "--param", "batch_size=1..1000"], 2, "10,000,000 combinations"),
        (["--param", "epochs=1", "--param", "epochs=2"], 2, "given twice"),
        (["--engine", "dask://127.0.0.1:9"], 1, "no Dask scheduler answers"),
        (["--engine", "spark://127.0.0.1:9"], 2, "no engine named 'spark'"),
        (["--engine", "dask://127.0.0.1:9", "--jobs", "2"], 2, "--jobs is for this machine"),
    ],
)
def test_a_slip_gets_one_message_and_writes_nothing(tmp_path, words, code, message):
    result = convscope("sweep", "digits", "--out", tmp_path / "sweep", *words)
    assert result.exit_code == code and message in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "sweep").exists() or not list((tmp_path / "sweep").glob("*/run.json"))


def test_a_misspelt_data_set_is_named_as_it_was_typed(tmp_path):
    result = convscope("sweep", "digts", "--out", tmp_path / "sweep")
    assert result.exit_code == 2 and "'digts' is neither" in result.stderr
    assert not (tmp_path / "sweep").exists()


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("how", ["ctrl-c", "twice", "sigterm", "kill"])
def test_whatever_ends_it_no_process_is_left_and_the_rest_is_done_later(tmp_path, how):
    words = ["sweep", "mnist", "--model", "mlp", "--limit", "6000", "--param", "epochs=12,14"]
    words += ["--out", tmp_path / "it"]
    command = [sys.executable, "-c", LISTENING, *map(str, words)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until = time.monotonic() + 120
    while len(list(tmp_path.glob("it/*/checkpoints/*/COMMIT.json"))) < 3 and time.monotonic() < until:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    began = psutil.Process(process.pid).children(recursive=True)
    for _ in range(2 if how == "twice" else 1):
        if how in ("ctrl-c", "twice"):  # a terminal sends it to all of them
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.05)
        else:
            process.send_signal(signal.SIGTERM if how == "sigterm" else signal.SIGKILL)
    said = process.communicate(timeout=120)[1]
    if how in ("ctrl-c", "sigterm"):
        assert process.returncode == 130
        assert "run the same command to continue" in said and "Traceback" not in said
    _, alive = psutil.wait_procs(began, timeout=60)
    assert alive == []
    result = convscope(*words, "--json")
    record = json.loads(result.stdout)
    assert record["n_trials"] == 2 and record["failed"] == []
