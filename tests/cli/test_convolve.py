"""``convscope convolve``, as typed."""

import json
import re
from decimal import Decimal

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope.arithmetic import convolve
from convscope.cli._app import app

X = "[[1,0,1,0],[0,1,1,1],[0,1,0,0],[1,0,0,0]]"
K = "[[1,0],[1,1]]"


def typed(*words, stdin=None):
    return CliRunner().invoke(app, ["convolve", *map(str, words)], input=stdin)


def answer(*words, **more):
    result = typed(*words, "--json", **more)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_json_is_one_object_with_output_and_steps():
    assert answer("--image", "[[1,0],[0,1]]", "--kernel", K) == {
        "output": [[2.0]],
        "steps": [{"row": 0, "column": 0, "window": [[1, 0], [0, 1]], "products": [[1, 0], [0, 1]], "sum": 2.0}],
    }


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ([], [[2, 2, 3], [1, 2, 1], [1, 1, 0]]),
        (["--strides", "1,2"], [[2, 3], [1, 1], [1, 0]]),
        (["--strides", "2,1"], [[2, 2, 3], [1, 1, 0]]),
        (["--strides", "2"], [[2, 3], [1, 0]]),
        (["--padding", "same"], [[2, 2, 3, 1], [1, 2, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]),
        (["--dilation", "2"], [[1, 1], [1, 1]]),
        (["--bias", "-0.5"], [[1.5, 1.5, 2.5], [0.5, 1.5, 0.5], [0.5, 0.5, -0.5]]),
    ],
)
def test_the_documents_picture_with_each_option(words, output):
    assert answer("--image", X, "--kernel", K, *words)["output"] == output


def test_several_channels_and_several_kernels():
    random = np.random.default_rng(0)
    image, kernels = random.integers(-3, 4, (3, 4, 2)), random.integers(-3, 4, (2, 2, 2, 3))
    found = answer("--image", image.tolist(), "--kernel", kernels.tolist(), "--bias", "[1,2,3]")
    assert found["output"] == convolve(image, kernels, [1, 2, 3]).tolist()
    assert len(found["steps"]) == 2 * 3 * 3
    for step in found["steps"]:
        assert np.sum(step["products"]) + step["bias"] == step["sum"]
        assert found["output"][step["row"]][step["column"]][step["channel"]] == step["sum"]
    one = answer("--image", image.tolist(), "--kernel", kernels[..., 0].tolist())
    assert np.shape(one["output"]) == (2, 3)


def test_an_image_comes_from_a_file_or_from_stdin(tmp_path):
    (tmp_path / "image.json").write_text(X)
    assert answer("--image", f"@{tmp_path}/image.json", "--kernel", K)["output"][0] == [2, 2, 3]
    assert answer("--image", "-", "--kernel", K, stdin=X)["output"][0] == [2, 2, 3]


def test_one_step_of_many():
    found = answer("--image", X, "--kernel", K, "--step", "3")
    assert [(step["row"], step["column"], step["sum"]) for step in found["steps"]] == [(0, 2, 3.0)]
    text = typed("--image", X, "--kernel", K, "--step", "3").stdout
    assert text.startswith("step 3 of 9: row 0, column 2\n")
    assert "   1   0  [1] [0]" in text
    assert "1 × 1 + 0 × 0 + 1 × 1 + 1 × 1" in text
    assert "= 1 + 0 + 1 + 1 = 3" in text


def test_the_walk_fills_the_output_and_ends_with_its_size():
    text = typed("--image", X, "--kernel", K).stdout
    assert [text.count(f"step {index} of 9") for index in range(1, 10)] == [1] * 9
    first, last = text.split("\n\n")[0], text.split("\n\n")[8]
    assert (first.count("·"), last.count("·")) == (8, 0)
    assert text.rstrip().endswith("height 4 − 2 + 1 = 3; width 4 − 2 + 1 = 3")


@pytest.mark.parametrize("seed", range(6))
def test_printed_sums_add_up_digit_for_digit_within_80_columns(seed):
    random = np.random.default_rng(seed)
    image, kernel = random.normal(size=(4, 5, seed // 2 + 1)), random.normal(size=(3, 3, seed // 2 + 1))
    words = ["--image", image.tolist(), "--kernel", kernel.tolist(), "--padding", "same", "--bias", "0.3333333333"]
    text = typed(*words).stdout
    sums = re.findall(r"^  = (.*(?:\n    .*)*)", text, re.M)
    assert len(sums) == 20
    for line in sums:
        terms, total = re.sub(r"\([^)]*\)|,", "", line).replace("−", "-").rsplit("=", 1)
        shown = sum(Decimal(term) for term in re.findall(r"-?[\d.]+", re.sub(r"([+-])\s+", r"\1", terms)))
        assert shown == Decimal(total.strip())
    assert max(map(len, text.splitlines())) <= 80
    assert "-" not in text


def test_nothing_is_printed_twice_for_a_large_image():
    text = typed("--image", np.ones((28, 28)).tolist(), "--kernel", "[[1]]").stdout
    assert "684 more steps" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--image", "[[1,2],[3]]", "--kernel", K], 3, "image is ragged: entry 1"),
        (["--image", "[[1,2", "--kernel", K], 3, "image is not JSON"),
        (["--image", "", "--kernel", K], 3, "image is not JSON"),
        (["--image", "[]", "--kernel", K], 3, "image is empty"),
        (["--image", "[[]]", "--kernel", K], 3, "image[0] is empty"),
        (["--image", '[[1,"a"]]', "--kernel", K], 3, "image[0][1] is not a usable number"),
        (["--image", "[[1,NaN]]", "--kernel", K], 3, "image[0][1] is not a usable number"),
        (["--image", "[[1,1e400]]", "--kernel", K], 3, "image[0][1] is not a usable number"),
        (["--image", "[[1,true]]", "--kernel", K], 3, "image[0][1] is not a usable number"),
        (["--image", "[[1,null]]", "--kernel", K], 3, "image[0][1] is not a usable number"),
        (["--image", '{"a": 1}', "--kernel", K], 3, "image is not a usable number"),
        (["--image", "[1,2]", "--kernel", K], 3, "nested 1 deep"),
        (["--image", "[" * 5000, "--kernel", K], 3, "image is not JSON"),
        (["--image", "[[[[1]]]]", "--kernel", K], 3, "nested 4 deep"),
        (["--image", "@nowhere.json", "--kernel", K], 3, "cannot be read"),
        (["--image", "[[1]]", "--kernel", K], 3, "larger than the image"),
        (["--image", "[[[1,2]]]", "--kernel", "[[1]]"], 3, "1 channels but the image has 2"),
        (["--image", X, "--kernel", K, "--bias", "[1,2]"], 3, "2 biases"),
        (["--image", X, "--kernel", K, "--bias", "one"], 3, "bias is not JSON"),
        (["--image", X, "--kernel", K, "--strides", "0"], 2, "at least 1"),
        (["--image", X, "--kernel", K, "--strides", "1,2,3"], 2, "one or two"),
        (["--image", X, "--kernel", K, "--step", "10"], 2, "1 to 9"),
        (["--image", X, "--kernel", K, "--padding", "full"], 2, "padding"),
        (["--image", X], 2, "kernel"),
    ],
)
def test_what_cannot_be_convolved_gets_one_message(words, code, said):
    result = typed(*words)
    assert result.exit_code == code
    assert said in re.sub(r"\s+", " ", result.stderr)
    assert "Traceback" not in result.output
    assert result.stdout == ""
