"""What the page's playground asks Python for: the lab's point tables, and to keep a network as a run."""

from __future__ import annotations

import json

from convscope.datasets import load_table
from convscope.errors import UsageError
from convscope.limits import MOST_NETWORK_BYTES as MOST_BYTES
from convscope.playground import save_network

__all__ = ["LAB_TABLES", "MOST_BYTES", "keep_network", "lab_points"]

LAB_TABLES = ("simple", "complex", "circle", "center", "periodic")


def lab_points(name: str) -> bytes:
    """Give one of the lab's point tables as CSV: class, split, feature1, feature2.

    Raises
    ------
    UsageError
        There is no such table.
    DatasetError
        It is not on this machine and cannot be fetched.
    """
    if name not in LAB_TABLES:
        raise UsageError("the lab has no such point table.", received=repr(name), expected=", ".join(LAB_TABLES))
    return load_table(name, split="all", progress=False).frame.to_csv(index=False).encode("utf-8")


def keep_network(document: bytes) -> bytes:
    """Write a network as a run, and give the run's name as JSON.

    Raises
    ------
    UsageError
        The document is no network of the playground.
    """
    return json.dumps({"run": save_network(document).path.name}).encode("utf-8")
