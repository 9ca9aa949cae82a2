"""Depthwise, separable, one-dimensional, dense, activations, normalization, shapes: by hand, then against Keras."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope import arithmetic
from convscope.arithmetic import (
    ACTIVATIONS,
    activate,
    add,
    concatenate,
    convolve,
    convolve_1d,
    count_batch_normalization,
    count_depthwise,
    count_parameters,
    count_separable,
    dense,
    depthwise_convolve,
    flatten,
    fold_batch_normalization,
    global_pool,
    reshape,
    scale_and_shift,
    separable_convolve,
    softmax,
    zero_padding,
)
from convscope.backend import keras
from convscope.errors import ShapeError, UsageError

layers = keras.layers


def of_keras(layer, values):
    return keras.ops.convert_to_numpy(layer(np.asarray(values, np.float32)[None]))[0]


def randomised(layer, shape, seed=0):
    layer.build((1, *shape))
    random = np.random.default_rng(seed)
    layer.set_weights([random.uniform(0.1, 1, weight.shape).astype(np.float32) for weight in layer.weights])
    return layer, random.normal(size=shape).astype(np.float32)


def test_a_dense_layer_by_hand():
    # 1 * 1 + 2 * 10 + 0.5, and 1 * 0 + 2 * 1
    assert dense([1, 2], [[1, 0], [10, 1]], [0.5, 0]).tolist() == [21.5, 2]


def test_a_depthwise_convolution_keeps_channels_apart():
    assert depthwise_convolve([[[1, 10]]], [[[[2, 3], [4, 5]]]], [0, 0, 0, 1]).tolist() == [[[2, 3, 40, 51]]]


def test_causal_padding_sees_nothing_that_comes_later():
    assert convolve_1d([[1], [2], [4]], [[[1]], [[10]]], padding="causal")[:, 0].tolist() == [10, 21, 42]


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_and_separable_convolution_equal_keras(strides, padding, multiplier):
    settings = {"strides": strides, "padding": padding, "depth_multiplier": multiplier}
    layer, image = randomised(layers.DepthwiseConv2D((2, 3), **settings), (6, 7, 2))
    kernels, bias = layer.get_weights()
    ours = depthwise_convolve(image, kernels, bias, strides=strides, padding=padding)
    np.testing.assert_allclose(ours, of_keras(layer, image), atol=1e-5)
    layer, image = randomised(layers.SeparableConv2D(4, (2, 3), **settings), (6, 7, 2))
    ours = separable_convolve(image, *layer.get_weights(), strides=strides, padding=padding)
    np.testing.assert_allclose(ours, of_keras(layer, image), atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2)])
def test_one_dimensional_convolution_equals_keras(padding, stride, dilation):
    layer = layers.Conv1D(3, 4, strides=stride, dilation_rate=dilation, padding=padding)
    layer, sequence = randomised(layer, (11, 2))
    ours = convolve_1d(sequence, *layer.get_weights(), stride=stride, padding=padding, dilation_rate=dilation)
    np.testing.assert_allclose(ours, of_keras(layer, sequence), atol=1e-5)


def test_grouped_convolution_with_bias_equals_keras():
    layer, image = randomised(layers.Conv2D(6, (3, 2), groups=2, strides=2, padding="same"), (5, 8, 4))
    ours = convolve(image, *layer.get_weights(), groups=2, strides=2, padding="same")
    np.testing.assert_allclose(ours, of_keras(layer, image), atol=1e-5)


@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_a_dense_layer_equals_keras(shape):
    layer, values = randomised(layers.Dense(4), shape)
    np.testing.assert_allclose(dense(values, *layer.get_weights()), of_keras(layer, values), atol=1e-5)


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("keepdims", [True, False])
def test_global_pooling_equals_keras(kind, keepdims):
    layer = (layers.GlobalMaxPooling2D if kind == "max" else layers.GlobalAveragePooling2D)(keepdims=keepdims)
    image = np.random.default_rng(0).normal(size=(4, 3, 2))
    np.testing.assert_allclose(global_pool(image, kind=kind, keepdims=keepdims), of_keras(layer, image), atol=1e-6)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_an_activation_equals_the_one_of_keras(name):
    values = np.concatenate([np.linspace(-9, 9, 73), [-60, 60]]).astype(np.float32)
    theirs = keras.ops.convert_to_numpy(keras.activations.get(name)(values))
    ours = activate(name, values)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("relu", {"negative_slope": 0.3, "max_value": 2.0, "threshold": 0.5}),
        ("leaky_relu", {"negative_slope": 0.05}),
        ("elu", {"alpha": 0.4}),
        ("gelu", {"approximate": True}),
    ],
)
def test_an_activation_with_settings_equals_the_one_of_keras(name, settings):
    values = np.linspace(-4, 4, 81).astype(np.float32)
    theirs = keras.ops.convert_to_numpy(getattr(keras.activations, name)(values, **settings))
    np.testing.assert_allclose(activate(name, values, **settings), theirs, atol=1e-6)


def test_activations_by_hand_at_the_edges():
    assert activate("relu", [-1, 0, 2]).tolist() == [0, 0, 2]
    assert activate("sigmoid", [-1e4, 0, 1e4]).tolist() == [0, 0.5, 1]
    assert softmax([[1e4, 1e4], [0, np.log(3)]]) == pytest.approx(np.array([[0.5, 0.5], [0.25, 0.75]]))
    assert softmax([[0, 5], [0, 5]], axis=0).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert np.isnan(activate("relu", [np.nan])).all()


def test_an_unknown_activation_is_refused_with_a_guess():
    with pytest.raises(UsageError, match="did you mean 'relu'"):
        activate("rellu", [1])


@pytest.mark.parametrize(("scale", "center"), [(True, True), (False, True), (True, False), (False, False)])
def test_folded_batch_normalization_equals_keras(scale, center):
    layer, image = randomised(layers.BatchNormalization(scale=scale, center=center, epsilon=0.01), (3, 4, 5))
    parts = [None if part is None else np.asarray(part) for part in (layer.gamma, layer.beta)]
    folded = fold_batch_normalization(*parts, layer.moving_mean, layer.moving_variance, epsilon=0.01)
    np.testing.assert_allclose(scale_and_shift(image, *folded), of_keras(layer, image), atol=1e-5)


def test_batch_normalization_by_hand():
    scale, shift = fold_batch_normalization([2], [1], [3], [4], epsilon=0)
    assert scale_and_shift([[5.0]], scale, shift).tolist() == [[2 * (5 - 3) / 2 + 1]]


def test_scaling_along_another_axis():
    assert scale_and_shift([[1, 2], [3, 4]], [1, 10], axis=0).tolist() == [[1, 2], [30, 40]]


def test_numbers_change_their_places_as_in_keras():
    image = np.arange(24.0).reshape(2, 3, 4)
    assert np.array_equal(flatten(image), of_keras(layers.Flatten(), image))
    assert np.array_equal(reshape(image, (4, -1)), of_keras(layers.Reshape((4, -1)), image))
    for padding in (1, (1, 2), ((1, 0), (0, 2))):
        assert np.array_equal(zero_padding(image, padding), of_keras(layers.ZeroPadding2D(padding), image))
    assert add([image, 2 * image]).tolist() == (3 * image).tolist()
    assert concatenate([image, image[..., :1]]).shape == (2, 3, 5)
    assert concatenate([image, image], axis=0).shape == (4, 3, 4)


def test_parameter_counts_equal_those_of_keras():
    shape = (8, 8, 6)
    for layer, count in [
        (layers.Conv2D(4, (3, 2)), count_parameters((3, 2), 6, 4)),
        (layers.Conv2D(4, 3, groups=2, use_bias=False), count_parameters((3, 3), 6, 4, groups=2, bias=False)),
        (layers.DepthwiseConv2D(3, depth_multiplier=2), count_depthwise((3, 3), 6, 2)),
        (layers.SeparableConv2D(5, 3, depth_multiplier=2), count_separable((3, 3), 6, 5, 2)),
        (layers.Dense(7), count_parameters((), 6, 7)),
        (layers.BatchNormalization(scale=False), count_batch_normalization(6, scale=False)),
    ]:
        layer.build((1, *shape))
        assert count.value == layer.count_params(), layer.name
        assert eval(count.arithmetic.replace("·", "*").replace(",", "")) == count.value
    assert str(count_parameters((3, 3), 1, 32)) == "(3·3·1 + 1)·32 = 320"


@settings(deadline=None)
@given(st.integers(0, 2**16), st.sampled_from([np.float16, np.float32, np.float64]))
def test_every_function_keeps_the_float_type(seed, dtype):
    random = np.random.default_rng(seed)
    image, kernels = random.normal(size=(4, 4, 2)).astype(dtype), random.normal(size=(2, 2, 2, 3)).astype(dtype)
    found = [
        convolve(image, kernels, [1, 2, 3]),
        depthwise_convolve(image, kernels),
        arithmetic.pool(image, 2),
        arithmetic.pool(image, 2, kind="average"),
        dense(image, np.ones((2, 2))),
        scale_and_shift(image, [1, 2]),
        add([image, image]),
        *(activate(name, image) for name in ACTIVATIONS),
    ]
    assert {result.dtype for result in found} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: dense([1, 2, 3], np.ones((2, 4))), "2 features but the input has 3"),
        (lambda: dense([1, 2], np.ones((2, 4)), [1]), "4 units"),
        (lambda: convolve(np.ones((3, 3)), np.ones((2, 2)), [1, 2]), "1 kernels but 2 biases"),
        (lambda: convolve(np.ones((3, 3, 4)), np.ones((2, 2, 2, 3)), groups=2), "cannot be divided"),
        (lambda: convolve(np.ones((3, 3)), np.ones((2, 2)), strides=0), "at least 1"),
        (lambda: convolve(np.ones((3, 3)), np.ones((2, 2)), strides=(1.5, 1)), "whole"),
        (lambda: convolve(np.ones((3, 3)), np.ones((2, 2)), padding="full"), "not a valid padding"),
        (lambda: convolve(np.ones((3, 3)), np.ones((2, 2)), padding=((-1, 0), (0, 0))), "not a valid padding"),
        (lambda: convolve([[1, 2], [3]], [[1]]), "not equally long"),
        (lambda: convolve([["a"]], [[1]]), "does not hold numbers"),
        (lambda: convolve(np.ones((3, 3, 1)), np.ones((2, 2, 1))), "two or four axes"),
        (lambda: convolve(np.ones((0, 3)), [[1]]), "none of them empty"),
        (lambda: convolve_1d([1, 2], np.ones((1, 1, 1))), "two axes"),
        (lambda: reshape([1, 2, 3], (2, 2)), "3 numbers"),
        (lambda: add([[1], [1, 2]]), "one shape"),
        (lambda: concatenate([]), "no arrays"),
        (lambda: concatenate([[[1]], [[1], [2]]], axis=1), "concatenated"),
        (lambda: fold_batch_normalization([1], [1, 2], [1], [1]), "per channel"),
        (lambda: scale_and_shift([[1, 2]], [1, 2, 3]), "2 channels"),
        (lambda: count_parameters((3, 3), 3, 4, groups=2), "cannot be divided"),
    ],
)
def test_what_does_not_fit_is_refused_in_the_callers_words(call, said):
    with pytest.raises(ShapeError, match=said) as caught:
        call()
    assert "Expected:" in str(caught.value) or "Repair:" in str(caught.value)
