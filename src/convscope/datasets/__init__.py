"""Data sets: each file is one, and says where it comes from and under which licence.

An entry is a `Dataset` or `Generated` record named ``DATASET``; the machinery finds, checks, reads and caches.

Examples
--------
>>> from convscope import datasets
>>> datasets.digits.shape, datasets.digits.licence
((8, 8, 1), 'CC BY 4.0')
>>> "mnist" in datasets.catalogue.names()
True
"""

from convscope.datasets._load import (
    call_ahead,
    load_dataset,
    load_parts,
    load_table,
    load_validation,
    locate,
    split_table,
)
from convscope.datasets._shapes import make_shapes
from convscope.registry import collection

__all__ = [
    "call_ahead",
    "catalogue",
    "load_dataset",
    "load_parts",
    "load_table",
    "load_validation",
    "locate",
    "make_shapes",
    "split_table",
]

catalogue = collection(__name__, "DATASET")
