"""``convscope trace``, as typed."""

import json
import re
from importlib import import_module
from itertools import chain, pairwise

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope import models, record_trace
from convscope.backend import keras
from convscope.cli._app import app
from convscope.cli.trace import _value_lines as value_lines
from convscope.tracing import step as take_apart


def typed(*words):
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("trace") / "run"
    result = typed("train", "digits", "--epochs", 1, "--limit", 120, "--out", out, "--quiet")
    assert result.exit_code == 0, result.output
    return out


def answer(run, *words):
    result = typed("trace", run, "--data", "digits", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_layers_are_listed_with_counts_that_their_sums_give(run):
    record = answer(run, "--row", 15)
    assert record["equal"]
    assert record["max_relative_difference"] <= 1e-5
    assert [layer["kind"] for layer in record["layers"]][1:3] == ["Conv2D", "MaxPooling2D"]
    for layer in record["layers"]:
        if layer["n_parameters"]:
            sum_ = layer["arithmetic"].replace("·", "*").replace(",", "")
            assert eval(sum_, {"__builtins__": {}}) == layer["n_parameters"]


def test_one_value_adds_up_and_is_the_models(run):
    record = answer(run, "--row", 15, "--layer", "conv2d_1", "--at", "3,2,1")
    assert record["at"] == [3, 2, 1]
    assert len(record["terms"]) == 9
    total = sum(term["product"] for term in record["terms"]) + record["bias"]
    assert max(0, total) == pytest.approx(record["value"], abs=1e-12)
    assert record["abs_difference"] <= 1e-5 * max(1, abs(record["model_value"]))
    assert all(term["input"] * term["weight"] == pytest.approx(term["product"]) for term in record["terms"])


def test_a_part_is_shown_by_its_name(run):
    whole = answer(run, "--layer", "conv2d_1", "--at", "3,2,1")
    part = answer(run, "--layer", "conv2d_1", "--at", "3,2,1", "--part", "sum")
    assert whole["parts"] == ["sum", "relu"]
    assert (whole["part"], part["part"]) == ("", "sum")
    assert part["value"] == whole["pre_activation"]
    printed = typed("trace", run, "--data", "digits", "--layer", "conv2d_1", "--part", "relu").stdout
    assert "conv2d_1 (Conv2D), relu: row" in printed


def test_a_step_of_a_recurrent_layer_is_shown(run, monkeypatch):
    command = import_module("convscope.cli.trace")
    rows, reader = keras.layers.Reshape((8, 8)), keras.layers.LSTM(3, name="lstm")
    model, opened = keras.Sequential([keras.Input((64,)), rows, reader]), command.open_classifier
    monkeypatch.setattr(command, "open_classifier", lambda name: (model, opened(name)[1]))
    asked = ("--layer", "lstm", "--part", "kept", "--time", 2)
    record = answer(run, *asked)
    assert (record["time"], record["rule"]) == ([2], "product")
    assert [term["source"] for term in record["terms"]] == ["forget gate", "cell at step 1"]
    printed = typed("trace", run, "--data", "digits", *asked).stdout
    assert "lstm (LSTM), kept at step 2: unit" in printed


def test_without_a_place_the_largest_value_is_shown(run):
    values = [answer(run, "--layer", "output", "--at", unit)["value"] for unit in range(10)]
    assert answer(run, "--layer", "output")["value"] == max(values)


@pytest.mark.parametrize("words", [[], ["--layer", "conv2d_2"], ["--layer", "output"], ["--layer", "max_pooling2d_1"]])
def test_the_text_fits_80_columns(run, words):
    result = typed("trace", run, "--data", "digits", "--row", 15, *words)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\n\n\n" not in result.stdout
    assert not re.search(r"(?<![\w.])-\d", re.sub(r"e-\d\d", "", result.stdout)), "a minus is U+2212"


@pytest.mark.parametrize("layer", ["conv2d_1", "conv2d_2", "output"])
def test_the_printed_lines_add_up_digit_for_digit(run, layer):
    printed = typed("trace", run, "--data", "digits", "--row", 7, "--layer", layer).stdout
    body = printed.split("─")[0].split("\n\n")[-1]
    numbers = [line.split()[-1] for line in body.splitlines() if line.strip()]
    total = re.search(r"^  sum +(\S+)$", printed, re.MULTILINE)[1]
    millionths = [round(float(text.replace("−", "-").replace(",", "")) * 1e6) for text in [*numbers, total]]
    assert sum(millionths[:-1]) == millionths[-1]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--layer", "conv2d", "--at", "1,2,3"], 2, "did you mean 'conv2d_"),
        (["--at", "1,2,3"], 2, "--layer"),
        (["--layer", "conv2d_1", "--at", "a"], 2, "whole numbers"),
        (["--layer", "conv2d_1", "--at", "1,2,999"], 3, "at most"),
        (["--part", "sum"], 2, "add --layer NAME"),
        (["--layer", "conv2d_1", "--time", 1], 2, "add --part NAME"),
        (["--layer", "conv2d_1", "--part", "summ"], 2, "did you mean 'sum'"),
        (["--layer", "conv2d_1", "--part", "sum", "--time", 1], 3, "step by step"),
        (["--row", 99999], 2, "no row 99999"),
        (["--row", "-1"], 2, "--row"),
    ],
)
def test_what_cannot_be_shown_is_told_with_a_repair(run, words, code, told):
    result = typed("trace", run, "--data", "digits", *words)
    assert result.exit_code == code
    assert told in result.stderr
    assert result.stdout == ""


def test_a_run_on_points_is_traced_too(tmp_path):
    run = tmp_path / "points"
    assert typed("train", "playground_xor", "--epochs", 2, "--out", run, "--quiet").exit_code == 0
    result = typed("trace", run, "--data", "playground_xor", "--row", 3, "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["equal"]
    assert record["prediction"] in ("red", "blue", "0", "1")
    assert np.isfinite(record["probability"])


@pytest.mark.parametrize("filters", [(2, 3), (4, 6), (5, 4)])
def test_a_calculator_confirms_every_product_of_random_cards(filters, calculator):
    random = np.random.default_rng(filters)
    trace = record_trace(models.cnn((8, 8, 1), 10, filters=filters), random.random((8, 8)))
    layers = [layer for layer in trace.layers if layer.kind in ("Conv2D", "Dense")]
    for _ in range(334):
        layer = layers[random.integers(len(layers))]
        lines = list(value_lines(trace, take_apart(trace, layer.name, *random.integers(layer.shape))))
        for line in lines:
            if factors := re.fullmatch(r"  unit \d+: (\S+) × (\S+) +(\S+)", line):
                assert calculator.read(factors[3]) == calculator(factors[1], factors[2], 6)
        assert_card_adds_up(lines, calculator)


def assert_card_adds_up(lines, calculator):
    """Read window, kernel and products as they are printed, and the sentence that adds them up."""
    for end in (place for place, line in enumerate(lines) if re.match(r"  The \d+ products", line)):
        window, kernel, products = matrices(lines[:end])
        assert [calculator.read(text) for text in products] == [
            calculator(*pair) for pair in zip(window, kernel, strict=True)
        ], lines
        said = re.fullmatch(r"  The \d+ products(?: with rounding (\S+))? make (\S+)\.", lines[end])
        assert sum(map(calculator.read, [*products, said[1] or "0"])) == calculator.read(said[2])


def matrices(lines):
    """Three matrices as lists of texts, printed side by side or one below the other."""
    start = max(place for place, line in enumerate(lines) if line.strip().startswith("window"))
    rows = [line.split() for line in lines[start:]]
    if len(rows[0]) == 3:
        side = len(rows[1]) // 3
        return [[text for row in rows[1:] for text in row[at : at + side]] for at in (0, side, 2 * side)]
    heads = [*(place for place, row in enumerate(rows) if row[0] in ("window", "kernel", "products")), len(rows)]
    return [list(chain.from_iterable(rows[head + 1 : end])) for head, end in pairwise(heads)]
