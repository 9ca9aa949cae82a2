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
