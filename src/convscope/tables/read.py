"""Read a table from whatever it lies in; the content decides, not the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from convscope.archives import check_members
from convscope.errors import DataError, ShapeError, TableError
from convscope.limits import MOST_IMAGES, MOST_TABLE_BYTES
from convscope.reading import options_of
from convscope.tables._cache import load_cached, store_cached
from convscope.tables._csv import read_csv
from convscope.tables._folder import read_folder
from convscope.tables._idx import looks_like_idx, read_idx
from convscope.tables._npz import read_npz
from convscope.tables._observe import observe
from convscope.tables._open import first_bytes
from convscope.tables._parquet import read_parquet
from convscope.tables.pixel_table import PixelTable, Shape
from convscope.tables.point_table import PointTable
from convscope.wording import Setting, Words

__all__ = ["read_table"]

REFUSED = {
    b"\x89HDF": ("an HDF5 file", "save the images as NPZ, Parquet or CSV"),
    b"\x80\x04\x95": ("a pickle, which can run code", "save the images as NPZ, Parquet or CSV"),
    b"\x80\x05\x95": ("a pickle, which can run code", "save the images as NPZ, Parquet or CSV"),
    b"\x89PNG": ("one picture", "put pictures into one folder per class and give the outer folder"),
    b"\xff\xd8\xff": ("one picture", "put pictures into one folder per class and give the outer folder"),
    b"%PDF": ("a PDF", "give a table: CSV, Parquet, IDX, NPZ or a folder of class folders"),
}


def read_table(
    path: str | Path,
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
) -> PixelTable | PointTable:
    """Read a pixel table or a point table.

    Parameters
    ----------
    path : path
        CSV (also gzipped, also tab or semicolon), Parquet, IDX (also gzipped; the labels are found beside
        the images), NPZ with arrays ``images`` and ``labels``, or a folder of class folders of PNG or JPEG.
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
    place = Path(path).expanduser()
    if place.is_dir():
        return _observed(_of_shape(options.image_shape, read_folder(place, options)))
    if not place.is_file():
        raise TableError(
            f"there is no file {str(path)!r}.",
            expected="a table, a folder of class folders, or a data set's name",
            repair="check the spelling; convscope data list shows the data sets",
        )
    cached = load_cached(place, options)
    if cached is not None:
        return cached
    table = _read(place, options.image_shape, options.clip, options.drops_missing)
    if isinstance(table, PixelTable):
        table = _observed(table)
        store_cached(place, options, table)
    return table


def _archive(path: Path) -> TableError:
    """Say that an archive is not read; and if it is one that should not be unpacked either, why."""
    try:
        check_members(path, most_members=MOST_IMAGES, most_bytes=MOST_TABLE_BYTES)
    except DataError as error:
        return TableError(
            f"{path.name} is a zip archive that should not be unpacked: {error.what}",
            received=error.received,
            expected=error.expected,
            repair=error.repair or "get another one",
        )
    return TableError(
        f"{path.name} is a zip archive.", repair="unpack it and give the folder of class folders, or the table in it"
    )


def _of_shape(shape: Shape | None, table: PixelTable) -> PixelTable:
    """Refuse a shape that is not that of images which know their own."""
    if shape is not None and shape != table.image_shape:
        raise ShapeError(
            "the images do not have the shape that was given.",
            received=Words(Setting("shape", shape)),
            expected="x".join(map(str, table.image_shape)),
            repair="leave it out",
        )
    return table


def _observed(table: PixelTable) -> PixelTable:
    return replace(table, notes=(*table.notes, *observe(table)))


def _read(path: Path, shape: tuple[int, int, int] | None, clip: bool, drop_missing: bool) -> PixelTable | PointTable:
    start = first_bytes(path, 16)
    if start.startswith(b"PAR1") or start.startswith(b"PARE"):
        return read_parquet(path, shape=shape, clip=clip, drop_missing=drop_missing)
    if start.startswith(b"PK"):
        if path.suffix.lower() == ".npz":
            return read_npz(path, shape=shape, clip=clip, drop_missing=drop_missing)
        raise _archive(path)
    if looks_like_idx(start) or ("idx" in path.name and "ubyte" in path.name):
        return _of_shape(shape, read_idx(path))
    for magic, (what, repair) in REFUSED.items():
        if start.startswith(magic):
            raise TableError(f"{path.name} is {what}.", repair=repair)
    return read_csv(path, shape=shape, clip=clip, drop_missing=drop_missing)
