"""A Ray cluster that is there already, by the address of its client server.

All machines need this version of convscope, and see the sweep's folder and the table at the same paths. A task whose
worker is killed is given out once more by Ray itself.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

from convscope.errors import MissingExtraError, RunError
from convscope.installing import install_line
from convscope.runs.engines._apart import carry_out_apart
from convscope.runs.trial import VERSION, failed

try:
    import ray
except ImportError:
    raise MissingExtraError("the package ray is not installed.", repair=install_line("ray")) from None

__all__ = ["run"]

PATIENCE = 5
"""Seconds to wait for the cluster."""


def run(orders: Sequence[str], *, address: str) -> Iterator[tuple[int, str]]:
    """Carry out orders on the workers of a cluster.

    Parameters
    ----------
    orders : sequence of str
    address : str
        ``HOST:PORT`` of the cluster's client server.

    Raises
    ------
    RunError
        Nobody answers there, or the workers have a different version of convscope, or none.

    Examples
    --------
    >>> from convscope.runs.engines import find_engine
    >>> engine = find_engine("ray://localhost:10001")  # nobody is asked before there are orders
    >>> callable(engine)
    True
    """
    _connect(address)
    try:
        _check_workers()
        task = ray.remote(carry_out_apart).options(max_retries=1, retry_exceptions=[ChildProcessError])
        waiting = {task.remote(order): index for index, order in enumerate(orders)}
        while waiting:
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            index = waiting.pop(done)
            try:
                yield index, ray.get(done)
            except (ray.exceptions.WorkerCrashedError, ChildProcessError):
                yield index, failed()
    except ConnectionError:
        raise RunError(
            f"the Ray cluster at {address} is no longer reachable.",
            repair="run the same command to continue when it is back",
        ) from None
    finally:
        ray.shutdown()


def _connect(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()  # Ray itself would wait for minutes
        ray.init(f"ray://{address}", logging_level="ERROR", log_to_driver=False)
    except (OSError, ConnectionError, RuntimeError) as error:
        raise RunError(
            f"no Ray cluster answers at {address}: {error}".split("\n")[0].rstrip(".") + ".",
            expected="the client server of a cluster with this version of Ray",
            repair="check that it is running: ray start --head --ray-client-server-port 10001",
        ) from None


def _check_workers() -> None:
    try:
        found = ray.get(ray.remote(_version).remote(), timeout=60)
    except ray.exceptions.RayError as error:
        found = str(error).strip().split("\n")[-1]
    if found != VERSION:
        raise RunError(
            "the workers have a different version of convscope, or none.",
            received=found,
            expected=VERSION,
            repair="install the same version everywhere",
        )


def _version() -> str:
    return VERSION
