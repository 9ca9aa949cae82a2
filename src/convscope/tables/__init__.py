"""Pixel tables and point tables: read, write, turn into images, perturb."""

from convscope.tables._cache import load_cached, store_cached
from convscope.tables._idx import read_idx_array
from convscope.tables._open import unpacked as open_unpacked
from convscope.tables.fingerprint import hash_tables
from convscope.tables.hold_out import (
    check_classes,
    count_shared,
    hold_out,
    limit_rows,
    mark_rows,
    note_untested,
    split_by_class,
    split_by_group,
)
from convscope.tables.images import images_to_table, table_to_images
from convscope.tables.perturb import pixel_permutation, resize_images, shift_pixels, shuffle_pixels
from convscope.tables.pixel_table import PixelTable, image_shape_of, pixel_columns
from convscope.tables.point_table import PointTable
from convscope.tables.read import read_table, resize_table
from convscope.tables.table import Table, require
from convscope.tables.write import write_table

__all__ = [
    "PixelTable",
    "PointTable",
    "Table",
    "check_classes",
    "count_shared",
    "hash_tables",
    "hold_out",
    "image_shape_of",
    "images_to_table",
    "limit_rows",
    "load_cached",
    "mark_rows",
    "note_untested",
    "open_unpacked",
    "pixel_columns",
    "pixel_permutation",
    "read_idx_array",
    "read_table",
    "require",
    "resize_images",
    "resize_table",
    "shift_pixels",
    "shuffle_pixels",
    "split_by_class",
    "split_by_group",
    "store_cached",
    "table_to_images",
    "write_table",
]
