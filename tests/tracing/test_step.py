"""Every step's terms give its sum, its sum gives its value, and its value is the model's."""

import math
from itertools import islice, product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convscope.backend import backend_name, keras
from convscope.errors import ShapeError, UsageError
from convscope.tracing import explain, record_trace, step, verify

L = keras.layers


def places(shape, most=40):
    every = list(product(*(range(size) for size in shape)))
    rng = np.random.default_rng(0)
    return every if len(every) <= most else [every[index] for index in rng.choice(len(every), most, replace=False)]


def assert_equal_to_the_model(one):
    assert abs(one.pre_activation - one.model_pre_activation) <= 1e-5 * max(1, abs(one.model_pre_activation)), one.layer
    assert one.abs_difference <= 1e-5 * max(1, abs(one.model_value)), one.layer


@pytest.mark.backend
def test_every_step_is_equal_to_the_models_value(traced):
    _, _, trace = traced
    for layer in trace.layers:
        for place in islice(places(layer.shape), 40 if layer.graph else 0):
            assert_equal_to_the_model(step(trace, layer.name, *place))


def test_the_terms_of_a_sum_are_taken_from_where_they_say(traced):
    _, _, trace = traced
    for layer in trace.layers:
        for place in islice(places(layer.shape), 10 if layer.graph else 0):
            for term in step(trace, layer.name, *place).terms:
                if term.source not in trace.names and term.source != "input":
                    continue  # a part: tests/layers holds each to its own terms
                source = trace[term.source]
                inside = all(0 <= index < size for index, size in zip(term.place, source.shape, strict=True))
                assert term.input == (float(source[term.place]) if inside else 0.0)
                assert term.product == term.input * (1.0 if term.weight is None else term.weight)


def test_the_products_and_the_bias_make_the_sum(traced):
    _, _, trace = traced
    for layer in trace.layers:
        if layer.graph:
            one = step(trace, layer.name, *(size // 2 for size in layer.shape))
            if one.rule == "sum":
                assert math.fsum([*(term.product for term in one.terms), one.bias or 0.0]) == one.pre_activation


def test_a_step_by_hand():
    model = keras.Sequential([L.Input((2, 2, 1)), L.Conv2D(1, 2, activation="relu", name="c")])
    model.set_weights([np.array([1.0, 2, 3, -4]).reshape(2, 2, 1, 1), np.array([0.5])])
    one = step(record_trace(model, [[1, 0], [2, 3]]), "c", 0, 0, 0)
    assert [term.product for term in one.terms] == [1, 0, 6, -12]
    assert [term.place for term in one.terms] == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]
    assert (one.bias, one.pre_activation, one.value) == (0.5, -4.5, 0)


def test_padding_lies_outside_and_counts_as_zero():
    model = keras.Sequential([L.Input((3, 3, 1)), L.Conv2D(1, 3, padding="same", name="c")])
    one = step(record_trace(model, np.ones((3, 3))), "c", 0, 0, 0)
    assert [term.input for term in one.terms] == [0, 0, 0, 0, 1, 1, 0, 1, 1]
    assert one.terms[0].place == (-1, -1, 0)


def test_pooling_looks_at_real_pixels_only():
    model = keras.Sequential([L.Input((3, 3, 1)), L.MaxPooling2D(2, padding="same", name="p")])
    one = step(record_trace(model, -np.arange(1.0, 10).reshape(3, 3)), "p", 1, 1, 0)
    assert (one.rule, one.value, [term.place for term in one.terms]) == ("largest", -9, [(2, 2, 0)])


def test_softmax_shows_every_exponential():
    model = keras.Sequential([L.Input((3,)), L.Softmax(name="s")])
    one = step(record_trace(model, [1.0, 2, 4]), "s", 1)
    assert one.exponentials == pytest.approx([math.exp(-3), math.exp(-2), 1])
    assert one.value == pytest.approx(math.exp(-2) / sum(one.exponentials))


def test_a_unit_may_be_given_with_zeros_in_front():
    trace = record_trace(keras.Sequential([L.Input((3,)), L.Dense(4, name="d")]), [1, 2, 3])
    assert step(trace, "d", 0, 0, 2) == step(trace, "d", 2) == step(trace, "d", channel=2)


@pytest.mark.parametrize("place", [(), (4,), (1, 2), (-1,), (0, 0, 4)])
def test_a_place_that_is_not_there_is_refused(place):
    trace = record_trace(keras.Sequential([L.Input((3,)), L.Dense(4, name="d")]), [1, 2, 3])
    with pytest.raises(ShapeError, match="at most 3"):
        step(trace, "d", *place)


def test_an_unknown_layer_cannot_be_taken_apart():
    image = L.Input((4, 4, 4, 1))
    trace = record_trace(keras.Model(image, L.Conv3D(1, 2, name="cube")(image)), np.ones((4, 4, 4, 1)))
    with pytest.raises(UsageError, match="Conv3D"):
        step(trace, "cube", 0, 0, 0)


def test_a_step_is_plain_json():
    trace = record_trace(keras.Sequential([L.Input((2,)), L.Dense(1, name="d")]), [1, 2])
    record = step(trace, "d", 0).to_dict()
    assert {"value", "model_value", "abs_difference", "terms"} <= set(record)
    assert [set(term) for term in record["terms"]] == [{"source", "at", "input", "weight", "product"}] * 2


def test_each_sentence_names_the_place_and_ends(traced):
    _, _, trace = traced
    for layer in trace.layers:
        if layer.graph:
            sentence = explain(step(trace, layer.name, *(0 for _ in layer.shape)))
            assert layer.name in sentence
            assert sentence.endswith(".")
            assert "-" not in sentence.replace(layer.name, ""), "a minus is U+2212"


def test_a_sentence_by_hand():
    model = keras.Sequential([L.Input((2,)), L.Dense(1, activation="relu", name="d")])
    model.set_weights([np.array([[1.5], [-2]]), np.array([0.25])])
    assert explain(step(record_trace(model, [2, 3]), "d", 0)) == (
        "Unit 0 of d: 2 products make −3.000 (1 above 0, 1 below); with the bias +0.250 that is −2.750. "
        "It is not above 0, so ReLU gives 0."
    )


@pytest.mark.backend
def test_average_pooling_on_pytorch_is_told_and_not_blamed_on_the_arithmetic():
    model = keras.Sequential([L.Input((2, 1)), L.AveragePooling1D(3, strides=2, padding="same", name="mean")])
    trace = record_trace(model, [[10], [20]])
    one, check = step(trace, "mean", 0, 0), verify(trace).layers[0]
    assert one.value == 15
    if one.model_value == 15:
        assert backend_name() != "torch" or not check.note
        return
    assert one.model_value == pytest.approx(50 / 3)
    assert "PyTorch" in one.note
    assert check.known_fault
    assert "PyTorch" in verify(trace).notes[0]


@pytest.mark.backend
@settings(max_examples=25, deadline=None)
@example((9, 9, 2), (4, 4), 1, 1, "same", "average", 0)  # padding on both sides, uneven
@example((9, 8, 1), (3, 2), 2, 1, "same", "average", 0)
@given(
    shape=st.sampled_from([(9, 8, 1), (5, 5, 3), (1, 7, 2)]),  # few, because JAX compiles programs for each
    kernel=st.sampled_from([(1, 1), (3, 2), (2, 4), (4, 4)]),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same"]),
    kind=st.sampled_from(["conv", "depthwise", "separable", "max", "average"]),
    seed=st.integers(0, 10_000),
)
def test_any_window_is_equal_to_keras(shape, kernel, stride, dilation, padding, kind, seed):
    dilation = 1 if stride > 1 or kind in ("max", "average") else dilation  # Keras allows one of both
    if padding == "valid" and any(
        dilation * (size - 1) + 1 > side for size, side in zip(kernel, shape[:2], strict=True)
    ):
        return
    place = {"strides": stride, "padding": padding}
    layer = {
        "conv": lambda: L.Conv2D(2, kernel, dilation_rate=dilation, activation="relu", name="x", **place),
        "depthwise": lambda: L.DepthwiseConv2D(kernel, depth_multiplier=2, dilation_rate=dilation, name="x", **place),
        "separable": lambda: L.SeparableConv2D(2, kernel, dilation_rate=dilation, name="x", **place),
        "max": lambda: L.MaxPooling2D(kernel, name="x", **place),
        "average": lambda: L.AveragePooling2D(kernel, name="x", **place),
    }[kind]()
    rng = np.random.default_rng(seed)
    model = keras.Sequential([L.Input(shape), layer])
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape))
    trace = record_trace(model, rng.normal(size=shape))
    check = verify(trace).layers[0]
    if check.known_fault:
        return
    assert check.max_relative_difference <= 1e-5
    for place in places(trace["x"].shape, 6):
        assert_equal_to_the_model(step(trace, "x", *place))
