"""A run knows its training rows, and says what of a measurement is memory."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.runs import find_run
from convscope.runs.trained_rows import find_trained
from convscope.tables import PixelTable, PointTable, images_to_table, mark_rows, read_table, write_table


def ask(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run of 16 of 20 rows, in `run`; `new.csv` holds 5 other rows."""
    folder = tmp_path_factory.mktemp("home")
    drawn = np.random.default_rng(0).integers(0, 256, (25, 2, 2))
    write_table(images_to_table(drawn[:20], [0, 1] * 10), folder / "known.csv")
    write_table(images_to_table(drawn[20:], [0, 1, 0, 1, 0]), folder / "new.csv")
    write_table(images_to_table(drawn[:20].astype(np.float64), [0, 1] * 10), folder / "known.parquet")
    done = ask("train", folder / "known.csv", "--model", "linear", "--epochs", "1", "--out", folder / "run", "-q")
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.parametrize("name", ["known.csv", "known.parquet"])
def test_evaluating_the_file_that_was_trained_on_says_so(home, name):
    told = json.loads(ask("evaluate", home / "run", home / name, "--json").stdout)
    assert (told["n_rows"], told["n_trained_on"], told["new"]["n_rows"]) == (20, 16, 4)
    kept = json.loads((home / "run" / "run.json").read_text())
    assert told["accuracy"] == told["new"]["accuracy"] == kept["accuracy"]  # the four are the test rows
    shown = ask("evaluate", home / "run", home / name).stdout
    assert "trained on 16 of these 20 rows" in shown and shown.splitlines()[-1].startswith("new")


def test_rows_that_are_new_are_all_that_is_measured(home):
    told = json.loads(ask("evaluate", home / "run", home / "new.csv", "--json").stdout)
    assert told["n_trained_on"] == 0 and told["new"]["accuracy"] == told["accuracy"]
    assert "trained on" not in ask("evaluate", home / "run", home / "new.csv").stdout


def test_predictions_say_it_too(home):
    done = ask("predict", home / "run", home / "known.csv", "--json")
    assert json.loads(done.stdout)["n_trained_on"] == 16 and "16 of these 20 rows" in done.stderr


def test_a_run_that_kept_no_marks_does_not_guess_and_damage_is_told(home):
    marks = home / "run" / "rows.safetensors"
    content = marks.read_bytes()
    try:
        marks.write_bytes(content[:-3])
        refused = ask("evaluate", home / "run", home / "new.csv")
        assert refused.exit_code == 1 and "rows.safetensors is damaged" in refused.stderr
        marks.unlink()
        told = json.loads(ask("evaluate", home / "run", home / "new.csv", "--json").stdout)
        assert told["n_trained_on"] is None and told["new"] is None
        assert "is not known" in ask("evaluate", home / "run", home / "new.csv").stderr
        assert find_trained(find_run(home / "run"), read_table(home / "new.csv")) is None
    finally:
        marks.write_bytes(content)


def test_marks_follow_from_the_values_alone():
    drawn = np.unique(np.random.default_rng(1).integers(0, 3, (5_000, 9)), axis=0).astype(np.uint8)
    table = PixelTable(drawn, (3, 3, 1))
    marks = mark_rows(table)
    assert len(np.unique(marks)) == len(drawn)
    assert (mark_rows(PixelTable(drawn.astype(np.float32), (3, 3, 1), np.zeros(len(drawn)))) == marks).all()
    points = mark_rows(PointTable(np.array([[0.0, 1.5], [-0.0, 1.5], [1.5, 0.0]])))
    assert points[0] == points[1] != points[2]
