"""A zip or tar archive of a folder of pictures, read without unpacking it to disk."""

from __future__ import annotations

from pathlib import Path

from convscope.reading import Options
from convscope.tables._folder import read_tree
from convscope.tables._list import find_lists
from convscope.tables._parts import part_of
from convscope.tables._tree import Tree, open_tree
from convscope.tables.pixel_table import PixelTable

__all__ = ["read_archive"]


def read_archive(path: Path, options: Options) -> PixelTable:
    """Read an archive as the folder that was packed; one outer folder counts for nothing.

    Parameters
    ----------
    path : Path
        Zip, or tar, also packed by gzip, bzip2 or xz.
    options : Options
        As for `read_folder`.

    Raises
    ------
    TableError
        As for a folder; and where the archive should not be unpacked at all: it holds links, paths that lead outside,
        archives, or more than its size lets expect.
    """
    return read_tree(_without_outer(open_tree(path), options), options, str(path))


def _without_outer(tree: Tree, options: Options) -> Tree:
    """Pass over the folder that most programs pack, and others do not."""
    tops = tree.tops()
    if len(tops) != 1 or part_of(tops[0]) or any("/" not in one.name for one in tree.files):
        return tree
    inner = tree.below(tops[0])
    return inner if inner.tops() or find_lists(inner, options) else tree
