"""The experiment on symmetry: every figure follows from the accuracies and measurements that it lists."""

import numpy as np
import pytest

from convscope import run_experiment
from convscope.errors import UsageError
from convscope.training.intervals import mean_interval


@pytest.fixture(scope="module")
def result():
    return run_experiment("equivariance", data="digits", n_seeds=2, limit=60, n_images=8)


def test_two_models_two_orders_and_each_seed_are_trained(result):
    rows = result.findings["accuracy"]
    assert len({(row["model"], row["pixel_order"], row["seed"]) for row in rows}) == len(rows) == 8


def test_what_shuffling_costs_is_the_difference_of_the_accuracies(result):
    found = {(row["model"], row["pixel_order"], row["seed"]): row["accuracy"] for row in result.findings["accuracy"]}
    for row in result.findings["shuffling"]:
        lost = [found[row["model"], "original", seed] - found[row["model"], "shuffled", seed] for seed in (0, 1)]
        assert row["lost"] == pytest.approx(np.mean(lost))
        assert row["low"] <= row["lost"] <= row["high"]
        sure = row["low"] > 0 or row["high"] < 0
        assert ("no clear difference" in row["sentence"]) == (not sure)


def test_both_models_meet_the_same_transforms(result):
    rows = result.findings["predictions"]
    assert [row["transform"] for row in rows if row["model"] == "mlp"] == ["shift", "flip", "rotate", "shuffle"]
    assert [row["transform"] for row in rows if row["model"] == "cnn"] == ["shift", "flip", "rotate", "shuffle"]
    assert all(0 <= row["low"] <= row["agreement"] <= row["high"] <= 1 for row in rows)


def test_the_convolutions_move_along_with_a_shift(result):
    rows = {(row["model"], row["transform"], row["layer"]): row for row in result.findings["layers"]}
    assert rows["cnn", "shift", "conv2d_2"]["equivariance_error"] < 1e-5
    assert rows["cnn", "flip", "conv2d_2"]["equivariance_error"] > 0.05


def test_the_interval_is_students():
    assert mean_interval([1, 2, 3]) == pytest.approx((2, 2 - 4.302652730 / 3**0.5, 2 + 4.302652730 / 3**0.5))


def test_one_seed_has_no_interval():
    with pytest.raises(UsageError, match="two seeds"):
        run_experiment("equivariance", data="digits", n_seeds=1)
