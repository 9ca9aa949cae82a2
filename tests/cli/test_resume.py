"""Runs that were killed, interrupted or found a full disk, and what ``--resume`` makes of them."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from errno import ENOSPC

import pytest
from safetensors.numpy import load
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.datasets import load_table
from convscope.engine import keeping
from convscope.engine.checkpoint import write_checkpoint
from convscope.runs import store
from convscope.runs.store import Run
from convscope.tables import write_table

KILLS = int(os.environ.get("CONVSCOPE_KILLS", "10"))
SMALL = ["train", "digits", "--model", "mlp", "--limit", "300", "--epochs", "6"]
MINE = """
import time
import keras

def mine(n_features, n_classes):
    L = keras.layers
    layers = [L.Dense(24, activation="relu"), L.Dropout(0.3), L.Dense(n_classes, activation="softmax")]
    return keras.Sequential([keras.Input((n_features,)), *layers])
"""


class Killed(BaseException):
    """Stands for the end of the process."""


def convscope(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


# A shell's background jobs ignore Ctrl-C, and so would what they start.
LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from convscope.cli.__main__ import main
main()
"""


def started(*words):
    command = [sys.executable, "-c", LISTENING, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path, process, seconds=120):
    """Wait until a file is there; whether the process still runs then."""
    until = time.monotonic() + seconds
    while not list(path.parent.glob(path.name)) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    return process.poll() is None


def trained(run):
    """Give all that a run found: weights, what each epoch measured, the record's result."""
    record = json.loads((run / "run.json").read_text())
    epochs = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    measured = [{name: value for name, value in row.items() if name != "seconds"} for row in epochs]
    arrays = load((run / "model" / "weights.safetensors").read_bytes())
    weights = [arrays[name].tobytes() for name in sorted(arrays)]  # Keras counts names up from model to model
    return weights, measured, record["accuracy"], record["epochs"]


def newest(run):
    """Find the newest checkpoint of a run, and check every one that is visible."""
    found = (-1, 0)
    for commit in run.glob("checkpoints/*/COMMIT.json"):
        told = json.loads(commit.read_text())
        state = (commit.parent / "state.safetensors").read_bytes()
        assert told["sha256"]["state.safetensors"] == hashlib.sha256(state).hexdigest()
        found = max(found, (told["epoch"], told["step"]))
    return found


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    out = tmp_path_factory.mktemp("straight") / "run"
    result = convscope(*SMALL, "--out", out)
    assert result.exit_code == 0, result.output
    return trained(out)


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """A run that ended after its second epoch, as if it had been killed."""

    def write(folder, checkpoint):
        write_checkpoint(folder, checkpoint)
        if checkpoint.progress.epoch == 2:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "write_checkpoint", write)
        with pytest.raises(Killed):
            CliRunner().invoke(app, [*SMALL, "--out", str(tmp_path / "run")], catch_exceptions=False)
    return tmp_path / "run"


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_where_the_straight_one_ends(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    words = ["train", "digits", "--model", f"{tmp_path}/mine.py:mine", "--epochs", "40", "--early-stopping"]
    process = started(*words, "--out", tmp_path / "straight")
    wait_for(tmp_path / "straight" / "request.json", process)
    begun = time.monotonic()
    assert process.communicate() and process.returncode == 0
    long, expected = time.monotonic() - begun, trained(tmp_path / "straight")
    chance, kills, number = random.Random(0), 0, 0
    while kills < KILLS:
        number += 1
        run, before = tmp_path / f"run {number}", (-1, 0)
        process = started(*words, "--out", run)
        for _ in range(10):
            wait_for(run / "request.json" if before < (0, 0) else run / ".lock", process)
            time.sleep(chance.uniform(0, long))
            if process.poll() is not None:
                break
            process.kill()
            process.communicate()
            kills += 1
            if (run / "request.json").exists():
                assert before <= newest(run) or (run / "run.json").exists()
                before = newest(run)
                process = started("train", "--resume", run)
            else:
                process = started(*words, "--out", run)
        _, complaints = process.communicate()
        assert process.returncode == 0, complaints
        assert trained(run) == expected
        assert not list(run.rglob(".*.part")) and not (run / "checkpoints").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_step_keeps_it_and_exits_130(tmp_path, number):
    words = ["train", "digits", "--model", "cnn", "--epochs", "3"]
    process = started(*words, "--out", tmp_path / "run")
    assert wait_for(tmp_path / "run" / "checkpoints" / "epoch-0001" / "COMMIT.json", process)
    process.send_signal(number)
    told, complaints = process.communicate()
    assert (process.returncode, told) == (130, "")
    assert f"convscope train --resume {tmp_path}/run" in complaints
    assert "Traceback" not in complaints
    epoch, _ = newest(tmp_path / "run")
    assert epoch in (1, 2)
    assert convscope("train", "--resume", tmp_path / "run").exit_code == 0
    assert convscope(*words, "--out", tmp_path / "straight").exit_code == 0
    assert trained(tmp_path / "run") == trained(tmp_path / "straight")


@pytest.mark.slow
def test_a_run_has_one_writer_and_the_lock_dies_with_it(tmp_path):
    process = started("train", "digits", "--model", "cnn", "--epochs", "50", "--out", tmp_path / "run")
    assert wait_for(tmp_path / "run" / "checkpoints" / "epoch-0001", process)
    for words in (["--resume", tmp_path / "run"], ["digits", "--out", tmp_path / "run"]):
        refused = convscope("train", *words)
        assert refused.exit_code == 1
        assert "is already in use" in refused.stderr or "is not empty" in refused.stderr
    kept = newest(tmp_path / "run")
    process.kill()
    process.communicate()
    assert kept <= newest(tmp_path / "run")
    with Run(tmp_path / "run").writing():
        assert "is already in use" in convscope("train", "--resume", tmp_path / "run").stderr


def test_resume_needs_nothing_but_the_run(killed, straight):
    unfinished = convscope("evaluate", killed, "digits")
    assert (unfinished.exit_code, "has not finished" in unfinished.stderr) == (1, True)
    result = convscope("train", "--resume", killed, "--json")
    assert result.exit_code == 0, result.output
    assert "from epoch-0002" in result.stderr
    assert json.loads(result.stdout)["epochs"] == 6
    assert trained(killed) == straight
    kept = [".lock", "metrics.jsonl", "model", "report.html", "request.json", "rows.safetensors", "run.json"]
    assert sorted(os.listdir(killed)) == kept
    assert convscope("evaluate", killed, "digits").exit_code == 0


def test_a_finished_run_says_so_and_shows_its_result_again(killed):
    first = convscope("train", "--resume", killed, "--json")
    content = {path: path.read_bytes() for path in killed.rglob("*.*") if path.is_file()}
    again = convscope("train", "--resume", killed, "--json")
    assert again.exit_code == 0
    assert "has finished" in " ".join(again.stderr.split())
    assert json.loads(again.stdout)["accuracy"] == json.loads(first.stdout)["accuracy"]
    assert {path: path.read_bytes() for path in content} == content
    assert convscope("train", "--resume", killed, "--epochs", "7").exit_code == 2


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--epochs", "7"], "--epochs"),
        (["--batch-size", "7"], "--batch-size"),
        (["--model", "cnn"], "--model"),
        (["--seed", "1"], "--seed"),
        (["--early-stopping"], "--early-stopping"),
        (["--pixel-order", "shuffled"], "--pixel-order"),
        (["mnist"], "DATA"),
        (["--out", "elsewhere"], "--out"),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_an_option_that_is_not_the_runs_own_is_refused_by_name(killed, words, named):
    refused = convscope("train", "--resume", killed, *words)
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"UsageError: {named} ")
    assert newest(killed) == (2, 0)


def test_an_option_that_says_the_same_is_no_conflict(killed, straight):
    assert convscope("train", "digits", "--epochs", "6", "--seed", "0", "--resume", killed).exit_code == 0
    assert trained(killed) == straight


def test_a_run_killed_in_its_first_epoch_begins_anew(killed, straight):
    shutil.rmtree(killed / "checkpoints")
    result = convscope("train", "--resume", killed)
    assert (result.exit_code, "from the start" in result.stderr) == (0, True)
    assert trained(killed) == straight


def test_a_run_killed_before_its_record_writes_model_and_report_anew(killed, straight, monkeypatch):
    def end(self, record):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Run, "write_record", end)
        with pytest.raises(Killed):
            CliRunner().invoke(app, ["train", "--resume", str(killed)], catch_exceptions=False)
    assert {"model", "report.html", "checkpoints"} <= set(os.listdir(killed))
    (killed / "model" / "manifest.json").unlink()
    assert convscope("train", "--resume", killed).exit_code == 0
    assert trained(killed) == straight


def test_checkpoints_that_a_killed_process_left_beside_its_record_are_taken_away(killed, straight, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Run, "discard_checkpoints", lambda run: None)
        assert convscope("train", "--resume", killed).exit_code == 0
    assert (killed / "checkpoints").exists()
    assert convscope("train", "--resume", killed).exit_code == 0
    assert not (killed / "checkpoints").exists()
    assert trained(killed) == straight


def test_a_disk_that_is_full_before_anything_was_asked_is_told_in_words(tmp_path, monkeypatch):
    def full(path, record):
        raise OSError(ENOSPC, os.strerror(ENOSPC), str(path))

    monkeypatch.setattr(store, "write_json", full)
    refused = convscope(*SMALL, "--out", tmp_path / "run")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-2:] == [
        f"OSError: {tmp_path}/run/request.json: No space left on device.",
        "  Repair:   free some space on that disk, then run the same command again",
    ]


def test_paths_are_seen_from_where_the_run_began(tmp_path, monkeypatch, killed):
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    for folder in (there, elsewhere):
        folder.mkdir()
    write_table(load_table("digits")[:60], there / "mine.csv")
    (there / "mine.py").write_text(MINE)
    monkeypatch.chdir(there)
    result = convscope("train", "mine.csv", "--model", "mine.py:mine", "--epochs", "2", "--out", elsewhere / "run")
    assert result.exit_code == 0, result.output
    (elsewhere / "run" / "run.json").unlink()
    monkeypatch.chdir(elsewhere)
    assert convscope("train", "--resume", "run").exit_code == 0
    assert json.loads((elsewhere / "run" / "run.json").read_text())["data"] == "mine.csv"


def test_rows_that_changed_meanwhile_are_refused(tmp_path, monkeypatch):
    write_table(load_table("digits")[:60], tmp_path / "mine.csv")
    words = ["train", tmp_path / "mine.csv", "--model", "mlp", "--epochs", "2", "--out", tmp_path / "run"]
    monkeypatch.setattr(Run, "discard_checkpoints", lambda run: None)
    assert convscope(*words).exit_code == 0
    (tmp_path / "run" / "run.json").unlink()
    write_table(load_table("digits")[1:61], tmp_path / "mine.csv")
    refused = convscope("train", "--resume", tmp_path / "run")
    assert (refused.exit_code, "not the rows" in refused.stderr) == (3, True)


def test_a_training_that_cannot_begin_leaves_no_folder(tmp_path):
    (tmp_path / "mine.py").write_text("def mine(n_features):\n    return 'no model'\n")
    result = convscope("train", "digits", "--model", f"{tmp_path}/mine.py:mine", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no request.json"), ("{", "damaged"), ('{"schema": "convscope.request/9"}', "schema")]
)
def test_a_folder_without_a_readable_request_is_refused(tmp_path, content, said):
    if content:
        (tmp_path / "request.json").write_text(content)
    refused = convscope("train", "--resume", tmp_path)
    assert (refused.exit_code, said in refused.stderr) == (1, True)
    assert "there is nothing to train on" in convscope("train").stderr


def test_a_folder_where_a_killed_process_left_its_lock_can_be_used(tmp_path):
    for name in (".lock", ".request.json.x1y2.part", ".writable.part"):
        (tmp_path / name).write_text("")
    assert convscope(*SMALL, "--out", tmp_path).exit_code == 0
    assert not (tmp_path / ".request.json.x1y2.part").exists()


@contextmanager
def small_disk(place, megabytes):
    place.mkdir()
    size = f"size={megabytes}m"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a disk of 8 MB cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("free", [0, 20, 60, 130, 200, 260, 500])
def test_a_disk_of_8_mb_that_is_full_costs_no_checkpoint(tmp_path, straight, free):
    with small_disk(tmp_path / "disk", 8):
        filler = tmp_path / "disk" / "other.bin"
        filler.write_bytes(bytes((8192 - free) * 1024))
        result = convscope(*SMALL, "--out", tmp_path / "disk" / "run")
        assert result.exit_code in (0, 1)
        assert "Traceback" not in result.stderr
        assert filler.stat().st_size == (8192 - free) * 1024
        filler.unlink()
        if result.exit_code:
            assert "No space left" in result.stderr
            again = ["--resume"] if (tmp_path / "disk" / "run" / "request.json").exists() else [*SMALL[1:], "--out"]
            before = newest(tmp_path / "disk" / "run")
            resumed = convscope("train", *again, tmp_path / "disk" / "run")
            assert resumed.exit_code == 0, resumed.stderr
            assert before == (-1, 0) or f"epoch-{before[0]:04d}" in resumed.stderr
        assert trained(tmp_path / "disk" / "run") == straight
