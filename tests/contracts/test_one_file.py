"""One new thing is one new file: the how-to pages' examples, saved into a copy of the sources, pass the contracts."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.compile(r"^```(?:python|ts)\n((?:(?!^```).*\n)*?)^```\n\nSave it as `([^`]+)`", re.MULTILINE)
COPIED = (
    "src",
    "tests",
    "docs/generate",
    "tools",
    "notebooks",
    "frontend/src/primitives",
    "pyproject.toml",
    "README.md",
)
KINDS = {
    "a chart": "src/convscope/charts", "a command": "src/convscope/cli", "a data set": "src/convscope/datasets",
    "an exercise": "src/convscope/course/exercises", "an experiment": "src/convscope/experiments",
    "an insight": "src/convscope/insights", "a kind of table": "src/convscope/tables/kinds",
    "a layer": "src/convscope/layers", "a lesson": "notebooks", "a model": "src/convscope/models",
    "a primitive": "src/convscope/primitives",
    "a primitive of the page": "frontend/src/primitives",
}  # fmt: skip
CONTRACTS = [
    "contracts/test_charts.py", "contracts/test_datasets.py", "contracts/test_documents.py",
    "contracts/test_experiments.py",
    "contracts/test_house.py", "contracts/test_insights.py", "contracts/test_models.py", "course/test_exercises.py",
    "course/test_language.py", "course/test_notebooks.py", "cli/test_commands.py", "layers/test_kinds.py",
    "page/test_nodes.py", "test_series.py", "test_reverse.py",
]  # fmt: skip
CHOOSE = '''
"""Of all contracts, those that look at a new file, or at a whole collection."""

from pathlib import Path

NAMES, WHOLE, LEFT = {names!r}, {whole!r}, {left!r}


def pytest_collection_modifyitems(items):
    chosen, met = [], set()
    for item in items:
        told = map(str, getattr(item, "callspec", None) and item.callspec.params.values() or ())
        found = {{word for text in told for word in (Path(text).stem, text.rsplit(".", 1)[-1]) if word in NAMES}}
        met |= found
        if (found and not any(word in item.name for word in LEFT)) or any(word in item.nodeid for word in WHOLE):
            chosen.append(item)
    assert met == set(NAMES), set(NAMES) - met
    items[:] = chosen
'''
WHOLE = (
    "test_the_lab_is_nine_lessons", "test_every_question_of_the_lab", "test_every_message_is_translated",
    "test_no_check_falls_back_to_english", "test_the_types_of_the_page", "test_every_primitive_has_its_file",
    *(f"has_an_example[convscope.{one}]" for one in ("charts", "insights", "experiments", "models")),
    "[convscope.registry]", "[convscope.models]", "[convscope.experiments]",
    "Cropping2D", "test_series.py", "test_reverse.py", "test_exercises_without_a_run",
)  # fmt: skip
LEFT = ("an_untouched_notebook", "is_used_by_some_layer")
"""A notebook takes long to run; the page's primitive is there without a layer."""
REVERSE = '''
"""A primitive that nothing but its own file knows computes, tells numbers apart, and is written as ONNX."""

import numpy as np

from convscope.modelfiles.onnx_writer import GraphWriter
from convscope.primitives import PRIMITIVES, Pass


def test_numbers_are_reversed_and_each_is_told_apart():
    do = PRIMITIVES["reverse"](static=(False,))
    x, dy = np.random.default_rng(0).normal(size=(2, 4, 2, 3))
    y, back = do.run([x], Pass(True))
    assert y.shape[1:] == do.shape(x.shape[1:])
    assert np.isclose((y * dy).sum(), (x * back(dy)[0]).sum())  # a linear operation and its transpose
    for place in np.ndindex(y.shape[1:]):
        ((number, where, weight),) = do.apart([x[0]], place).terms
        assert (number, weight, y[0][place]) == (0, None, x[0][where])
    out = GraphWriter()
    do.onnx(out, ["x"], [x.shape[1:]])
    assert [node.op_type for node in out.nodes.values()] == ["Slice"]
'''
SERIES = '''
"""A kind of table that nothing but its own file knows goes through everything that is asked of tables."""

import json

import numpy as np
from typer.testing import CliRunner

from convscope import ImageClassifier
from convscope.cli._app import app
from convscope.datasets import load_dataset, load_parts
from convscope.page.exhibit import Exhibit
from convscope.tables import hash_tables, mark_rows, read_table, write_table
from convscope.training import evaluate


def test_series_are_read_split_trained_on_measured_written_and_shown(tmp_path, monkeypatch):
    path = tmp_path / "series.csv"
    rows = ["class," + ",".join(f"t{step}" for step in range(1, 31))]
    for row in range(40):
        steps = np.sin(np.arange(30) / (2 + row % 2) + row)
        rows.append(("slow" if row % 2 else "fast") + "," + ",".join(f"{step:.4f}" for step in steps))
    path.write_text("\\n".join(rows) + "\\n")
    table = read_table(path)
    assert (type(table).__name__, table.kind, table.row_shape) == ("SeriesTable", "series", (30,))
    train, test = load_parts(path)
    assert len(train) == 32 and len(set(mark_rows(train)) & set(mark_rows(test))) == 0
    classifier = ImageClassifier("points_mlp", epochs=2, random_state=0).fit(train)
    assert classifier.image_shape_ is None and evaluate(classifier, test).class_names == ("fast", "slow")
    assert load_dataset(path, split="all").data.shape == (40, 30)
    write_table(table, tmp_path / "again.parquet")
    assert hash_tables(read_table(tmp_path / "again.parquet")) == hash_tables(table)
    assert len(Exhibit(classifier, test, title="series").bundle(n_images=2)) > 1000
    told = CliRunner().invoke(app, ["data", "check", str(path), "--json"])
    assert json.loads(told.stdout)["kind"] == "series", told.output
    refused = CliRunner().invoke(app, ["train", str(path), "--pixel-order", "shuffled"])
    assert refused.exit_code == 2 and "a table of series" in refused.stderr
'''


def examples():
    """List what the pages tell a reader to save: the place, and the text."""
    pages = [page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "how-to").glob("*.md"))]
    return {place: text for page in pages for text, place in EXAMPLE.findall(page)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_shows_a_whole_file(kind):
    assert [place for place in examples() if str(Path(place).parent) == KINDS[kind]]


def without(path, name):
    """Take one function out of a file, with its decorators."""
    text = path.read_text(encoding="utf-8")
    found = next(node for node in ast.parse(text).body if getattr(node, "name", None) == name)
    lines = text.splitlines(keepends=True)
    first = min(one.lineno for one in [found, *found.decorator_list])
    path.write_text(
        "".join(lines[: first - 1] + lines[found.end_lineno :]).replace(f'"{name}", ', ""), encoding="utf-8"
    )


def test_each_file_alone_passes_the_contracts(tmp_path):
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    without(tmp_path / "src/convscope/layers/shaping.py", "cropping")
    for place, text in examples().items():
        assert not (tmp_path / place).exists(), f"{place} is taken"
        (tmp_path / place).write_text(text, encoding="utf-8")
    (tmp_path / "tests" / "test_series.py").write_text(SERIES.lstrip(), encoding="utf-8")
    (tmp_path / "tests" / "test_reverse.py").write_text(REVERSE.lstrip(), encoding="utf-8")
    names = sorted({Path(place).stem for place in examples()})
    (tmp_path / "choose.py").write_text(CHOOSE.lstrip().format(names=names, whole=WHOLE, left=LEFT), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tmp_path / "src", tmp_path)))}
    contracts = [f"tests/{name}" for name in CONTRACTS]
    tests = ["-m", "pytest", "-q", "-n", "0", "-p", "choose", "-p", "no:cacheprovider", *contracts]
    for command in (["tools/primitives.py"], tests):
        program = [sys.executable, *command]
        done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert not done.returncode, done.stdout[-9000:] + done.stderr[-2000:]
    assert re.search(r"^\d{2,} passed", done.stdout, re.MULTILINE), done.stdout[-2000:]
