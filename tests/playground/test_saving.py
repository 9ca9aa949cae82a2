"""Networks of the page as runs: the same decisions, and nothing accepted that is not one."""

import json
from itertools import pairwise

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope.cli._app import app
from convscope.errors import UsageError
from convscope.playground import save_network
from convscope.tables import read_table
from convscope.training import ImageClassifier

MOMENT = {"pass": 3, "step": 30, "train": {"loss": 0.5, "accuracy": 0.75}, "test": {"loss": None, "accuracy": 0.5}}


def document(activation="sigmoid", names=("orange", "blue"), **changes):
    """Make a network of two features and two hidden units, as the page writes it."""
    random = np.random.default_rng(0)
    units = 1 if len(names) == 2 else len(names)
    labels = random.integers(len(names), size=40)
    points = [
        [float(x), float(y), int(label)] for (x, y), label in zip(random.normal(size=(40, 2)), labels, strict=True)
    ]
    layers = [
        {"units": 2, "activation": "tanh", "kernel": random.normal(size=4).tolist(), "bias": [0.1, -0.2]},
        {
            "units": units,
            "activation": activation,
            "kernel": random.normal(size=2 * units).tolist(),
            "bias": [0.3] * units,
        },
    ]
    return {
        "schema": "convscope.playground/1",
        "title": "test",
        "settings": {"features": ["x", "xTimesY"], "seed": "0.5"},
        "class_names": list(names),
        "layers": layers,
        "train": points[:30],
        "test": points[30:],
        "moments": [MOMENT],
    } | changes


def answers(network):
    """Compute the network's outputs from the document alone."""
    points = np.array(network["train"] + network["test"])
    out = np.column_stack([points[:, 0], points[:, 0] * points[:, 1]])
    for layer in network["layers"]:
        sums = out @ np.reshape(layer["kernel"], (-1, layer["units"])) + layer["bias"]
        out = np.tanh(sums) if layer["activation"] == "tanh" else sums
    return out


@pytest.mark.parametrize(
    ("activation", "names"),
    [
        ("sigmoid", ("orange", "blue")),
        ("tanh", ("orange", "blue")),
        ("sigmoid", ("a", "b")),
        ("softmax", ("c", "a", "b")),
    ],
)
def test_a_saved_network_decides_as_in_the_page(tmp_path, activation, names):
    network = document(activation, names)
    run = save_network(json.dumps(network).encode(), tmp_path / "run")
    classifier = ImageClassifier.load(run.model_path)
    out = answers(network)
    best = (out[:, 0] > 0).astype(int) if len(names) == 2 else out.argmax(axis=1)
    rows = read_table(run.path / "points.csv")
    assert classifier.predict(rows).tolist() == [names[place] for place in best]


def test_a_saved_network_is_a_run_that_commands_take(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))
    (tmp_path / "net.json").write_text(json.dumps(document()))
    invoke = CliRunner().invoke
    made = json.loads(invoke(app, ["playground", "--save", str(tmp_path / "net.json"), "--json"]).stdout)
    measured = invoke(app, ["evaluate", made["run"], f"{made['run']}/points.csv", "--json"])
    assert json.loads(measured.stdout)["n_rows"] == 10  # the test points, as the file says
    explained = invoke(app, ["trace", made["run"], "--data", f"{made['run']}/points.csv", "--row", "0", "--json"])
    assert explained.exit_code == 0, explained.stderr


def test_a_network_beyond_the_sliders_is_saved_too(tmp_path):
    sizes = [2, *[20] * 8, 1]
    layers = [
        {"units": out, "activation": "tanh", "kernel": [0.0] * (into * out), "bias": [0.1] * out}
        for into, out in pairwise(sizes)
    ]
    network = document(layers=layers, settings={"features": ["x", "y"], "seed": "s" * 200}, test=[])
    run = save_network(json.dumps(network).encode(), tmp_path / "run")
    assert ImageClassifier.load(run.model_path).model_.count_params() == 2 * 20 + 7 * 20**2 + 20 + 8 * 20 + 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": "convscope.playground/2"}, "schema"),
        ({"layers": []}, "layers"),
        ({"class_names": ["one"]}, "class_names"),
        ({"train": [[0, 0, 7]]}, "not a valid class"),
        ({"train": [[0, float("nan"), 0]]}, "train.0.1"),
        ({"class_names": ["a", "b", "c"]}, "outputs do not fit"),
        ({"settings": {"features": ["x"], "seed": "1"}}, "layer 1 do not fit"),
        ({"settings": {"features": ["__import__"], "seed": "1"}}, "settings.features"),
    ],
)
def test_what_is_no_network_of_the_playground_is_refused_by_its_place(tmp_path, change, told):
    with pytest.raises(UsageError, match=told):
        save_network(json.dumps(document(**change)).encode(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(tmp_path, text):
    with pytest.raises(UsageError, match="not a network"):
        save_network(text, tmp_path / "run")


def test_a_table_that_the_lab_does_not_have_is_told_before_anything_opens():
    result = CliRunner().invoke(app, ["playground", "mnist", "--no-browser"])
    assert result.exit_code == 2
    assert "simple, complex, circle" in result.output
