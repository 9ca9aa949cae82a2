"""Drawn shapes: what is inside is bright, what is outside dark, and everything follows from the seed."""

import numpy as np
import pytest

from convscope.datasets import load_parts, make_shapes
from convscope.errors import UsageError


def test_every_ten_rows_hold_each_kind_once_and_labels_are_words():
    table = make_shapes(30)
    assert [sorted(table.labels[i : i + 10]) for i in (0, 10, 20)] == [sorted(table.class_names)] * 3
    assert all(name.isalpha() for name in table.class_names)
    assert [len(part) for part in load_parts("shapes")] == [4000, 1000]


def test_the_seed_decides_and_a_large_picture_is_drawn_in_the_shape_that_was_asked_for():
    assert np.array_equal(make_shapes(20, seed=3).pixels, make_shapes(20, seed=3).pixels)
    assert not np.array_equal(make_shapes(20, seed=3).pixels, make_shapes(20, seed=4).pixels)
    assert make_shapes(11, (40, 60, 3)).images.shape == (11, 40, 60, 3)


def test_a_ring_has_a_hole_and_a_circle_has_none():
    table = make_shapes(10, (64, 64, 1), turn=0, noise=0)
    drawn = {name: table.images[table.labels == name][0, ..., 0].astype(int) for name in table.class_names}
    for name, filled in (("circle", True), ("square", True), ("star", True), ("ring", False), ("frame", False)):
        ground = drawn[name].min()
        rows, columns = np.nonzero(drawn[name] > ground + 60)
        middle = drawn[name][(rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2]
        assert (middle > ground + 60) == filled, name


def test_the_area_of_a_circle_is_that_of_its_radius_so_borders_are_shares_of_ink():
    table = make_shapes(10, (64, 64, 1), noise=0)
    picture = table.images[table.labels == "circle"][0, ..., 0].astype(float)
    ink = (picture - picture.min()) / (picture.max() - picture.min())
    radius = (ink.sum(axis=0) > 0.5).sum() / 2
    assert ink.sum() == pytest.approx(np.pi * radius**2, rel=0.05)
    assert ((ink > 0.1) & (ink < 0.9)).any()


@pytest.mark.parametrize(
    "problem", [{"n_rows": 0}, {"image_shape": (4, 28, 1)}, {"image_shape": (28, 28)}, {"noise": -1}]
)
def test_what_cannot_be_drawn_is_refused(problem):
    with pytest.raises(UsageError, match=next(iter(problem))):
        make_shapes(**problem)
