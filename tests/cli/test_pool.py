"""``convscope pool``, as typed."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope.arithmetic import pool
from convscope.cli._app import app

X = "[[1,0,1,0],[0,1,1,1],[0,1,0,0],[1,0,0,0]]"


def typed(*words):
    return CliRunner().invoke(app, ["pool", *map(str, words)])


def answer(*words):
    result = typed(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_json_is_one_object_with_output_and_steps():
    assert answer("--image", "[[1,2],[4,3]]", "--size", "2,2") == {
        "output": [[4.0]],
        "steps": [{"row": 0, "column": 0, "window": [[1, 2], [4, 3]], "value": 4.0, "winner": {"row": 1, "column": 0}}],
    }


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ([], [[1, 1], [1, 0]]),
        (["--strides", "1"], [[1, 1, 1], [1, 1, 1], [1, 1, 0]]),
        (["--kind", "average"], [[0.5, 0.75], [0.5, 0]]),
        (["--size", "3", "--padding", "same"], [[1, 1], [1, 0]]),
        (["--size", "1,4"], [[1], [1], [1], [1]]),
    ],
)
def test_the_documents_picture_with_each_option(words, output):
    assert answer("--image", X, *words)["output"] == output


def test_padding_is_null_and_never_wins_or_counts():
    step = answer("--image", "[[-1,-2,-3]]", "--size", "1,2", "--padding", "same")["steps"][1]
    assert (step["window"], step["value"], step["winner"]) == ([[-3, None]], -3, {"row": 0, "column": 2})
    found = answer("--image", "[[10,20,30]]", "--size", "1,2", "--padding", "same", "--kind", "average")
    assert found["output"] == [[15, 30]]
    assert found["steps"][0]["winner"] is None


def test_channels_are_pooled_one_by_one():
    image = np.random.default_rng(0).integers(0, 9, (4, 6, 2))
    found = answer("--image", image.tolist(), "--size", "2,3")
    assert found["output"] == pool(image, (2, 3)).tolist()
    for step in found["steps"]:
        assert image[step["winner"]["row"], step["winner"]["column"], step["channel"]] == step["value"]


def test_the_walk_marks_the_window_and_says_who_won():
    text = typed("--image", X, "--step", "2").stdout
    assert text.splitlines()[:3] == [
        "step 2 of 4: row 0, column 1",
        "  input              output",
        "   1   0  [1] [0]     1   1",
    ]
    assert "largest of 1, 0, 1, 1 = 1, from row 0, column 2 of the input" in text


def test_a_mean_is_written_out_and_says_where_it_is_rounded():
    text = typed("--image", "[[1,-2,2]]", "--size", "1,3", "--kind", "average").stdout
    assert "mean: 1.000000 − 2.000000 + 2.000000 = 1.000000" in text
    assert "1.000000 / 3 = 0.333333, rounded" in text
    assert "6 / 2 = 3\n" in typed("--image", "[[2,4]]", "--size", "1,2", "--kind", "average").stdout


def test_lines_fit_80_columns_and_minus_is_a_minus():
    image = np.random.default_rng(0).normal(size=(9, 12, 2))
    text = typed("--image", image.tolist(), "--size", "3", "--kind", "average").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "−" in text
    assert "-" not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--image", "[[1]]"], 3, "larger than the image"),
        (["--image", "[[1,2],[3]]"], 3, "ragged"),
        (["--image", "pixels"], 3, "not JSON"),
        (["--image", X, "--size", "a"], 2, "--size"),
        (["--image", X, "--kind", "median"], 2, "kind"),
        (["--image", X, "--step", "0"], 2, "1 to 4"),
    ],
)
def test_what_cannot_be_pooled_gets_one_message(words, code, said):
    result = typed(*words)
    assert result.exit_code == code
    assert said in re.sub(r"\s+", " ", result.stderr)
    assert "Traceback" not in result.output
    assert result.stdout == ""
