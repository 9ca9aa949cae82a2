"""The document's own figures: what is drawn and said is what the steps say."""

import numpy as np
import pytest

from convscope import charts
from convscope.arithmetic.worked import EDGE_KERNEL, KERNEL, PICTURE, SECOND_CHANNEL, SECOND_KERNEL
from convscope.charts import text_twin
from convscope.errors import ShapeError


def layers(chart):
    spec = chart.to_dict()
    found = [layer.get("data", spec.get("data")) for layer in spec["layer"]]
    return [data["values"] if "values" in data else spec["datasets"][data["name"]] for data in found]


def shown(chart, matrix):
    return [cell["text"] for cell in layers(chart)[0] if cell["matrix"] == matrix]


@pytest.mark.parametrize(
    ("strides", "sums"),
    [
        ((1, 2), [2, 3, 1, 1, 1, 0]),
        ((2, 1), [2, 2, 3, 1, 1, 0]),
        ((2, 2), [2, 3, 1, 0]),
        ((1, 1), [2, 2, 3, 1, 2, 1, 1, 1, 0]),
    ],
)
def test_frames_of_a_convolution_end_with_all_its_sums(strides, sums):
    chart = charts.convolution_frames(PICTURE, KERNEL, strides=strides)
    assert [row[3] for row in text_twin(chart).rows] == sums
    outputs = shown(chart, "output")
    assert outputs[-len(sums) :] == [str(value) for value in sums]
    assert outputs[: len(sums)] == [str(sums[0]), *["·"] * (len(sums) - 1)]


def test_the_window_of_each_frame_is_outlined_where_it_stands():
    outlines = layers(charts.convolution_frames(PICTURE, KERNEL, strides=(2, 1)))[-3]
    first, _, second = outlines[:3]
    assert (first["x2"] - first["x"], first["y2"] - first["y"]) == (2, 2)
    frame_width = 4 + 3 + 3
    assert second["x"] - first["x"] == pytest.approx(frame_width + 1)


def test_zeros_around_are_drawn():
    chart = charts.convolution_frames([[5]], [[1, 1], [1, 1]], padding="same")
    assert shown(chart, "step 1") == ["5", "0", "0", "0"]


def test_the_answer_moves_with_a_vertical_edge_but_not_for_a_kernel_of_horizontal_ones():
    twin = text_twin(charts.edge_shift())
    assert [row[2:] for row in twin.rows] == [row for column in np.eye(3).tolist() for row in [column] * 3]
    assert "so does the strongest answer" in twin.sentence
    assert "does not move" in text_twin(charts.edge_shift(EDGE_KERNEL.T)).sentence


def test_the_maps_of_the_channels_add_up():
    twin = text_twin(
        charts.channels_sum(np.stack([PICTURE, SECOND_CHANNEL], -1), np.stack([KERNEL, SECOND_KERNEL], -1), bias=0.5)
    )
    assert all(sum(row[2:-1]) == row[-1] for row in twin.rows)
    assert [row[-1] for row in twin.rows] == [3.5, 2.5, 3.5, 1.5, 3.5, 1.5, 1.5, 1.5, 1.5]


def test_the_winner_of_each_window_is_named_and_outlined():
    chart = charts.pooling_frames([[1, 2], [4, 3]])
    assert text_twin(chart).rows == [[0, 0, "1, 2, 4, 3", 1, 0, 4.0]]
    window, winner, _ = layers(chart)[-3]
    assert (winner["x"] - window["x"], winner["y"] - window["y"]) == pytest.approx((0, 1))
    assert text_twin(charts.pooling_frames([[1, 2]], (1, 2), kind="average")).rows[0][-1] == 1.5


def test_too_many_frames_are_refused():
    for call in (
        lambda: charts.convolution_frames(np.ones((9, 9)), [[1]]),
        lambda: charts.pooling_frames(np.ones((9, 9)), 1),
    ):
        with pytest.raises(ShapeError, match="too large for a chart"):
            call()
    with pytest.raises(ShapeError, match="axis of channels"):
        charts.channels_sum(PICTURE, KERNEL)
