"""What the page is told of a layer's graph, and what its own files say of the primitives."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from convscope import record_trace
from convscope.backend import keras
from convscope.layers import kinds
from convscope.page.nodes import page_graph, page_weights
from convscope.primitives import PRIMITIVES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "frontend" / "src" / "primitives"


@pytest.fixture(scope="module")
def tool():
    """`tools/primitives.py`, which writes the page's types."""
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "primitives.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_types_of_the_page_are_those_of_python(tool):
    assert (FOLDER / "types.ts").read_text(encoding="utf-8") == tool.types_file(), "run make page"
    assert (FOLDER / "index.ts").read_text(encoding="utf-8") == tool.index_file(), "run make page"


def test_every_primitive_has_its_file_in_the_page():
    files = {path.stem for path in FOLDER.glob("*.ts")} - {"index", "types"}
    assert files == set(PRIMITIVES)


def trace_of(*layers, shape=(6, 6, 1)):
    return record_trace(keras.Sequential([keras.Input(shape), *layers]), np.ones(shape, np.float32)).layers


def test_a_layer_is_told_as_its_primitives():
    (layer,) = trace_of(keras.layers.Conv2D(2, 3, activation="relu", padding="same"))
    graph = page_graph(layer.graph)
    told = [(value["do"], value["part"], value["inputs"]) for value in graph["values"] if "do" in value]
    assert told == [("convolve", "sum", [0, 1, 2]), ("bend", "relu", [3])]
    assert graph["values"][3]["settings"]["sides"] == ((1, 1), (1, 1))
    assert graph["sources"] == [0, 1, 2] and graph["outputs"] == [4]
    assert list(page_weights(layer)) == ["kernel", "bias"]


def test_the_body_of_a_scan_is_a_graph_too():
    (layer,) = trace_of(keras.layers.LSTM(2), shape=(4, 3))
    (scan,) = [value for value in page_graph(layer.graph)["values"] if value.get("do") == "scan"]
    body = scan["settings"]["body"]
    assert "forget gate" in [value.get("part") for value in body["values"]]
    assert json.loads(json.dumps(body))["sources"] == body["sources"]
    assert list(page_weights(layer)) == ["kernel", "recurrent_kernel", "bias"]


def doubled(x):
    return 2 * x


def test_a_layer_without_a_graph_has_no_weights_for_the_page():
    (layer,) = trace_of(keras.layers.Dense(2, activation=doubled))  # whose graph ends before the activation
    assert layer.kind in kinds() and layer.graph is not None
    assert page_weights(layer) is None
