"""The arithmetic gives TensorFlow's numbers, from a file: no backend computes anything here."""

import json
from pathlib import Path

import numpy as np
import pytest

from convscope.layers import Making, lower
from convscope.records import LayerTrace, Trace
from convscope.tracing import step, verify
from convscope.tracing.opened import computed, parts_of

FILE = Path(__file__).parent / "traces.npz"


def load(model):
    with np.load(FILE, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        image = arrays[f"{model}/input"]
        known, layers = {"input": image}, []
        for told in about["layers"][model]:
            key = f"{model}/{told['name']}"
            weights = {role: arrays[f"{key}|{role}"] for role in told["weights"]}
            before, after = arrays[f"{key}|pre_activation"], arrays[f"{key}|activation"]
            inputs = [known[name] for name in told["inputs"]]
            is_known = bool(told["operation"]) if "operation" in told else told["settings"] is not None
            graph = graph_of(told, weights, inputs, after.shape) if is_known else None
            layers.append(
                LayerTrace(
                    told["name"],
                    told["kind"],
                    tuple(told["inputs"]),
                    {} if told["kind"] == "Rescaling" else weights,
                    told["function"],
                    before,
                    after,
                    told["n_parameters"],
                    "",
                    "" if is_known else f"{told['kind']} was not known",
                    graph,
                    () if graph is None else parts_of(computed(graph, inputs, weights)),
                )
            )
            known[told["name"]] = after
    return Trace(image, 1.0, {"input": image}, tuple(layers), backend="tensorflow"), about


def graph_of(told, weights, inputs, shape):
    """Lower a layer of the file."""
    making = Making(layer=told["name"])
    values = [making.input(values.shape) for values in inputs]
    making.graph.outputs = [lower(making, told["kind"], settings_of(told, weights, inputs, shape), *values).number]
    for name in [name for name in weights if told["kind"] == "Rescaling"]:
        del weights[name]  # which are numbers of the graph now
    assert [weight.name for weight in making.weights] == list(weights)
    return making.graph


def settings_of(told, weights, inputs, shape):
    """Give the settings of a layer in Keras' words; a file of version 0.1.0 has them in words of its own."""
    if "operation" not in told:
        return told["settings"]
    settings, how = dict(told["settings"]), told["function_settings"]
    activation = {"activation": told["function"] or None, "use_bias": "bias" in weights}
    kernel = weights.get("depthwise_kernel", weights.get("kernel"))
    if told["operation"] == "dense":
        return {"units": kernel.shape[-1], **activation}
    if "convolution" in told["operation"]:
        rank = kernel.ndim - 2
        counts = {"filters": weights.get("pointwise_kernel", kernel).shape[-1], "depth_multiplier": kernel.shape[-1]}
        return {**settings, **activation, **counts, "kernel_size": list(kernel.shape[:rank])}
    if told["kind"] == "BatchNormalization":
        return {
            **settings,
            "axis": with_batch(settings["axis"]),
            "scale": "gamma" in weights,
            "center": "beta" in weights,
        }
    if told["kind"] == "Rescaling":
        return {name: float(values) for name, values in weights.items()}
    if told["kind"] == "PReLU":
        sizes = zip(weights["alpha"].shape, inputs[0].shape, strict=True)
        return {"shared_axes": [axis + 1 for axis, (own, size) in enumerate(sizes) if own != size]}
    if told["kind"] in ("Softmax", "Concatenate"):
        return {"axis": with_batch((how or settings)["axis"])}
    if told["kind"] == "Reshape":
        return {"target_shape": list(shape)}
    return {**settings, **how, **({"activation": told["function"]} if told["kind"] == "Activation" else {})}


def with_batch(axis):
    return axis + 1 if axis >= 0 else axis


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
        for _ in range(5 if layer.graph else 0):
            one = step(trace, layer.name, *(int(rng.integers(size)) for size in layer.shape))
            assert one.abs_difference <= 1e-5 * max(1.0, abs(one.model_value))


def test_the_golden_file_says_how_it_was_made():
    _, about = load("branched")
    assert about["command"].endswith("make_traces.py")
    assert {"keras", "numpy"} <= set(about["versions"])
    assert isinstance(about["seed"], int)
