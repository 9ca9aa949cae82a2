"""The training loop: Keras' own, fed in an order that follows from the seed alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import backend_name, keras
from convscope.engine._chance import Chance
from convscope.engine._memory import give_back_memory
from convscope.engine.checkpoint import Progress
from convscope.engine.keeping import Keeper
from convscope.engine.logits import LogitsTrainer
from convscope.engine.telling import telling
from convscope.errors import ModelError
from convscope.records import History

__all__ = ["DROPOUT", "Rows", "epoch_order", "release", "run_epochs", "seed_epoch"]

Array = NDArray[Any]
ORDER, DROPOUT, OTHERS = 0, 1, 2
"""The streams: whatever is drawn follows from (seed, epoch, stream), and so an epoch can begin in another process."""


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
    np.random.default_rng((seed, epoch, ORDER)).shuffle(order)
    return order


def seed_epoch(seed: int, epoch: int, chance: Chance | None) -> None:
    """Let what is drawn besides follow from seed and epoch: by callbacks, and by Keras' dropout on PyTorch."""
    if chance is not None:
        chance.begin(epoch, OTHERS)
    torch = sys.modules.get("torch")
    if torch is not None and backend_name() == "torch":
        torch.manual_seed(int(np.random.SeedSequence((seed, epoch, OTHERS)).generate_state(1)[0]))


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

    def __init__(self, batches: _Batches, seed: int, progress: Progress, chance: Chance | None) -> None:
        super().__init__()
        self.batches, self.seed, self.progress, self.chance = batches, seed, progress, chance
        self.weights: list[Array] | None = None
        self.diverged = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        seed_epoch(self.seed, epoch, self.chance)
        self.batches.begin(self.seed, epoch)
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        measured = {name: float(value) for name, value in (logs or {}).items()}
        if not isfinite(measured["loss"]):
            self.diverged = self.model.stop_training = True
            return
        self.progress.end_epoch(measured, time.perf_counter() - self.started)
        self.weights = _values(self.model.weights)


class _Keeping(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes checkpoints, and stops where it is asked to; the last of all callbacks, so that it sees what they did."""

    def __init__(self, keeper: Keeper, recorder: _Recorder, trainer: LogitsTrainer) -> None:
        super().__init__()
        self.keeper, self.recorder, self.trainer = keeper, recorder, trainer

    def on_train_begin(self, logs: Any = None) -> None:
        self.keeper.begin(self.state, self.put_back)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.keeper.asked:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.recorder.diverged:
            self.keeper.progress.stopped = bool(self.model.stop_training)
            self.keeper.keep(self.state)
            self.on_train_batch_begin(0)

    def state(self) -> dict[str, Array]:
        """Gather weights, the random states of layers, and the optimizer's variables."""
        return {f"variables/{number:04d}": value for number, value in enumerate(_values(self._variables()))}

    def put_back(self, state: Mapping[str, Array]) -> None:
        for variable, name in zip(self._variables(), sorted(state), strict=True):
            variable.assign(state[name])
        if self.keeper.progress.epoch:
            self.recorder.weights = _values(self.model.weights)

    def _variables(self) -> list[Any]:
        optimizer = self.trainer.optimizer
        if not optimizer.built:
            optimizer.build(self.trainer.trainable_variables)
        return [*self.trainer.variables, *optimizer.variables]


def run_epochs(
    trainer: LogitsTrainer,
    rows: Rows,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    held_out: Rows | None = None,
    callbacks: Sequence[Any] = (),
    keeper: Keeper | None = None,
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
        Called by Keras; their model is the network.
    keeper : Keeper, optional
        Writes checkpoints and says where to begin. Asked to stop, it ends the step; whole epochs are kept.

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
    batches, interrupted, keeper = _Batches(rows, batch_size), "", keeper or Keeper()
    progress, left, network = keeper.progress, keeper.epochs_left(epochs), trainer.network
    params = {"epochs": left.stop, "steps": len(batches)}
    chance = keeper.chance(seed)
    recorder = _Recorder(batches, seed, progress, chance)
    measured = None if held_out is None else _Batches(held_out, 1024)
    trainer.history, network._initial_epoch = None, None
    try:
        told_to = [recorder, *callbacks, _Keeping(keeper, recorder, trainer)]
        with telling(told_to, trainer, rows.targets, chance, **params) as told:
            trainer.fit(
                batches,
                initial_epoch=left.start,
                epochs=left.stop,
                validation_data=measured,
                callbacks=told,
                shuffle=False,
                verbose=0,
            )
    except KeyboardInterrupt:
        if recorder.weights is None:
            raise
        interrupted = keeper.asked or "Ctrl-C"
    if recorder.diverged:
        interrupted = f"the loss was not finite in epoch {progress.epoch + 1}"
    if interrupted:
        _restore(network, recorder.weights, interrupted)
    return History(progress.metrics, tuple(progress.seconds)), interrupted


def release(trainer: LogitsTrainer) -> None:
    """Give the memory of a training back, when it does not go on."""
    compiled = trainer.train_function is not None
    trainer.release()
    give_back_memory(circles=compiled)


def _values(variables: Sequence[Any]) -> list[Array]:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


def _restore(network: Any, weights: list[Array] | None, why: str) -> None:
    if weights is None:
        raise ModelError(
            f"training diverged: {why}.",
            expected="a loss that is a number",
            repair="lower the learning rate, or scale the inputs (recipe='fast' does)",
        )
    for variable, value in zip(network.weights, weights, strict=True):
        variable.assign(value)
