"""The six point sets of TensorFlow Playground by its formulas, and points of one's own, divided as in the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, cos, inf, pi, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.errors import ShapeError, UsageError
from convscope.playground.random import SeededRandom

__all__ = ["POINT_SETS", "Points", "draw_points", "take_points"]

RADIUS, WIDE, GAP, SCALED = 5.0, 6.0, 0.3, 5.0
HILLS = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))

Point = tuple[float, float, float]
Draw = Callable[[SeededRandom, int, float], list[Point]]


@dataclass(frozen=True)
class Points:
    """Points to train on and to test with.

    Parameters
    ----------
    train, test : float64 arrays of shape (n_points, 2)
    train_labels, test_labels : float64 arrays of shape (n_points,)
        Number of the class, or the value to be predicted.
    random : SeededRandom
        Goes on with the first weights.

    Examples
    --------
    >>> points = draw_points("xor")
    >>> points.train.shape, points.test_labels.shape
    ((250, 2), (250,))
    """

    train: NDArray[np.float64]
    train_labels: NDArray[np.float64]
    test: NDArray[np.float64]
    test_labels: NDArray[np.float64]
    random: SeededRandom


def _distance(x: float, y: float) -> float:
    """Measure as the page does, to the last bit; ``hypot`` rounds otherwise."""
    return sqrt(x * x + y * y)


def _circle(random: SeededRandom, count: int, noise: float) -> list[Point]:
    def ring(low: float, high: float) -> Point:
        radius, angle = random.uniform(low, high), random.uniform(0, 2 * pi)
        x, y = radius * sin(angle), radius * cos(angle)
        seen = x + random.uniform(-RADIUS, RADIUS) * noise, y + random.uniform(-RADIUS, RADIUS) * noise
        return x, y, float(_distance(*seen) < RADIUS * 0.5)

    half = ceil(count / 2)
    return [ring(0, RADIUS * 0.5) for _ in range(half)] + [ring(RADIUS * 0.7, RADIUS) for _ in range(half)]


def _xor(random: SeededRandom, count: int, noise: float) -> list[Point]:
    def one() -> Point:
        x, y = (value + (GAP if value > 0 else -GAP) for value in (random.uniform(-RADIUS, RADIUS) for _ in "xy"))
        seen = x + random.uniform(-RADIUS, RADIUS) * noise, y + random.uniform(-RADIUS, RADIUS) * noise
        return x, y, float(seen[0] * seen[1] >= 0)

    return [one() for _ in range(count)]


def _gauss(random: SeededRandom, count: int, noise: float) -> list[Point]:
    share = noise / 0.5
    variance = 0.5 * (1 - share) + 4 * share
    centres = [(2.0, 1.0)] * ceil(count / 2) + [(-2.0, 0.0)] * ceil(count / 2)
    return [(random.normal(centre, variance), random.normal(centre, variance), label) for centre, label in centres]


def _spiral(random: SeededRandom, count: int, noise: float) -> list[Point]:
    half = count / 2

    def at(index: int, turned: float, label: float) -> Point:
        radius, angle = index / half * RADIUS, 1.75 * index / half * 2 * pi + turned
        x = radius * sin(angle) + random.uniform(-1, 1) * noise
        return x, radius * cos(angle) + random.uniform(-1, 1) * noise, label

    arms = ((0.0, 1.0), (pi, 0.0))
    return [at(index, turned, label) for turned, label in arms for index in range(ceil(half))]


def _surface(value_at: Callable[[float, float], float]) -> Draw:
    def draw(random: SeededRandom, count: int, noise: float) -> list[Point]:
        def one() -> Point:
            x, y = random.uniform(-WIDE, WIDE), random.uniform(-WIDE, WIDE)
            off_x, off_y = random.uniform(-WIDE, WIDE) * noise, random.uniform(-WIDE, WIDE) * noise
            return x, y, value_at(x + off_x, y + off_y)

        return [one() for _ in range(count)]

    return draw


def _plane(x: float, y: float) -> float:
    """Give a slope from -1 at a sum of -10 to 1 at 10."""
    share = (x + y + 10) / 20
    return share - (1 - share)


def _hill(x: float, y: float) -> float:
    """Give the height of the steepest of six hills and hollows."""
    heights = [sign * min(1.0, max(0.0, 1 - _distance(x - at_x, y - at_y) / 2)) for at_x, at_y, sign in HILLS]
    return max(heights, key=abs)


POINT_SETS: dict[str, tuple[Draw, int]] = {
    "circle": (_circle, 500),
    "xor": (_xor, 500),
    "gauss": (_gauss, 500),
    "spiral": (_spiral, 500),
    "reg-plane": (_surface(_plane), 1200),
    "reg-gauss": (_surface(_hill), 1200),
}
"""How each set is drawn, and how many points it has.

Examples
--------
>>> [(name, count) for name, (draw, count) in POINT_SETS.items()]
[('circle', 500), ('xor', 500), ('gauss', 500), ('spiral', 500), ('reg-plane', 1200), ('reg-gauss', 1200)]
"""


def draw_points(name: str, *, noise: float = 0.0, seed: str = "0.5", train: float = 0.5) -> Points:
    """Draw one of the six point sets, as the page and TensorFlow Playground draw it.

    Parameters
    ----------
    name : {"circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss"}
    noise : float, from 0
        0.5 is much; a link that says ``noise=70`` means 0.7.
    seed : str
        The same seed gives the same points, here, in the page, and in a link of TensorFlow Playground.
    train : float, 0 to 1
        Share of the points to train on.

    Raises
    ------
    UsageError
        There is no such set, or the noise or the share is no such number.

    Examples
    --------
    >>> points = draw_points("circle", seed="0.5")
    >>> points.train.shape, points.test.shape, sorted(set(points.train_labels.tolist()))
    ((250, 2), (250, 2), [0.0, 1.0])
    """
    if name not in POINT_SETS:
        raise UsageError("there is no such point set.", received=repr(name), expected=", ".join(POINT_SETS))
    if not 0 <= noise < inf:
        raise UsageError("this is not a valid noise level.", received=repr(noise), expected="a number from 0, as 0.5")
    draw, count = POINT_SETS[name]
    random = SeededRandom(seed)
    drawn = draw(random, count, noise)
    random.shuffle(drawn)
    return _divided(np.array(drawn, np.float64), _border(len(drawn), train), random)


def take_points(
    features: ArrayLike,
    labels: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    split: ArrayLike | None = None,
    scaled: bool = True,
    seed: str = "0.5",
    train: float = 0.5,
) -> Points:
    """Prepare your own points as the page does: scaled, shuffled and divided.

    Parameters
    ----------
    features : array of shape (n_points, 2)
    labels : array of shape (n_points,)
        Numbers or text.
    classes : sequence, optional
        The classes in the order of their numbers; sorted if left out.
    split : array of shape (n_points,), optional
        "test" for points that are put aside; then ``train`` is not looked at.
    scaled : bool
        Bring each column to -5 to 5.
    seed : str
    train : float, 0 to 1
        Share of the points to train on.

    Raises
    ------
    ShapeError
        There are not two features, or not as many labels as points.
    UsageError
        A label is not among ``classes``, or the share is no such number.

    Examples
    --------
    >>> points = take_points([[0, 0], [1, 0], [0, 1], [1, 1]], ["a", "b", "b", "a"], train=0.75)
    >>> points.train.shape, float(points.train.max())
    ((3, 2), 5.0)
    """
    given, names = np.array(features, np.float64), np.asarray(labels)
    if given.ndim != 2 or given.shape[1] != 2 or names.shape != given.shape[:1]:
        raise ShapeError(
            "points need two features and one label each.",
            received=f"features {given.shape}, labels {names.shape}",
            expected="(n_points, 2) and (n_points,)",
        )
    if scaled:
        low, high = given.min(axis=0), given.max(axis=0)
        given = (given - np.where(high > low, (low + high) / 2, low)) * np.where(
            high > low, 2 * SCALED / np.where(high > low, high - low, 1), 1
        )
    order = list(np.unique(names)) if classes is None else list(classes)
    rows = np.column_stack([given, _numbers(names, order)])
    random = SeededRandom(seed)
    tests = np.zeros(len(rows), bool) if split is None else np.asarray(split) == "test"
    trained = list(rows[~tests])
    random.shuffle(trained)
    together = np.array([*trained, *rows[tests]])
    border = len(trained) if tests.any() else _border(len(rows), train)
    return _divided(together, border, random)


def _numbers(names: NDArray[Any], order: list[Any]) -> NDArray[np.float64]:
    """Give each label its place in the order; texts and numbers that read alike are alike."""
    place = {str(name): float(number) for number, name in enumerate(order)}
    missing = {str(name) for name in names} - set(place)
    if missing:
        raise UsageError(
            "some labels are not valid classes.", received=", ".join(sorted(missing)), expected=", ".join(place)
        )
    return np.array([place[str(name)] for name in names])


def _border(count: int, train: float) -> int:
    if not 0 <= train <= 1:
        raise UsageError("this is not a valid share of training points.", received=repr(train), expected="0 to 1")
    return int(count * round(train * 100, 9) / 100)


def _divided(rows: NDArray[Any], border: int, random: SeededRandom) -> Points:
    first, rest = rows[:border], rows[border:]
    return Points(first[:, :2], first[:, 2], rest[:, :2], rest[:, 2], random)
