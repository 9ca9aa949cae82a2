"""Verification agrees with sound models, and a mistake anywhere turns it red."""

from dataclasses import replace

import numpy as np
import pytest

from convscope import load_dataset, models, record_trace, verify
from convscope.backend import keras
from convscope.tracing.verify import relative_difference

pytestmark = pytest.mark.backend

L = keras.layers


def test_every_known_layer_is_equal_to_the_model(traced):
    _, _, trace = traced
    checked = verify(trace)
    assert checked.max_relative_difference <= 1e-5
    assert [check.name for check in checked.layers] == list(trace.names)
    for layer, check in zip(trace.layers, checked.layers, strict=True):
        assert (check.max_relative_difference is None) == (layer.graph is None)


@pytest.mark.parametrize("name", ["linear", "mlp", "cnn"])
def test_the_models_of_the_collection_are_equal_to_themselves(name):
    image = load_dataset("digits").images[0]
    checked = verify(record_trace(getattr(models, name)((8, 8, 1), 10), image / 255))
    assert checked.equal
    assert checked.max_relative_difference <= 1e-5


def planted(trace, name, **changes):
    """The trace, with something wrong in one layer."""
    layers = tuple(replace(layer, **changes) if layer.name == name else layer for layer in trace.layers)
    return replace(trace, layers=layers)


def moved_by_one(graph):
    """The same graph, whose image lies one pixel further down."""
    nodes = list(graph.nodes)
    number = next(number for number, node in enumerate(nodes) if node and node.do.name == "convolve")
    nodes[number] = replace(nodes[number], do=replace(nodes[number].do, sides=((1, 0), (0, 0))))
    return replace(graph, nodes=nodes, _plan=None)


def without_activation(graph):
    nodes = list(graph.nodes)
    nodes[-1] = replace(nodes[-1], do=replace(nodes[-1].do, curve="linear"))
    return replace(graph, nodes=nodes, _plan=None)


@pytest.fixture(scope="module")
def small():
    model = keras.Sequential(
        [L.Input((7, 6, 2)), L.Conv2D(3, (3, 2), strides=2, bias_initializer="normal", name="c", activation="relu")]
    )
    return record_trace(model, np.random.default_rng(3).normal(size=(7, 6, 2)))


@pytest.mark.parametrize(
    "change",
    [
        lambda layer: {"weights": {**layer.weights, "kernel": layer.weights["kernel"][::-1]}},
        lambda layer: {"weights": {**layer.weights, "kernel": layer.weights["kernel"][:, ::-1]}},
        lambda layer: {"weights": {**layer.weights, "kernel": layer.weights["kernel"][:, :, ::-1]}},
        lambda layer: {"weights": {**layer.weights, "bias": np.zeros(3, np.float32)}},
        lambda layer: {"activation": layer.activation + 1e-3},
        lambda layer: {"graph": moved_by_one(layer.graph)},
        lambda layer: {"graph": without_activation(layer.graph)},
    ],
    ids=[
        "flipped",
        "mirrored",
        "channels swapped",
        "bias dropped",
        "value changed",
        "moved by one",
        "activation dropped",
    ],
)
def test_a_planted_mistake_is_found_and_named(small, change):
    checked = verify(planted(small, "c", **change(small.layer("c"))))
    assert not checked.equal
    assert checked.layers[0].max_relative_difference > 1e-5
    assert checked.layers[0].place is not None


def test_not_a_number_is_equal_to_itself_only():
    ours, models_ = np.array([np.nan, np.nan, np.inf, 1.0]), np.array([np.nan, 1.0, np.inf, np.inf])
    assert relative_difference(ours, models_).tolist() == [0, np.inf, 0, np.inf]


def test_small_values_are_compared_absolutely_and_large_ones_relatively():
    assert relative_difference(np.array([1e-6, 1001.0]), np.array([0.0, 1000.0])).tolist() == [1e-6, 1e-3]


def test_sums_whose_large_products_cancel_are_explained_by_rounding():
    rng = np.random.default_rng(0)
    model = keras.Sequential([L.Input((2000,)), L.Dense(50, use_bias=False, name="d")])
    model.set_weights([rng.normal(size=(2000, 50))])
    checked = verify(record_trace(model, rng.uniform(0, 255, 2000)))
    assert checked.equal
    assert checked.layers[0].rounding < 1e-2
