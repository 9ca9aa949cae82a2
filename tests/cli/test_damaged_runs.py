"""Runs that were moved, half deleted, damaged or locked: one message, or the result that they still hold."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.runs.index import list_runs

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


def with_value(path, name, text):
    """Replace one value of a JSON file by what stands for anything that may be written there."""
    found = json.loads(path.read_text()) | {name: "THIS"}
    path.write_text(json.dumps(found).replace('"THIS"', text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kind", '{"a": 1}'),
        ("created", "5"),
        ("accuracy", "{}"),
        ("accuracy", "1" + "0" * 4000),
        ("interval", "-1"),
        ("interval", "[0.1]"),
        ("interval", '["a", "b"]'),
        ("interval", "[1e400, 1]"),
        ("class_names", "true"),
        ("parameters", "[1, 2]"),
        ("seed", "[" * 300 + "]" * 300),
    ],
)
def test_a_record_with_a_value_of_another_kind_is_one_message_in_every_command(run, tmp_path, name, text):
    with_value(run / "run.json", name, text)
    for command in ("show", "compare", "evaluate", "page", "zip", "resume"):
        result = asked(command, run, tmp_path / "out")
        assert is_one_message(result), (command, result.output)
        assert "run.json is damaged" in result.stderr
        assert list((tmp_path / "out").iterdir()) == []
    assert [one.record["kind"] for one in list_runs(run.parent)] == ["damaged"]


def test_a_number_larger_than_any_is_none_in_what_is_printed(run, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_HOME", str(run.parents[1]))
    with_value(run / "run.json", "note", "[1e400]")
    for words in (["show", run], ["compare", run, run], ["list"]):
        result = CliRunner().invoke(app, ["runs", *map(str, words), "--json"])
        assert result.exit_code == 0
        json.loads(result.stdout, parse_constant=pytest.fail)


def test_a_record_cannot_name_its_run(run):
    with_value(run / "run.json", "run", '"another"')
    told = json.loads(CliRunner().invoke(app, ["runs", "show", str(run), "--json"]).stdout)
    assert told["run"] == str(run)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data", "true"),
        ("model", "[1]"),
        ("model", "null"),
        ("epochs", '"3"'),
        ("epochs", "1e30"),
        ("epochs", "0"),
        ("batch_size", "[1e400]"),
        ("pixel_order", "[]"),
        ("recipe", '"slow"'),
        ("engine", "3"),
        ("early_stopping", "[[]]"),
        ("limit", "0"),
        ("seed", "-1"),
        ("folder", "-1"),
        ("command", "null"),
    ],
)
def test_a_request_that_nobody_can_have_asked_is_refused_by_name(run, tmp_path, name, text):
    with_value(run / "request.json", name, text)
    (run / "run.json").unlink()
    result = asked("resume", run, tmp_path / "out")
    assert is_one_message(result), result.output
    assert f"invalid training: {name} is" in result.stderr


def test_a_request_of_a_trial_is_no_training_to_go_on_with(tmp_path):
    trial = Path(shutil.copytree(next((GOLDEN / "sweep").glob("*/request.json")).parent, tmp_path / "trial"))
    (trial / "run.json").unlink()
    assert "asks for an invalid training" in asked("resume", trial, tmp_path / "out").stderr


def test_early_stopping_with_too_few_rows_is_refused_in_words(tmp_path):
    words = ["train", "digits", "--limit", "30", "--early-stopping", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 3
    assert "too few rows to hold out some of each class" in result.stderr
    assert not (tmp_path / "run").exists()
