"""The fast loop: forward, loss, backward, step, in NumPy on all cores.

A batch is cut into parts so small that their numbers stay in the processor's cache. Each part goes forwards and
backwards by itself, several at once; the gradients are added in the order of the parts, so that the result is the
same bit for bit however many threads there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from itertools import islice
from math import ceil, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.engine._threads import Work, n_threads, workers
from convscope.engine.keeping import Keeper
from convscope.engine.keras_loop import DROPOUT, Rows, epoch_order, seed_epoch
from convscope.engine.network import Network, Pass, UnknownLayerError, read_network
from convscope.engine.optimizers import Optimizer, read_optimizer, read_rate
from convscope.engine.telling import hears_batches, telling
from convscope.errors import ModelError
from convscope.primitives import gradients as g
from convscope.records import History

__all__ = ["FastLoop", "Tally", "read_loop", "run_epochs"]

Array = NDArray[Any]
Loss = Callable[[Array, Array], tuple[Array, Array]]
MEASURED = 256
PART_FLOATS = 3_600_000
"""A part of a batch holds at most this many numbers between forward and backward: 14 MB."""


@dataclass(frozen=True)
class Tally:
    """What is counted over rows: the sum of their losses, the right answers, and the rows themselves."""

    loss: float = 0.0
    right: int | None = 0
    n_rows: int = 0

    def __add__(self, other: Tally) -> Tally:
        right = None if other.right is None else (self.right or 0) + other.right
        return Tally(self.loss + other.loss, right, self.n_rows + other.n_rows)

    def means(self, prefix: str = "") -> dict[str, float]:
        """Give loss and accuracy per row, under the names that Keras gives them."""
        loss = {f"{prefix}loss": self.loss / self.n_rows}
        return loss if self.right is None else loss | {f"{prefix}accuracy": self.right / self.n_rows}


class FastLoop:
    """A network, a loss and an optimizer, ready to train.

    Parameters
    ----------
    network : Network
    loss : callable
        Takes outputs and targets; gives a loss for each row, and its gradient.
    takes_logits : bool
        Whether the loss is taken before the last activation.
    optimizer : Optimizer
    counts : bool
        Whether right answers are counted, as an accuracy.
    """

    def __init__(
        self, network: Network, loss: Loss, takes_logits: bool, optimizer: Optimizer, *, counts: bool = True
    ) -> None:
        self.network, self.loss, self.takes_logits, self.optimizer = network, loss, takes_logits, optimizer
        self.counts = counts
        self.kept: list[Array] | None = None

    def end_epoch(self) -> None:
        """Remember the weights as the last good ones."""
        self.kept = [weight.copy() for weight in self.network.weights]

    def state(self) -> dict[str, Array]:
        """Gather what the loop needs to go on after an epoch: weights and the optimizer's memory."""
        return _numbered("weights", self.network.weights) | self.optimizer.state()

    def state_within_epoch(self) -> dict[str, Array]:
        """Gather what it needs besides to go on within an epoch: the last good weights, should this one diverge."""
        return self.state() | _numbered("kept", self.kept or [])

    def put_back(self, state: Mapping[str, Array]) -> None:
        """Put back what `state` gathered."""
        self.network.weights = _listed("weights", state)
        self.kept = _listed("kept", state) or None
        self.optimizer.put_back(state)
        self.network.write()

    def outputs(self, x: Array, now: Pass) -> tuple[Array, Callable[[Array], list[Array | None]]]:
        """Send inputs through, up to where the loss looks; give the way back from there too."""
        y, back = self.network.forward(x, now)
        if self.takes_logits or self.network.last is None:
            return y, back
        shown, bend_back = self.network.last.run([y], now)

        def through_both(dy: Array) -> list[Array | None]:
            (slope,) = bend_back(dy)
            assert slope is not None  # of an activation
            return back(slope)

        return shown, through_both

    def learn(self, x: Array, targets: Array, weights: Array | None, n_rows: int, now: Pass) -> Any:
        """Send a part of a batch forwards and backwards.

        Parameters
        ----------
        x, targets : arrays of the part
        weights : array, or None
            Of the part's rows in the loss.
        n_rows : int
            Of the whole batch: the loss is its mean.

        Returns
        -------
        gradients : list
            One for each weight of the network.
        tally : Tally
        """
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is no number ends the training, in words
            y, back = self.outputs(x, now)
            losses, dy = self.loss(y, targets)
            share = np.float32(1 / n_rows) if weights is None else (weights / np.float32(n_rows))[:, None]
            dy = (dy * share).astype(np.float32, copy=False)
            tally = self.tally(y, losses, targets, weights)
            return back(dy), tally

    def examine(self, x: Array, targets: Array) -> tuple[Array, Array, list[Array | None]]:
        """Ask about rows that are not learned from.

        Returns
        -------
        y : array of shape (n_rows, n_units)
            Up to where the loss looks.
        losses : array of shape (n_rows,)
        gradients : list
            Of their mean, one for each weight of the network.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            y, back = self.outputs(x, Pass(False))
            losses, dy = self.loss(y, targets)
            dy = (dy / np.float32(len(x))).astype(np.float32, copy=False)
            return y, losses, back(dy)

    def tally(self, y: Array, losses: Array, targets: Array, weights: Array | None) -> Tally:
        """Count the losses and the right answers of a part."""
        weighted = losses if weights is None else losses * weights
        right = int(self._is_right(y, targets).sum()) if self.counts else None
        return Tally(float(weighted.sum(dtype=np.float64)), right, len(y))

    def _is_right(self, y: Array, targets: Array) -> Array:
        if y.shape[1] == 1:
            limit = 0.0 if self.takes_logits else 0.5
            return np.asarray((y[:, 0] > limit) == (targets[:, 0] > 0.5))
        wanted = targets if targets.ndim == 1 else targets.argmax(axis=1)
        return np.asarray(y.argmax(axis=1) == wanted)

    def size_part(self, rows: Rows, batch_size: int) -> int:
        """Choose how many rows a part of a batch has at most; it does not depend on the number of threads.

        Batch normalization looks at the whole batch, so that there is one part only.
        """
        if self.network.moving:
            return batch_size
        floats = self.network.count_floats(rows.prepare(rows.inputs[:1]))
        return int(min(batch_size, max(1, PART_FLOATS // floats)))


def run_epochs(
    loop: FastLoop,
    trainer: Any,
    rows: Rows,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    held_out: Rows | None = None,
    callbacks: Sequence[Any] = (),
    keeper: Keeper | None = None,
    threads: int | None = None,
) -> tuple[History, str]:
    """Train a network in place; parameters and results are those of `keras_loop.run_epochs`.

    Parameters
    ----------
    loop : FastLoop
        Reads its weights from the Keras model before, and writes them back at the end, and whenever callbacks may look.
    trainer : LogitsTrainer
        Holds the model that callbacks see.
    keeper : Keeper, optional
        Writes checkpoints and says where to begin. Asked to stop, it keeps the state at the end of the step.
    threads : int, optional
        How many at once; by default one for each core. The result does not depend on it.
    """
    loop.network.read()
    loop.kept = None
    n_steps, part_size = ceil(len(rows.inputs) / batch_size), loop.size_part(rows, batch_size)
    trainer.stop_training, trainer._initial_epoch, interrupted = False, None, ""
    keeper = keeper or Keeper()
    progress, hears, chance = keeper.progress, any(map(hears_batches, callbacks)), keeper.chance(seed)
    tell = partial(_tell, loop, trainer) if callbacks else _only_tell
    tell_step = tell if any(map(hears_batches, keeper.callbacks)) else _only_tell
    with (
        workers(threads or n_threads()) as work,
        telling(callbacks, trainer, rows.targets, chance, epochs=epochs, steps=n_steps) as told,
    ):
        try:
            tell(told.on_train_begin)
            keeper.begin(loop.state, loop.put_back)
            if progress.epoch and not progress.step:
                loop.end_epoch()
            left = keeper.epochs_left(epochs)
            for epoch in range(trainer._initial_epoch or left.start, left.stop):
                seed_epoch(seed, epoch, chance)
                tell(told.on_epoch_begin, epoch)
                tally, began = Tally(*progress.begun[:3]), time.perf_counter() - progress.begun[3]
                batches = _batches(len(rows.inputs), batch_size, part_size, seed, epoch)
                for step, parts in islice(batches, progress.step, None):
                    if hears:
                        tell_step(told.on_train_batch_begin, step)
                    tally += _step(loop, rows, parts, (seed, epoch, DROPOUT, step), work)
                    if hears:
                        tell_step(told.on_train_batch_end, step, tally.means())
                    if keeper.asked and step + 1 < n_steps:
                        if keeper.within_epochs:
                            progress.step, progress.begun = step + 1, (*astuple(tally), time.perf_counter() - began)
                            keeper.keep(loop.state_within_epoch)
                        raise KeyboardInterrupt
                    if trainer.stop_training:
                        break
                measured = tally.means()
                if not isfinite(measured["loss"]):
                    interrupted = f"the loss was not finite in epoch {epoch + 1}"
                    break
                if held_out is not None:
                    measured |= _measure(loop, held_out, work).means("val_")
                loop.end_epoch()
                progress.end_epoch(measured, time.perf_counter() - began)
                tell(told.on_epoch_end, epoch, measured)
                progress.stopped = bool(trainer.stop_training)
                keeper.keep(loop.state)
                if keeper.asked:
                    raise KeyboardInterrupt
                if progress.stopped:
                    break
            tell(told.on_train_end)
        except KeyboardInterrupt:
            if loop.kept is None:
                raise
            interrupted = keeper.asked or "Ctrl-C"
    if interrupted:
        _restore(loop, interrupted)
    else:
        loop.network.write()
    return History(progress.metrics, tuple(progress.seconds)), interrupted


def _numbered(name: str, arrays: Sequence[Array]) -> dict[str, Array]:
    return {f"{name}/{number:04d}": array for number, array in enumerate(arrays)}


def _listed(name: str, state: Mapping[str, Array]) -> list[Array]:
    return [state[key] for key in sorted(state) if key.startswith(f"{name}/")]


def _tell(loop: FastLoop, trainer: Any, hook: Callable[..., None], *arguments: Any) -> None:
    """Let callbacks look at the Keras model, and take over what they change in it: weights, or the learning rate."""
    loop.network.write()
    hook(*arguments)
    loop.network.read()
    loop.optimizer.rate = read_rate(trainer.optimizer)


def _only_tell(hook: Callable[..., None], *arguments: Any) -> None:
    hook(*arguments)


def _batches(n_rows: int, batch_size: int, part_size: int, seed: int, epoch: int) -> Iterator[tuple[int, list[Array]]]:
    """Give each step of an epoch, 0-based, with the rows of its parts: one, or so many that two cores have the same."""
    order = epoch_order(n_rows, seed, epoch)
    for step, start in enumerate(range(0, n_rows, batch_size)):
        chosen = order[start : start + batch_size]
        n_parts = ceil(len(chosen) / part_size)
        yield step, np.array_split(chosen, n_parts + n_parts % 2) if n_parts > 1 else [chosen]


def _step(loop: FastLoop, rows: Rows, parts: list[Array], draw: tuple[int, ...], work: Work) -> Tally:
    """Learn from one batch: every part's gradients, added in order, then one step of the optimizer."""
    n_rows = sum(len(part) for part in parts)
    passes = [Pass(True) for _ in parts]

    def learn(number: int) -> tuple[list[Array | None], Tally]:
        part, now = parts[number], passes[number]
        now.rng = _generator(loop, (*draw, number))
        weights = None if rows.weights is None else rows.weights[part].astype(np.float32)
        x = rows.prepare(rows.inputs[part])
        found: tuple[list[Array | None], Tally] = loop.learn(x, rows.targets[part], weights, n_rows, now)
        return found

    gradients, tally = None, Tally()
    for found, counted in work(learn, range(len(parts))):
        tally += counted
        gradients = found if gradients is None else [_sum(*pair) for pair in zip(gradients, found, strict=True)]
    assert gradients is not None
    loop.optimizer.update(loop.network.weights, gradients, loop.network.trainable)
    loop.network.follow_moments(passes[0])
    return tally


def _sum(one: Array | None, other: Array | None) -> Array | None:
    return other if one is None else one if other is None else np.add(one, other, out=one)


def _generator(loop: FastLoop, draw: tuple[int, ...]) -> np.random.Generator | None:
    """Give dropout its chance: the same for the same seed, epoch, step and part."""
    return np.random.default_rng(draw) if loop.network.draws else None


def _measure(loop: FastLoop, rows: Rows, work: Work) -> Tally:
    """Measure the loss and accuracy of rows that are not learned from."""

    def measure(start: int) -> Tally:
        part = slice(start, start + MEASURED)
        x, targets = rows.prepare(rows.inputs[part]), rows.targets[part]
        y, _ = loop.outputs(x, Pass(False))
        weights = None if rows.weights is None else rows.weights[part]
        losses, _ = loop.loss(y, targets)
        return loop.tally(y, losses, targets, weights)

    return sum(work(measure, range(0, len(rows.inputs), MEASURED)), Tally())


def _restore(loop: FastLoop, why: str) -> None:
    if loop.kept is None:
        raise ModelError(
            f"training diverged: {why}.",
            expected="a loss that is a number",
            repair="lower the learning rate, or scale the inputs (recipe='fast' does)",
        )
    loop.network.weights = loop.kept
    loop.network.write()


def read_loop(trainer: Any, settings: Mapping[str, Any]) -> FastLoop:
    """Make a `FastLoop` of a compiled Keras model, if all of it is known here.

    Parameters
    ----------
    trainer : LogitsTrainer
        Holds the model, and the loss from its logits if there is one.
    settings : mapping
        What the model was compiled with; see `logits.compile_settings`.

    Raises
    ------
    UnknownLayerError
        Why Keras has to train it.
    """
    network = read_network(trainer.network)
    from_logits = trainer.from_logits
    function = _loss_of(settings["loss"] if from_logits is None else from_logits)
    takes_logits = function is not g.squared_error
    if settings.get("weighted_metrics") or settings.get("loss_weights"):
        raise UnknownLayerError("its metrics or losses are weighted")
    if takes_logits and from_logits is None and network.activation != "linear":
        raise UnknownLayerError("its loss expects logits, and the model gives something else")
    logits_out = takes_logits and network.activation == "linear"
    counts = _counts_right(settings.get("metrics"), one_logit=logits_out and trainer.network.output_shape[-1] == 1)
    return FastLoop(network, function, takes_logits, read_optimizer(trainer.optimizer), counts=counts)


def _loss_of(loss: Any) -> Loss:
    """Find the loss by its Keras name or class; options that change the arithmetic are refused."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "") or getattr(loss, "name", "")
    settings = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
    if settings.get("reduction", "sum_over_batch_size") != "sum_over_batch_size":
        raise UnknownLayerError("its loss is not the mean over the batch")
    if settings.get("ignore_class") is not None:
        raise UnknownLayerError("its loss ignores a class")
    found = LOSSES.get(str(name))
    if found is None or (found is not g.squared_error and not settings.get("from_logits")):
        raise UnknownLayerError(f"its loss is {name or type(loss).__name__}")
    smoothing = float(settings.get("label_smoothing") or 0.0)
    if smoothing and found is not g.softmax_crossentropy:
        raise UnknownLayerError("its loss smooths the labels of single units")
    return partial(g.softmax_crossentropy, smoothing=smoothing) if smoothing else found


LOSSES: dict[str, Loss] = {
    "sparse_categorical_crossentropy": g.softmax_crossentropy,
    "categorical_crossentropy": g.softmax_crossentropy,
    "binary_crossentropy": g.sigmoid_crossentropy,
    "mean_squared_error": g.squared_error,
    "mse": g.squared_error,
}


def _counts_right(metrics: Any, *, one_logit: bool) -> bool:
    """Say whether right answers are counted; a metric other than accuracy is refused.

    Parameters
    ----------
    one_logit : bool
        Whether the model gives one logit, of which 0 is the middle, and 0.5 is not.
    """
    listed = metrics if isinstance(metrics, list | tuple) else [metrics] if metrics else []
    for one in listed:
        known = one in ("accuracy", "acc") or type(one) in ACCURACIES
        middle = float(getattr(one, "threshold", 0.5) or 0.0)
        if not known or len(listed) > 1 or middle != (0.0 if one_logit else 0.5):
            raise UnknownLayerError("it is measured by something other than accuracy")
    return bool(listed)


ACCURACIES = (
    keras.metrics.SparseCategoricalAccuracy,
    keras.metrics.CategoricalAccuracy,
    keras.metrics.BinaryAccuracy,
)
