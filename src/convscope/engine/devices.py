"""Training over several devices: each batch is split over them, and the weights are the same on all. Experimental.

Keras' distribution on JAX does the work. Left to itself it splits a batch before the step, and so takes only batches
that divide evenly, which the last one of an epoch seldom does. Here a batch comes whole to every device, and the step
splits it: the compiler then also makes 19 and 18 of 37 rows, and what it computes is the whole batch's, the mean of the
loss as well as the statistics of a batch normalization. A training differs from one on one device by rounding only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from convscope.backend import backend_name, keras
from convscope.errors import UsageError

__all__ = ["split_over", "split_rows_of"]


class _Whole(keras.distribution.DataParallel):  # type: ignore[misc]
    """Weights and batches whole on every device; `split_rows_of` splits the batches."""

    def get_data_layout(self, data_shape: Sequence[int]) -> Any:
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)


@contextmanager
def split_over(devices: int | None) -> Iterator[None]:
    """Place what is built in the block on this many devices; one, or None, changes nothing.

    Raises
    ------
    UsageError
        There are fewer, or Keras does not run on JAX.
    """
    if devices is None or devices == 1:
        yield
        return
    if backend_name() != "jax":
        raise UsageError(
            "training over several devices needs Keras on JAX.",
            received=f"devices={devices} on {backend_name()}",
            repair="set KERAS_BACKEND=jax, or leave devices out",
        )
    there = keras.distribution.list_devices()
    if not isinstance(devices, int) or not 1 <= devices <= len(there):
        raise UsageError(
            "there are fewer devices than that.",
            received=f"devices={devices}",
            expected=f"1 to {len(there)}: {', '.join(there)}",
            repair="to try it on a CPU, set XLA_FLAGS=--xla_force_host_platform_device_count=2 before Python starts",
        )
    with _Whole(devices=there[:devices]).scope():
        yield


def split_rows_of(batch: Any, *, compiled: bool) -> Any:
    """Split a batch over the devices of the training that goes on; where there is none, give it back as it is.

    Parameters
    ----------
    batch : tensor of shape (n_rows, ...)
    compiled : bool
        Whether the step is compiled; else a batch that does not divide stays whole.
    """
    mesh = keras.distribution.distribution()
    if not isinstance(mesh, _Whole) or not (compiled or batch.shape[0] % mesh.num_model_replicas == 0):
        return batch
    axes = [mesh.batch_dim_name, *[None] * (len(batch.shape) - 1)]
    return keras.distribution.distribute_tensor(batch, keras.distribution.TensorLayout(axes, mesh.device_mesh))
