"""What ``show`` draws and ``run`` tells: nothing before an answer, and the real thing after it."""

import numpy as np
import pytest

from convscope.charts import figure_html, text_twin
from convscope.course import Result, Status, ex
from convscope.course.box_rule import BoxRule, accuracy_when_moved, fit_rule, only, read_box
from convscope.course.exercises import catalogue
from convscope.course.lesson_data import images
from convscope.course.predictions import Ran
from convscope.datasets import load_parts
from convscope.tables import images_to_table, shift_pixels

DRAWN_ONCE_RIGHT = ["convolve_by_hand", "two_channels", "stride_two", "default_strides"]
PREDICTED = ["stride_two", "default_strides", "layer_shapes", "parameter_counts"]


@pytest.mark.parametrize("name", DRAWN_ONCE_RIGHT)
def test_a_calculation_is_drawn_once_it_is_right(name):
    one = getattr(ex, name)
    assert text_twin(one.show(one.reference())).rows
    for answer in (..., [[0, 0], [0, 0]], "x", {"default": [[9]], "strides 1": [[9]]}):
        assert isinstance(one.show(answer), Result) and not one.show(answer)


def test_a_variant_draws_its_own_numbers():
    one = ex.convolve_by_hand.variant(5)
    sums = [row[-1] for row in text_twin(one.show(one.reference())).rows]
    assert sums == np.asarray(one.reference()).ravel().tolist()


def test_a_filter_is_drawn_with_its_answers_to_four_edges():
    rows = text_twin(ex.horizontal_edges.show([[-0.5, -0.5], [0.5, 0.5]])).rows
    assert {row[0]: row[1] for row in rows} == {"━": 1.0, "┃": 0.0, "╲": 0.5, "╱": 0.5}
    assert ex.diagonal_edges.show([[1] * 9] * 9).status is Status.error
    assert ex.diagonal_edges.show("words").status is Status.error


@pytest.mark.parametrize("name", PREDICTED)
def test_what_keras_gives_comes_after_a_prediction_and_only_then(name):
    one = getattr(ex, name)
    before = one.run(...)
    assert isinstance(before, Result) and before.status is Status.unattempted
    ran = one.run(one.reference())
    assert isinstance(ran, Ran) and "Keras gives" in str(ran)
    found = ran.found["total"] if name == "parameter_counts" else ran.found
    assert one.check(found).status is Status.correct  # what a run gives is the right answer


def test_exercises_without_a_run_or_a_picture_say_so():
    for name in set(catalogue.names()) - set(PREDICTED):
        assert getattr(ex, name).run([[1]]).status is Status.unattempted
    assert ex.input_size.show(784).status is Status.correct


@pytest.mark.real_data
def test_the_rule_of_one_box_has_the_accuracies_of_the_lab():
    train, test = (only(part, 5, 6) for part in load_parts("mnist"))
    found = accuracy_when_moved(fit_rule(train, (17, 20, 9, 14)), test)
    expected = {0: 0.892, 1: 0.854, 2: 0.747, 3: 0.619, 4: 0.522}
    assert all(abs(found[moved] - expected[moved]) < 0.012 for moved in expected), found


def test_the_limit_of_a_rule_is_the_best_one():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (60, 4, 4), dtype=np.uint8)
    labels = rng.integers(0, 2, 60)
    table = images_to_table(pictures, labels)
    rule = fit_rule(table, (1, 2, 2, 3))
    means = pictures[:, 0:2, 1:3].mean(axis=(1, 2))
    best = max(
        float((np.where(means > limit, high, 1 - high) == labels).mean()) for limit in [-1, *means] for high in (0, 1)
    )
    assert rule.score(table) == pytest.approx(best)
    moved = BoxRule(rule.box, rule.limit, rule.brighter, rule.darker).score(shift_pixels(table, 1, 0))
    assert 0 <= moved <= 1


def test_a_box_is_drawn_on_the_mean_digits_and_words_go_to_a_person():
    twin = text_twin(ex.which_part.show((17, 20, 9, 14)))
    assert [row[0] for row in twin.rows] == [0, 1, 2, 3, 4] and "rows 17 to 20" in twin.sentence
    assert ex.which_part.show("the lower left").status is Status.recorded
    assert ex.which_part.show((20, 17, 9, 14)).status is Status.error
    assert ex.moved_digits.show((1, 99, 1, 2)).status is Status.error
    assert read_box("17, 20, 9, 14", (28, 28, 1)) == (17, 20, 9, 14)
    assert images().train.image_shape == (28, 28, 1)


def test_a_figure_is_a_picture_with_words_and_numbers_and_nothing_from_the_web():
    page = figure_html(ex.horizontal_edges.show([[-1, 1]]))
    assert page.count("<img ") == 1 and 'alt="The strongest answer' in page and "<details>" in page
    assert "<script" not in page and "http" not in page.split("base64,")[0]
