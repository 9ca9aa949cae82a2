"""Which loop trains a model: our own in NumPy, or Keras'."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.backend import on_cpu
from convscope.engine.logits import LogitsTrainer, compile_settings
from convscope.engine.network import UnknownLayerError
from convscope.engine.trainer import FastLoop, read_loop
from convscope.errors import ModelError

__all__ = ["Engine", "choose_engine"]


@dataclass(frozen=True)
class Engine:
    """The loop that was chosen.

    Parameters
    ----------
    name : {"numpy", "keras"}
    reason : str
        Why it is not the fast one; empty where it is, or where it was asked for.
    loop : FastLoop or None
        None where Keras trains.
    """

    name: str
    reason: str = ""
    loop: FastLoop | None = None


def choose_engine(wanted: str, trainer: LogitsTrainer, *, has_callbacks: bool, devices: int | None = None) -> Engine:
    """Choose the fast loop where it knows everything that the model is made of, else Keras' own.

    Parameters
    ----------
    wanted : {"auto", "numpy", "keras"}
    trainer : LogitsTrainer
        Of a compiled model.
    has_callbacks : bool
        Whether the user's own callbacks are called; they may look at every batch.
    devices : int, optional
        Over how many devices batches are split; our own loop knows one.

    Raises
    ------
    ModelError
        ``"numpy"`` was asked for, and there is something that it does not know.
    """
    if wanted == "keras":
        return Engine("keras")
    if devices is not None and devices > 1:
        if wanted == "numpy":
            raise ModelError("the NumPy engine trains on one device.", repair="leave engine out, and Keras trains")
        return Engine("keras", f"batches are split over {devices} devices")
    if wanted == "auto" and has_callbacks:
        return Engine("keras", "callbacks may look at every batch")
    if wanted == "auto" and not on_cpu():
        return Engine("keras", "there is a GPU")
    try:
        loop = read_loop(trainer, compile_settings(trainer.network))
    except UnknownLayerError as error:
        if wanted == "auto":
            return Engine("keras", str(error))
        raise ModelError(
            f"the NumPy engine cannot train this model: {error}.",
            repair="leave engine out, and Keras trains it",
        ) from None
    return Engine("numpy", loop=loop)
