"""A pixel table is a data frame of images: names, views and slices, and no copies behind the back."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convscope.errors import ShapeError, TableError, UsageError
from convscope.tables import (
    PixelTable,
    PointTable,
    check_classes,
    count_shared,
    hold_out,
    image_shape_of,
    images_to_table,
    limit_rows,
    note_untested,
    pixel_columns,
    table_to_images,
)

CROSS = [[0, 255], [128, 1]]
shapes = st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 2, 3]))
images = shapes.flatmap(lambda shape: st.integers(1, 4).flatmap(lambda n: arrays(np.uint8, (n, *shape))))


def test_columns_are_named_row_by_column_from_1_channel_last():
    assert pixel_columns((2, 3)) == ["1x1", "1x2", "1x3", "2x1", "2x2", "2x3"]
    assert pixel_columns((1, 2, 3)) == ["1x1x1", "1x1x2", "1x1x3", "1x2x1", "1x2x2", "1x2x3"]
    assert pixel_columns((28, 28))[783] == "28x28"


def test_one_image_becomes_one_row_and_back():
    table = images_to_table([CROSS], ["cross"])
    assert table.frame.to_dict("records") == [{"class": "cross", "1x1": 0, "1x2": 255, "2x1": 128, "2x2": 1}]
    assert table_to_images(table)[0, :, :, 0].tolist() == CROSS
    assert table_to_images(table.frame)[0, :, :, 0].tolist() == CROSS


def test_a_colour_image_keeps_its_channels_together():
    table = images_to_table([[[[1, 2, 3], [4, 5, 6]]]])
    assert table.frame.to_dict("records") == [{"1x1x1": 1, "1x1x2": 2, "1x1x3": 3, "1x2x1": 4, "1x2x2": 5, "1x2x3": 6}]


@given(images)
def test_table_to_images_to_table_is_the_identity(array):
    table = images_to_table(array)
    assert np.array_equal(table_to_images(table), array)
    assert np.array_equal(table_to_images(table.frame), array)
    assert image_shape_of(table.columns) == array.shape[1:]


@given(shapes)
def test_the_shape_is_read_back_from_the_names_and_from_no_others(shape):
    names = pixel_columns(shape)
    assert image_shape_of(names) == shape
    assert image_shape_of(["class", *names]) is None
    if len(names) > 1:
        assert image_shape_of(names[::-1]) is None
        assert image_shape_of(names[:-1]) != shape


def test_60000_rows_are_framed_and_viewed_without_a_copy():
    pixels = np.zeros((60_000, 784), np.uint8)
    table = PixelTable(pixels, (28, 28, 1), np.arange(60_000) % 10)
    tracemalloc.start()
    frame, views = table.frame, table.images
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    pixels[7, 29] = 200
    assert frame["2x2"].iloc[7] == 200
    assert views[7, 1, 1, 0] == 200
    assert set(map(str, frame.drop(columns="class").dtypes)) == {"uint8"}


def test_rows_are_taken_by_slice_by_number_and_by_mask():
    table = images_to_table(np.arange(5).reshape(5, 1, 1), ["a", "b", "a", "c", "b"])
    assert table[1:3].labels.tolist() == ["b", "a"]
    assert table[[4, 0]].pixels.tolist() == [[4], [0]]
    assert table[table.labels == "b"].pixels.tolist() == [[1], [4]]
    assert table[2].pixels.tolist() == [[2]]
    assert table[1:3].class_names == ("a", "b")


def test_class_names_follow_the_classes_that_are_left():
    table = PixelTable(np.zeros((3, 1), np.uint8), (1, 1, 1), np.array([0, 1, 2]), ("Bag", "Coat", "Shirt"))
    assert table[[2, 0]].class_names == ("Bag", "Shirt")
    assert table.name_of(1) == "Coat"


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"\(n_rows, 4\)"):
        PixelTable(np.zeros((2, 3), np.uint8), (2, 2, 1))
    with pytest.raises(ShapeError, match="3 labels, 2 images"):
        PixelTable(np.zeros((2, 4), np.uint8), (2, 2, 1), np.arange(3))
    with pytest.raises(ShapeError, match="not an array of images"):
        images_to_table(np.zeros(4))


def test_a_frame_is_read_by_its_names_by_a_shape_or_as_a_square():
    square = pd.DataFrame(np.arange(8).reshape(2, 4), columns=list("abcd"))
    assert PixelTable.from_frame(square).image_shape == (2, 2, 1)
    assert PixelTable.from_frame(square, (1, 4)).image_shape == (1, 4, 1)
    with pytest.raises(ShapeError, match=r"not a square[\s\S]*image_shape=..."):
        PixelTable.from_frame(square.drop(columns="d"))


def test_a_frame_with_text_or_a_hole_is_refused():
    frame = images_to_table([CROSS]).frame
    with pytest.raises(TableError, match="something other than numbers"):
        PixelTable.from_frame(frame.astype(object).replace(255, "x"))
    with pytest.raises(TableError, match=r"row 0, column '1x2'"):
        PixelTable.from_frame(frame.astype(float).replace(255, np.nan))


def test_fractions_stay_fractions():
    table = images_to_table(np.array([[[0.5, 1.0]]]))
    assert table.pixels.dtype == np.float32
    assert table.pixels.tolist() == [[0.5, 1.0]]


def test_points_keep_their_parts():
    table = PointTable(np.eye(2), labels=np.array(["red", "blue"], object), split=np.array(["train", "test"], object))
    assert list(table.frame.columns) == ["class", "split", "feature1", "feature2"]
    assert table.part("train").features.tolist() == [[1, 0]]
    with pytest.raises(TableError, match="no rows of the split 'nothing'"):
        table.part("nothing")
    with pytest.raises(ShapeError):
        PointTable(np.eye(3))


def test_holding_out_keeps_every_row_once_and_every_class_in_proportion():
    table = images_to_table(np.arange(100).reshape(100, 1, 1), np.arange(100) % 4)
    train, test = hold_out(table)
    assert sorted([*train.pixels.ravel().tolist(), *test.pixels.ravel().tolist()]) == list(range(100))
    assert np.bincount(test.labels).tolist() == [5, 5, 5, 5]
    assert count_shared(train, test) == 0
    assert np.array_equal(hold_out(table)[1].pixels, test.pixels)
    assert not np.array_equal(hold_out(table, seed=1)[1].pixels, test.pixels)


def test_rows_that_are_in_both_parts_are_counted():
    train = images_to_table([[[1]], [[2]], [[3]]])
    assert count_shared(train, images_to_table([[[3]], [[9]], [[1]], [[1]]])) == 3


@pytest.mark.parametrize("width", [1, 7, 8, 9, 28])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_the_count_is_that_of_comparing_every_row_with_every_row(width, dtype):
    rng = np.random.default_rng(width)
    rows, asked = (rng.integers(0, 2, (n, width)).astype(dtype) for n in (90, 60))
    alike = (rows[None] == asked[:, None]).all(axis=2).any(axis=1)
    assert count_shared(images_to_table(rows[:, None]), images_to_table(asked[:, None])) == alike.sum()


def test_a_class_with_one_row_is_trained_on_and_noted():
    labels = np.r_[np.arange(40) % 4, 7]
    table = images_to_table(np.arange(41).reshape(41, 1, 1), labels)
    for seed in range(5):
        train, test = hold_out(table, seed=seed)
        assert 7 in train.labels and set(test.labels.tolist()) == {0, 1, 2, 3}
        assert len(train) + len(test) == 41
    assert note_untested(train, test) == ("class 7: too few rows to test with, so trained on but not tested",)
    assert note_untested(train, train) == ()


def test_every_class_stays_in_training_where_there_are_too_few_rows_for_proportions():
    table = images_to_table(np.arange(12).reshape(12, 1, 1), np.repeat(np.arange(6), 2))
    for seed in range(10):
        train, test = hold_out(table, seed=seed)
        assert set(train.labels.tolist()) == set(range(6)) and len(test)
    with pytest.raises(TableError, match="each class has only one row"):
        hold_out(images_to_table(np.arange(3).reshape(3, 1, 1), np.arange(3)))


def test_a_limit_takes_the_first_rows_unless_a_class_would_be_lost():
    table = images_to_table(np.arange(30).reshape(30, 1, 1), np.sort(np.arange(30) % 3))
    assert limit_rows(table, 21).pixels.ravel().tolist() == list(range(21))
    assert limit_rows(table, None) is not None and len(limit_rows(table, 99)) == 30
    assert np.bincount(limit_rows(table, 7).labels).tolist() == [3, 2, 2]
    with pytest.raises(UsageError, match="would leave some classes without rows"):
        limit_rows(table, 2)


def test_test_rows_of_a_class_that_is_not_trained_on_are_refused_by_name():
    table = images_to_table(np.arange(4).reshape(4, 1, 1), np.array([0, 0, 1, 1]))
    with pytest.raises(TableError, match="a class that has no training rows: 1"):
        check_classes(table[:2], table)
