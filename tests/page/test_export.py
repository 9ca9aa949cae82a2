"""One HTML file: whole, small, and alone."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope import ImageClassifier, images_to_table
from convscope.cli._app import app
from convscope.datasets import load_dataset
from convscope.page.export import MODULE, STYLE, TEACH, export_html


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    result = CliRunner().invoke(
        app, ["train", "digits", "--limit", "80", "--epochs", "1", "--out", str(folder), "--quiet"]
    )
    assert result.exit_code == 0, result.output
    return folder


def test_the_document_s_cnn_with_30_images_is_below_5_mb(tmp_path):
    rows = load_dataset("digits", split="test").images
    table = images_to_table(np.pad(rows, ((0, 0), (10, 10), (10, 10), (0, 0)))[:60], np.arange(60) % 10)
    classifier = ImageClassifier("cnn", epochs=1, random_state=0).fit(table)
    assert classifier.model_.count_params() == 34_826
    assert export_html(classifier, table, tmp_path / "page.html").stat().st_size < 5_000_000


def test_the_command_writes_one_file_and_says_how_large_it_is(run, tmp_path):
    target = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["export", str(run), str(target), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "file": str(target),
        "bytes": target.stat().st_size,
        "form": "html",
        "images": 30,
    }
    text = target.read_text(encoding="utf-8")
    assert STYLE.read_text(encoding="utf-8") in text and MODULE.read_text(encoding="utf-8") in text
    policy = re.search(r"Content-Security-Policy[^>]*", text)[0]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[^ ]*' 'wasm-unsafe-eval';", policy) and policy.count("unsafe") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_teach_is_in_the_file_where_it_is_asked_for(run, tmp_path):
    target = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["export", str(run), str(target), "--teach"])
    assert result.exit_code == 0, result.output
    text = target.read_text(encoding="utf-8")
    assert TEACH.read_text(encoding="utf-8") in text
    assert re.search(r"script-src 'sha256-[^ ]*' 'sha256-[^ ]*' 'wasm-unsafe-eval';", text)
    result = CliRunner().invoke(app, ["export", str(run), str(tmp_path / "model.zip"), "--teach"])
    assert result.exit_code == 2 and "--teach" in result.stderr


def test_a_file_is_not_replaced_unless_told(run, tmp_path):
    target = tmp_path / "page.html"
    target.write_text("mine")
    result = CliRunner().invoke(app, ["export", str(run), str(target)])
    assert result.exit_code == 2 and "already exists" in result.stderr
    assert target.read_text() == "mine"
    assert CliRunner().invoke(app, ["export", str(run), str(target), "--force", "--quiet"]).exit_code == 0
    assert target.stat().st_size > 100_000


@pytest.mark.parametrize(
    "arguments", [["no-such-run", "page.html"], ["RUN", "no/folder/page.html"], ["RUN", "p.html", "--to", "pdf"]]
)
def test_what_cannot_be_written_is_told_without_a_traceback(run, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["export", *[str(run) if part == "RUN" else part for part in arguments]])
    assert result.exit_code in (1, 2) and "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_built_file_names_an_address():
    for built in (MODULE, STYLE, TEACH):
        found = re.findall(r"https?://[^\"'`\s)]+", built.read_text(encoding="utf-8"))
        assert set(found) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xhtml",
            "http://www.w3.org/1998/Math/MathML",
        }
