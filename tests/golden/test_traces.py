"""The arithmetic gives TensorFlow's numbers, from a file: no backend computes anything here."""

import json
from pathlib import Path

import numpy as np
import pytest

from convscope.records import LayerTrace, Trace
from convscope.tracing import step, verify

FILE = Path(__file__).parent / "traces.npz"


def load(model):
    with np.load(FILE, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        layers = []
        for layer in about["layers"][model]:
            key = f"{model}/{layer['name']}"
            layers.append(
                LayerTrace(
                    layer["name"],
                    layer["kind"],
                    layer["operation"],
                    tuple(layer["inputs"]),
                    layer["settings"],
                    {role: arrays[f"{key}|{role}"] for role in layer["weights"]},
                    layer["function"],
                    layer["function_settings"],
                    arrays[f"{key}|pre_activation"],
                    arrays[f"{key}|activation"],
                    layer["n_parameters"],
                    "",
                )
            )
        image = arrays[f"{model}/input"]
    return Trace(image, 1.0, {"input": image}, tuple(layers), backend="tensorflow"), about


@pytest.mark.parametrize("model", ["branched", "sequence", "nested"])
def test_every_layer_of_the_golden_trace_is_equal(model):
    trace, _ = load(model)
    checked = verify(trace)
    assert checked.max_relative_difference <= 1e-5
    known = [check for check in checked.layers if check.max_relative_difference is not None]
    assert len(known) >= 4


@pytest.mark.parametrize("model", ["branched", "sequence", "nested"])
def test_single_steps_of_the_golden_trace_are_equal(model):
    trace, _ = load(model)
    rng = np.random.default_rng(0)
    for layer in trace.layers:
        for _ in range(5 if layer.operation else 0):
            one = step(trace, layer.name, *(int(rng.integers(size)) for size in layer.shape))
            assert one.abs_difference <= 1e-5 * max(1.0, abs(one.model_value))


def test_the_golden_file_says_how_it_was_made():
    _, about = load("branched")
    assert about["command"].endswith("make_traces.py")
    assert {"keras", "numpy"} <= set(about["versions"])
    assert isinstance(about["seed"], int)
