"""Steps add up to what the functions answer; fields hold exactly the pixels that matter; digits add up."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.arithmetic import (
    Geometry,
    convolution_steps,
    convolve,
    dense,
    dense_steps,
    depthwise_convolve,
    depthwise_steps,
    exact_sum_lines,
    format_number,
    pool,
    pooling_steps,
    receptive_field,
)
from convscope.arithmetic.digits import decimals_needed
from convscope.errors import ShapeError

X = [[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]]
K = [[1, 0], [1, 1]]
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
paddings = st.sampled_from(["valid", "same", ((2, 0), (1, 1))])


def test_one_step_by_hand():
    step = convolution_steps(X, K, [0.5], strides=(1, 2)).at(0, 1)
    assert step.window[..., 0].tolist() == [[1, 0], [1, 1]]
    assert step.products[..., 0].tolist() == [[1, 0], [1, 1]]
    assert (step.bias, step.sum) == (0.5, 3.5)
    assert (step.rows.tolist(), step.columns.tolist()) == ([0, 1], [2, 3])


def test_partial_sums_of_two_channels_by_hand():
    second = [[0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]
    steps = convolution_steps(np.stack([X, second], axis=-1), np.stack([K, [[0, 0], [0, 1]]], axis=-1)[..., None])
    assert steps.at(0, 0).partial_sums.tolist() == [2, 1]
    assert steps.sums[..., 0].tolist() == [[3, 2, 3], [1, 3, 1], [1, 1, 1]]


def test_a_pooling_step_names_its_winner_in_the_image():
    step = pooling_steps([[1, 2, 0], [4, 3, 9]], (2, 2), strides=1).at(0, 1)
    assert (step.value, step.winner) == (9, (1, 2))
    assert pooling_steps([[7, 7], [7, 7]], 2).at(0, 0).winner == (0, 0)
    assert pooling_steps([[-5.0]], 2, padding="same").at(0, 0).winner == (0, 0)
    assert pooling_steps([[1, 2]], (1, 2), kind="average").at(0, 0).winner is None


def test_padding_is_outside_the_window():
    step = pooling_steps([[1, 2, 3]], (1, 2), padding="same").at(0, 1)
    assert (step.inside.tolist(), step.columns.tolist(), step.value) == ([[True, False]], [2, 3], 3)
    assert np.isnan(step.window[0, 1])


def test_a_dense_step_by_hand():
    step = dense_steps([1, 2], [[1, 0], [10, 1]], [0.5, 0]).at(0)
    assert (step.products.tolist(), step.bias, step.sum) == ([1, 20], 0.5, 21.5)


@settings(deadline=None)
@given(
    st.integers(0, 2**16),
    st.integers(3, 7),
    st.integers(3, 7),
    pairs,
    pairs,
    paddings,
    st.sampled_from([(1, 1), (2, 1)]),
    st.sampled_from([1, 2]),
)
def test_steps_add_up_to_the_convolution(seed, height, width, size, strides, padding, dilation, groups):
    random = np.random.default_rng(seed)
    image = random.normal(size=(height + 2, width, 4)).astype(np.float32)
    kernels = random.normal(size=(*size, 4 // groups, 6)).astype(np.float32)
    place = {"strides": strides, "padding": padding, "dilation_rate": dilation, "groups": groups}
    bias = random.normal(size=6)
    steps, maps = convolution_steps(image, kernels, bias, **place), convolve(image, kernels, bias, **place)
    assert steps.shape == maps.shape
    np.testing.assert_allclose(steps.sums, maps, atol=1e-5)
    np.testing.assert_allclose(steps.products.sum(axis=(2, 3, 4)) + bias, maps, atol=1e-5)
    where = tuple(int(random.integers(length)) for length in maps.shape)
    step = steps.at(*where)
    assert step.sum == pytest.approx(maps[where], abs=1e-6)
    assert step.partial_sums.sum() + step.bias == pytest.approx(step.sum)
    np.testing.assert_allclose(step.products, steps.products[where[0], where[1], ..., where[2]], atol=1e-6)
    padded = np.pad(image, ((9, 9), (9, 9), (0, 0)))
    looked_up = padded[np.ix_(step.rows + 9, step.columns + 9, step.in_channels)]
    assert np.array_equal(step.window, looked_up)


@settings(deadline=None)
@given(
    st.integers(0, 2**16),
    st.integers(3, 7),
    st.integers(3, 7),
    pairs,
    pairs,
    st.sampled_from(["valid", "same"]),
    st.sampled_from(["max", "average"]),
)
def test_steps_agree_with_the_pooling(seed, height, width, size, strides, padding, kind):
    image = np.random.default_rng(seed).normal(size=(height, width, 2))
    place = {"strides": strides, "padding": padding, "kind": kind}
    steps, pooled = pooling_steps(image, size, **place), pool(image, size, **place)
    np.testing.assert_allclose(steps.values, pooled)
    for where in np.ndindex(pooled.shape):
        step = steps.at(*where)
        real = step.window[step.inside]
        assert step.value == pytest.approx(real.max() if kind == "max" else real.mean())
        if kind == "max":
            assert image[(*step.winner, where[2])] == step.value


def test_depthwise_and_dense_steps_add_up():
    random = np.random.default_rng(3)
    image, kernels = random.normal(size=(5, 4, 3)), random.normal(size=(2, 2, 3, 2))
    maps = depthwise_convolve(image, kernels, padding="same")
    steps = depthwise_steps(image, kernels, padding="same")
    np.testing.assert_allclose(steps.sums, maps)
    assert steps.at(1, 1, 3).in_channels.tolist() == [1]
    weights, bias = random.normal(size=(7, 3)), random.normal(size=3)
    inputs = random.normal(size=7)
    np.testing.assert_allclose(dense_steps(inputs, weights, bias).sums, dense(inputs, weights, bias))


def test_a_place_that_does_not_exist_is_refused():
    with pytest.raises(ShapeError, match="no step"):
        convolution_steps(X, K).at(3, 0)
    with pytest.raises(ShapeError, match="no step"):
        pooling_steps(X, 2).at(0, -1)
    with pytest.raises(ShapeError, match="one input"):
        dense_steps([[1.0]], [[1.0]])


def test_the_receptive_fields_of_the_28x28_cnn():
    convolution, pooling = Geometry((3, 3)), Geometry((2, 2), strides=(2, 2))
    layers = [convolution, pooling, convolution]
    field = receptive_field(layers, (5, 7), (28, 28))
    assert (field.row_range, field.column_range) == ((10, 17), (14, 21))
    assert (field.size, field.stride, field.offset) == ((8, 8), (2, 2), (0, 0))
    whole = receptive_field([*layers, pooling, Geometry(None)], (0, 0), (28, 28))
    assert (whole.row_range, whole.size) == ((0, 25), (26, 26))  # two rows and columns are never seen


def test_padding_clips_a_field_and_dilation_leaves_gaps():
    field = receptive_field([Geometry((3, 3), padding="same")], (0, 4), (5, 5))
    assert (field.rows, field.columns, field.offset) == ((0, 1), (3, 4), (-1, -1))
    assert receptive_field([Geometry((2, 1), dilation_rate=(3, 1))], (0, 0), (5, 5)).rows == (0, 3)
    assert receptive_field([Geometry((1, 1), padding=((1, 0), (0, 0)))], (0, 0), (2, 2)).row_range is None
    with pytest.raises(ShapeError, match="no unit 3"):
        receptive_field([Geometry((3, 3))], (3, 0), (5, 5))


layers_drawn = st.lists(
    st.builds(
        Geometry,
        st.tuples(st.integers(1, 3), st.integers(1, 3)),
        strides=st.tuples(st.integers(1, 2), st.integers(1, 2)),
        padding=st.sampled_from(["valid", "same", ((1, 2), (0, 1))]),
        dilation_rate=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    ),
    min_size=1,
    max_size=3,
)


@settings(deadline=None, max_examples=40)
@given(layers_drawn, st.integers(0, 2**16))
def test_a_receptive_field_holds_exactly_the_pixels_that_change_the_unit(layers, seed):
    def forward(image):
        for layer in layers:
            settings = {"strides": layer.strides, "padding": layer.padding, "dilation_rate": layer.dilation_rate}
            image = convolve(image, np.ones(layer.window), **settings)
        return image

    maps = forward(np.zeros((29, 29)))
    random = np.random.default_rng(seed)
    unit = tuple(int(random.integers(length)) for length in maps.shape)
    field = receptive_field(layers, unit, (29, 29))
    one_row, ones = np.eye(29), np.ones((29, 29))
    rows = [row for row in range(29) if forward(ones * one_row[row][:, None])[unit]]
    columns = [column for column in range(29) if forward(ones * one_row[column])[unit]]
    assert not columns or field.rows == tuple(rows)
    assert not rows or field.columns == tuple(columns)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    st.integers(0, 6),
    st.one_of(st.none(), st.integers(1, 9)),
)
def test_shown_terms_add_up_digit_for_digit(values, digits, most):
    lines = exact_sum_lines(
        [(str(k), v) for k, v in enumerate(values)], float(np.sum(values)), digits=digits, most=most
    )
    numbers = [Decimal(line.text.replace("−", "-").replace(",", "")) for line in lines]
    assert sum(numbers[:-1]) == numbers[-1]
    assert not any("-" in line.text for line in lines)


def test_a_remainder_line_stands_where_rounding_hides_something_and_only_there():
    assert [line.name for line in exact_sum_lines([("a", 0.25), ("b", 0.5)], 0.75, digits=2)] == ["a", "b", "sum"]
    lines = exact_sum_lines([("a", 0.26), ("b", 0.26)], 0.52, digits=1)
    assert [(line.name, line.text) for line in lines[-2:]] == [("rounding", "−0.1"), ("sum", "0.5")]
    lines = exact_sum_lines([("a", 1), ("b", -5), ("c", 2)], -2, digits=0, most=1)
    assert [(line.name, line.text) for line in lines] == [("b", "−5"), ("2 others, rounding", "+3"), ("sum", "−2")]
    assert exact_sum_lines([("a", np.inf)], np.inf)[-1].text == "∞"


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert [format_number(value, 1) for value in (-1.25, -0.01, 1234, np.nan)] == [
        "−1.3",
        "0.0",
        "1,234.0",
        "not a number",
    ]
    assert decimals_needed([1.5, 2]) == 1
