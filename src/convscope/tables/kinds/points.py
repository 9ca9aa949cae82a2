"""Points: one column per feature."""

from convscope.tables.point_table import PointTable

__all__ = ["TABLE"]

TABLE = PointTable
