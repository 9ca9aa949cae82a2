"""What callbacks see while a network is trained: the network itself, as any plain Keras model, and nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import IOBase
from typing import Any

from convscope.backend import keras
from convscope.engine._chance import Chance
from convscope.engine.logits import LogitsTrainer, reading_variables

__all__ = ["hears_batches", "telling"]

BATCHES = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


@contextmanager
def telling(
    callbacks: Sequence[Any], trainer: LogitsTrainer, targets: Any, chance: Chance | None = None, **params: Any
) -> Iterator[Any]:
    """Give the list of callbacks to call; their model is the network, with the optimizer that moves it.

    Afterwards the network has its own optimizer again, and callbacks have no model and no closed file, which they would
    take along into every copy of themselves.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback
    trainer : LogitsTrainer
        Of the network.
    targets : array of shape (n_rows, ...)
        What the network learns; one row is enough.
    chance : Chance, optional
        Which the callbacks draw from.
    **params
        ``epochs`` and ``steps``, for the callbacks.
    """
    network = trainer.network
    optimizer, before = network.optimizer, [dict(vars(callback)) for callback in callbacks]
    network.optimizer = trainer.optimizer
    if hasattr(network, "jax_state_sync"):
        object.__setattr__(network, "jax_state_sync", lambda: _attach(trainer))
    try:
        _name_metrics(network, targets)
        told = keras.callbacks.CallbackList(list(callbacks), model=network, verbose=0, **params)
        if chance is not None:
            chance.lend(told)
        with reading_variables():  # callbacks do, e.g. to keep the best weights
            yield told
    finally:
        vars(network).pop("jax_state_sync", None)
        network.optimizer = optimizer
        for callback, attributes in zip(callbacks, before, strict=True):
            _let_go(callback, attributes)


def hears_batches(callback: Any) -> bool:
    """Say whether a callback does something before or after a batch; Keras would call it in a thread of its own."""
    hooks = ((getattr(callback, name), getattr(keras.callbacks.Callback, name)) for name in BATCHES)
    return any(getattr(own, "__func__", own) is not default for own, default in hooks)


def _name_metrics(network: Any, targets: Any) -> None:
    """Build the network's metrics, as Keras does at its first step; callbacks ask whether more of one is better."""
    metrics = network._compile_metrics
    if metrics is not None and not metrics.built:
        metrics.build(targets[:1], keras.KerasTensor(network.output_shape))


def _let_go(callback: Any, before: dict[str, Any]) -> None:
    for name, value in list(vars(callback).items()):
        if name == "_model" or (isinstance(value, IOBase) and value.closed):
            vars(callback)[name] = before.get(name)


def _attach(trainer: LogitsTrainer) -> None:
    """Put back what a step on JAX holds apart from the variables; a callback asks for it when it asks for its model."""
    trainer.jax_state_sync()
    type(trainer.network).jax_state_sync(trainer.network)  # the network's own evaluations hold their numbers so too
