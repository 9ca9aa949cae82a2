"""Images: one column per pixel."""

from convscope.tables.pixel_table import PixelTable

__all__ = ["TABLE"]

TABLE = PixelTable
