"""Runs that were moved, half deleted, damaged or locked: one message, or the result that they still hold."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app

GOLDEN = Path(__file__).parents[1] / "golden" / "runs" / "0.1.0"
COMMANDS = {
    "show": ("runs", "show", "RUN"),
    "compare": ("runs", "compare", "RUN", "RUN"),
    "evaluate": ("evaluate", "RUN", "digits"),
    "predict": ("predict", "RUN", "digits", "-o", "OUT/answers.csv"),
    "page": ("export", "RUN", "OUT/page.html"),
    "zip": ("runs", "export", "RUN", "OUT/run.zip"),
    "resume": ("train", "--resume", "RUN"),
}
NEEDED = {
    "run.json": {"show", "compare", "evaluate", "predict", "page", "zip"},
    "request.json": {"resume"},
    "metrics.jsonl": set(),
    "model": {"evaluate", "predict", "page"},
    "model/weights.safetensors": {"evaluate", "predict", "page"},
    "model/labels.json": {"evaluate", "predict", "page"},
    "model/manifest.json": {"evaluate", "predict", "page"},
}


@pytest.fixture
def run(tmp_path):
    return Path(shutil.copytree(GOLDEN / "finished", tmp_path / "runs" / "a run, moved"))


def asked(command, run, out):
    out.mkdir(exist_ok=True)
    words = [word.replace("OUT", str(out)).replace("RUN", str(run)) for word in COMMANDS[command]]
    return CliRunner().invoke(app, words)


EMPTY = b'{"schema": "convscope.run/1"}'


def is_one_message(result):
    assert result.exit_code in (1, 2, 3), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output and "Error:" in result.stderr
    return True


@pytest.mark.parametrize("command", COMMANDS)
def test_99_a_run_that_was_moved_and_renamed_is_the_same_run(run, tmp_path, command):
    assert asked(command, run, tmp_path / "out").exit_code == 0


@pytest.mark.parametrize("gone", NEEDED)
def test_99_of_a_half_deleted_run_what_is_there_can_be_used(run, tmp_path, gone):
    shutil.rmtree(run / gone) if (run / gone).is_dir() else (run / gone).unlink()
    for command in COMMANDS:
        result = asked(command, run, tmp_path / "out")
        if command in NEEDED[gone]:
            assert is_one_message(result), (command, result.output)
        elif not (gone == "run.json" and command == "resume"):  # then it is a training to go on with
            assert result.exit_code == 0, (command, result.output)
        shutil.rmtree(tmp_path / "out")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"schema": 3}', b"[" * 100_000, b'{"schema": "convscope.run/1"}'],
)
def test_a_damaged_record_is_one_message_in_every_command(run, tmp_path, content):
    (run / "run.json").write_bytes(content)
    for command in ("show", "compare", "evaluate", "predict", "page", "zip"):
        result = asked(command, run, tmp_path / "out")
        if content == EMPTY and command in ("show", "compare", "zip"):
            continue  # an empty record is shown as it is
        assert is_one_message(result), (command, result.output)
        assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_99_a_run_that_cannot_be_written_can_be_read(run, tmp_path):
    run.chmod(0o555)
    try:
        for command in ("show", "evaluate", "predict", "page", "zip"):
            assert asked(command, run, tmp_path / "out").exit_code == 0
    finally:
        run.chmod(0o755)


def test_a_record_that_names_another_kind_of_data_is_refused(run, tmp_path):
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"image_shape": [28, 28, 1]}))
    assert is_one_message(asked("evaluate", run, tmp_path / "out"))
