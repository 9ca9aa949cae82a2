"""Rows are drawn as scikit-learn draws them, without importing what it imports."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from convscope.tables import PixelTable, hold_out, split_by_class


@pytest.mark.parametrize("seed", range(40))
def test_rows_drawn_by_class_are_those_of_scikit_learn(seed):
    chance = np.random.default_rng(seed)
    labels = chance.choice(["bag", "boot", "coat", "shirt"][: 2 + seed % 3], size=40 + seed)
    train, held = train_test_split(np.arange(len(labels)), test_size=0.3, random_state=seed, stratify=labels)
    ours = split_by_class(labels, 0.3, seed)
    assert np.array_equal(ours[0], np.sort(train)) and np.array_equal(ours[1], np.sort(held))


@pytest.mark.parametrize("seed", range(10))
def test_where_classes_are_too_small_rows_are_those_of_scikit_learn_drawn_regardless_of_class(seed):
    labels = np.repeat(np.arange(20), 2)
    rows = np.arange(40, dtype=np.uint8)[:, None]
    assert split_by_class(labels, 0.2, seed) is None
    train, held = hold_out(PixelTable(pixels=rows, image_shape=(1, 1, 1), labels=labels), share=0.2, seed=seed)
    drawn = np.sort(train_test_split(np.arange(40), test_size=0.2, random_state=seed)[1])
    twins = [row for row in drawn if row ^ 1 in drawn and row % 2 == 0]  # of a class that training lost, one stays
    assert held.pixels[:, 0].tolist() == [row for row in drawn if row not in twins]
    assert sorted(train.pixels[:, 0].tolist() + held.pixels[:, 0].tolist()) == list(range(40))
