"""Pixel tables and point tables: read, write, turn into images, perturb."""

from convscope.tables.hold_out import hold_out
from convscope.tables.images import images_to_table, table_to_images
from convscope.tables.perturb import pixel_permutation, resize_images, shift_pixels, shuffle_pixels
from convscope.tables.pixel_table import PixelTable, image_shape_of, pixel_columns
from convscope.tables.point_table import PointTable

__all__ = [
    "PixelTable",
    "PointTable",
    "hold_out",
    "image_shape_of",
    "images_to_table",
    "pixel_columns",
    "pixel_permutation",
    "resize_images",
    "shift_pixels",
    "shuffle_pixels",
    "table_to_images",
]
