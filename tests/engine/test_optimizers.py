"""The step of an optimizer, compiled and plain: the same bits."""

import numpy as np
import pytest

from convscope.engine import optimizers
from convscope.engine.optimizers import Adapt, Optimizer

pytest.importorskip("numba")
SHAPES = [(5, 7), (7,), (3, 3, 2, 4)]
TRAINABLE = [True, False, True]


def moved(decay: float, n_steps: int, compiled: bool, monkeypatch) -> tuple[Optimizer, list[np.ndarray]]:
    monkeypatch.setattr(optimizers, "_compiled_move", optimizers._compiled_move if compiled else lambda: None)
    draw = np.random.default_rng(3)
    weights = [draw.normal(size=shape).astype(np.float32) for shape in SHAPES]
    weights[0] = np.asfortranarray(weights[0])
    optimizer = Optimizer(lambda step: 0.01 / (step + 1), Adapt(0.9, 0.999, 1e-7), decay)
    for _ in range(n_steps):
        sizes = 10.0 ** draw.uniform(-12, 6)
        gradients = [(draw.normal(size=shape) * sizes).astype(np.float32) for shape in SHAPES]
        optimizer.update(weights, gradients, TRAINABLE)
    return optimizer, weights


@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_one_pass_moves_weights_as_ten_do_bit_for_bit(decay, monkeypatch):
    pairs = []
    for compiled in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(optimizers, "MANY", 0)
            pairs.append(moved(decay, 20, compiled, patch))
    (one, weights), (other, expected) = pairs
    for place, array in enumerate(expected):
        np.testing.assert_array_equal(weights[place], array, strict=True)
    for name, array in other.state().items():
        np.testing.assert_array_equal(one.state()[name], array, strict=True)


def test_numba_is_loaded_only_after_many_numbers(monkeypatch):
    asked = []
    monkeypatch.setattr(optimizers, "MANY", 3 * 107)
    monkeypatch.delitem(optimizers.sys.modules, "numba")
    monkeypatch.setattr(optimizers, "_compiled_move", lambda: asked.append(True))
    draw = np.random.default_rng(0)
    optimizer, weights = Optimizer(lambda step: 0.01, Adapt(0.9, 0.999, 1e-7)), [np.zeros(107, np.float32)]
    for _ in range(5):
        optimizer.update(weights, [draw.normal(size=107).astype(np.float32)], [True])
    assert len(asked) == 2
