"""How weights follow their gradients: Keras' rules, step by step, in NumPy.

References
----------
Kingma and Ba 2015, arXiv:1412.6980; Loshchilov and Hutter 2019, arXiv:1711.05101.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.training.network import UnknownLayerError
from convscope.training.recipes import OneCycle

__all__ = ["Optimizer", "read_optimizer"]

Array = NDArray[Any]
PLAIN = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps", "loss_scale_factor")
ROOM = "room"
"""An array to compute in, which means nothing from one step to the next."""


class Optimizer:
    """Moves weights in place, one step at a time.

    Parameters
    ----------
    rate : callable
        Gives the learning rate of a step, 0-based.
    rule : callable
        Takes (weight, gradient, memory, learning rate, step from 1) and changes the weight; ``memory`` is a dict of its
        own for each weight.
    decay : float
        The share of the learning rate by which weights shrink first.
    """

    def __init__(self, rate: Callable[[int], float], rule: Callable[..., None], decay: float = 0.0) -> None:
        self.rate, self.rule, self.decay = rate, rule, decay
        self.step = 0
        self.memory: dict[int, dict[str, Array]] = {}

    def update(self, weights: list[Array], gradients: list[Array | None], trainable: list[bool]) -> None:
        """Take one step."""
        rate = self.rate(self.step)
        self.step += 1
        for place, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
            if gradient is None or not trainable[place]:
                continue
            if self.decay:
                weight -= weight * np.float32(self.decay * rate)
            self.rule(weight, gradient, self.memory.setdefault(place, {}), rate, self.step)

    def state(self) -> dict[str, Array]:
        """Gather the number of steps, and what is remembered of each weight."""
        remembered = {
            f"optimizer/{place:04d}/{name}": array
            for place, memory in self.memory.items()
            for name, array in memory.items()
            if name != ROOM
        }
        return {"optimizer/steps": np.array(self.step), **remembered}

    def put_back(self, state: Mapping[str, Array]) -> None:
        """Put back what `state` gathered."""
        self.step, self.memory = int(state["optimizer/steps"]), {}
        for key in state:
            if key.count("/") == 2 and key.startswith("optimizer/"):
                _, place, name = key.split("/")
                self.memory.setdefault(int(place), {})[name] = state[key]


def descend(momentum: float, nesterov: bool) -> Callable[..., None]:
    """Go down along the gradient, with some of the last step's speed."""

    def rule(weight: Array, gradient: Array, memory: dict[str, Array], rate: float, step: int) -> None:
        push = gradient * np.float32(rate)
        if not momentum:
            weight -= push
            return
        speed = _remembered("speed", memory, weight)
        speed *= np.float32(momentum)
        speed -= push
        weight += np.float32(momentum) * speed - push if nesterov else speed

    return rule


def adapt(beta_1: float, beta_2: float, epsilon: float) -> Callable[..., None]:
    """Divide each weight's mean gradient by its usual size."""
    away_1, away_2 = np.float32(1 - beta_1), np.float32(1 - beta_2)

    def rule(weight: Array, gradient: Array, memory: dict[str, Array], rate: float, step: int) -> None:
        mean, square = _remembered("mean", memory, weight), _remembered("square", memory, weight)
        change = _remembered(ROOM, memory, weight)  # new arrays would take half of the time
        np.subtract(gradient, mean, out=change)
        mean += np.multiply(change, away_1, out=change)
        np.subtract(np.multiply(gradient, gradient, out=change), square, out=change)
        square += np.multiply(change, away_2, out=change)
        # both means begin at 0, and would be too small in the first steps
        alpha = np.float32(rate * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step))
        np.add(np.sqrt(square, out=change), np.float32(epsilon), out=change)
        weight -= np.multiply(alpha, np.divide(mean, change, out=change), out=change)

    return rule


def _remembered(name: str, memory: dict[str, Array], weight: Array) -> Array:
    if name not in memory:
        memory[name] = np.zeros_like(weight)
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
    name = kind.__name__ if kind.__module__.startswith("keras.") else ""
    if name == "SGD":
        rule = descend(settings["momentum"], settings["nesterov"])
    elif name in ("Adam", "AdamW"):
        rule = adapt(settings["beta_1"], settings["beta_2"], settings["epsilon"])
    else:
        raise UnknownLayerError(f"the optimizer is a {kind.__name__}")
    return Optimizer(_rate(optimizer), rule, float(settings.get("weight_decay") or 0.0))


def _rate(optimizer: Any) -> Callable[[int], float]:
    schedule = getattr(optimizer, "_learning_rate", None)  # Keras evaluates the public name at its own step
    if isinstance(schedule, OneCycle):
        return schedule.at
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return lambda step: float(keras.ops.convert_to_numpy(schedule(step)))
    fixed = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    return lambda step: fixed
