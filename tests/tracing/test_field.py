"""The receptive field is what a change of pixels can reach, found by changing pixels."""

import numpy as np
import pytest

from convscope import models
from convscope.backend import keras
from convscope.tracing import field_of, record_activations, record_trace

L = keras.layers


def reached(model, shape, layer, row, column):
    """Find by trying: which rows and columns change the value when a pixel there changes."""
    rng = np.random.default_rng(0)
    base = rng.random(shape).astype(np.float32)
    places = list(np.ndindex(shape[:2]))
    batch = np.stack([base] * (len(places) + 1))
    for index, (down, right) in enumerate(places):
        batch[index, down, right] += 10.0
    values = record_activations(model, batch)[layer][:, row, column]
    hit = [place for place, value in zip(places, values, strict=False) if not np.array_equal(value, values[-1])]
    rows, columns = [place[0] for place in hit], [place[1] for place in hit]
    return range(min(rows), max(rows) + 1), range(min(columns), max(columns) + 1)


def plain(padding, strides=1, dilation=1):
    return keras.Sequential(
        [
            L.Input((11, 9, 1)),
            L.Conv2D(3, (3, 2), padding=padding, strides=strides, name="a"),
            L.Conv2D(2, 2, padding=padding, dilation_rate=dilation, name="b"),
            L.AveragePooling2D(2, strides=1, padding="valid", name="c"),
        ]
    )


@pytest.mark.parametrize("settings", [("valid",), ("same",), ("same", 2), ("valid", 1, 2)])
@pytest.mark.parametrize("place", [(0, 0), (2, 1)])
def test_the_field_is_what_can_be_reached(settings, place):
    model = plain(*settings)
    trace = record_trace(model, np.ones((11, 9)))
    assert field_of(trace, "c", *place) == reached(model, (11, 9, 1), "c", *place)


def of_every_kind():
    """Branches, a stride, dilation, padding and layers that look along a line of channels."""
    image = L.Input((13, 12, 2))
    stem = L.Conv2D(4, 3, strides=2, padding="same", activation="elu", name="stem")(image)
    one = L.AveragePooling2D(2, padding="same", strides=1)(stem)
    other = L.DepthwiseConv2D(3, padding="same", dilation_rate=2)(L.LayerNormalization()(stem))
    both = L.Concatenate()([L.Subtract()([one, other]), L.MaxPooling2D(2, padding="same", strides=1)(one)])
    both = L.ZeroPadding2D(((1, 0), (0, 2)))(L.SeparableConv2D(3, 2, name="separable")(both))
    both = L.Softmax(name="shares")(L.Conv2D(3, 2, name="top")(both))
    return keras.Model(image, L.Conv2DTranspose(2, 3, strides=2, name="larger")(both))


@pytest.mark.parametrize(("layer", "place"), [("separable", (2, 1)), ("shares", (3, 3)), ("larger", (4, 7))])
def test_the_field_contains_everything_that_a_change_moves(layer, place):
    model = of_every_kind()
    trace = record_trace(model, np.ones((13, 12, 2)))
    rows, columns = field_of(trace, layer, *place)
    moved_rows, moved_columns = reached(model, (13, 12, 2), layer, *place)
    assert rows.start <= moved_rows.start and moved_rows.stop <= rows.stop
    assert columns.start <= moved_columns.start and moved_columns.stop <= columns.stop


def test_a_global_mean_sees_the_whole_image_and_channels_that_come_first_have_no_rows_in_front():
    model = keras.Sequential([L.Input((6, 5, 2)), L.GlobalAveragePooling2D(keepdims=True, name="mean")])
    assert field_of(record_trace(model, np.ones((6, 5, 2))), "mean", 0, 0) == (range(0, 6), range(0, 5))
    first = keras.Sequential([L.Input((2, 6, 5)), L.MaxPooling2D(2, data_format="channels_first", name="p")])
    assert field_of(record_trace(first, np.ones((2, 6, 5))), "p", 0, 0) is None


def test_the_wider_of_two_branches_counts():
    image = L.Input((9, 9, 1))
    narrow, wide = L.Conv2D(1, 1, name="n")(image), L.Conv2D(1, 5, padding="same", name="w")(image)
    model = keras.Model(image, L.ZeroPadding2D(1, name="z")(L.Add(name="sum")([narrow, wide])))
    trace = record_trace(model, np.ones((9, 9)))
    assert field_of(trace, "sum", 4, 0) == (range(2, 7), range(0, 3))
    assert field_of(trace, "z", 5, 1) == (range(2, 7), range(0, 3))
    assert field_of(trace, "z", 0, 0) is None


def test_a_dense_layer_has_no_places():
    trace = record_trace(models.mlp((8, 8, 1), 10), np.ones((8, 8)))
    assert field_of(trace, "hidden", 0, 0) is None
