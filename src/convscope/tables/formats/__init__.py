"""Formats of tables, one file each: whether a file is of the format, and how it is read.

A file `NAME.py` defines `FORMAT`, a `Format`. Formats give columns to `_columns.understand` or arrays to
`_arrays.from_arrays`, which alone say what they mean. Other packages add formats through the entry point group
``convscope.tables.formats``.
"""

from convscope.registry import Collection

__all__ = ["catalogue"]

catalogue = Collection("convscope.tables.formats", "FORMAT")
