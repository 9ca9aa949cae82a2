"""Losses from the logits, on every backend.

With a softmax or sigmoid last layer and a string loss, Keras on TensorFlow remembers the logits behind the
probabilities; on JAX and PyTorch it takes the logarithm of a clipped probability. Where a probability is
clipped the gradient is zero: on raw pixels, 0..255, training then stops before it has begun. Here the last
activation remembers its input while the loss is computed, so that a model trains alike everywhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from convscope.backend import keras
from convscope.engine._shared import Shared
from convscope.engine.devices import split_rows_of
from convscope.engine.graph import last_activation, read_graph

__all__ = [
    "LogitsTrainer",
    "compile_settings",
    "loss_from_logits",
    "loss_name",
    "needed_activation",
    "reading_variables",
]

LOSSES = {
    "sparse_categorical_crossentropy": (keras.losses.SparseCategoricalCrossentropy, "softmax"),
    "categorical_crossentropy": (keras.losses.CategoricalCrossentropy, "softmax"),
    "binary_crossentropy": (keras.losses.BinaryCrossentropy, "sigmoid"),
}
PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "sparsemax", "sparse_sigmoid")
COPIED = ("optimizer", "metrics", "weighted_metrics")


class LogitsTrainer(keras.Model):  # type: ignore[misc]
    """Trains another model's layers; the loss sees logits, the metrics see probabilities.

    Parameters
    ----------
    network : keras.Model
        Built and compiled. Its layers are shared; optimizer and metrics are copies, so that what it was
        compiled with stays as it was.
    """

    def __init__(self, network: Any) -> None:
        super().__init__(name=f"{network.name}_trainer")
        self.network = network
        self.from_logits = loss_from_logits(network)
        settings = compile_settings(network)
        self.compile(**{**settings, "loss": self.from_logits or settings["loss"]})

    @property
    def stop_training(self) -> bool:
        """Whether to stop: the network's, because that is the model which callbacks see."""
        return bool(self.network.stop_training)

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        self._share("stop_training", value)

    @property
    def _initial_epoch(self) -> int | None:
        """Where to begin, if a callback has restored an earlier training; the network's too."""
        return self.network._initial_epoch  # type: ignore[no-any-return]

    @_initial_epoch.setter
    def _initial_epoch(self, value: int | None) -> None:
        self._share("_initial_epoch", value)

    def _share(self, name: str, value: Any) -> None:
        if hasattr(self, "network"):  # Keras sets both while it makes the trainer
            setattr(self.network, name, value)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Give the network's own output, and keep the logits for `compute_loss`."""
        inputs = split_rows_of(inputs, compiled=bool(self.jit_compile))
        answer = read_graph(self.network).answer
        if self.from_logits is None or answer is None:
            return self.network(inputs, training=training)
        with _remembering(answer.layer) as remembered:
            outputs = self.network(inputs, training=training)
        # A plain list would be tracked by Keras as state.
        object.__setattr__(self, "_logits", [remembered[answer.use]])
        return outputs

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Compute the loss from the logits of the call that went before."""
        if self.from_logits is not None:
            y_pred = self._logits.pop()
        return super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)

    def release(self) -> None:
        """Let go of the compiled steps; a later ``fit`` compiles them again."""
        self.train_function = self.test_function = self.predict_function = None


def compile_settings(model: Any) -> dict[str, Any]:
    """Read what a model was compiled with; optimizer and metrics as copies without state."""
    settings = dict(model._compile_config.config)  # Keras has no public way to the unserialized arguments
    with reading_variables():
        return settings | {name: _copied(settings.get(name)) for name in COPIED}


def reading_variables() -> Shared:
    """Keep quiet that Keras reads its variables in a way that NumPy 2 deprecates."""
    return _QUIET


@contextmanager
def _quiet() -> Iterator[None]:
    """Add one filter and take it away; ``catch_warnings`` would put back what other threads have changed meanwhile."""
    before = list(warnings.filters)
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
    added = warnings.filters[0]
    try:
        yield
    finally:
        if added not in before and added in warnings.filters:
            warnings.filters.remove(added)  # type: ignore[attr-defined]


_QUIET = Shared(_quiet)


def loss_from_logits(model: Any) -> Any | None:
    """Build the from-logits form of a compiled model's loss.

    Returns
    -------
    loss : keras.losses.Loss or None
        None where there is nothing to change: another loss, another last layer, or logits already.
    """
    loss, ending = model.loss, last_activation(model)
    for name, (kind, activation) in LOSSES.items():
        if activation != ending:
            continue
        if type(loss) is kind and not loss.get_config().get("from_logits"):
            return kind.from_config({**loss.get_config(), "from_logits": True})
        if loss in (name, kind.__name__, getattr(keras.losses, name)):
            return kind(from_logits=True)
    return None


def needed_activation(model: Any, loss: Any) -> str | None:
    """Name the activation that a loss needs and a model does not end with; None where nothing is missing.

    Crossentropies read the outputs as probabilities, unless they are told that these are logits. A layer without an
    activation, or with a function of the user's own, may give anything.
    """
    needed = next((activation for name, (_, activation) in LOSSES.items() if loss_name(loss) == name), None)
    if needed is None or (isinstance(loss, keras.losses.Loss) and loss.get_config().get("from_logits")):
        return None
    answer = read_graph(model).answer
    if answer is not None and answer.activation == "softmax":
        return "sigmoid" if model.output_shape[-1] == 1 else None  # softmax of one number is always 1
    function = getattr(answer.layer, "activation", None) if answer is not None else None
    is_keras_s = str(getattr(function, "__module__", "")).startswith("keras.")
    return needed if is_keras_s and getattr(function, "__name__", "") not in PROBABILITIES else None


def loss_name(loss: Any) -> str:
    """Name a loss as Keras does, e.g. ``"sparse_categorical_crossentropy"``, whether it is text, function or object."""
    if isinstance(loss, keras.losses.Loss):
        loss = next((name for name, (kind, _) in LOSSES.items() if type(loss) is kind), type(loss).__name__)
    return loss if isinstance(loss, str) else str(getattr(loss, "__name__", type(loss).__name__))


def _copied(setting: Any) -> Any:
    if isinstance(setting, list | tuple):
        return [_copied(part) for part in setting]
    if isinstance(setting, dict):
        return {name: _copied(part) for name, part in setting.items()}
    if isinstance(setting, keras.optimizers.Optimizer | keras.metrics.Metric):
        return type(setting).from_config(setting.get_config())
    return setting


@contextmanager
def _remembering(layer: Any) -> Iterator[list[Any]]:
    """Let a layer's activation keep what it is given each time: its pre-activations, for the length of one call."""
    seen: list[Any] = []
    attribute = "call" if isinstance(layer, keras.layers.Softmax) else "activation"
    original = getattr(layer, attribute)

    def remember(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(inputs)
        return original(inputs, *args, **kwargs)

    object.__setattr__(layer, attribute, remember)
    try:
        yield seen
    finally:
        if attribute == "call":
            object.__delattr__(layer, attribute)
        else:
            object.__setattr__(layer, attribute, original)
