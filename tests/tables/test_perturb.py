"""Shuffling, shifting and resizing change what they say and nothing else."""

import numpy as np
import pytest
import sklearn.utils
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import ShapeError
from convscope.tables import (
    images_to_table,
    pixel_columns,
    pixel_permutation,
    resize_images,
    shift_pixels,
    shuffle_pixels,
)

NINE = images_to_table([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], ["nine"])


def random_table(n_rows=5, side=6):
    array = np.random.default_rng(0).integers(0, 256, (n_rows, side, side)).astype(np.uint8)
    return images_to_table(array, np.arange(n_rows))


def test_the_order_is_the_documents():
    features = pixel_columns((28, 28))
    shuffled = sklearn.utils.shuffle(features, random_state=1234)
    assert [features[place] for place in pixel_permutation(784)] == shuffled


def test_the_shuffled_table_is_the_documents_choice_of_columns():
    table = random_table()
    chosen = sklearn.utils.shuffle(table.columns, random_state=1234)
    assert np.array_equal(shuffle_pixels(table).pixels, table.frame[chosen].to_numpy())


def test_the_shuffled_picture_shows_every_pixel_once_also_the_first_and_the_last():
    shuffled = shuffle_pixels(NINE)
    assert sorted(shuffled.images.ravel().tolist()) == list(range(1, 10))
    order = pixel_permutation(9)
    assert shuffled.images[0].ravel().tolist() == [int(place) + 1 for place in order]


@given(st.integers(1, 300), st.integers(0, 2**31 - 1))
def test_a_shuffle_is_a_bijection(n_pixels, seed):
    assert sorted(pixel_permutation(n_pixels, seed).tolist()) == list(range(n_pixels))


def test_shuffling_pixels_changes_no_label_and_can_be_undone():
    table = random_table()
    shuffled = shuffle_pixels(table, seed=7)
    assert np.array_equal(shuffled.labels, table.labels)
    assert not np.array_equal(shuffled.pixels, table.pixels)
    assert np.array_equal(shuffled.pixels[:, np.argsort(pixel_permutation(36, 7))], table.pixels)
    assert any("shuffled" in note for note in shuffled.notes)


@pytest.mark.parametrize(
    "down, right, expected",
    [
        (0, 0, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        (1, 0, [[0, 0, 0], [1, 2, 3], [4, 5, 6]]),
        (0, 1, [[0, 1, 2], [0, 4, 5], [0, 7, 8]]),
        (-1, 2, [[0, 0, 4], [0, 0, 7], [0, 0, 0]]),
        (3, 0, [[0, 0, 0]] * 3),
        (0, -9, [[0, 0, 0]] * 3),
    ],
)
def test_a_shift_moves_every_pixel_and_fills_with_0(down, right, expected):
    assert shift_pixels(NINE, down, right).images[0, :, :, 0].tolist() == expected


def test_a_shift_leaves_the_table_it_came_from_alone():
    before = NINE.pixels.copy()
    shift_pixels(NINE, 1, 1, fill=5)
    assert np.array_equal(NINE.pixels, before)
    assert shift_pixels(NINE, 2, 0, fill=5).images[0, 0].ravel().tolist() == [5, 5, 5]


def test_resizing_to_the_same_size_changes_nothing():
    table = random_table()
    assert np.array_equal(resize_images(table, (6, 6)).pixels, table.pixels)


def test_resizing_keeps_a_flat_image_flat_and_the_ends_of_the_range():
    flat = images_to_table(np.full((2, 8, 8), 255, np.uint8))
    for size in ((28, 28), (3, 5), (1, 1)):
        resized = resize_images(flat, size)
        assert resized.image_shape == (*size, 1)
        assert resized.pixels.dtype == np.uint8
        assert (resized.pixels == 255).all()


def test_resizing_does_not_swap_rows_and_columns_or_mix_channels():
    table = images_to_table([[[[255, 0, 10]], [[0, 255, 20]]]])
    resized = resize_images(table, (4, 1)).images[0, :, 0]
    assert resized[0].tolist() == [255, 0, 10]
    assert resized[3].tolist() == [0, 255, 20]


def test_resizing_to_nothing_is_refused():
    with pytest.raises(ShapeError):
        resize_images(NINE, (0, 3))
