"""From a name or a path to a table."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from convscope import datasets
from convscope.datasets._fetch import fetch
from convscope.datasets._home import data_home_path, find, is_offline, verify
from convscope.datasets._hosts import Policy, greet
from convscope.datasets._records import Dataset, IdxImages, PointsFile
from convscope.datasets._shipped import find_shipped
from convscope.errors import DatasetError, TableError, UsageError, did_you_mean
from convscope.installing import install_line
from convscope.reading import Reading, options_of, refuse_reading
from convscope.tables import (
    PixelTable,
    Table,
    check_classes,
    count_shared,
    hold_out,
    load_cached,
    note_untested,
    read_idx_array,
    read_table,
    require,
    resize_table,
    store_cached,
)
from convscope.wording import visible

__all__ = [
    "Place",
    "call_ahead",
    "load_dataset",
    "load_parts",
    "load_table",
    "load_validation",
    "locate",
    "split_table",
]

SPLITS = ("train", "test", "all")
Home = str | Path | None


@dataclass(frozen=True)
class Place:
    """Where a data set is, or how to get it."""

    at_hand: bool
    where: str
    reason: str = ""


def load_dataset(
    name: str,
    *,
    split: str = "train",
    as_frame: bool = True,
    return_X_y: bool = False,
    data_home: Home = None,
    **reading: Unpack[Reading],
) -> Any:
    """Load a data set the way scikit-learn's loaders do.

    Parameters
    ----------
    name : str
        A data set's name, or a path to a table.
    split : {"train", "val", "test", "all"} or "COLUMN:PART"
        The rows to load. Of a table of the user's own that does not say which rows are for training, "train" gives all.
    as_frame : bool
        Give ``data`` and ``target`` as pandas objects, else as arrays. The pixels are not copied.
    return_X_y : bool
        Give ``(data, target)`` only.
    data_home : path, optional
        Where data sets lie; else ``CONVSCOPE_DATA``, else the user's cache folder.
    **reading
        How a table of the user's own is read: the options of `tables.read_table`.

    Returns
    -------
    bunch : Bunch
        ``frame`` (class and pixels), ``data`` (n_rows, n_pixels), ``target`` (n_rows,), ``images``
        (n_rows, height, width, channels) or None for points, ``image_shape``, ``class_names``, ``DESCR``,
        and the ``table`` itself.

    Raises
    ------
    UsageError
        There is no such data set, split or file.
    DatasetError
        The data set is not available.
    TableError
        Something is wrong in the file.

    Examples
    --------
    >>> digits = load_dataset("digits")
    >>> digits.data.shape, digits.images.shape, digits.target[:5].tolist()
    ((1437, 64), (1437, 8, 8, 1), [0, 1, 2, 3, 4])
    """
    from sklearn.utils import Bunch  # noqa: PLC0415  (importing it takes a second, and few tables need it)

    table = load_table(name, split=split, data_home=data_home, **reading)
    frame = table.frame
    data: Any = table.data
    target: Any = None if table.labels is None else frame["class"]
    if not as_frame:
        data, target = table.values, table.labels
    if return_X_y:
        return data, target
    return Bunch(
        frame=frame if as_frame else None,
        data=data,
        target=target,
        images=table.images,
        image_shape=table.image_shape,
        class_names=table.class_names,
        feature_names=table.columns,
        DESCR=_describe(name, table),
        table=table,
    )


def load_table(
    name: str | Path,
    *,
    split: str = "train",
    data_home: Home = None,
    progress: bool = False,
    **reading: Unpack[Reading],
) -> Table:
    """Load a data set, or read a table of the user's own; see `load_dataset` for the parameters.

    Returns
    -------
    table : Table

    Examples
    --------
    >>> load_table("digits", split="test").image_shape
    (8, 8, 1)
    """
    if str(name) in datasets.catalogue:
        if split not in SPLITS:
            raise UsageError(
                f"there is no split {split!r}.",
                received=f"split={split!r}",
                expected=did_you_mean(str(split), SPLITS),
                repair="use one of these",
            )
        others = {option: value for option, value in reading.items() if option != "resize"}
        refuse_reading(others, f"the data set {name}")
        dataset: Dataset = datasets.catalogue.get(str(name))
        table = _make(dataset, split) if dataset.make else _read(dataset, split, data_home_path(data_home), progress)
        table = table.named(dict(enumerate(dataset.class_names))).having(source=str(name))
        return resize_table(table, options_of(resize=reading.get("resize")))
    _check_path(name)
    table = read_table(name, split=split if ":" in split else "all", **reading)
    if split == "all" or ":" in split or (split == "train" and table.split is None):
        return table
    if table.split is None:
        options_of(split=split)
        raise TableError(
            f"{name} has no {split} part of its own.", repair="use hold_out(table), or give the file of the test rows"
        )
    return table.part(split)


def load_parts(
    name: str | Path,
    *,
    split: str = "all",
    data_home: Home = None,
    progress: bool = False,
    **reading: Unpack[Reading],
) -> tuple[Table, Table]:
    """Load training and test rows; of a table without test rows, one row in five is held out for testing.

    Parameters
    ----------
    name : str or path
    split : str
        Of a table of the user's own, take these rows only.
    data_home : path, optional
    progress : bool
    **reading
        As in `load_dataset`.

    Returns
    -------
    train, test : tables

    Raises
    ------
    TableError
        There are test rows of a class that no training row has; and as `load_table`.

    Examples
    --------
    >>> train, test = load_parts("digits")
    >>> len(train), len(test), train.image_shape
    (1437, 360, (8, 8, 1))
    """
    train, test = _parts(name, split, data_home, progress, reading)
    n_shared = count_shared(train, test)
    if n_shared:
        note = f"{n_shared:,} of the {len(test):,} test rows are also training rows"
        train = train.having(notes=(*train.notes, note))
    return train, test


def load_validation(
    name: str | Path, *, split: str = "all", data_home: Home = None, **reading: Unpack[Reading]
) -> Table | None:
    """Load the rows that a table of the user's own keeps for validation; None where it keeps none.

    Examples
    --------
    >>> print(load_validation("digits"))
    None
    """
    if str(name) in datasets.catalogue:
        return None
    table = load_table(name, split=split, data_home=data_home, **reading)
    kept = {"train", "val"} <= set([] if table.split is None else table.split.tolist())
    return table.part("val") if kept else None


def _parts(name: str | Path, split: str, data_home: Home, progress: bool, reading: Reading) -> tuple[Table, Table]:
    if str(name) in datasets.catalogue:
        if split != "all":
            refuse_reading({"split": split}, f"the data set {name}, of which all rows are used,")
        train, test = (
            load_table(name, split=part, data_home=data_home, progress=progress, **reading)
            for part in ("train", "test")
        )
        return train, test
    return split_table(load_table(name, split=split, progress=progress, **reading))


def split_table(table: Table) -> tuple[Table, Table]:
    """Split a table of the user's own into training and test rows, as it says itself, else one row in five.

    Rows for validation are in neither: they are kept for early stopping, see `load_validation`.

    Raises
    ------
    TableError
        There are test rows of a class that no training row has, or too few rows to split.

    Examples
    --------
    >>> train, test = split_table(load_table("digits"))
    >>> len(train), len(test)
    (1149, 288)
    """
    parts = Counter([] if table.split is None else table.split.tolist())
    if parts["val"] and len(parts) > 1:
        told = f"{parts['val']:,} rows for validation are not trained on"
        table = table.having(notes=(*table.notes, told))
    if parts["test"] and len(parts) > 1:
        train, test = table.part("train"), table.part("test")
        check_classes(train, test)
        return train, test
    if len(parts) > 1:
        table = table.part("train")
    train, test = hold_out(table)
    note = f"no test rows were given: {len(test):,} of {len(table):,} rows are held out for testing"
    if table.groups is not None and test.groups is not None:
        note += f", as {len(set(test.groups)):,} of {len(set(table.groups)):,} groups"
    return train.having(notes=(*train.notes, note, *note_untested(train, test))), test


def locate(name: str, data_home: Home = None) -> Place:
    """Say where a data set is, without loading or fetching it.

    Raises
    ------
    UsageError
        There is no such data set.

    Examples
    --------
    >>> locate("digits")
    Place(at_hand=True, where='inside scikit-learn', reason='')
    """
    dataset: Dataset = datasets.catalogue.get(name)
    if dataset.shipped is not None:
        found = find_shipped(dataset.shipped)
        return Place(True, str(found)) if found else Place(False, "", install_line(dataset.shipped.extra))
    if dataset.make is not None:
        return Place(True, "inside scikit-learn" if name == "digits" else "generated")
    home = data_home_path(data_home)
    missing = _missing(dataset, home)
    if not missing:
        return Place(True, str((home / dataset.files[0].place).parent))
    how = "put it there" if is_offline() else f"convscope data fetch {name}, or put it there"
    return Place(False, str(home), f"{home / missing[0]} is missing: {how}")


def call_ahead(*names: str, data_home: Home = None) -> None:
    """Find out aside which mirrors answer for what is missing, so that loading it need not wait for one after another.

    Parameters
    ----------
    *names : str
        Data sets; nothing is asked for those that are at hand, or offline.
    data_home : path, optional
        As for `load_dataset`.

    Raises
    ------
    UsageError
        There is no such data set.

    Examples
    --------
    >>> call_ahead("digits")
    """
    home = data_home_path(data_home)
    for name in names:
        dataset: Dataset = datasets.catalogue.get(name)
        if _missing(dataset, home) and not is_offline():
            for mirror in {mirror for file in dataset.files for mirror in file.mirrors}:
                greet(mirror, Policy())


def _missing(dataset: Dataset, home: Path) -> list[str]:
    """List the files that are not available; a CSV of the lab stands for the two IDX files of a split."""
    missing: list[str] = []
    for split, part in (dataset.splits or {}).items():
        if isinstance(part, IdxImages):
            if _find_csv(split, part, home) is None:
                missing += [pinned.place for pinned in (part.images, part.labels) if find(pinned.place, home) is None]
        elif find(part.file.place, home) is None:
            missing.append(part.file.place)
    return missing


def _make(dataset: Dataset, split: str) -> Table:
    assert dataset.make is not None
    return dataset.make(split)


def _read(dataset: Dataset, split: str, home: Path, progress: bool) -> Table:
    """Read the files of one split, or of all, in order."""
    splits = dataset.splits or {}
    if "all" in splits:
        part = splits["all"]
        assert isinstance(part, PointsFile)
        table = _read_points(part, home, progress)
        return table if split == "all" else table.part(split)
    wanted = list(splits) if split == "all" else [split]
    tables = [
        _read_images(name, part, home, progress) for name in wanted if isinstance(part := splits[name], IdxImages)
    ]
    if len(tables) == 1:
        return tables[0]
    pixels, labels = (np.concatenate([getattr(table, name) for table in tables]) for name in ("pixels", "labels"))
    return tables[0].having(pixels=pixels, labels=labels, split=None)


def _read_points(part: PointsFile, home: Path, progress: bool) -> Table:
    path = fetch(part.file, home, progress=progress)
    verify(path, part.file)
    return read_table(path)


def _read_images(split: str, part: IdxImages, home: Path, progress: bool) -> PixelTable:
    """Read one split's images and labels; verified at the first read, a memory map from then on."""
    csv = None if find(part.images.place, home) else _find_csv(split, part, home)
    images = csv or fetch(part.images, home, progress=progress)
    labels = csv or fetch(part.labels, home, progress=progress)
    cached = load_cached(images, part.images.sha256)
    if cached is not None:
        return cached
    table = _read_csv(csv, part) if csv else _read_idx(images, labels, part)
    store_cached(images, part.images.sha256, table)
    return table


def _read_idx(images: Path, labels: Path, part: IdxImages) -> PixelTable:
    for path, pinned in ((images, part.images), (labels, part.labels)):
        verify(path, pinned)
    pictures = read_idx_array(images)
    count, height, width = pictures.shape
    known = read_idx_array(labels).astype(np.int64)
    return PixelTable(pictures.reshape(count, -1), (height, width, 1), known, source=str(images))


def _find_csv(split: str, part: IdxImages, home: Path) -> Path | None:
    """Find the lab's form of the same images, such as ``mnist_train.csv.gz``."""
    folder = part.images.place.split("/")[0]
    return find(f"{folder}/{folder}_{split}.csv.gz", home)


def _read_csv(path: Path, part: IdxImages) -> PixelTable:
    """Read the lab's CSV; it is the same data if its IDX form would have the pinned checksums."""
    table = require(read_table(path), PixelTable, f"{path.name} holds no images.")
    height, width, _ = table.image_shape
    labels = np.zeros(0) if table.labels is None else table.labels
    written = (
        (part.images, struct.pack(">4I", 0x803, len(table), height, width), table.pixels),
        (part.labels, struct.pack(">2I", 0x801, len(table)), labels),
    )
    for pinned, header, values in written:
        digest = hashlib.sha256(header + _bytes_of(values)).hexdigest()
        if digest != pinned.sha256:
            raise DatasetError(
                f"{path} does not hold the expected images and labels.",
                received=f"sha256 {digest} of its rows in the form of {pinned.place}",
                expected=f"sha256 {pinned.sha256}",
                repair="delete it; the data set is fetched again",
            )
    return table.having(notes=())


def _bytes_of(values: NDArray[Any]) -> bytes:
    """Give values as bytes, if each is one; a label of 261 is not 5."""
    is_number = values.dtype.kind in "uif"
    return values.astype(np.uint8).tobytes() if is_number and np.array_equal(values, values.astype(np.uint8)) else b""


def _check_path(name: str | Path) -> None:
    if isinstance(name, str | Path) and Path(name).expanduser().exists():
        return
    raise UsageError(
        f"{str(name)!r} is neither a data set nor a file.",
        received=repr(str(name)),
        expected=f"the path of a table, or {did_you_mean(str(name), datasets.catalogue.names())}",
        repair="check the spelling; convscope data list shows the data sets",
    )


def _describe(name: str, table: Table) -> str:
    if name not in datasets.catalogue:
        return visible(f"{name}: {len(table):,} rows.")
    dataset: Dataset = datasets.catalogue.get(name)
    return "\n".join(
        [
            datasets.catalogue.summary(name),
            "",
            f"Source: {dataset.source}",
            f"Licence: {dataset.licence}",
            f"Rows: {len(table):,}; classes: {', '.join(map(str, table.classes.tolist())) or 'none'}",
        ]
    )
