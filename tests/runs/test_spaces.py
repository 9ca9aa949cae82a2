"""What --param says: values, ranges, and what is neither."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import UsageError
from convscope.runs import searches
from convscope.runs.spaces import Range, Values, parse_parameter


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("epochs=1,2", (1, 2)),
        ("model__filters=[16,32]", ([16, 32],)),
        ("model__filters=[16,32],[8]", ([16, 32], [8])),
        ("model__kernel_size=(3,3),(5,5)", ([3, 3], [5, 5])),
        ("recipe=fast,quick", ("fast", "quick")),
        ('recipe="fast, quick"', ("fast, quick",)),
        ("early_stopping=true,False", (True, False)),
        ("class_weight=null,balanced", (None, "balanced")),
        ("validation_fraction=0.1, 2e-1", (0.1, 0.2)),
    ],
)
def test_values_are_read_as_json_or_as_words(text, values):
    assert parse_parameter(text)[1] == Values(values)


def test_a_range_is_whole_where_both_ends_are():
    assert parse_parameter("epochs=1..5") == ("epochs", Range(1, 5))
    assert parse_parameter("epochs=1..5")[1].listed() == (1, 2, 3, 4, 5)
    assert parse_parameter("validation_fraction=0.1..0.5")[1] == Range(0.1, 0.5)
    assert parse_parameter("batch_size=8..512:log")[1] == Range(8, 512, logarithmic=True)


@pytest.mark.parametrize(
    "text", ["epochs", "epochs=", "=1", "epochs=5..1", "epochs=0..3:log", "a=[1", "a=1,,2", "a=1)"]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(UsageError):
        parse_parameter(text)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused(text):
    try:
        _, space = parse_parameter(f"a={text}")
    except UsageError:
        return
    assert isinstance(space, Values | Range)


@given(st.integers(1, 1000), st.integers(1, 1000), st.booleans(), st.integers(0, 99))
def test_what_is_drawn_lies_in_the_range(low, more, logarithmic, seed):
    drawn = [Range(low, low + more, logarithmic).draw(np.random.default_rng(seed)) for _ in range(5)]
    assert all(isinstance(value, int) and low <= value <= low + more for value in drawn)
    drawn = [Range(low / 7, (low + more) / 7, logarithmic).draw(np.random.default_rng(seed)) for _ in range(5)]
    assert all(low / 7 * 0.999 <= value <= (low + more) / 7 * 1.001 for value in drawn)


def test_a_logarithmic_range_gives_each_factor_the_same_chance():
    rng = np.random.default_rng(0)
    drawn = np.array([Range(0.001, 1.0, logarithmic=True).draw(rng) for _ in range(3000)])
    shares = [np.mean((drawn >= low) & (drawn < low * 10)) for low in (0.001, 0.01, 0.1)]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.04)


def proposed(name, spaces, n_points=None, seed=0, score=lambda point: 0.5):
    search = searches.catalogue.get(name)(spaces, n_points, seed)
    points, found = next(search), []
    while True:
        found += points
        try:
            points = search.send([score(point) for point in points])
        except StopIteration:
            return found


def test_a_grid_is_every_combination_in_order():
    assert proposed("grid", {"a": Values((1, 2)), "b": Range(3, 4)}) == [
        {"a": 1, "b": 3},
        {"a": 1, "b": 4},
        {"a": 2, "b": 3},
        {"a": 2, "b": 4},
    ]
    assert proposed("grid", {}) == [{}]


@pytest.mark.parametrize("name", searches.catalogue.names())
def test_a_search_repeats_itself(name):
    spaces = {"a": Values(([1], [2], [3])), "b": Range(1, 3)}
    assert proposed(name, spaces, 7, seed=3) == proposed(name, spaces, 7, seed=3)


@pytest.mark.parametrize("name", ["random", "optuna"])
def test_another_seed_searches_elsewhere(name):
    spaces = {"b": Range(0.0, 1.0)}
    assert proposed(name, spaces, 7, seed=3) != proposed(name, spaces, 7, seed=4)
    assert len(proposed(name, spaces, 7)) == 7


def test_chance_draws_no_combination_twice():
    assert len(proposed("random", {"a": Values((1, 2)), "b": Values((1, 2))}, 10)) == 4


def test_optuna_goes_where_the_scores_are():
    best = proposed("optuna", {"x": Range(0.0, 1.0)}, 80, score=lambda point: -abs(point["x"] - 0.7))
    assert np.mean([abs(point["x"] - 0.7) < 0.2 for point in best[-40:]]) > 0.6  # by chance: 0.4


def test_optuna_goes_on_where_combinations_fail():
    found = proposed("optuna", {"x": Range(0.0, 1.0)}, 12, score=lambda point: None if point["x"] < 0.5 else 0.5)
    assert len(found) == 12


def test_a_grid_of_ten_million_is_refused_with_its_count():
    with pytest.raises(UsageError, match="10,000,000"):
        proposed("grid", {"a": Range(1, 10_000), "b": Range(1, 1000)})


def test_a_grid_cannot_hold_all_numbers_of_a_range():
    with pytest.raises(UsageError, match="all numbers of a range"):
        proposed("grid", {"a": Range(0.1, 0.2)})
