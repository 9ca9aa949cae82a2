"""Text from files is shown, never obeyed: on the terminal, in errors, in JSON and on pages."""

import json
import unicodedata

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from convscope import load_dataset
from convscope.backend import keras
from convscope.cli import _output
from convscope.cli._app import app
from convscope.course.feedback import feedback_page
from convscope.course.grading import Grade
from convscope.errors import TableError
from convscope.page.exhibit import Exhibit
from convscope.report.drawing import draw
from convscope.tables import PixelTable
from convscope.training import ImageClassifier
from convscope.wording import visible

EVIL = "a\x1b[31m\x9b2J\x07\u202e\u2066\x1b]8;;http://evil\x07b\r\n[red]:smile:"
OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def steers(text):
    return [letter for letter in text if letter != "\n" and unicodedata.category(letter) in OBEYED]


def convscope(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_what_is_obeyed_is_written_as_what_it_is_and_letters_of_all_scripts_stay():
    assert visible("\x1b\u202e\x9b") == "\\x1b\\u202e\\x9b"
    plain = "Ψ 猫 می\u200cخواهم é\u00a0x"
    assert visible(plain) == plain


def test_each_way_of_printing_shows_it(capsys):
    _output.note(EVIL)
    _output.print_lines(EVIL)
    _output.print_table(["what", EVIL], [[EVIL, 1]])
    _output.print_error(TableError(EVIL, received=EVIL, expected=EVIL, repair=EVIL))
    _output.print_json({EVIL: EVIL})
    out, err = capsys.readouterr()
    assert not steers(out + err)
    assert "[red]:smile:" in out and "[red]:smile:" in err
    assert json.loads(out.splitlines()[-1]) == {EVIL: EVIL}


def test_predictions_are_exact_in_a_pipe_and_shown_on_a_terminal(capsys, monkeypatch):
    frame = pd.DataFrame({"prediction": ["a\x1b[31m", "b"]})
    _output.print_csv(frame)
    assert capsys.readouterr().out == "prediction\na\x1b[31m\nb\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    _output.print_csv(frame)
    assert capsys.readouterr().out == "prediction\na\\x1b[31m\nb\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose layers and classes have names that steer a terminal."""
    from convscope.runs import create_run
    from convscope.runs.training_run import TrainedModel, save_training
    from convscope.tables import hash_tables, write_table
    from convscope.training import evaluate

    def build(n_features, n_classes):
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input((n_features,)),
                layers.Dense(n_classes, activation="softmax", name="d\x1b[31m\u202e"),
            ]
        )

    home = tmp_path_factory.mktemp("evil")
    labels = np.array(["x", "y\x1b[32m\u202e"] * 4, object)
    table = PixelTable(np.arange(32, dtype=np.uint8).reshape(8, 4), (2, 2, 1), labels)
    classifier = ImageClassifier(build, epochs=1).fit(table)
    run = create_run("evil", home / "run")
    facts = {"model": "m\x1b[33m", "data": str(home / "t.csv"), "pixel_order": "original", "recipe": "fast", "seed": 0}
    save_training(run, TrainedModel(classifier, evaluate(classifier, table), facts, hash_tables(table), 0.0))
    write_table(table, home / "t.csv")
    return home


@pytest.mark.parametrize(
    "words",
    [
        ["trace", "run", "--data", "t.csv"],
        ["trace", "run", "--data", "t.csv", "--layer", "d\x1b[31m\u202e"],
        ["evaluate", "run", "t.csv"],
        ["why", "run", "--data", "t.csv", "--row", "1"],
        ["runs", "show", "run"],
        ["runs", "compare", "run", "run"],
        ["data", "check", "t.csv"],
        ["data", "info", "t.csv"],
    ],
    ids=lambda words: " ".join(words[:2] if words[0] in ("runs", "data") else words[:1]),
)
def test_no_command_obeys_a_name(run, monkeypatch, words):
    monkeypatch.chdir(run)
    for form in ([], ["--json"]):
        done = convscope(*words, *form)
        assert done.exit_code == 0, done.output
        assert not steers(done.output)


@pytest.mark.parametrize("words", [["train", EVIL], [EVIL], ["data", EVIL], ["train", "digits", "--" + EVIL]])
def test_what_was_typed_is_shown_in_usage_errors(words):
    done = convscope(*words)
    assert done.exit_code == 2 and not steers(done.output)


def test_pages_and_descriptions_show_it(run):
    table = PixelTable(np.zeros((2, 4), np.uint8), (2, 2, 1), np.array([EVIL, "b"], object))
    bundle = Exhibit(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="d")]), table, title=EVIL).bundle()
    assert not steers(bundle[8 : 8 + int.from_bytes(bundle[:8], "little")].decode())
    grade = Grade(EVIL, {}, {}, EVIL)
    assert not steers(feedback_page(grade))
    assert not steers(load_dataset(run / "t.csv", split="all").DESCR)


def test_a_drawing_is_made_of_names_that_no_drawing_can_hold():
    evil = "a\x1b[31m\ufffe\x00"
    spec = {
        "mark": "bar",
        "data": {"values": [{"n": evil, "v": 1}]},
        "encoding": {"x": {"field": "n"}, "y": {"field": "v"}},
    }
    assert "\\x1b[31m\\ufffe\\x00" in draw(spec).result()
