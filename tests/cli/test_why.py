"""``convscope why``, as typed."""

import json

import pytest
from typer.testing import CliRunner

from convscope.cli._app import app


def typed(*words):
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("why") / "run"
    result = typed("train", "digits", "--epochs", 3, "--limit", 400, "--out", out, "--quiet")
    assert result.exit_code == 0, result.output
    return out


def test_the_numbers_add_up_to_the_score(run):
    result = typed("why", run, "--data", "digits", "--row", 15, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    missed = told["contributions_sum"] - (told["score"] - told["baseline_score"])
    assert abs(missed) <= 0.0101 * abs(told["score"] - told["baseline_score"])
    assert 0 < told["probability"] <= 1
    assert told["worst_patch"]["probability"] < told["probability"]
    assert told["grad_cam"]["layer"] == "conv2d_2"


def test_another_class_can_be_asked_about(run):
    answers = [
        json.loads(typed("why", run, "--data", "digits", "--about", label, "--json").stdout) for label in range(10)
    ]
    assert [answer["class"] for answer in answers] == [str(label) for label in range(10)]
    assert sum(answer["probability"] for answer in answers) == pytest.approx(1, abs=1e-5)
    best = max(answers, key=lambda answer: answer["probability"])
    assert json.loads(typed("why", run, "--data", "digits", "--json").stdout)["class"] == best["class"]


def test_the_text_fits_80_columns(run):
    result = typed("why", run, "--data", "digits", "--row", 3)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "Grad-CAM of conv2d_2" in result.stdout


@pytest.mark.parametrize(("name", "begins"), [("a.html", b"<!doctype"), ("a.svg", b"<svg"), ("a.png", b"\x89PNG")])
def test_pictures_are_written(run, tmp_path, name, begins):
    result = typed("why", run, "--data", "digits", "-o", tmp_path / name)
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).read_bytes().startswith(begins)
    again = typed("why", run, "--data", "digits", "-o", tmp_path / name)
    assert again.exit_code == 2
    assert "--force" in again.output


@pytest.mark.parametrize(
    "words", [["--row", 99_999], ["--about", "ten"], ["--layer", "conv2d_9"], ["-o", "a.gif"], ["-o", "no/where.png"]]
)
def test_what_is_wrong_is_said_in_one_message(run, words):
    result = typed("why", run, "--data", "digits", *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert not result.stdout


def test_a_network_without_maps_has_reasons_too(tmp_path):
    assert typed("train", "digits", "--model", "mlp", "--epochs", 1, "--out", tmp_path / "run", "-q").exit_code == 0
    result = typed("why", tmp_path / "run", "--data", "digits", "--json")
    assert result.exit_code == 0, result.output
    assert "grad_cam" not in json.loads(result.stdout)
