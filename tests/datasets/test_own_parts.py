"""Rows that a table says are for testing are the test rows; validation rows are in neither part; groups stay whole."""

import numpy as np
import pandas as pd
import pytest

from convscope.datasets import load_parts, load_table, load_validation
from convscope.errors import TableError
from convscope.tables import hold_out, read_table

N = 40
PIXELS = [f"pixel{place}" for place in range(16)]


@pytest.fixture
def path(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (N, 16))
    frame = pd.DataFrame(values, columns=PIXELS)
    frame["label"] = ["a", "b"] * (N // 2)
    frame["usage"] = ["Training"] * 24 + ["PublicTest"] * 6 + ["PrivateTest"] * 10
    frame["film"] = np.repeat(np.arange(10), 4)
    frame.to_csv(tmp_path / "parts.csv", index=False)
    return tmp_path / "parts.csv"


def test_the_test_rows_are_those_of_the_table(path):
    train, test = load_parts(path, label="label")
    whole = read_table(path, label="label")
    assert np.array_equal(train.pixels, whole.pixels[:24]) and np.array_equal(test.pixels, whole.pixels[30:])
    assert any("6 rows for validation" in note for note in train.notes)


def test_validation_rows_are_given_apart(path):
    assert len(load_validation(path, label="label")) == 6
    assert load_validation("digits") is None


def test_a_part_is_loaded_by_name_or_by_its_column(path):
    assert len(load_table(path, split="val", label="label")) == 6
    assert len(load_table(path, split="usage:PrivateTest", label="label")) == 10
    assert len(load_table(path, split="film:3", label="label", drop=["usage"])) == 4
    train, test = load_parts(path, split="train", label="label")
    assert len(train) + len(test) == 24


def test_a_part_that_is_not_there_is_asked_about(path):
    with pytest.raises(TableError, match=r"'fold'"):
        load_table(path, split="fold:1", label="label")
    with pytest.raises(TableError, match=r"no rows of 'Private'[\s\S]*split="):
        load_table(path, split="usage:Private", label="label")


def test_groups_are_never_on_both_sides(path):
    table = read_table(path, label="label", group="film", drop=["usage"])
    for seed in range(5):
        train, test = hold_out(table, seed=seed)
        assert not set(train.groups) & set(test.groups)
        assert len(train) + len(test) == N and len(test) in range(4, 13)
        assert set(train.labels) == {"a", "b"}


def test_one_group_alone_cannot_be_held_out(path):
    table = read_table(path, label="label", group="film", drop=["usage"])[:4]
    with pytest.raises(TableError, match="one group"):
        hold_out(table)
