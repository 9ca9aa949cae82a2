"""Training over several devices: each batch is split over them, and the weights are the same on all. Experimental.

Keras does the work, by its distribution on JAX. It wants parts of equal size: a batch is a multiple of the number of
devices, and of the last batch of an epoch, in which the rows are others each time, so many rows are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from convscope.backend import backend_name, keras
from convscope.errors import UsageError

__all__ = ["round_to_devices", "split_over"]


@contextmanager
def split_over(devices: int | None) -> Iterator[None]:
    """Let what is built in the block lie on so many devices; one, or None, changes nothing.

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
            repair="KERAS_BACKEND=jax, or leave devices out",
        )
    there = keras.distribution.list_devices()
    if not isinstance(devices, int) or not 1 <= devices <= len(there):
        raise UsageError(
            "there are not so many devices.",
            received=f"devices={devices}",
            expected=f"1 to {len(there)}: {', '.join(there)}",
            repair="to try it on a CPU, set XLA_FLAGS=--xla_force_host_platform_device_count=2 before the start",
        )
    with keras.distribution.DataParallel(devices=there[:devices]).scope():
        yield


def round_to_devices(batch_size: int, devices: int | None, *, asked: bool) -> int:
    """Make a batch size a multiple of the number of devices.

    Parameters
    ----------
    batch_size : int
    devices : int or None
    asked : bool
        The caller chose the batch size, and so it is not changed.

    Raises
    ------
    UsageError
        The caller's batch size cannot be split.
    """
    parts = devices or 1
    if batch_size % parts == 0:
        return batch_size
    if asked:
        raise UsageError(
            "a batch cannot be split evenly over the devices.",
            received=f"batch_size={batch_size}, devices={parts}",
            expected=f"a multiple of {parts}",
            repair=f"batch_size={batch_size + parts - batch_size % parts}",
        )
    return batch_size + parts - batch_size % parts
