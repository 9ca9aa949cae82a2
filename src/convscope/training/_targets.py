"""Labels as a model's loss wants them, and its outputs as probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.engine.graph import gives_probabilities
from convscope.engine.logits import loss_name

__all__ = ["compile_crossentropy", "encode_targets", "gives_logits", "to_probabilities"]

Array = NDArray[Any]


def compile_crossentropy(model: Any, optimizer: Any, label_smoothing: float = 0.0) -> None:
    """Compile a model that its builder left uncompiled; from logits where it ends in logits.

    Parameters
    ----------
    model : keras.Model
        Built.
    optimizer : keras.optimizers.Optimizer
    label_smoothing : float
        The share of each target, 0..1, that is spread over all classes; one unit, which stands for two, has none.
    """
    from_logits = not gives_probabilities(model)
    losses, metrics = keras.losses, keras.metrics
    if model.output_shape[-1] == 1:
        loss = losses.BinaryCrossentropy(from_logits=from_logits)
        accuracy = metrics.BinaryAccuracy(name="accuracy", threshold=0.0 if from_logits else 0.5)
    elif label_smoothing:
        loss = losses.CategoricalCrossentropy(from_logits=from_logits, label_smoothing=label_smoothing)
        accuracy = metrics.CategoricalAccuracy(name="accuracy")
    else:
        loss = losses.SparseCategoricalCrossentropy(from_logits=from_logits)
        accuracy = metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile(loss=loss, optimizer=optimizer, metrics=[accuracy])


def encode_targets(model: Any, codes: NDArray[np.int64]) -> Array:
    """Turn class indices into what the model's loss compares its output with.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    codes : int array of shape (n_rows,)

    Returns
    -------
    targets : array
        float32 (n_rows, 1) for one unit, int32 (n_rows,) for a sparse loss, else one-hot float32
        (n_rows, n_units).
    """
    units = model.output_shape[-1]
    if units == 1:
        return codes.astype(np.float32)[:, None]
    if "sparse" in loss_name(model.loss).lower():
        return codes.astype(np.int32)
    return np.eye(units, dtype=np.float32)[codes]


def gives_logits(model: Any) -> bool:
    """Say whether a compiled model's output is logits, not probabilities."""
    loss = model.loss
    from_logits = isinstance(loss, keras.losses.Loss) and bool(loss.get_config().get("from_logits"))
    return from_logits and not gives_probabilities(model)


def to_probabilities(outputs: Array, n_classes: int, logits: bool) -> NDArray[np.float64]:
    """Turn a model's outputs into probabilities.

    Parameters
    ----------
    outputs : float array of shape (n_rows, n_units)
        One unit stands for the second of two classes; units beyond ``n_classes`` are left out.
    n_classes : int
    logits : bool
        True where the outputs are logits.

    Returns
    -------
    probabilities : float array of shape (n_rows, n_classes)
        Rows add up to 1.
    """
    outputs = outputs.astype(np.float64)
    if outputs.shape[1] == 1:
        positive = 1 / (1 + np.exp(-outputs[:, 0])) if logits else np.clip(outputs[:, 0], 0, 1)
        return np.stack([1 - positive, positive], axis=1)
    if logits:
        outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    known = np.clip(outputs[:, :n_classes], 0, None)
    total = known.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(known, total, out=np.full_like(known, 1 / n_classes), where=total > 0)
    return shares
