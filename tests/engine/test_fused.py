"""Convolution and pooling as one compiled step, held to the two plain layers."""

import subprocess
import sys

import numpy as np
import pytest

from convscope.backend import keras
from convscope.engine.network import read_network
from convscope.primitives import gradients as g

fused = pytest.importorskip("convscope.engine.fused")
LANES = pytest.importorskip("convscope.compiled").LANES

SETTINGS = {
    "few channels": {"channels": 3},
    "the first layer": {"is_first": True},
    "strides": {"strides": (2, 1)},
    "padding": {"padding": ((1, 0), (2, 1))},
    "overlapping pooling": {"window": (3, 2), "pool_strides": (2, 2)},
    "gaps between windows": {"window": (1, 2), "pool_strides": (3, 2)},
    "every place": {"window": (2, 2), "pool_strides": (1, 1)},
    "strides of the first layer": {"is_first": True, "strides": (1, 2), "padding": ((0, 1), (1, 1)), "channels": 2},
    "no bias": {"bias": None},
    "wide kernels": {"kernel": (2, 5)},
    "few channels in the first layer": {"is_first": True, "channels": 1, "pool_strides": (3, 2)},
    "one channel": {"channels": 1, "window": (3, 3)},
}


def plainly(x, kernel, bias, *, window, pool_strides, relu, **settings):
    """Convolve, pool, then bend, by the layers that the fused step stands for."""
    places, back_places = g.convolution(x, kernel, bias, **settings)
    pooled, back_pooled = g.max_pooling(places, window, strides=pool_strides)
    y, back_y = g.activation(pooled, "relu" if relu else "linear")
    return y, lambda dy: back_places(back_pooled(back_y(dy)[0])[0])


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("shut", [False, True])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_fused_step_is_its_plain_twin(name, shut, relu):
    rng = np.random.default_rng(len(name))
    settings = {"window": (2, 2), "pool_strides": (2, 2), "relu": relu} | SETTINGS[name]
    channels, size = settings.pop("channels", 9), settings.pop("kernel", (3, 3))
    x = rng.normal(size=(4, 12, 11, channels)).astype(np.float32)
    kernel = rng.normal(size=(*size, channels, 5)).astype(np.float32)
    bias = settings.pop("bias", rng.normal(size=5).astype(np.float32))
    ours, back = fused.pooled_convolution(x, kernel, bias, **settings)
    wanted, plain_back = plainly(x, kernel, bias, **settings)
    np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-5)
    dy = rng.normal(size=ours.shape).astype(np.float32) * (rng.random(ours.shape) < 0.4 if shut else 1)
    (dx, weights), (wanted_dx, wanted_weights) = back(dy), plain_back(dy)
    assert (dx is None) == (wanted_dx is None)
    for one, other in zip([dx, *weights], [wanted_dx, *wanted_weights], strict=True):
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


TILED = {
    "the first layer": {"is_first": True},
    "colours of the first layer": {"is_first": True, "channels": 3, "padding": ((1, 0), (2, 1))},
    "a first layer with a way back": {},
    "a line of 96 numbers": {"channels": 32},
    "lines longer than a run": {"channels": 32, "kernel": (5, 5)},
    "lines shorter than a run": {"channels": 32, "kernel": (2, 1)},
    "strides": {"channels": 32, "strides": (2, 1), "padding": ((0, 1), (1, 1))},
    "deep and first": {"channels": 32, "is_first": True, "bias": None},
}


@pytest.mark.skipif(not LANES, reason="this processor has no tiles")
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("name", TILED)
def test_tiles_are_their_plain_twin(name, relu, monkeypatch):
    rng = np.random.default_rng(len(name))
    settings = {"window": (2, 2), "pool_strides": (2, 2), "relu": relu} | TILED[name]
    depth, size = settings.pop("channels", 1), settings.pop("kernel", (3, 3))
    monkeypatch.setattr(fused, "_convolve_at_once", None)  # nothing but tiles is called
    monkeypatch.setattr(fused, "_convolve_by_product", None)
    x = rng.normal(size=(3, 13, 14, depth)).astype(np.float32)
    kernel = rng.normal(size=(*size, depth, 2 * LANES)).astype(np.float32) / np.float32(depth)
    bias = settings.pop("bias", rng.normal(size=2 * LANES).astype(np.float32))
    ours, back = fused.pooled_convolution(x, kernel, bias, **settings)
    wanted, plain_back = plainly(x, kernel, bias, **settings)
    np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-5)
    dy = rng.normal(size=ours.shape).astype(np.float32)
    (dx, weights), (wanted_dx, wanted_weights) = back(dy), plain_back(dy)
    assert (dx is None) == (wanted_dx is None)
    for one, other in zip([dx, *weights], [wanted_dx, *wanted_weights], strict=True):
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not LANES, reason="this processor has no tiles")
@pytest.mark.parametrize("place", range(4))
def test_tiles_lose_nothing_that_is_no_number_wherever_it_stands(place):
    x = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    x.ravel()[place] = np.nan
    kernel = np.ones((1, 1, 1, LANES), np.float32)
    y, _ = fused.pooled_convolution(x, kernel, window=(2, 2), pool_strides=(2, 2), relu=True)
    assert np.isnan(y).all()


def identity_pooled(x, **settings):
    """Pool 2x2 windows of images, as the fused step does it: the first channel alone."""
    first = np.zeros((1, 1, x.shape[3], 1), np.float32)
    first[0, 0, 0] = 1
    return fused.pooled_convolution(x, first, window=(2, 2), pool_strides=(2, 2), **settings)


CHANNELS = pytest.mark.parametrize("channels", [1, fused.FEW + 1])  # the two ways of convolving


@CHANNELS
def test_of_several_alike_the_first_wins(channels):
    x = np.zeros((1, 4, 4, channels), np.float32)
    x[0, 2, 3] = x[0, 3, 2] = 1
    y, back = identity_pooled(x)
    assert y[0, :, :, 0].tolist() == [[0, 0], [0, 1]]
    assert np.argwhere(back(np.ones_like(y))[0][0, :, :, 0]).tolist() == [[0, 0], [0, 2], [2, 0], [2, 3]]


@CHANNELS
@pytest.mark.parametrize("relu", [False, True])
def test_what_is_no_number_is_not_lost(channels, relu):
    assert np.isnan(identity_pooled(np.full((1, 2, 2, channels), np.nan, np.float32), relu=relu)[0]).all()


@CHANNELS
def test_nothing_flows_where_relu_is_shut_or_at_its_corner(channels):
    x = np.full((1, 2, 4, channels), -1, np.float32)
    x[0, 0, 2] = 0
    y, back = identity_pooled(x, relu=True)
    assert y.tolist() == [[[[0], [0]]]]
    dx, (dkernel,) = back(np.ones_like(y))
    assert not dx.any() and not dkernel.any()


def test_many_images_go_through_in_chunks(monkeypatch):
    rng = np.random.default_rng(0)
    x, kernel = rng.random((11, 8, 8, 4), np.float32), rng.random((3, 3, 4, 4), np.float32)
    settings = {"window": (2, 2), "pool_strides": (2, 2), "is_first": True}
    whole, whole_back = fused.pooled_convolution(x, kernel, **settings)
    monkeypatch.setattr(fused, "CHUNK_FLOATS", 3 * 36 * (36 + 4))  # three images at a time, and two at last
    chunked, chunked_back = fused.pooled_convolution(x, kernel, **settings)
    np.testing.assert_allclose(chunked, whole, rtol=1e-6)
    (whole_dkernel,), (chunked_dkernel,) = whole_back(whole)[1], chunked_back(whole)[1]
    np.testing.assert_allclose(chunked_dkernel, whole_dkernel, rtol=1e-5)


def steps_of(graph):
    return [type(node.do).__name__ for node in graph.nodes if node is not None]


def test_only_a_convolution_that_nobody_else_uses_is_fused():
    from tests.engine.test_trainer import MODELS

    network = read_network(MODELS["relu and pooling"]())
    assert steps_of(network.graph)[:3] == ["Convolve", "Bend", "Pool"]
    assert steps_of(network.steps)[0] == "PooledConvolution"
    for name in ("branches", "overlapping pooling", "convolution"):
        network = read_network(MODELS[name]())
        assert steps_of(network.steps) == steps_of(network.graph)


def test_a_batch_normalization_is_one_step():
    from tests.engine.test_trainer import MODELS

    for name in ("batch normalization", "bare normalization", "frozen"):
        network = read_network(MODELS[name]())
        assert "Normalize" in steps_of(network.graph)
        assert "Normalize" not in steps_of(network.steps)
        assert "BatchNormalization" in steps_of(network.steps)


def test_large_windows_are_not_written_out():
    network = read_network(
        keras.Sequential([keras.Input((20, 20, 1)), keras.layers.Conv2D(2, 3), keras.layers.GlobalMaxPooling2D()])
    )
    assert "PooledConvolution" not in steps_of(network.steps)


def test_only_small_kernels_are_bent_at_once_where_layers_are_looked_at():
    model = keras.Sequential(
        [
            keras.layers.Input((9, 9, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Conv2D(2, 1),
            keras.layers.Flatten(name="flatten"),
        ]
    )
    network = read_network(model)
    assert steps_of(network.shown) == ["PooledConvolution", "Convolve", "Bend", "Convolve", "Pick"]
    x = np.random.default_rng(0).normal(size=(2, 9, 9, 1)).astype(np.float32)
    found = network.activations(x)
    assert [one.shape[1:] for one in found.values()] == [(7, 7, 8), (5, 5, 4), (5, 5, 2), (50,)]
    np.testing.assert_allclose(found["flatten"], keras.ops.convert_to_numpy(model(x)), rtol=1e-4, atol=1e-5)


def test_without_numba_the_plain_layers_train():
    program = """
import sys
sys.modules["numba"] = None
import numpy as np
from convscope import ImageClassifier
from convscope.datasets import load_table
from convscope.engine.network import read_network
table = load_table("digits")
model = ImageClassifier("cnn", epochs=1, random_state=0).fit(table.pixels, table.labels)
network = read_network(model.model_)
assert model.engine_ == "numpy"
assert "PooledConvolution" not in [type(node.do).__name__ for node in network.steps.nodes if node]
print(model.score(table.pixels, table.labels))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) > 0.3
