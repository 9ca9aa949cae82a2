"""Four networks on one budget: what is said follows from what was measured."""

import numpy as np
import pytest

from convscope import run_experiment
from convscope.errors import UsageError
from convscope.tables import pixel_permutation
from convscope.training.intervals import mean_interval


@pytest.fixture(scope="module")
def result():
    return run_experiment("pixel_shuffle", data="digits", limit=60, epochs=2)


def test_four_networks_have_the_same_budget_and_seeds(result):
    networks = result.findings["networks"]
    assert [(one["model"], one["pixel_order"]) for one in networks] == [
        (model, order) for model in ("mlp", "cnn") for order in ("original", "shuffled")
    ]
    assert all(len(one["accuracies"]) == 3 and [len(curve) for curve in one["curves"]] == [2] * 3 for one in networks)


def test_the_interval_is_students_over_the_seeds(result):
    for one in result.findings["networks"]:
        mean, low, high = mean_interval(one["accuracies"])
        assert (one["mean"], one["low"], one["high"]) == (mean, max(0.0, low), min(1.0, high))


def test_restored_weights_are_the_shuffled_ones_in_the_order_of_the_pixels(result):
    shuffled, restored = result.exhibits["weights"][1], result.exhibits["restored"]
    order = pixel_permutation(28 * 28)
    np.testing.assert_array_equal(restored.reshape(784, -1)[order], shuffled.reshape(784, -1))


def test_two_seeds_are_too_few():
    with pytest.raises(UsageError, match="three seeds"):
        run_experiment("pixel_shuffle", data="digits", n_seeds=2)
