"""The training loop: Keras' own, fed in an order that follows from the seed alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.records import History
from convscope.training.logits import LogitsTrainer

__all__ = ["Rows", "run_epochs"]

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


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Rows in batches, shuffled anew each epoch by (seed, epoch), or in order without a seed."""

    def __init__(self, rows: Rows, batch_size: int, seed: int | None = None) -> None:
        super().__init__()
        self.rows, self.batch_size, self.seed = rows, batch_size, seed
        self.epoch = -1
        self.on_epoch_begin()

    def __len__(self) -> int:
        return ceil(len(self.rows.inputs) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Array, ...]:
        return self.rows.batch(self.order[index * self.batch_size : (index + 1) * self.batch_size])

    def on_epoch_begin(self) -> None:
        """Draw the order of the epoch that begins."""
        self.epoch += 1
        self.order = np.arange(len(self.rows.inputs))
        if self.seed is not None:
            np.random.default_rng((self.seed, self.epoch)).shuffle(self.order)


class _Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Measures each epoch, and keeps the weights so that an interrupt costs at most one epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics: dict[str, list[float]] = {}
        self.seconds: list[float] = []
        self.weights: list[Array] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self.started)
        for name, value in (logs or {}).items():
            self.metrics.setdefault(name, []).append(float(value))
        self.weights = self.model.network.get_weights()


def run_epochs(
    trainer: LogitsTrainer,
    rows: Rows,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    held_out: Rows | None = None,
    callbacks: Sequence[Any] = (),
) -> tuple[History, bool]:
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
    interrupted : bool
        True if Ctrl-C ended the training; the network then has the weights of the last finished epoch.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C before one epoch was finished.
    """
    recorder, interrupted = _Recorder(), False
    batches = _Batches(rows, batch_size, seed)
    measured = None if held_out is None else _Batches(held_out, 1024)
    try:
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
        trainer.network.set_weights(recorder.weights)
        interrupted = True
    return History(recorder.metrics, tuple(recorder.seconds)), interrupted
