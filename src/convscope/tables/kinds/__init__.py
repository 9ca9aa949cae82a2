"""Kinds of tables, one file each: what a row is, and which columns are read as such.

A file `NAME.py` defines `TABLE`, a class that derives from `tables.table.Table` and answers for itself what readers,
writers, training, reports and the page ask of a table. Other packages add kinds through the entry point group
``convscope.tables.kinds``.
"""

from convscope.registry import Collection

__all__ = ["catalogue"]

catalogue = Collection("convscope.tables.kinds", "TABLE")
