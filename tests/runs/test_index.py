"""The list of all runs: folders are the truth, the index is only quick."""

import json
import os
import sqlite3

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.errors import RunError
from convscope.runs import Run, open_run
from convscope.runs.index import INDEX_NAME, delete_run, list_runs, rename_run, tag_run

WIDE = {"COLUMNS": "200"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))
    folder = tmp_path / "runs"
    for number in range(5):
        make(folder, f"run-{number}", created=f"2026-01-0{number + 1}", accuracy=0.9 + number / 100)
    return folder


def make(folder, name, **facts):
    path = folder / name
    path.mkdir(parents=True)
    record = {"kind": "training", "model": "cnn", "data": "digits", "interval": [0.8, 0.99], "class_names": ["0", "1"]}
    Run(path).write_record({**record, **facts})
    return Run(path)


def names(home):
    return [run.name for run in list_runs(home)]


def test_the_newest_run_comes_first(home):
    assert names(home) == ["run-4", "run-3", "run-2", "run-1", "run-0"]


def test_new_changed_and_removed_runs_are_seen(home):
    list_runs(home)
    make(home, "later", created="2027")
    open_run(home / "run-0").write_record(
        {"kind": "training", "created": "2026-01-01", "accuracy": 0.5, "model": "mlp"}
    )
    delete_run(open_run(home / "run-1"))
    found = {run.name: run.record for run in list_runs(home)}
    assert list(found) == ["later", "run-4", "run-3", "run-2", "run-0"]
    assert found["run-0"]["accuracy"] == 0.5


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"garbage" * 1000),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:3000]),
        lambda path: sqlite3.connect(path).executescript(
            "DROP TABLE runs; CREATE TABLE runs (x); PRAGMA user_version = 1"
        ),
        lambda path: sqlite3.connect(path).executescript("PRAGMA user_version = 99"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["missing", "garbage", "empty", "cut", "other table", "other version", "a folder"],
)
def test_an_index_that_cannot_be_used_is_made_anew(home, spoil):
    before = names(home)
    spoil(home / INDEX_NAME)
    assert names(home) == before
    assert names(home) == before


def test_a_folder_that_cannot_be_written_is_listed_all_the_same(home, monkeypatch):
    def refuse(path, **settings):
        if path != ":memory:":
            raise sqlite3.OperationalError("unable to open database file")
        return connect(path, **settings)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", refuse)
    assert len(names(home)) == 5


def test_damaged_and_unfinished_runs_are_listed_as_such_and_other_folders_not_at_all(home):
    (home / "run-2" / "run.json").write_text("{", encoding="utf-8")
    (home / "begun").mkdir()
    (home / "begun" / "request.json").write_text("{}", encoding="utf-8")
    (home / "photos").mkdir()
    (home / "notes.txt").write_text("mine", encoding="utf-8")
    kinds = {run.name: run.record["kind"] for run in list_runs(home)}
    assert kinds == {"run-4": "training", "run-3": "training", "run-1": "training", "run-0": "training"} | {
        "run-2": "damaged",
        "begun": "unfinished",
    }


def test_tags_lie_in_the_run_and_outlive_the_index(home):
    assert tag_run(open_run(home / "run-3"), ["good", "talk"]) == ("good", "talk")
    assert tag_run(open_run(home / "run-3"), ["good"], ["talk"]) == ("good",)
    (home / INDEX_NAME).unlink(missing_ok=True)
    assert {run.name: run.tags for run in list_runs(home)}["run-3"] == ("good",)


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "run-4"])
def test_a_name_that_is_none_or_taken_is_refused(home, name):
    with pytest.raises(RunError):
        rename_run(open_run(home / "run-0"), name)
    assert (home / "run-0" / "run.json").is_file()


def test_a_run_that_is_being_written_is_not_removed(home):
    run = open_run(home / "run-0")
    with run.writing(), pytest.raises(RunError):
        delete_run(Run(run.path))
    assert (home / "run-0" / "run.json").is_file()


def invoke(*words):
    return CliRunner().invoke(app, ["runs", *words])


def test_the_commands_list_compare_rename_tag_and_delete(home):
    assert [run["run"] for run in json.loads(invoke("list", "--json", "--limit", "2").stdout)["runs"]] == [
        "run-4",
        "run-3",
    ]
    make(home, "other", created="2025", model="mlp", accuracy=0.7)
    compared = json.loads(invoke("compare", "run-4", "other", "--json").stdout)
    assert compared["differ_in"] == ["model"]
    assert invoke("tag", "other", "plain").exit_code == 0
    assert [run["run"] for run in json.loads(invoke("list", "--tag", "plain", "--json").stdout)["runs"]] == ["other"]
    assert invoke("rename", "other", "mlp-first").exit_code == 0
    assert json.loads(invoke("show", "mlp-first", "--json").stdout)["run"].endswith("mlp-first")
    assert invoke("delete", "mlp-first", "--yes").exit_code == 0
    assert not (home / "mlp-first").exists()


def test_nothing_is_removed_without_a_yes(home):
    result = CliRunner().invoke(app, ["runs", "delete", "run-0"], input="n\n")
    assert result.exit_code == 1
    assert (home / "run-0").is_dir()


def test_a_folder_that_is_no_run_is_never_removed(home, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x", encoding="utf-8")
    assert invoke("delete", str(tmp_path / "precious"), "--yes").exit_code == 2
    assert (tmp_path / "precious" / "file").exists()


def test_an_exported_run_is_that_run_when_it_is_unpacked(home, tmp_path):
    import shutil

    assert invoke("export", "run-4", str(tmp_path / "run.zip")).exit_code == 0
    shutil.unpack_archive(tmp_path / "run.zip", tmp_path / "there")
    assert open_run(tmp_path / "there" / "run-4").record() == open_run("run-4").record()
    assert invoke("export", "run-4", str(tmp_path / "run.zip")).exit_code == 2
    assert os.listdir(tmp_path / "there") == ["run-4"]


def test_many_runs_are_compared_below_each_other_and_lists_of_rows_are_counted(home):
    for number in range(5):
        record = open_run(home / f"run-{number}").record()
        more = {"parameters": {"model__filters": [number, 2], "rate": 0.1 + 0.2}, "rows": [{"a": 1}, {"a": 2}]}
        open_run(home / f"run-{number}").write_record({**record, **more})
    compared = CliRunner().invoke(app, ["runs", "compare", *(f"run-{number}" for number in range(5))], env=WIDE)
    lines = compared.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["run", *(f"run-{number}" for number in range(5))]
    assert "filters [0, 2], rate 0.3" in lines[1]
    assert "2, all of them in run.json" in CliRunner().invoke(app, ["runs", "show", "run-0"], env=WIDE).stdout
