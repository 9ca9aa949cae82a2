"""The points and first weights of the playground: by formula, by seed, divided as said."""

import numpy as np
import pytest

from convscope.errors import ShapeError, UsageError
from convscope.playground import POINT_SETS, SeededRandom, batches, draw_points, draw_weights, take_points


def test_the_generator_is_that_of_the_seedrandom_library():
    """Its documentation gives the first numbers of the seed "hello."."""
    random = SeededRandom("hello.")
    assert [random(), random()] == [0.9282578795792454, 0.3752569768646784]


@pytest.mark.parametrize("seed", ["", "0.91574", "ü 漢 😀", "x" * 700])
def test_any_text_is_a_seed_and_repeats(seed):
    one, other = SeededRandom(seed), SeededRandom(seed)
    numbers = [one() for _ in range(200)]
    assert numbers == [other() for _ in range(200)]
    assert all(0 <= number < 1 for number in numbers)


@pytest.mark.parametrize("name", POINT_SETS)
def test_the_same_seed_draws_the_same_points_and_another_seed_others(name):
    one, again, other = (draw_points(name, noise=0.2, seed=seed) for seed in ("1", "1", "2"))
    assert np.array_equal(one.train, again.train)
    assert np.array_equal(one.test_labels, again.test_labels)
    assert not np.array_equal(one.train, other.train)


@pytest.mark.parametrize(("name", "count"), [("circle", 500), ("spiral", 500), ("reg-plane", 1200)])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_the_share_of_training_points_is_as_asked(name, count, share):
    points = draw_points(name, train=share)
    assert len(points.train) == round(count * share)
    assert len(points.test) == count - len(points.train)


def test_without_noise_each_set_follows_its_rule():
    def all_of(name):
        points = draw_points(name)
        return np.concatenate([points.train, points.test]), np.concatenate([points.train_labels, points.test_labels])

    xy, label = all_of("circle")
    assert np.array_equal(np.hypot(*xy.T) < 2.5, label == 1)
    xy, label = all_of("xor")
    assert np.array_equal(xy.prod(axis=1) >= 0, label == 1)
    assert np.abs(xy).min() >= 0.3
    xy, value = all_of("reg-plane")
    np.testing.assert_allclose(value, xy.sum(axis=1) / 10)
    xy, value = all_of("reg-gauss")
    assert value.min() < -0.8
    assert value.max() > 0.8
    xy, label = all_of("gauss")
    np.testing.assert_allclose(xy[label == 1].mean(axis=0), [2, 2], atol=0.2)
    xy, label = all_of("spiral")
    np.testing.assert_allclose(sorted(np.hypot(*xy[label == 0].T)), np.arange(250) / 50, atol=1e-12)


def test_first_weights_are_drawn_unit_by_unit_between_minus_and_plus_one_half():
    random, again = SeededRandom("7"), SeededRandom("7")
    (kernel, bias), (last, _) = draw_weights([3, 2, 1], random)
    drawn = [again() - 0.5 for _ in range(8)]
    assert kernel.T.ravel().tolist() + last.ravel().tolist() == drawn
    assert bias.tolist() == [0.1, 0.1]


def test_weights_from_0_are_all_0_with_their_biases():
    for kernel, bias in draw_weights([3, 2, 1], SeededRandom("7"), zero=True):
        assert not kernel.any()
        assert not bias.any()


def test_noise_beyond_the_slider_widens_the_clouds_further():
    still, noisy = (draw_points("gauss", noise=noise, train=1.0) for noise in (0.0, 0.7))
    centre = 4 * still.train_labels[:, None] - 2
    np.testing.assert_allclose((noisy.train - centre) / (still.train - centre), (5.4 / 0.5) ** 0.5)


def test_every_point_is_in_as_many_steps_as_there_are_passes_but_for_the_last_remainder():
    rows = np.concatenate(list(batches(25, 10, passes=3)))
    counts = np.bincount(rows, minlength=25)
    assert counts[:20].tolist() == [3] * 20
    assert counts[20:].tolist() == [2] * 5


def test_a_batch_larger_than_the_table_is_the_table():
    assert [len(rows) for rows in batches(4, 30, passes=2)] == [4, 4]


def test_points_of_ones_own_keep_the_split_of_their_table():
    features = np.arange(12.0).reshape(6, 2)
    points = take_points(features, list("ababab"), split=["train", "test"] * 3, scaled=False)
    assert sorted(points.train[:, 0].tolist()) == [0, 4, 8]
    assert points.test.tolist() == features[1::2].tolist()
    assert points.test_labels.tolist() == [1, 1, 1]


def test_scaled_columns_reach_from_minus_five_to_five_and_one_of_a_single_value_stays_at_0():
    points = take_points([[10, 3], [20, 3], [40, 3]], [0, 1, 1], train=1.0)
    assert (points.train[:, 0].min(), points.train[:, 0].max()) == (-5, 5)
    assert points.train[:, 1].tolist() == [0, 0, 0]


def test_what_does_not_fit_is_told():
    with pytest.raises(UsageError, match="no such point set"):
        draw_points("moons")
    for noise in (-0.1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="noise"):
            draw_points("gauss", noise=noise)
    for share in (-0.1, 1.5, float("nan")):
        with pytest.raises(UsageError, match="share"):
            draw_points("gauss", train=share)
        with pytest.raises(UsageError, match="share"):
            take_points([[1, 2]], [0], train=share)
    with pytest.raises(UsageError, match="at least one point"):
        next(batches(10, 0, passes=1))
    with pytest.raises(ShapeError, match="two features"):
        take_points([[1, 2, 3]], [0])
    with pytest.raises(UsageError, match="not valid classes"):
        take_points([[1, 2], [3, 4]], ["a", "b"], classes=["a"])
