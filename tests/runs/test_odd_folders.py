"""What anybody may have put among the runs harms neither the list nor the other runs."""

import json
import os
import sqlite3

import numpy as np
import pytest

from convscope.errors import RunError, TableError
from convscope.runs import create_run
from convscope.runs.index import INDEX_NAME, delete_run, list_runs, rename_run, tag_run
from convscope.runs.store import Run


def a_run(home, name="good", **record):
    run = create_run(name, home / name)
    run.write_record({"kind": "training", "accuracy": 0.9, **record})
    return run


def listed(home):
    return {run.name: run.record for run in list_runs(home)}


@pytest.mark.parametrize(
    "text",
    [
        '{"schema": "convscope.run/1", "data": "\\ud800x"}',
        "[" * 100_000,
        "null",
    ],
)
def test_a_record_that_is_none_is_damaged_and_the_others_are_listed(tmp_path, text):
    a_run(tmp_path)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text(text)
    assert listed(tmp_path)["odd"]["kind"] == "damaged"
    assert listed(tmp_path)["good"]["accuracy"] == 0.9
    with pytest.raises(RunError, match=r"damaged|schema"):
        Run(tmp_path / "odd").record()


def test_a_number_that_is_none_is_left_out(tmp_path):
    (a_run(tmp_path).path / "run.json").write_text('{"schema": "convscope.run/1", "accuracy": NaN}')
    assert listed(tmp_path)["good"]["accuracy"] is None
    json.dumps(listed(tmp_path), allow_nan=False)


@pytest.mark.parametrize("name", ["run.json", "tags.json", "request.json"])
def test_a_pipe_in_a_run_holds_nobody_up(tmp_path, name):
    a_run(tmp_path)
    (tmp_path / "odd").mkdir()
    os.mkfifo(tmp_path / "odd" / name)
    assert listed(tmp_path)["good"]["accuracy"] == 0.9
    with pytest.raises(RunError):
        Run(tmp_path / "odd").record()
    with pytest.raises(RunError):
        Run(tmp_path / "odd").request()


def test_a_huge_record_is_not_read(tmp_path):
    run = a_run(tmp_path)
    os.truncate(run.path / "run.json", 2**31)
    with pytest.raises(RunError, match="2,147,483,648 bytes"):
        run.record()


def test_tags_nested_without_end_are_none(tmp_path):
    (a_run(tmp_path).path / "tags.json").write_text("[" * 100_000)
    assert list_runs(tmp_path)[0].tags == ()


def test_a_name_that_is_no_text_is_left_alone(tmp_path):
    a_run(tmp_path)
    strange = tmp_path / os.fsdecode(b"b\xffd")
    strange.mkdir()
    (strange / "run.json").write_text("{}")
    assert list(listed(tmp_path)) == ["good"]


def spoil_the_middle(path):
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(path.stat().st_size - 4096 * 3))


def spoil_a_row(path):
    with sqlite3.connect(path) as index:
        index.execute("UPDATE runs SET record = 'no JSON'")
    index.close()


def make_a_view(path):
    with sqlite3.connect(path) as index:
        index.executescript("ALTER TABLE runs RENAME TO other; CREATE VIEW runs AS SELECT * FROM other")
    index.close()


@pytest.mark.parametrize("spoil", [spoil_the_middle, spoil_a_row, make_a_view])
def test_an_index_that_is_damaged_inside_is_made_anew(tmp_path, spoil):
    for number in range(60):
        a_run(tmp_path, f"run-{number:02d}", note="x" * 300)
    before = listed(tmp_path)
    spoil(tmp_path / INDEX_NAME)
    a_run(tmp_path, "another")
    after = listed(tmp_path)
    assert after.pop("another")["kind"] == "training"
    assert after == before


@pytest.mark.parametrize("value", [5, b"\xff", "[]", '{"tags": 5}'])
def test_an_index_with_values_of_another_kind_is_made_anew(tmp_path, value):
    a_run(tmp_path)
    before = listed(tmp_path)
    with sqlite3.connect(tmp_path / INDEX_NAME) as index:
        index.execute("UPDATE runs SET record = ?", (value,))
    index.close()
    assert listed(tmp_path) == before == listed(tmp_path)


def test_an_index_that_another_process_writes_for_long_holds_nobody_up(tmp_path, monkeypatch):
    a_run(tmp_path)
    before = listed(tmp_path)
    other = sqlite3.connect(tmp_path / INDEX_NAME)
    other.execute("BEGIN EXCLUSIVE")
    a_run(tmp_path, "another")
    waits, connect = [], sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: waits.append(timeout) or connect(path, timeout))
    assert set(listed(tmp_path)) == {*before, "another"}
    assert sum(waits) <= 3  # the last one is for the index in memory, which nobody else has
    other.rollback()
    assert other.execute("SELECT name FROM runs").fetchall() == [("good",)]
    other.close()


def test_an_index_that_finds_no_room_is_not_needed(tmp_path, monkeypatch):
    for number in range(60):
        a_run(tmp_path, f"run-{number:02d}", note="x" * 300)

    class NoRoom(sqlite3.Connection):
        def executemany(self, *words):
            raise sqlite3.OperationalError("database or disk is full")

    real = sqlite3.connect

    def connect(place, **options):
        return real(place, **options, **({} if place == ":memory:" else {"factory": NoRoom}))

    monkeypatch.setattr(sqlite3, "connect", connect)
    assert len(listed(tmp_path)) == 60


def test_an_index_that_is_a_link_is_not_followed(tmp_path):
    a_run(tmp_path)
    with sqlite3.connect(tmp_path / "precious.db") as other:
        other.executescript("CREATE TABLE runs (mine); INSERT INTO runs VALUES (7)")
    other.close()
    (tmp_path / INDEX_NAME).symlink_to(tmp_path / "precious.db")
    assert list(listed(tmp_path)) == ["good"]
    with sqlite3.connect(tmp_path / "precious.db") as other:
        assert other.execute("SELECT mine FROM runs").fetchall() == [(7,)]
    other.close()


@pytest.mark.parametrize("name", ["caf\udce9", "a\nb", "\x1b[31mred", "-x", ".hidden", "a/b", ""])
def test_a_name_that_cannot_be_printed_is_refused(tmp_path, name):
    with pytest.raises(RunError, match="not a valid name for a run"):
        rename_run(a_run(tmp_path), name)


@pytest.mark.parametrize("tag", ["", "  ", "caf\udce9", "\x1b]0;t\x07"])
def test_a_tag_that_cannot_be_printed_is_refused(tmp_path, tag):
    with pytest.raises(RunError, match="not a valid tag"):
        tag_run(a_run(tmp_path), [tag])


def test_only_a_run_that_rests_is_renamed(tmp_path):
    run = a_run(tmp_path)
    with run.writing(), pytest.raises(RunError, match="already in use"):
        rename_run(run, "other")
    (tmp_path / "precious").mkdir()
    with pytest.raises(RunError, match="holds no training"):
        rename_run(Run(tmp_path / "precious"), "other")
    assert rename_run(run, "other").path == tmp_path / "other"


def test_a_run_is_found_from_inside_and_a_link_stays(tmp_path, monkeypatch):
    run = a_run(tmp_path)
    (tmp_path / "link").symlink_to(run.path)
    with pytest.raises(RunError, match="link"):
        delete_run(Run(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    (tmp_path / ".deleted-good").mkdir()
    (tmp_path / ".deleted-good" / "left").touch()
    monkeypatch.chdir(run.path)
    delete_run(Run(run.path.relative_to(run.path)))
    assert not run.path.exists()


def test_labels_of_another_kind_are_labels_never_seen(trained_on_numbers):
    classifier, rows = trained_on_numbers
    from convscope.training import evaluate

    with pytest.raises(TableError, match="never saw"):
        evaluate(classifier, rows, np.array(["a"] * len(rows), dtype=object))


@pytest.fixture
def trained_on_numbers():
    from convscope.training import ImageClassifier

    rows = np.random.default_rng(0).random((20, 2), np.float32)
    return ImageClassifier("linear", epochs=1, verbose=0).fit(rows, (rows[:, 0] > 0.5).astype(int)), rows
