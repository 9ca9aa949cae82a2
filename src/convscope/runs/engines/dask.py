"""A Dask cluster that is there already, by the address of its scheduler.

All machines need this version of convscope, and see the sweep's folder and the table at the same paths. A task whose
worker is killed is given out again by Dask itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError

from convscope.errors import MissingExtraError, RunError
from convscope.installing import install_line
from convscope.runs.engines._apart import carry_out_apart
from convscope.runs.trial import VERSION, failed

try:
    from distributed import Client, KilledWorker, as_completed
except ImportError:
    raise MissingExtraError("the package dask is not installed.", repair=install_line("dask")) from None

__all__ = ["run"]

PATIENCE = 5
"""Seconds to wait for the scheduler."""


def run(orders: Sequence[str], *, address: str) -> Iterator[tuple[int, str]]:
    """Carry out orders on the workers of a cluster.

    Parameters
    ----------
    orders : sequence of str
    address : str
        ``HOST:PORT`` of the scheduler.

    Raises
    ------
    RunError
        Nobody answers there, there are no workers, or they have another convscope, or none.

    Examples
    --------
    >>> from convscope.runs.engines import find_engine
    >>> engine = find_engine("dask://localhost:8786")  # nobody is asked before there are orders
    >>> callable(engine)
    True
    """
    with _connected(address) as client:
        _check_workers(client, address)
        # Dask would not do again what has the same key, not even in another sweep; a trial knows that by itself.
        tasks = {
            client.submit(carry_out_apart, order, pure=False, retries=1): index for index, order in enumerate(orders)
        }
        try:
            for task in as_completed(tasks, loop=client.loop):  # type: ignore[no-untyped-call]
                try:
                    yield tasks[task], task.result()
                except (KilledWorker, ChildProcessError):
                    yield tasks[task], failed()
        except (CancelledError, OSError):
            raise RunError(
                f"the Dask cluster at {address} is no longer reachable.",
                repair="run the same command to continue when it is back",
            ) from None
        finally:
            client.cancel(list(tasks))


def _connected(address: str) -> Client:
    try:
        return Client(f"tcp://{address}", timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise RunError(
            f"no Dask scheduler answers at {address}: {error}".split("\n")[0].rstrip(".") + ".",
            expected="a scheduler of this version of Dask",
            repair=f"check that it is running: dask scheduler --host {address.rpartition(':')[0]}",
        ) from None


def _check_workers(client: Client, address: str) -> None:
    found = client.run(_version, on_error="return")
    if not found:
        raise RunError(
            f"the Dask cluster at {address} has no workers.", repair=f"start some: dask worker tcp://{address}"
        )
    for worker, version in found.items():
        if version != VERSION:
            raise RunError(
                f"the worker at {worker} has a different version of convscope, or none.",
                received=str(version),
                expected=VERSION,
                repair="install the same version everywhere",
            )


def _version() -> str:
    return VERSION
