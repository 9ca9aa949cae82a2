"""How long, how fast, and when 0..255 becomes 0..1."""

import numpy as np
import pytest

from convscope import ImageClassifier, models
from convscope.backend import keras
from convscope.engine.schedules import OneCycle
from convscope.errors import UsageError
from convscope.training import RECIPES
from convscope.training.recipes import make_plan, pixel_scale

MLP, CNN = models.mlp((28, 28, 1), 10), models.cnn((28, 28, 1), 10)
POINTS, LINEAR = models.points_mlp((2,), 2), models.linear((2,), 2)


def rates(schedule, steps):
    return [float(keras.ops.convert_to_numpy(schedule(step))) for step in steps]


def test_the_document_trains_images_twice_in_batches_of_20_with_adam():
    plan = make_plan("document", MLP, 60_000, None, None)
    assert (plan.epochs, plan.batch_size) == (2, 20)
    assert isinstance(plan.optimizer, keras.optimizers.Adam)
    assert float(plan.optimizer.learning_rate) == pytest.approx(0.001)


@pytest.mark.parametrize(("model", "rate"), [(LINEAR, 1.0), (POINTS, 0.05)], ids=["linear", "8-8"])
def test_the_document_trains_points_twenty_times_with_gradient_descent(model, rate):
    plan = make_plan("document", model, 500, None, None)
    assert (plan.epochs, plan.batch_size) == (20, 20)
    assert isinstance(plan.optimizer, keras.optimizers.SGD)
    assert float(plan.optimizer.learning_rate) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("n_rows", "model", "least"), [(60_000, MLP, 1800), (1437, MLP, 600), (10, MLP, 600), (100, POINTS, 2000)]
)
def test_the_fast_recipe_takes_enough_steps_on_small_tables(n_rows, model, least):
    plan = make_plan("fast", model, n_rows, None, None)
    assert plan.epochs * -(-n_rows // plan.batch_size) >= least
    assert plan.epochs >= 2
    assert plan.batch_size <= (32 if model is POINTS else 64)


@pytest.mark.parametrize(("model", "passes"), [(MLP, 2), (CNN, 3)], ids=["mlp", "cnn"])
def test_convolutions_see_a_large_table_once_more(model, passes):
    assert make_plan("fast", model, 60_000, None, None).epochs == passes


@pytest.mark.parametrize(("n_rows", "drawn"), [(60_000, 15_360), (15_360, None), (1437, None)])
def test_the_quick_recipe_takes_240_steps_on_rows_drawn_by_chance(n_rows, drawn):
    plan = make_plan("quick", CNN, n_rows, None, None)
    assert plan.n_rows == drawn
    steps = plan.epochs * -(-(drawn or n_rows) // plan.batch_size)
    assert 240 <= steps <= 270


def test_a_quick_fit_draws_its_rows_by_its_seed():
    rng = np.random.default_rng(0)
    rows, labels = rng.integers(0, 256, (20_000, 16)).astype(np.uint8), rng.integers(0, 3, 20_000)
    fits = [ImageClassifier("mlp", recipe="quick", random_state=seed).fit(rows, labels) for seed in (0, 0, 1)]
    kernels = [fit.model_.get_weights()[0] for fit in fits]
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])
    assert fits[0].n_iter_ == 1


def test_labels_are_smoothed_where_there_are_classes_to_smooth_over():
    assert make_plan("fast", CNN, 1000, None, None).label_smoothing == 0.1
    assert make_plan("fast", POINTS, 1000, None, None).label_smoothing == 0.0
    assert make_plan("document", CNN, 1000, None, None).label_smoothing == 0.0


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_caller_s_own_choice_goes_first(recipe):
    plan = make_plan(recipe, MLP, 1000, 7, 13)
    assert (plan.epochs, plan.batch_size) == (7, 13)


def test_an_unknown_recipe_is_answered_with_the_ones_there_are():
    with pytest.raises(UsageError, match="did you mean 'document'"):
        make_plan("documents", MLP, 10, None, None)


@pytest.mark.parametrize("wrong", [(0, None), (None, 0), (-1, None)])
def test_no_epochs_or_empty_batches_are_refused(wrong):
    with pytest.raises(UsageError, match="at least 1"):
        make_plan("fast", MLP, 10, *wrong)


def test_one_cycle_rises_and_falls_in_straight_lines():
    cycle = rates(OneCycle(1.0, 100), range(0, 101, 5))
    assert cycle[0] == pytest.approx(0.04)
    assert max(cycle) == cycle[3] == pytest.approx(1.0)
    assert np.diff(cycle[:4]) == pytest.approx([0.32] * 3)
    assert np.diff(cycle[3:-1]) == pytest.approx([-5 / 85] * 16, rel=1e-4)
    assert 0 < cycle[-1] < 1e-3
    assert [OneCycle(1.0, 100).at(step) for step in range(0, 101, 5)] == pytest.approx(cycle, rel=1e-5)


def test_one_cycle_stays_low_when_training_goes_on_and_survives_its_own_settings():
    schedule = OneCycle.from_config(OneCycle(0.5, 10).get_config())
    assert rates(schedule, [10, 1000]) == pytest.approx([5e-5, 5e-5])


@pytest.mark.parametrize(
    ("pixels", "scale"),
    [
        ([[0, 255]], 255.0),
        ([[0.0, 16.0]], 16.0),
        ([[0, 17]], 255.0),
        ([[0, 1]], 1.0),
        ([[0.0, 0.5]], 1.0),
        ([[-1, 200]], 1.0),
        ([[0, 256]], 1023.0),
        ([[0, 4000]], 4095.0),
        ([[0, 60_000]], 65535.0),
        ([[0, 70_000]], 1.0),
        ([[0.5, 200.0]], 1.0),
    ],
    ids=str,
)
def test_whole_numbers_are_intensities_of_the_narrowest_range_that_holds_them(pixels, scale):
    assert pixel_scale("fast", np.array(pixels)) == scale
    assert pixel_scale("document", np.array(pixels)) == 1.0


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "a"])
def test_passes_and_rows_of_a_batch_are_whole_numbers(name, value):
    with pytest.raises(UsageError, match=f"{name} must be a whole number, at least 1"):
        ImageClassifier("linear", **{name: value}).fit(np.eye(4), [0, 1, 0, 1])
