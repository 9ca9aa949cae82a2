"""Read a table from whatever it lies in; the content decides, not the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from convscope.errors import TableError
from convscope.reading import Options, options_of
from convscope.tables._archive import read_archive
from convscope.tables._array_files import array_files
from convscope.tables._cache import load_cached, store_cached
from convscope.tables._folder import read_folder
from convscope.tables._format import START_BYTES, Format
from convscope.tables._idx import idx_files, read_idx_folder
from convscope.tables._memory import read_memory
from convscope.tables._npz import read_array_folder
from convscope.tables._observe import observe
from convscope.tables._open import first_bytes
from convscope.tables._packed import holds_shards, packed_tables, unpacked_file, unpacked_shards
from convscope.tables._packing import packing
from convscope.tables._parts import PARTS
from convscope.tables._resize import resize_pixels
from convscope.tables._shards import parquet_files, read_shards
from convscope.tables.formats import catalogue as formats
from convscope.tables.pixel_table import PixelTable
from convscope.tables.table import Table
from convscope.tables.understood import Understood

__all__ = ["read_table", "resize_table"]

Kind = TypeVar("Kind", bound=Table)
TAR, TAR_PLACE = b"ustar", 257
REFUSED = {
    b"\x89HDF": ("an HDF5 file", "save the images as NPZ, Parquet or CSV"),
    b"MATLAB": ("a MATLAB file", "save the images and labels as NPZ, Parquet or CSV"),
    b"\x80\x02": ("a pickle, which can run code", "save the images as NPZ, Parquet or CSV"),
    b"\x80\x03": ("a pickle, which can run code", "save the images as NPZ, Parquet or CSV"),
    b"\x80\x04\x95": ("a pickle, which can run code", "save the images as NPZ, Parquet or CSV"),
    b"\x80\x05\x95": ("a pickle, which can run code", "save the images as NPZ, Parquet or CSV"),
    b"\x89PNG": ("one picture", "put pictures into one folder per class and give the outer folder"),
    b"\xff\xd8\xff": ("one picture", "put pictures into one folder per class and give the outer folder"),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook", "save the sheet as CSV"),
    b"%PDF": ("a PDF", "give a table: CSV, Parquet, IDX, NPZ or a folder of class folders"),
}


def read_table(
    path: str | Path | Any,
    *,
    label: str | None = None,
    drop: Sequence[str] = (),
    shape: Sequence[int] | str | None = None,
    layout: str | None = None,
    split: str = "all",
    intensity: Sequence[float] | str | None = None,
    resize: str | None = None,
    missing: str = "refuse",
    clip: bool = False,
    group: str | None = None,
) -> Table:
    """Read a pixel table or a point table: right, or not at all.

    Names, types and sizes say how a file is to be read; where two readings are left, the table is refused, and the
    message names the option that decides. Whatever was decided is in ``notes``.

    Parameters
    ----------
    path : path, DataFrame, array, tensor, (images, labels), or datasets.Dataset
        Text (CSV and its relatives), Parquet, Feather, JSON lines, NPY, NPZ or IDX, also packed by gzip, bz2, xz or
        zip; a folder, zip or tar of pictures in class folders, or with a list of them; a folder, zip or tar
        of Parquet files (shards, or one for each part). The content decides, not the name.
    label : str, optional
        The column of labels; ``first`` or ``last`` where columns have no names; ``none`` for a table without labels.
    drop : str or sequence of str
        Columns, or class folders, to leave out.
    shape : (height, width), (height, width, channels) or "points", optional
        Of the images, where column names do not tell and the number of columns is not a square.
    layout : str, optional
        Order of the axes from slowest to fastest: ``HWC``, ``CHW``, ``WH``, ``HWN``, ...; N, the rows, is first if not
        named.
    split : {"train", "val", "test", "all"} or "COLUMN:PART"
        The rows to keep.
    intensity : (low, high), "LOW..HIGH" or "standardised", optional
        The range that intensities can have, where the pixels do not tell.
    resize : str, optional
        ``contain``, ``cover`` or ``stretch``, with the size to bring all images to: ``contain:28x28``.
    missing : {"refuse", "drop"}
        What becomes of rows without label, pixel or picture.
    clip : bool
        Move values outside the range to the nearest end instead of refusing them.
    group : str, optional
        The column of what belongs together, such as frames of one source.

    Returns
    -------
    table : PixelTable or PointTable
        A large pixel table is kept as a memory map, so that the next load takes milliseconds. ``notes``
        says what was dropped, decoded or clipped.

    Raises
    ------
    TableError, ShapeError
        Something is wrong in the file; the message names the row, the column and the repair.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame([["line", 0, 255, 0, 255]], columns=["class", "1x1", "1x2", "2x1", "2x2"])
    >>> frame.to_csv("images.csv", index=False)
    >>> table = read_table("images.csv")
    >>> len(table), table.image_shape, table.labels.tolist()
    (1, (2, 2, 1), ['line'])
    """
    options = options_of(
        label=label, drop=drop, shape=shape, layout=layout, split=split, intensity=intensity, resize=resize,
        missing=missing, clip=clip, group=group,
    )  # fmt: skip
    if not isinstance(path, str | Path):
        return _finished(read_memory(path, options), options)
    place = Path(path).expanduser()
    if not (place.is_file() or place.is_dir()):  # a pipe would wait for ever
        raise TableError(
            f"there is no file {str(path)!r}.",
            expected="a table, a folder of class folders, or a data set's name",
            repair="check the spelling; convscope data list shows the data sets",
        )
    cached = load_cached(place, options)
    if cached is not None:
        return cached
    table = _finished(_read(place, options), options)
    if isinstance(table, PixelTable):  # the cache keeps pictures alone: they are what is large
        store_cached(place, options, table)
    return table


def _read(path: Path, options: Options) -> Table:
    if path.is_dir():
        if files := idx_files(path):
            return read_idx_folder(path, files, options)
        if files := array_files(path):
            return read_array_folder(path, files, options)
        if files := parquet_files(path):
            return read_shards(path, files, options)
        return read_folder(path, options)
    with path.open("rb") as file:
        kind = packing(file.read(START_BYTES))
    start = first_bytes(path, START_BYTES)
    if kind in (None, "gz") and not start.startswith(TAR, TAR_PLACE):
        found = _format(path, start)
        if found is not None and (kind is None or found.unpacks):
            return _read_as(found, path, options)
    elif kind == "zip":
        if path.suffix.lower() == ".npz":
            return _read_as(formats.get("npz"), path, options)
        members = packed_tables(path)
        if len(members) > 1:
            return _unpacked_shards(path, members, options)
        return _unpacked(path, kind, members[0], options) if members else read_archive(path, options)
    elif start.startswith(TAR, TAR_PLACE) or (kind is not None and ".tar" in path.name):
        return _unpacked_shards(path, (), options) if holds_shards(path) else read_archive(path, options)
    return _unpacked(path, str(kind), None, options)


def _unpacked(path: Path, kind: str, member: str | None, options: Options) -> Table:
    """Read a packed table as if it were unpacked."""
    with unpacked_file(path, kind, member) as place:
        start = first_bytes(place, START_BYTES)
        if packing(start) is not None and not place.name.endswith(".npz"):
            raise TableError(f"{path.name} holds an archive.", expected="one table", repair="unpack it first")
        return _read_as(_format(place, start), place, options).having(source=str(path))


def _unpacked_shards(path: Path, members: Sequence[str], options: Options) -> Table:
    """Read an archive of Parquet files as the folder that was packed."""
    with unpacked_shards(path, members) as folder:
        return read_shards(folder, parquet_files(folder), options).having(source=str(path))


def _read_as(found: Format, path: Path, options: Options) -> Table:
    return found.read(path, options)


def _format(path: Path, start: bytes) -> Format:
    """Find the format that a file is in by its first bytes."""
    for magic, (what, repair) in REFUSED.items():
        if start.startswith(magic):
            raise TableError(f"{path.name} is {what}.", repair=repair)
    ranked: list[Format] = sorted((formats.get(name) for name in formats), key=lambda one: one.rank)
    return next(one for one in ranked if one.is_mine(path, start))


def _finished(table: Table, options: Options) -> Table:
    """Choose the rows that were asked for, bring pictures to a size, and say what is unusual."""
    if options.split in PARTS and (table.split is None or set(table.split.tolist()) != {options.split}):
        table = table.part(options.split)
    if not isinstance(table, PixelTable):
        return table
    understood = replace(table.understood or Understood(), range_said=options.intensity is not None)
    table = replace(table, understood=understood)
    table = resize_table(table, options)
    return replace(table, notes=(*table.notes, *observe(table)))


def resize_table(table: Kind, options: Options) -> Kind:
    """Bring all images to the size that was said, if one was; rows that are no images stay as they are.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> from convscope.reading import options_of
    >>> resize_table(load_dataset("digits").table[:3], options_of(resize="contain:16x16")).image_shape
    (16, 16, 1)
    """
    how, size = options.resize or ("", None)
    if size is None or not isinstance(table, PixelTable) or table.image_shape[:2] == size:
        return table
    images = resize_pixels(table.images, how, size)
    note = f"images of {table.image_shape[0]}x{table.image_shape[1]} are brought to {size[0]}x{size[1]} ({how})"
    return replace(
        table,
        pixels=images.reshape(len(images), -1),
        image_shape=(*size, table.image_shape[2]),
        notes=(*table.notes, note),
    )
