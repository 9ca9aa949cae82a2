"""Where a model came to grief while it was built: the layers that fitted, and the one that did not."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from convscope.backend import keras
from convscope.engine.graph import made_by
from convscope.errors import ConvscopeError, ModelError

__all__ = ["telling_misfits"]


@contextmanager
def telling_misfits() -> Iterator[None]:
    """Turn whatever a builder raises into one message, with the layers up to the one that does not fit.

    Raises
    ------
    ModelError
        The block raised an Exception that is not convscope's own; it is the error's cause.
    """
    was_on = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()  # else Keras cuts out the frame that knows the layer
    try:
        yield
    except ConvscopeError:
        raise
    except Exception as error:
        what = str(error).strip().split("\n")[0].rstrip(".")
        raise ModelError(
            f"the model cannot be built: {type(error).__name__}: {what}.",
            received=_layers(error),
            repair="check the layer that does not fit, or the builder",
        ) from error
    finally:
        if was_on:
            keras.config.enable_traceback_filtering()


def _layers(error: BaseException) -> str | None:
    """Name the layers that lead to the one in which an error arose, each with the shape that it gives."""
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        layer, arguments = frame.f_locals.get("self"), frame.f_locals.get("args")
        tensor = arguments[0] if isinstance(arguments, tuple) and arguments else None
        tensor = tensor[0] if isinstance(tensor, list) and tensor else tensor
        if isinstance(layer, keras.layers.Layer) and isinstance(tensor, keras.KerasTensor):
            if isinstance(layer, keras.Model):
                continue
            return " -> ".join([*_before(tensor), f"{layer.name} does not fit"])
    return None


def _before(tensor: Any) -> list[str]:
    """Walk back from a layer's input to the model's input, along the first input of each layer."""
    found: list[str] = []
    while tensor is not None:
        node = made_by(tensor)
        name = node.operation.name if node is not None else "input"
        found.append(f"{name} {' x '.join('?' if size is None else str(size) for size in tensor.shape[1:])}")
        tensor = node.input_tensors[0] if node is not None and node.input_tensors else None
    return found[::-1]
