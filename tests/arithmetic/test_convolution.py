"""Convolution and pooling: the document's numbers by hand, then properties, then other programs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from convscope.arithmetic import convolve, count_parameters, output_size, pad, padding_amounts, pool
from convscope.backend import backend_name, keras
from convscope.errors import ShapeError, UsageError

X = [[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]]
K = [[1, 0], [1, 1]]

SHAPES = [(7, 5, 2), (4, 6, 1), (1, 7, 3), (3, 3, 1)]
"""JAX compiles a program for each shape: so these are few, and the settings are drawn freely."""
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@pytest.mark.parametrize(
    ("strides", "expected"),
    [
        ((1, 1), [[2, 2, 3], [1, 2, 1], [1, 1, 0]]),
        ((1, 2), [[2, 3], [1, 1], [1, 0]]),
        ((2, 1), [[2, 2, 3], [1, 1, 0]]),
        ((2, 2), [[2, 3], [1, 0]]),
    ],
)
def test_the_documents_convolution_with_strides(strides, expected):
    # top left: 1 * 1 + 0 * 0 + 0 * 1 + 1 * 1
    assert convolve(X, K, strides=strides).tolist() == expected


def test_the_documents_pooling():
    assert pool(X, (2, 2), strides=(1, 1)).tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 0]]
    assert pool(X, (2, 2)).tolist() == [[1, 1], [1, 0]]
    assert pool(X, (2, 2), kind="average").tolist() == [[0.5, 0.75], [0.5, 0]]


def test_a_mean_counts_real_pixels_only():
    assert pool([[10, 20]], (1, 3), strides=(1, 2), padding="same", kind="average").tolist() == [[15]]
    assert pool([[10, 20]], (1, 4), strides=1, padding="same", kind="average").tolist() == [[15, 15]]


def test_a_largest_value_may_be_negative_beside_padding():
    assert pool([[-10, -20]], (2, 2), strides=1, padding="same").tolist() == [[-10, -20]]


def test_two_input_channels_add_up():
    second = [[0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]
    image, kernels = np.stack([X, second], axis=-1), np.stack([K, [[0, 0], [0, 1]]], axis=-1)[..., None]
    assert convolve(image, kernels)[..., 0].tolist() == [[3, 2, 3], [1, 3, 1], [1, 1, 1]]


def test_the_bias_is_added_once_to_each_sum():
    image, kernels = np.ones((3, 3, 1)), np.ones((2, 2, 1, 2))
    assert convolve(image, kernels, [0.5, -1]).tolist() == [[[4.5, 3], [4.5, 3]], [[4.5, 3], [4.5, 3]]]


def test_the_edge_answer_moves_with_the_edge():
    kernel = [[-0.5, 0.5], [-0.5, 0.5]]
    for column in (1, 2, 3):
        picture = np.tile(np.arange(4) >= column, (4, 1)).astype(float)
        assert convolve(picture, kernel).tolist() == np.eye(3)[[column - 1] * 3].tolist()


@pytest.mark.backend
@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**16),
    st.sampled_from(SHAPES),
    pairs,
    pairs,
    pairs,
    st.sampled_from(["valid", "same"]),
)
def test_convolution_equals_keras(seed, shape, size, strides, dilation, padding):
    height, width, channels = shape
    if max(strides) > 1 and max(dilation) > 1:
        dilation = (1, 1)  # Keras does not take both
    reach = [dilation[axis] * (size[axis] - 1) + 1 for axis in (0, 1)]
    height, width = (max(height, reach[0]), max(width, reach[1])) if padding == "valid" else (height, width)
    random = np.random.default_rng(seed)
    image = random.normal(size=(height, width, channels)).astype(np.float32)
    kernels = random.normal(size=(*size, channels, 3)).astype(np.float32)
    ours = convolve(image, kernels, strides=strides, padding=padding, dilation_rate=dilation)
    theirs = keras.ops.convert_to_numpy(keras.ops.conv(image[None], kernels, strides, padding, dilation_rate=dilation))[
        0
    ]
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@settings(deadline=None)
@given(st.integers(0, 2**16), st.integers(2, 6), st.integers(2, 6), pairs)
def test_convolution_equals_scipys_correlation(seed, height, width, size):
    random = np.random.default_rng(seed)
    image, kernel = random.normal(size=(height, width)), random.normal(size=np.minimum(size, (height, width)))
    np.testing.assert_allclose(convolve(image, kernel), correlate2d(image, kernel, "valid"), atol=1e-12)


@pytest.mark.backend
@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**16),
    st.sampled_from(SHAPES),
    pairs,
    pairs,
    st.sampled_from(["max", "average"]),
    st.sampled_from(["valid", "same"]),
)
def test_pooling_equals_keras(seed, shape, size, strides, kind, padding):
    size = (min(size[0], shape[0]), min(size[1], shape[1]))
    if kind == "average" and backend_name() == "torch":
        padding = "valid"  # Keras 3.15.1 on PyTorch counts padded pixels in some means
    image = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    name = "max_pool" if kind == "max" else "average_pool"
    theirs = getattr(keras.ops, name)(image[None], size, strides=strides, padding=padding)
    ours = pool(image, size, strides=strides, padding=padding, kind=kind)
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(theirs)[0], atol=1e-5)


def test_convolution_is_linear_and_a_unit_kernel_changes_nothing():
    random = np.random.default_rng(0)
    a, b, kernel = random.normal(size=(5, 6)), random.normal(size=(5, 6)), random.normal(size=(2, 3))
    np.testing.assert_allclose(convolve(2 * a - b, kernel), 2 * convolve(a, kernel) - convolve(b, kernel))
    assert np.array_equal(convolve(a, [[1.0]]), a)


def test_a_shifted_image_shifts_the_map():
    image = np.zeros((6, 6))
    image[1:3, 1:3] = 1
    moved = np.roll(image, (2, 1), axis=(0, 1))
    assert np.array_equal(np.roll(convolve(image, K), (2, 1), axis=(0, 1)), convolve(moved, K))


def test_groups_are_convolutions_side_by_side():
    random = np.random.default_rng(1)
    image, kernels = random.normal(size=(5, 5, 4)), random.normal(size=(3, 3, 2, 6))
    parts = [convolve(image[..., 2 * g : 2 * g + 2], kernels[..., 3 * g : 3 * g + 3]) for g in (0, 1)]
    np.testing.assert_allclose(convolve(image, kernels, groups=2), np.concatenate(parts, axis=-1))


def test_explicit_padding_is_padding_first():
    image = np.arange(12.0).reshape(3, 4)
    padded = pad(image[..., None], ((1, 0), (2, 1)))[..., 0]
    assert np.array_equal(convolve(image, K, padding=((1, 0), (2, 1))), convolve(padded, K))


def test_same_padding_puts_the_odd_pixel_after():
    assert [padding_amounts(size, 2, 1, "same") for size in (4, 5)] == [(0, 1), (0, 1)]
    assert padding_amounts(5, 3, 2, "same") == (1, 1)


def test_float32_stays_float32_and_integers_become_float64():
    assert convolve(np.ones((2, 2), np.float32), np.ones((1, 1), np.float32)).dtype == np.float32
    assert convolve(np.ones((2, 2), np.uint8), [[1]]).dtype == np.float64


@pytest.mark.parametrize(
    ("image", "kernels", "said"),
    [
        (np.ones((2, 2)), np.ones((3, 3)), "larger than the image"),
        (np.ones((5, 5, 1)), np.ones((3, 3, 3, 2)), "3 channels but the image has 1"),
        (np.ones(4), np.ones((2, 2)), "axes"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_sizes(image, kernels, said):
    with pytest.raises(ShapeError, match=said):
        convolve(image, kernels)


def test_an_unknown_pooling_is_refused():
    with pytest.raises(UsageError, match="median"):
        pool(X, (2, 2), kind="median")


def test_sizes_and_counts_come_with_their_sums():
    assert output_size(28, 3).arithmetic == "28 − 3 + 1 = 26"
    assert output_size(11, 2, stride=2).value == 5
    assert "rounded down" in output_size(11, 2, stride=2).arithmetic
    assert output_size(5, 3, stride=2, padding="same").value == 3
    assert (count_parameters((3, 3), 32, 64).value, count_parameters((3, 3), 32, 64).arithmetic) == (
        18496,
        "(3·3·32 + 1)·64",
    )
    assert count_parameters((), 10, 2, bias=False).value == 20
