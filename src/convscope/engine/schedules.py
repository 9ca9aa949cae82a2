"""Learning rates that change from step to step, and an optimizer whose rate callbacks may set."""

from __future__ import annotations

from typing import Any

from convscope.backend import keras

__all__ = ["OneCycle", "SettableAdam", "settable"]

RISING = 0.15
"""The share of the steps in which the learning rate rises."""
FIRST, LEAST = 0.04, 1e-4
"""The learning rate at the beginning, and at least, as shares of its peak."""


@keras.saving.register_keras_serializable(package="convscope")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Raise the learning rate in a straight line for a part of the steps, then lower it in another one.

    Parameters
    ----------
    peak : float
        Highest learning rate.
    n_steps : int
        Steps in all.

    References
    ----------
    Smith and Topin 2018, "Super-convergence", arXiv:1708.07120.
    """

    def __init__(self, peak: float, n_steps: int) -> None:
        super().__init__()
        self.peak, self.n_steps = peak, n_steps

    def __call__(self, step: Any) -> Any:
        """Give the learning rate of a step, 0-based, as a tensor."""
        progress = keras.ops.cast(step, "float32") / max(1, self.n_steps)
        rising, falling = self._lines(progress)
        return self.peak * keras.ops.where(progress < RISING, rising, keras.ops.maximum(falling, LEAST))

    def at(self, step: int) -> float:
        """Give the learning rate of a step, 0-based, as a plain number."""
        progress = step / max(1, self.n_steps)
        rising, falling = self._lines(progress)
        return float(self.peak * (rising if progress < RISING else max(falling, LEAST)))

    def _lines(self, progress: Any) -> tuple[Any, Any]:
        return FIRST + (1 - FIRST) * progress / RISING, 1 - (progress - RISING) / (1 - RISING)

    def get_config(self) -> dict[str, Any]:
        """Give what is needed to build it again."""
        return {"peak": self.peak, "n_steps": self.n_steps}


def settable(optimizer: Any) -> Any:
    """Give a recipe's optimizer in a form whose learning rate callbacks may set."""
    follows = isinstance(getattr(optimizer, "_learning_rate", None), OneCycle)
    return SettableAdam.from_config(optimizer.get_config()) if follows else optimizer


@keras.saving.register_keras_serializable(package="convscope")
class SettableAdam(keras.optimizers.Adam):  # type: ignore[misc]
    """Adam whose schedule gives way to a learning rate that a callback sets; Keras refuses to set one over a schedule.

    Parameters are those of ``keras.optimizers.Adam``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._set_rate = self.add_variable((), keras.initializers.Constant(-1.0), "float32", name="set_rate")

    @property
    def was_set(self) -> bool:
        """Whether somebody has set a learning rate."""
        return float(keras.ops.convert_to_numpy(self._set_rate.value)) >= 0

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the next step."""
        chosen = self._set_rate.value
        return keras.ops.where(chosen < 0, self._get_current_learning_rate(), chosen)

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        self._set_rate.assign(rate)
