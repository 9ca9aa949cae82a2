"""Runs are listed in the order in which they came to be, whatever the clock said."""

import json
import shutil

import pytest

from convscope.runs import create_run
from convscope.runs.index import list_runs
from convscope.runs.sequence import COUNTER


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def made(home, name, created, **more):
    run = create_run(name, home / name)
    run.write_record({"kind": "training", "created": created, **more})
    return run


def names(home):
    return [run.name for run in list_runs(home)]


def test_a_clock_that_was_set_back_hides_no_run(home):
    made(home, "first", "2031-01-01T00:00:00+00:00")
    made(home, "second", "2026-01-01T00:00:00+00:00")
    made(home, "third", "2026-01-02T00:00:00+00:00")
    assert names(home) == ["third", "second", "first"]
    assert [run.record["sequence"] for run in list_runs(home)] == [3, 2, 1]


def test_runs_without_a_number_stand_by_their_time(home):
    made(home, "b", "2026-01-02T00:00:00+00:00")
    old = made(home, "old", "2026-01-01T00:00:00+00:00")
    record = json.loads((old.path / "run.json").read_text())
    (old.path / "run.json").write_text(json.dumps({k: v for k, v in record.items() if "sequence" not in k}))
    made(home, "c", "2026-01-03T00:00:00+00:00")
    assert names(home) == ["c", "b", "old"]


def test_a_run_of_another_home_is_not_ordered_by_its_number(home, tmp_path):
    made(home, "mine", "2026-01-02T00:00:00+00:00")
    made(home, "theirs", "2026-01-01T00:00:00+00:00")
    record = json.loads((home / "theirs" / "run.json").read_text()) | {"sequence": 5000, "sequence_of": "elsewhere"}
    (home / "theirs" / "run.json").write_text(json.dumps(record))
    made(home, "new", "2025-01-01T00:00:00+00:00")
    assert names(home) == ["new", "mine", "theirs"]
    shutil.copytree(home / "mine", home / "copy")
    assert names(home)[0] == "new"


def test_a_training_that_goes_on_is_the_newest(home):
    made(home, "done", "2031-01-01T00:00:00+00:00")
    create_run("begun", home / "begun").write_request({"data": "digits"})
    assert names(home) == ["begun", "done"]


@pytest.mark.parametrize("content", ["", "[]", '{"last": "x", "home": 1}', '{"last": 1e400, "home": "h"}'])
def test_a_damaged_counter_begins_anew(home, content):
    made(home, "before", "2026-01-01T00:00:00+00:00")
    (home / COUNTER).write_text(content)
    made(home, "after", "2026-01-02T00:00:00+00:00")
    assert names(home) == ["after", "before"]


def test_a_run_elsewhere_has_no_number(home, tmp_path):
    assert "sequence" not in made(tmp_path / "elsewhere", "run", "2026-01-01T00:00:00+00:00").record()
