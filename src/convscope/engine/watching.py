"""Looks at a network while it trains: its weights, how well it does, and how large its gradients are, moment by moment.

A look reads and changes nothing, so that a watched training ends at the same numbers. Looks come at every epoch and at
steps between, as densely as a share of the training time allows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from convscope.backend import keras
from convscope.engine.keras_loop import Rows
from convscope.engine.logits import LogitsTrainer, compile_settings, reading_variables
from convscope.engine.network import UnknownLayerError
from convscope.engine.outputs import model_outputs
from convscope.engine.trainer import FastLoop, read_loop
from convscope.errors import ModelError
from convscope.files import write_bytes
from convscope.limits import MOST_MODEL_JSON_BYTES

__all__ = ["FILM_SCHEMA", "Film", "Look", "Watcher"]

Array = NDArray[Any]
FILM_SCHEMA = "convscope.film/1"
MOST_BYTES = 20_000_000
MOST_SHARE = 0.03
"""Of the training time, what looks between epochs may cost; those at each epoch come on top."""
MEASURED = 128


@dataclass(frozen=True)
class Look:
    """One moment of a training.

    Parameters
    ----------
    step, epoch : int
        How many steps were taken; how many epochs were finished.
    seconds : float
        Since training began, without what looking cost.
    loss, accuracy : float or None
        Over the watched rows; None where the loss is not known to convscope.
    per_class : list of float or None
        Accuracy of each class, 0..1; None for a class without watched rows.
    gradients : dict of str to float
        For each weight, the root mean square of its gradient over some watched rows; empty where a layer is not known.
    weights : list of float32 arrays
        In the order of the Keras model.
    """

    step: int
    epoch: int
    seconds: float
    loss: float | None
    accuracy: float | None
    per_class: list[float | None]
    gradients: dict[str, float]
    weights: list[Array] = field(repr=False)

    @property
    def n_bytes(self) -> int:
        """Size of the weights."""
        return sum(weight.nbytes for weight in self.weights)

    def facts(self) -> dict[str, Any]:
        """Everything but the weights, as JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "weights"}


class Film:
    """Looks in their order, never more bytes than allowed: when it is full, the look goes that is missed the least.

    Parameters
    ----------
    weight_names : list of str
        Paths of the weights in the Keras model.
    most_bytes : int
    """

    def __init__(self, weight_names: list[str], most_bytes: int = MOST_BYTES) -> None:
        self.weight_names, self.most_bytes = weight_names, most_bytes
        self.looks: list[Look] = []
        self.ended = ""

    @property
    def n_bytes(self) -> int:
        """Size of all weights that are kept."""
        return sum(look.n_bytes for look in self.looks)

    def add(self, look: Look) -> None:
        """Keep one more look; the first and the newest always stay."""
        self.looks = [*self.looks, look]
        while self.n_bytes > self.most_bytes and len(self.looks) > 2:
            self.looks = _without_the_closest(self.looks)

    def write(self, path: str | Path) -> None:
        """Write the film as one safetensors file."""
        arrays = {f"{n:04d}/{i:04d}": w for n, look in enumerate(self.looks) for i, w in enumerate(look.weights)}
        document = {
            "schema": FILM_SCHEMA,
            "weight_names": self.weight_names,
            "ended": self.ended,
            "looks": [look.facts() for look in self.looks],
        }
        write_bytes(Path(path), save(arrays, {"convscope": json.dumps(document)}))

    @classmethod
    def read(cls, path: str | Path) -> Film:
        """Read a film that `write` wrote.

        Raises
        ------
        ModelError
            It is damaged, or no film.
        """
        try:
            with Path(path).open("rb") as start:
                if int.from_bytes(start.read(8), "little") > MOST_MODEL_JSON_BYTES:
                    raise ValueError("its list of arrays is too long")
            with safe_open(path, framework="numpy") as file:
                document = json.loads((file.metadata() or {})["convscope"])
                if document["schema"] != FILM_SCHEMA:
                    raise ModelError(f"{path} is not a recording.", received=document["schema"], expected=FILM_SCHEMA)
                film = cls(list(document["weight_names"]))
                count = range(len(film.weight_names))
                for n, facts in enumerate(document["looks"]):
                    film.looks.append(Look(**facts, weights=[file.get_tensor(f"{n:04d}/{i:04d}") for i in count]))
                film.ended = document["ended"]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise ModelError(f"{path} is not a recording of a training, or is damaged: {error}.") from None
        return film


def _without_the_closest(looks: list[Look]) -> list[Look]:
    """Leave out the look whose neighbours are closest to each other."""
    steps = np.array([look.step for look in looks])
    closest = 1 + int(np.argmin(steps[2:] - steps[:-2]))
    return looks[:closest] + looks[closest + 1 :]


class Watcher(keras.callbacks.Callback):  # type: ignore[misc]
    """Films a training; also a callback for any ``keras.Model.fit``.

    Parameters
    ----------
    rows : Rows
        What to measure on; a few hundred are enough.
    n_classes : int
    most_bytes : int
        Of all weights that are kept; see `Film`.
    most_share : float
        Of the training time, what looks between epochs may cost.
    is_interrupted : callable
        Says whether a signal has come that ends the training; one that waits then waits no longer.
    """

    def __init__(
        self,
        rows: Rows,
        n_classes: int,
        *,
        most_bytes: int = MOST_BYTES,
        most_share: float = MOST_SHARE,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        chosen = np.linspace(0, len(rows.inputs) - 1, min(MEASURED, len(rows.inputs))).astype(int)
        self.inputs = rows.prepare(rows.inputs[chosen])
        self.targets = rows.targets[chosen]
        self.n_classes, self.most_share, self.most_bytes = n_classes, most_share, most_bytes
        self.is_interrupted = is_interrupted
        self.loop: FastLoop | None = None
        self._is_shared = False
        self.film: Film | None = None
        self._goes_on = Event()
        self._goes_on.set()
        self.stopped = False
        self.listeners: list[Any] = []
        self.server: Any = None  # of the page, where there is one

    def share(self, loop: FastLoop) -> None:
        """Look at the numbers that the fast loop trains, which reach the Keras model only after each epoch."""
        self.loop, self._is_shared = loop, True

    @property
    def is_paused(self) -> bool:
        """Whether the training waits."""
        return not self._goes_on.is_set()

    def pause(self) -> None:
        """Let the training wait after the step that it is in."""
        self._goes_on.clear()

    def go_on(self) -> None:
        """Let a training that waits go on, exactly where it was."""
        self._goes_on.set()

    def stop(self) -> None:
        """End the training after the step that it is in; what it has learned stays."""
        self.stopped = True
        self._goes_on.set()

    def on_train_begin(self, logs: Any = None) -> None:
        """Look at the network as it was drawn."""
        network = self._network
        self.film = Film([weight.path for weight in network.weights], self.most_bytes)
        if not self._is_shared:
            self.loop = self._own_loop()
        self._step = self._epoch = 0
        self._spent = self._waited = 0.0
        self._next = 1.0
        self._started = time.perf_counter()
        self._look()
        self._spent, self._started = 0.0, time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Count on from where a resumed training was left."""
        self._step = max(self._step, epoch * (self.params.get("steps") or 0))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look, if it is time; wait, if one asked for it; end, if one asked for that."""
        self._step += 1
        if self._step >= self._next and self._spent <= self.most_share * self._seconds:
            self._look()
        if self.is_paused:
            self._wait()
        if self.stopped:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look after every epoch."""
        self._epoch = epoch + 1
        self._look()

    def on_train_end(self, logs: Any = None) -> None:
        """Say that it is over."""
        assert self.film is not None
        self.film.ended = "stopped" if self.stopped else "done"
        self._tell()

    def end(self) -> None:
        """Say that a training is over that Ctrl-C or an error ended: such a one calls no `on_train_end`."""
        if self.film and not self.film.ended:
            self.stopped = True
            self.on_train_end()

    @property
    def _network(self) -> Any:
        return getattr(self.model, "network", self.model)

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._started - self._spent - self._waited

    def _own_loop(self) -> FastLoop | None:
        try:
            trainer = self.model if isinstance(self.model, LogitsTrainer) else LogitsTrainer(self.model)
            return read_loop(trainer, compile_settings(trainer.network))
        except (UnknownLayerError, TypeError, ValueError):
            return None

    def _wait(self) -> None:
        self._look()
        began = time.perf_counter()
        while not self._goes_on.wait(0.1) and not self.is_interrupted():
            pass
        self._waited += time.perf_counter() - began

    def _look(self) -> None:
        assert self.film is not None
        seconds, began = self._seconds, time.perf_counter()
        network = self._network  # Keras on JAX puts its weights back into the model when a callback asks for it
        if self.loop is not None and not self._is_shared:
            with reading_variables():
                self.loop.network.read()
        loss, right, gradients = self._measure()
        known = [one for one in right if one is not None]
        accuracy = float(np.mean(np.concatenate(known))) if known else None
        per_class = [None if one is None else float(np.mean(one)) for one in right]
        weights = self._weights(network)
        self.film.add(
            Look(
                self._step,
                self._epoch,
                round(seconds, 4),
                loss=loss,
                accuracy=accuracy,
                per_class=per_class,
                gradients=gradients,
                weights=weights,
            )
        )
        self._next = max(self._step + 1, self._step * 1.12)
        self._tell()
        self._spent += time.perf_counter() - began

    def _weights(self, model: Any) -> list[Array]:
        """Copy the weights; those that the fast loop trains from it, all others from the model."""
        with reading_variables():
            trained = {}
            if self.loop is not None:
                network = self.loop.network
                paths = (variable.path for variable in network.variables)
                trained = dict(zip(paths, network.weights, strict=True))
            return [
                np.array(trained[w.path] if w.path in trained else keras.ops.convert_to_numpy(w.value), np.float32)
                for w in model.weights
            ]

    def _measure(self) -> tuple[float | None, list[Array | None], dict[str, float]]:
        """Give the loss, which answers are right, class by class, and the sizes of the gradients."""
        if self.loop is None:
            with reading_variables():
                outputs = model_outputs(self._network, self.inputs, lambda rows: rows, engine="keras")
            return None, self._by_class(outputs), {}
        loop = self.loop
        outputs, losses, found = loop.examine(self.inputs, self.targets)
        middle = 0.0 if loop.takes_logits else 0.5
        loss = float(np.mean(losses))
        sizes = {
            variable.path: float(np.sqrt(np.mean(np.square(gradient, dtype=np.float64))))
            for variable, gradient in zip(loop.network.variables, found, strict=True)
            if gradient is not None
        }
        sizes = {name: size for name, size in sizes.items() if np.isfinite(size)}
        return loss if np.isfinite(loss) else None, self._by_class(outputs, middle), sizes

    def _by_class(self, outputs: Array, middle: float = 0.5) -> list[Array | None]:
        if outputs.shape[1] == 1:
            wanted, given = self.targets.reshape(-1) > 0.5, outputs[:, 0] > middle
        else:
            wanted = self.targets if self.targets.ndim == 1 else self.targets.argmax(axis=1)
            given = outputs.argmax(axis=1)
        right = given == wanted
        return [right[wanted == one] if np.any(wanted == one) else None for one in range(self.n_classes)]

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
