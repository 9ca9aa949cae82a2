"""What a training loop asks while it is being kept: where to begin, when to write, whether to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from convscope.engine._chance import Chance
from convscope.engine._plain import is_plain
from convscope.engine.checkpoint import Checkpoint, Progress, newest_checkpoint, write_checkpoint
from convscope.engine.interrupts import Interrupts
from convscope.files import only_writer

__all__ = ["Keeper", "keeping"]

Arrays = dict[str, NDArray[Any]]
NOT_STATE = ("_model", "params", "_params")


class Keeper:
    """The checkpoints of one training; without a folder it keeps nothing, and never asks to stop.

    Parameters
    ----------
    folder : Path, optional
        Of the checkpoints.
    start : Checkpoint, optional
        Where to go on.
    interrupts : Interrupts, optional
        Says when to stop.

    Attributes
    ----------
    callbacks : sequence of keras.callbacks.Callback
        Those whose state belongs to the training. Of each, the attributes that are numbers, text, lists, dictionaries
        or arrays are kept; anything else is as the callback was handed in.
    within_epochs : bool
        Whether a loop that can may also keep a part of an epoch: no callback of the user's has seen it.
    facts : mapping
        What the training has to agree with when it goes on; written into every checkpoint.
    progress : Progress
    """

    def __init__(
        self,
        folder: Path | None = None,
        start: Checkpoint | None = None,
        interrupts: Interrupts | None = None,
    ) -> None:
        self.folder, self.start, self.interrupts = folder, start, interrupts
        self.facts: Mapping[str, Any] = {}
        self.callbacks: Sequence[Any] = ()
        self.within_epochs = True
        self.progress = start.progress if start else Progress()

    @property
    def asked(self) -> str:
        """Who asked to stop: ``"Ctrl-C"``, ``"SIGTERM"``, or nobody."""
        return self.interrupts.asked if self.interrupts else ""

    def seed(self, otherwise: int) -> int:
        """Give the seed that the training began with; of a new one, the seed that is offered."""
        return int(self.start.facts["seed"]) if self.start else otherwise

    def chance(self, seed: int) -> Chance | None:
        """Give what the user's callbacks draw from; None where there are none."""
        return None if self.within_epochs else Chance(seed)

    def epochs_left(self, epochs: int) -> range:
        """Say which epochs are still to be trained, 0-based; none if a callback had stopped the training."""
        return range(self.progress.epoch, self.progress.epoch if self.progress.stopped else epochs)

    def begin(self, gather: Callable[[], Arrays], put_back: Callable[[Arrays], None]) -> None:
        """Put everything back as it was kept, or keep the beginning; after the callbacks' own ``on_train_begin``.

        Parameters
        ----------
        gather : callable
            Gives what the loop needs to go on.
        put_back : callable
            Takes the same.
        """
        if self.start is None:
            self.keep(gather)
            return
        put_back(self.start.arrays)
        for callback, state in zip(self.callbacks, self.start.callbacks, strict=True):
            vars(callback).update(state)

    def keep(self, gather: Callable[[], Arrays]) -> None:
        """Write a checkpoint of the training as it is now.

        Raises
        ------
        RunError
            It cannot be written.
        """
        if self.folder is not None:
            states = [_state(callback) for callback in self.callbacks]
            write_checkpoint(self.folder, Checkpoint(self.progress, gather(), states, dict(self.facts)))


@contextmanager
def keeping(folder: str | Path | None) -> Iterator[Keeper]:
    """Be the only one who trains in a folder of checkpoints, and hold signals back until a step has ended.

    Parameters
    ----------
    folder : path, optional
        Made if it is not there; without one nothing is kept.

    Raises
    ------
    RunError
        The folder has another writer, or cannot be written.
    """
    if folder is None:
        yield Keeper()
        return
    with only_writer(folder), Interrupts() as interrupts:
        yield Keeper(Path(folder), newest_checkpoint(Path(folder)), interrupts)


def _state(callback: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(callback).items() if name not in NOT_STATE and is_plain(value)}
