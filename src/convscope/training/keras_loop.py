"""The training loop: Keras' own, fed in an order that follows from the seed alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.errors import ModelError
from convscope.records import History
from convscope.training._memory import give_back_memory
from convscope.training.logits import LogitsTrainer, reading_variables

__all__ = ["Rows", "epoch_order", "release", "run_epochs"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """What a network is fed: inputs, targets, and a weight per row.

    Parameters
    ----------
    inputs : array of shape (n_rows, n_features)
        As the caller gave them, e.g. uint8 and memory-mapped; scaled and cast batch by batch.
    targets : array of shape (n_rows,) or (n_rows, n_outputs)
    weights : float array of shape (n_rows,), or None
    prepare : callable
        Turns a batch of inputs into what the network takes.
    """

    inputs: Array
    targets: Array
    weights: Array | None
    prepare: Callable[[Array], Array]

    def batch(self, rows: Array) -> tuple[Array, ...]:
        """Gather some rows as Keras wants them."""
        weights = () if self.weights is None else (self.weights[rows],)
        return (self.prepare(self.inputs[rows]), self.targets[rows], *weights)


def epoch_order(n_rows: int, seed: int, epoch: int) -> Array:
    """Shuffle the rows for an epoch; whatever engine trains, the order follows from seed and epoch alone."""
    order = np.arange(n_rows)
    np.random.default_rng((seed, epoch)).shuffle(order)
    return order


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Rows in batches: in order, until `begin` shuffles them."""

    def __init__(self, rows: Rows, batch_size: int) -> None:
        super().__init__()
        self.rows, self.batch_size = rows, batch_size
        self.order = np.arange(len(rows.inputs))

    def __len__(self) -> int:
        return ceil(len(self.rows.inputs) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Array, ...]:
        return self.rows.batch(self.order[index * self.batch_size : (index + 1) * self.batch_size])

    def begin(self, seed: int, epoch: int) -> None:
        """Draw the order of an epoch; Keras' own signal also comes for passes that are no epoch."""
        self.order = epoch_order(len(self.order), seed, epoch)


class _Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Shuffles and measures each epoch, and keeps the weights so that an interrupt costs at most one epoch."""

    def __init__(self, batches: _Batches, seed: int) -> None:
        super().__init__()
        self.batches, self.seed = batches, seed
        self.metrics: dict[str, list[float]] = {}
        self.seconds: list[float] = []
        self.weights: list[Array] | None = None
        self.diverged = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.batches.begin(self.seed, epoch)
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        measured = {name: float(value) for name, value in (logs or {}).items()}
        if not isfinite(measured["loss"]):
            self.diverged = self.model.stop_training = True
            return
        self.seconds.append(time.perf_counter() - self.started)
        for name, value in measured.items():
            self.metrics.setdefault(name, []).append(value)
        self.weights = [np.array(keras.ops.convert_to_numpy(w.value)) for w in self.model.network.weights]


def run_epochs(
    trainer: LogitsTrainer,
    rows: Rows,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    held_out: Rows | None = None,
    callbacks: Sequence[Any] = (),
) -> tuple[History, str]:
    """Train a network in place.

    Parameters
    ----------
    trainer : LogitsTrainer
        Holds the network.
    rows : Rows
        To train on.
    epochs, batch_size : int
        Passes over the rows; rows per step.
    seed : int
        The order of the rows follows from it.
    held_out : Rows, optional
        Measured after each epoch as ``val_loss`` and so on.
    callbacks : sequence of keras.callbacks.Callback
        Called by Keras.

    Returns
    -------
    history : History
        One entry per finished epoch.
    interrupted : str
        Empty, or why training ended early; the network then has the weights of the last good epoch.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C before one epoch was finished.
    ModelError
        The loss became NaN or infinite in the first epoch.
    """
    batches, interrupted = _Batches(rows, batch_size), ""
    recorder = _Recorder(batches, seed)
    measured = None if held_out is None else _Batches(held_out, 1024)
    try:
        with reading_variables():  # callbacks do, e.g. to keep the best weights
            trainer.fit(
                batches,
                epochs=epochs,
                validation_data=measured,
                callbacks=[recorder, *callbacks],
                shuffle=False,
                verbose=0,
            )
    except KeyboardInterrupt:
        if recorder.weights is None:
            raise
        interrupted = "Ctrl-C"
    if recorder.diverged:
        interrupted = f"the loss was not finite in epoch {len(recorder.seconds) + 1}"
    if interrupted:
        _restore(trainer.network, recorder.weights, interrupted)
    return History(recorder.metrics, tuple(recorder.seconds)), interrupted


def release(trainer: LogitsTrainer) -> None:
    """Give the memory of a training back, when it does not go on."""
    trainer.release()
    give_back_memory()


def _restore(network: Any, weights: list[Array] | None, why: str) -> None:
    if weights is None:
        raise ModelError(
            f"training diverged: {why}.",
            expected="a loss that is a number",
            repair="lower the learning rate, or scale the inputs (recipe='fast' does)",
        )
    for variable, value in zip(network.weights, weights, strict=True):
        variable.assign(value)
