"""Where the trials of a sweep are carried out: each file is one engine.

An engine is a generator function: it takes orders, each a text, gives each to `trial.carry_out` somewhere, and yields
``(index, outcome)`` in the order in which they come to an end. A worker that is killed costs one beginning of one
trial, which is given out once more. Closing the generator ends what it began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from convscope.errors import UsageError
from convscope.registry import collection
from convscope.wording import Setting, Words

__all__ = ["Engine", "catalogue", "find_engine"]

Engine = Callable[[Sequence[str]], Iterator[tuple[int, str]]]
"""A function that takes orders, and yields the place of each with what came of it.

Examples
--------
>>> engine: Engine = lambda orders: ((index, order.upper()) for index, order in enumerate(orders))
>>> list(engine(["a", "b"]))
[(0, 'A'), (1, 'B')]
"""

catalogue = collection(__name__, "run")


def find_engine(name: str, jobs: int | None = None) -> Engine:
    """Find an engine by its name or address: ``loky``, ``dask://HOST:PORT``, ``ray://HOST:PORT``.

    Parameters
    ----------
    name : str
    jobs : int, optional
        Trials at a time; of a cluster, what the cluster has is taken.

    Raises
    ------
    UsageError
        There is no such engine, or it needs an address, or takes none.
    MissingExtraError
        It needs a package that is not installed.

    Examples
    --------
    >>> callable(find_engine("loky", jobs=1))
    True
    """
    kind, given, address = name.partition("://")
    run = catalogue.get(kind)
    is_cluster = kind != "loky"
    host, colon, port = address.rpartition(":")
    if is_cluster != bool(given) or (is_cluster and not (host and colon and port.isdecimal())):
        raise UsageError(
            f"the engine {kind} needs the address of a cluster." if is_cluster else "loky takes no address.",
            received=name,
            expected=f"{kind}://HOST:PORT" if is_cluster else "loky",
        )
    if is_cluster and jobs is not None:
        raise UsageError(
            Words(Setting("jobs"), " is for this machine; a cluster works on as many trials as it has workers."),
            repair=Words("leave out ", Setting("jobs")),
        )
    return partial(run, address=address) if is_cluster else partial(run, jobs=jobs)
