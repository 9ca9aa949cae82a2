"""What the charts show is what the records say."""

import base64
import io
import itertools

import numpy as np
import pytest
from PIL import Image

from convscope import charts
from convscope.charts import text_twin
from convscope.charts._examples import tiny_evaluation, tiny_table
from convscope.charts._theme import number
from convscope.datasets import load_table
from convscope.errors import ShapeError, TableError, UsageError
from convscope.records import History
from convscope.tables import PointTable, images_to_table, shuffle_pixels


def cells(chart):
    return {(row["row"], row["column"]): row["value"] for row in _rows(chart)}


def test_an_image_shows_each_pixel_at_its_1_based_place():
    image = np.array([[0, 10], [20, 255]], np.uint8)
    assert cells(charts.image(image)) == {(1, 1): 0, (1, 2): 10, (2, 1): 20, (2, 2): 255}


def test_an_image_has_row_column_and_value_in_its_tooltip():
    fields = [entry["field"] for entry in charts.image(tiny_table(), 0).to_dict()["encoding"]["tooltip"]]
    assert fields == ["row", "column", "value"]


def test_the_shuffled_picture_is_the_shuffled_table():
    table = load_table("digits")
    drawn = cells(charts.image(table, 4, pixel_order="shuffled"))
    shuffled = shuffle_pixels(table).images[4, ..., 0]
    assert drawn == {(r + 1, c + 1): int(shuffled[r, c]) for r in range(8) for c in range(8)}
    assert sorted(drawn.values()) == sorted(cells(charts.image(table, 4)).values())


def test_a_colour_image_is_drawn_as_one_heat_map_per_channel():
    table = images_to_table(np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3), ["a"])
    assert len(charts.image(table, 0).to_dict()["hconcat"]) == 3


def test_a_row_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="no row 99"):
        charts.image(tiny_table(), 99)
    with pytest.raises(UsageError, match="pixel order"):
        charts.image(tiny_table(), 0, pixel_order="mixed")


def test_a_gallery_has_some_rows_of_each_class_with_its_name():
    twin = text_twin(charts.image_grid(tiny_table(), per_class=2))
    assert twin.rows == [["column", "2, 3"], ["corner", "4, 5"], ["row", "0, 1"]]


def test_a_gallery_without_labels_needs_rows():
    table = images_to_table(np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(TableError, match="needs labels"):
        charts.image_grid(table)
    assert charts.image_grid(table, rows=[1, 0])


def test_mistakes_are_the_surest_first_with_label_and_prediction():
    twin = text_twin(charts.mistakes(tiny_evaluation(), tiny_table()))
    assert twin.rows == [[3, "column", "row", 0.6], [5, "corner", "column", 0.55]]


def test_mistakes_of_another_table_are_refused():
    with pytest.raises(ShapeError, match="not belong to this table"):
        charts.mistakes(tiny_evaluation(), tiny_table()[:3])


def test_a_gallery_of_no_mistakes_can_be_drawn():
    evaluation = tiny_evaluation()
    right = type(evaluation)(
        evaluation.predictions, evaluation.predictions, evaluation.probabilities, evaluation.class_names
    )
    assert text_twin(charts.mistakes(right, tiny_table())).sentence.startswith("0 of 6")
    assert text_twin(charts.confusion_matrix(right)).sentence == "No class is mistaken for another."


def test_a_confusion_matrix_leaves_the_diagonal_out_of_the_colours():
    rows = _rows(charts.confusion_matrix(tiny_evaluation()))
    assert {row["shown"] for row in rows if row["label"] == row["prediction"]} == {0}
    assert sum(row["count"] for row in rows) == 6


def test_negative_weights_carry_a_mark_each():
    weights = np.array([[-0.5, 0.5], [-0.5, 0.5]])[:, :, None, None]
    spec = charts.kernels(weights).to_dict()
    marks = _values(spec, spec["layer"][-1]["data"])
    assert [mark["sign"] for mark in marks] == ["−", "−"]


def test_weights_share_one_scale_that_is_symmetric_about_zero():
    drawn = charts.kernels(np.array([0.1, -0.4]).reshape(1, 1, 1, 2)).to_dict()
    domain = drawn["layer"][1]["encoding"]["color"]["scale"]["domain"]
    assert (domain[0], domain[5], domain[-1]) == (-0.4, 0, 0.4)


def test_dense_weights_are_drawn_as_pictures_of_the_image():
    assert text_twin(charts.kernels(np.ones((6, 4)), image_shape=(2, 3, 1))).sentence.startswith(
        "4 of 4 units, each with weights of 2 by 3"
    )
    with pytest.raises(ShapeError, match="be drawn as pictures"):
        charts.kernels(np.ones((7, 4)))


def test_learning_curves_name_each_run_at_its_end():
    histories = {"a": History({"loss": [2.0, 1.0]}, (1.0, 1.0)), "b": History({"loss": [3.0]}, (1.0,))}
    assert (
        "a ends at 1.0000 after 2 epochs; b ends at 3.0000 after 1 epoch."
        in text_twin(charts.learning_curve(histories, "loss")).sentence
    )
    with pytest.raises(UsageError, match="'accuracy' was not measured"):
        charts.learning_curve(histories, "accuracy")


def test_names_at_the_ends_of_curves_stay_apart_and_inside_the_chart():
    histories = {name: History({"loss": [2.0, 0.0]}, (1.0, 1.0)) for name in "abcd"}
    spec = charts.learning_curve(histories, "loss").to_dict()
    heights = sorted(label["label_at"] for label in _values(spec, spec["layer"][-1]["data"]))
    assert all(high - low > 0.1 for low, high in itertools.pairwise(heights))
    assert heights[0] >= 0 and heights[-1] <= 2


def test_a_decision_region_has_low_values_of_the_second_feature_at_the_bottom():
    steps = np.arange(4) / 4
    grid = PointTable(np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2))
    points = PointTable(np.array([[0.0, 0.0], [0.9, 0.9]]), labels=np.array(["blue", "red"], dtype=object))
    url = _rows(charts.decision_region(points, grid, (grid.features[:, 1] > 0.5).astype(float)))[0]["url"]
    picture = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")
    top, bottom = picture.getpixel((5, 2)), picture.getpixel((5, picture.height - 2))
    assert top[0] > top[2] and bottom[2] > bottom[0]


def test_probabilities_that_are_not_of_a_regular_grid_are_refused():
    points = PointTable(np.array([[0.0, 0.0], [0.9, 0.9]]), labels=np.array(["blue", "red"], dtype=object))
    with pytest.raises(ShapeError, match="regular grid"):
        charts.decision_region(points, PointTable(np.array([[0.0, 0.0], [0.5, 0.5]])), [0.1, 0.9])


def test_more_points_than_altairs_limit_can_be_drawn():
    points = PointTable(np.random.default_rng(0).random((6000, 2)), labels=np.arange(6000) % 2)
    assert len(_rows(charts.decision_region(points))) == 6000


def test_numbers_have_a_true_minus_and_zero_has_none():
    assert [number(value) for value in (-0.5, 0.25, -0.00001, 1234.5)] == ["−0.500", "0.250", "0.000", "1,234.500"]


def _rows(chart):
    spec = chart.to_dict()
    return next(_values(spec, part["data"]) for part in [spec, *spec.get("layer", [])] if "data" in part)


def _values(spec, data):
    return data["values"] if "values" in data else spec["datasets"][data["name"]]


def tried(filters, epochs, accuracy, size):
    parameters = {"model__filters": filters, "epochs": epochs}
    interval = [accuracy - 0.01, accuracy + 0.01]
    return {"parameters": parameters, "accuracy": accuracy, "interval": interval, "n_parameters": size}


def drawn_rows(chart, number):
    spec = chart.to_dict()
    return spec["datasets"][spec["layer"][number]["data"]["name"]]


def test_lists_of_numbers_stand_on_their_axis_by_size_however_well_they_did():
    rows = [tried([16, 32], 2, 0.9, 5130), tried([8], 2, 0.8, 600), tried([8, 16], 1, 0.7, 1418)]
    lines = drawn_rows(charts.parallel_coordinates(rows), 1)
    heights = {row["combination"].split("]")[0]: row["at"] for row in lines if row["axis"] == "filters"}
    assert heights == {"filters [8": 0.0, "filters [8,16": 0.5, "filters [16,32": 1.0}


def test_networks_of_one_size_stand_beside_each_other():
    rows = [tried([8], 2, 0.9, 600), tried([8], 1, 0.8, 600), tried([8, 16], 1, 0.7, 1418)]
    dots = drawn_rows(charts.accuracy_versus_parameters(rows), 1)
    places = [dot["at"] for dot in dots]
    assert places[0] < 600 < places[1] < 1418 == places[2]
    assert places[1] / places[0] < 1.05
    assert [dot["parameters"] for dot in dots] == [600, 600, 1418]
