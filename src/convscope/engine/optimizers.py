"""How weights follow their gradients: Keras' rules, step by step, in NumPy.

References
----------
Kingma and Ba 2015, arXiv:1412.6980; Loshchilov and Hutter 2019, arXiv:1711.05101.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.engine.network import UnknownLayerError
from convscope.engine.schedules import OneCycle, SettableAdam

__all__ = ["Optimizer", "read_optimizer", "read_rate"]

Array = NDArray[Any]
PLAIN = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps", "loss_scale_factor")
ROOM = "room"
"""An array to compute in, which means nothing from one step to the next."""
MANY = 100_000_000
"""Numbers that were moved before it pays to load Numba for the others."""


class Optimizer:
    """Moves weights in place, one step at a time.

    All numbers are moved by the same rule, so that for a step the gradients are put end to end.

    Parameters
    ----------
    rate : callable
        Gives the learning rate of a step, 0-based.
    rule : callable
        Takes (gradient, memory, learning rate, step from 1) and gives what is to be taken from the weights; ``memory``
        is a dict of arrays like the gradient.
    decay : float
        The share of the learning rate by which weights shrink first.
    """

    def __init__(self, rate: Callable[[int], float], rule: Callable[..., Array], decay: float = 0.0) -> None:
        self.rate, self.rule, self.decay = rate, rule, decay
        self.step = self.moved = 0
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.memory: dict[str, Array] = {}

    def update(self, weights: list[Array], gradients: list[Array | None], trainable: list[bool]) -> None:
        """Take one step."""
        rate = self.rate(self.step)
        self.step += 1
        found = {place: one for place, one in enumerate(gradients) if one is not None and trainable[place]}
        if not found:
            return
        self.shapes = {place: one.shape for place, one in found.items()}
        self.moved += sum(one.size for one in found.values())
        pays = self.memory and (self.moved > MANY or "numba" in sys.modules)
        if pays and isinstance(self.rule, Adapt) and (move := _compiled_move()):
            numbers = (*self.rule.numbers(rate, self.step), np.float32(self.decay * rate))
            parts = zip(self._parts(self.memory["mean"]), self._parts(self.memory["square"]), strict=True)
            for (place, mean), (_, square) in parts:
                weights[place] = np.ascontiguousarray(weights[place])
                move(*(one.ravel() for one in (weights[place], found[place], mean, square)), *numbers)
            return
        change = self.rule(np.concatenate([one.ravel() for one in found.values()]), self.memory, rate, self.step)
        for place, part in self._parts(change):
            if self.decay:
                weights[place] -= weights[place] * np.float32(self.decay * rate)
            weights[place] -= part

    def state(self) -> dict[str, Array]:
        """Gather the number of steps, and what is remembered of each weight."""
        remembered = {
            f"optimizer/{place:04d}/{name}": part
            for name, array in self.memory.items()
            if name != ROOM
            for place, part in self._parts(array)
        }
        return {"optimizer/steps": np.array(self.step), **remembered}

    def put_back(self, state: Mapping[str, Array]) -> None:
        """Put back what `state` gathered."""
        self.step, parts = int(state["optimizer/steps"]), defaultdict(list)
        for key in sorted(state):
            if key.count("/") == 2 and key.startswith("optimizer/"):
                _, place, name = key.split("/")
                self.shapes[int(place)] = state[key].shape
                parts[name].append(state[key].ravel())
        self.memory = {name: np.concatenate(arrays) for name, arrays in parts.items()}

    def _parts(self, array: Array) -> Iterator[tuple[int, Array]]:
        """Cut what stands end to end into each weight's part again."""
        start = 0
        for place, shape in self.shapes.items():
            stop = start + prod(shape)
            yield place, array[start:stop].reshape(shape)
            start = stop


def descend(momentum: float, nesterov: bool) -> Callable[..., Array]:
    """Go down along the gradient, with some of the last step's speed."""

    def rule(gradient: Array, memory: dict[str, Array], rate: float, step: int) -> Array:
        push = gradient * np.float32(rate)
        if not momentum:
            return push
        speed = _remembered("speed", memory, gradient)
        speed *= np.float32(momentum)
        speed -= push
        return push - np.float32(momentum) * speed if nesterov else -speed

    return rule


@dataclass(frozen=True)
class Adapt:
    """Divide each weight's mean gradient by its usual size; `_moving.adapt` is the same in one pass."""

    beta_1: float
    beta_2: float
    epsilon: float

    def numbers(self, rate: float, step: int) -> tuple[Any, ...]:
        """Give what both means take of a gradient, the learning rate, and what no size is below."""
        # both means begin at 0, and would be too small in the first steps
        alpha = rate * (1 - self.beta_2**step) ** 0.5 / (1 - self.beta_1**step)
        return tuple(np.float32(one) for one in (1 - self.beta_1, 1 - self.beta_2, alpha, self.epsilon))

    def __call__(self, gradient: Array, memory: dict[str, Array], rate: float, step: int) -> Array:
        """Give what is to be taken from the weights."""
        away_1, away_2, alpha, epsilon = self.numbers(rate, step)
        mean, square = _remembered("mean", memory, gradient), _remembered("square", memory, gradient)
        change = _remembered(ROOM, memory, gradient)  # new arrays would take half of the time
        np.subtract(gradient, mean, out=change)
        mean += np.multiply(change, away_1, out=change)
        np.subtract(np.multiply(gradient, gradient, out=change), square, out=change)
        square += np.multiply(change, away_2, out=change)
        np.add(np.sqrt(square, out=change), epsilon, out=change)
        np.multiply(alpha, np.divide(mean, change, out=change), out=change)
        return change


@cache
def _compiled_move() -> Callable[..., None] | None:
    """Give `Adapt` and the step in one pass, if Numba is there to compile it."""
    try:
        from convscope.engine._moving import adapt  # noqa: PLC0415 Numba takes a while to load
    except ImportError:
        return None
    move: Callable[..., None] = adapt
    return move


def _remembered(name: str, memory: dict[str, Array], like: Array) -> Array:
    if name not in memory:
        memory[name] = np.zeros_like(like)
    return memory[name]


def read_optimizer(optimizer: Any) -> Optimizer:
    """Turn a Keras optimizer into the same rule.

    Raises
    ------
    UnknownLayerError
        It is another kind, or has settings that are not known here.
    """
    settings = optimizer.get_config()
    strange = [name for name in PLAIN if settings.get(name)] + (["amsgrad"] if settings.get("amsgrad") else [])
    if strange:
        raise UnknownLayerError(f"the optimizer uses {strange[0]}")
    kind = type(optimizer)
    # on PyTorch Keras makes subclasses of its own, with the same names and the same arithmetic
    name = kind.__name__ if kind.__module__.startswith("keras.") else "Adam" if kind is SettableAdam else ""
    if name == "SGD":
        rule = descend(settings["momentum"], settings["nesterov"])
    elif name in ("Adam", "AdamW"):
        rule = Adapt(settings["beta_1"], settings["beta_2"], settings["epsilon"])
    else:
        raise UnknownLayerError(f"the optimizer is a {kind.__name__}")
    return Optimizer(read_rate(optimizer), rule, float(settings.get("weight_decay") or 0.0))


def read_rate(optimizer: Any) -> Callable[[int], float]:
    """Give the learning rate of a Keras optimizer as it is set now, for each step."""
    schedule = getattr(optimizer, "_learning_rate", None)  # Keras evaluates the public name at its own step
    if isinstance(optimizer, SettableAdam) and optimizer.was_set:
        schedule = None
    if isinstance(schedule, OneCycle):
        return schedule.at
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return lambda step: float(keras.ops.convert_to_numpy(schedule(step)))
    fixed = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    return lambda step: fixed
