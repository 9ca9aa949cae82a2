"""NPY and NPZ files: arrays under the names that people give them, never pickled objects."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from convscope.archives import check_members
from convscope.errors import DataError, TableError
from convscope.limits import MOST_ARRAYS, largest_content
from convscope.reading import Options
from convscope.tables._array_files import labels_file, part_in_name
from convscope.tables._arrays import Part, from_arrays
from convscope.tables._facts import Facts, facts_of
from convscope.tables._named_arrays import (
    FACTS,
    IMAGE_SHAPE,
    SPLIT,
    STORED,
    WEIGHT,
    Header,
    Pair,
    pairs_of,
    without_label,
)
from convscope.tables._open import check_table, unpacked
from convscope.tables._parts import PARTS, part_of
from convscope.tables.pixel_table import PixelTable
from convscope.tables.table import GROUP_COLUMN
from convscope.tables.understood import LeftOut
from convscope.wording import Setting, Words

__all__ = ["read_array_folder", "read_npy", "read_npz"]

THREE_AXES = 3
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(path: Path, options: Options) -> PixelTable:
    """Read images and labels from an NPZ file.

    Raises
    ------
    TableError
        The archive is damaged or too large when unpacked, has no images, or holds pickled objects.
    """
    headers = _headers_of(path)
    if len(headers) == 1 and labels_file(path) is not None:
        return _of_pairs([path], options)
    pairs, notes = pairs_of(headers, path.name, options.label)
    options = without_label(options, headers)
    if options.split in PARTS and any(pair.part for pair in pairs):
        pairs = [pair for pair in pairs if pair.part == options.split]
        if not pairs:
            raise TableError(f"{path.name} has no part {options.split!r}.", repair=Words(Setting("split", "all")))
    used = [name for pair in pairs for name in (pair.images, pair.labels) if name is not None]
    _check(headers, pairs, path)
    extra = [name for name in STORED if name in headers]
    arrays = _arrays(path, [*used, *extra])
    others = [f"{name} {one.shape}" for name, one in headers.items() if name not in (*used, *extra)]
    left_out = (LeftOut.of(others, "arrays", "neither images nor labels"),) if others and options.split == "all" else ()
    parts = [
        Part(arrays[pair.images], None if pair.labels is None else arrays[pair.labels], pair.part) for pair in pairs
    ]
    if IMAGE_SHAPE in arrays:
        stored = _stored_shape(arrays[IMAGE_SHAPE], path)
        if options.shape is None and options.layout is None:
            options = options.having(shape=stored, layout="HWC" if parts[0].images.ndim != THREE_AXES else "HW")
    stored_text = arrays.get(FACTS)
    facts = facts_of(None if stored_text is None else str(stored_text), options)
    facts = replace(facts, options=facts.options.having(group=options.group))  # an array, no column
    table = from_arrays(parts, facts.options, path, notes=notes, left_out=left_out, label=pairs[0].labels)
    return _with_stored(table, arrays, facts, path)


def read_npy(path: Path, options: Options) -> PixelTable:
    """Read one array of pictures, with the labels from the file beside it: X.npy goes with y.npy.

    Raises
    ------
    TableError
        The file is damaged, or holds pickled objects; or the labels do not belong to it.
    """
    if labels_file(path) is not None:
        return _of_pairs([path], options)
    return from_arrays([Part(_npy_array(path))], options, path)


def read_array_folder(folder: Path, files: list[Path], options: Options) -> PixelTable:
    """Read files of images with their files of labels, which the word for a part in their names tells apart.

    Raises
    ------
    TableError
        It is not clear what the parts are; or images and labels do not belong together.
    """
    named = [part_in_name(path) for path in files]
    if len(files) > 1 and (None in named or len(set(named)) < len(files)):
        raise TableError(
            f"it is not clear which parts of a data set the files in {folder.name} are.",
            received=", ".join(path.name for path in files[:4]),
            expected="x_train.npy and x_test.npy, or others whose names say it so",
            repair=f"give one of the files: {folder.name}/{files[0].name}",
        )
    used = {*files, *map(labels_file, files)}
    others = [path.name for path in sorted(folder.iterdir()) if path not in used]
    left_out = (LeftOut.of(others, "files", "beside the images and their labels"),) if others else ()
    return _of_pairs(sorted(files, key=lambda path: PARTS.index(part_in_name(path) or "train")), options, left_out)


def _of_pairs(files: Sequence[Path], options: Options, left_out: tuple[LeftOut, ...] = ()) -> PixelTable:
    """Read files of one array each, and the files of their labels."""
    parts, beside = [], ""
    for path in files:
        labels_path = labels_file(path)
        assert labels_path is not None  # of files that were chosen so
        beside = labels_path.name
        images, labels = _lone_array(path), _lone_array(labels_path)
        if not labels.shape or labels.shape[0] not in (images.shape[:1] + images.shape[-1:]):
            raise TableError(
                f"{path.name} and {beside} do not belong together.",
                received=f"images {images.shape}, labels {labels.shape}",
                expected="one label per image",
                repair="put one of the files into another folder",
            )
        parts.append(Part(images, labels, part_in_name(path) if len(files) > 1 else None))
    note = f"labels are read from {beside}" if len(files) == 1 else "labels are read from the files beside the images"
    return from_arrays(parts, options, files[0], notes=(note,), left_out=left_out, label=beside)


def _lone_array(path: Path) -> NDArray[Any]:
    if path.suffix.lower() == ".npy":
        return _npy_array(path, may_be_text=True)
    headers = _headers_of(path)
    if len(headers) != 1:
        raise TableError(
            f"{path.name} holds several arrays.",
            received=", ".join(headers) or "none",
            expected="one array, beside a file of images",
        )
    ((name, header),) = headers.items()
    check_table(path, header.shape[0] if header.shape else 0, prod(header.shape), header.kind.itemsize)
    return _arrays(path, [name])[name]


def _npy_array(path: Path, *, may_be_text: bool = False) -> NDArray[Any]:
    try:
        with unpacked(path) as file:
            header = _header(file, path, path.name)
            check_table(path, header.shape[0] if header.shape else 0, prod(header.shape), header.kind.itemsize)
        with unpacked(path) as file:
            images = np.lib.format.read_array(file, allow_pickle=False)
    except TableError:
        raise
    except Exception as error:  # NumPy raises whatever the numbers in the file lead it to
        raise TableError(f"{path.name} is not a complete NPY file: {error}.", repair="copy the file again") from None
    if not may_be_text:
        _check_numbers(header, path.name)
    return images


def _with_stored(table: PixelTable, arrays: Mapping[str, NDArray[Any]], facts: Facts, path: Path) -> PixelTable:
    """Take over what `write_table` stored beside images and labels."""
    split, weights = arrays.get(SPLIT), arrays.get(WEIGHT)
    if split is not None and table.split is None:
        if split.shape != (len(table),):
            raise TableError(
                f"the array split of {path.name} does not have one entry per image.", received=f"{split.shape}"
            )
        known = {str(text): part_of(str(text)) for text in set(split.astype(str).tolist())}
        if None in known.values():
            raise TableError(
                f"the array split of {path.name} is unclear.", received=", ".join(known), expected="train, val, test"
            )
        table = replace(table, split=np.array([known[text] for text in split.astype(str).tolist()], dtype=object))
    if weights is not None and weights.dtype.kind == "f" and weights.shape == (len(table),):
        table = replace(table, weights=weights.astype(np.float64))
    groups = arrays.get(GROUP_COLUMN)
    if groups is not None and groups.dtype.kind in "iuU" and groups.shape == (len(table),):
        table = replace(table, groups=groups.astype(str).astype(object))
    return replace(table, class_names=(), names=facts.names(table.classes.tolist()))


def _check(headers: Mapping[str, Header], pairs: Sequence[Pair], path: Path) -> None:
    """Say what is wrong with the arrays, as far as their headers tell, before they are unpacked."""
    cells = rows = width = 0
    for pair in pairs:
        header = headers[pair.images]
        _check_numbers(header, path.name)
        if 0 in header.shape or not header.shape:
            what = "0 rows" if header.shape[:1] == (0,) else "images with no pixels"
            raise TableError(f"{path.name} has {what}.", received=f"shape {header.shape}", expected="one image per row")
        copies = 0 if header.kind in (np.uint8, np.uint16, np.float64) else np.float64().itemsize
        rows, cells = rows + header.shape[0], cells + prod(header.shape)
        width = max(width, header.kind.itemsize + copies)
        if pair.labels is None:
            continue
        labels = headers[pair.labels]
        if not labels.shape or labels.shape[0] not in (header.shape[0], header.shape[-1]):
            raise TableError(
                f"the images and labels of {path.name} do not belong together.",
                received=f"{header.shape[0]:,} images, labels {labels.shape}",
            )
        if labels.kind.kind not in "biufSUMm":
            raise TableError(f"the labels of {path.name} are neither numbers nor text.", received=str(labels.kind))
    check_table(path, rows, cells, width)


def _check_numbers(header: Header, name: str) -> None:
    if header.kind.kind not in "uifb":
        raise TableError(f"the images of {name} are not numbers.", received=str(header.kind))


def _stored_shape(stored: NDArray[Any], path: Path) -> tuple[int, int, int]:
    if stored.dtype.kind not in "iu" or stored.shape != (3,) or not (stored > 0).all():
        raise TableError(
            f"{IMAGE_SHAPE} in {path.name} is no shape.",
            received=f"{stored.tolist()}",
            expected="height, width and channels: whole numbers above 0",
        )
    height, width, channels = stored.tolist()
    return height, width, channels


def _headers_of(path: Path) -> dict[str, Header]:
    """Look at the headers of all arrays."""
    with _in_our_words(path):
        check_members(path, most_members=MOST_ARRAYS, most_bytes=largest_content(path.stat().st_size))
        with zipfile.ZipFile(path) as archive:
            return _headers(archive, path)


def _arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    with _in_our_words(path), np.load(path, allow_pickle=False) as found:
        return {name: found[name] for name in names}


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except TableError:
        raise
    except DataError as error:
        raise TableError(error.what, received=error.received, expected=error.expected, repair=error.repair) from None
    except Exception as error:  # zipfile and NumPy raise whatever the numbers in the file lead them to
        raise TableError(
            f"{path.name} is not a complete NPZ file: {error}.", repair="download or copy the file again"
        ) from None


def _headers(archive: zipfile.ZipFile, path: Path) -> dict[str, Header]:
    """Refuse pickled objects, and headers that promise more than there is, before anything is unpacked."""
    headers = {}
    for entry in archive.infolist():
        with archive.open(entry) as member:
            header = _header(member, path, entry.filename)
        shape, kind = header.shape, header.kind
        if min(shape, default=0) < 0 or prod(shape) * kind.itemsize > entry.file_size:
            raise TableError(
                f"the header of {entry.filename} in {path.name} promises more data than there is.",
                received=f"shape {shape} in {entry.file_size:,} bytes",
            )
        name = entry.filename.removesuffix(".npy")
        if name in headers:
            raise TableError(f"{path.name} holds two arrays of the same name.", received=repr(name[:120]))
        headers[name] = header
    return headers


def _header(member: IO[bytes] | Any, path: Path, array: str) -> Header:
    """Read the header of one array; pickled objects are refused."""
    version = np.lib.format.read_magic(member)
    read_header = HEADERS.get(version)
    if read_header is None:
        raise TableError(f"{path.name} has an array of unknown format {version}.")
    shape, _, kind = read_header(member)
    if kind.hasobject:
        raise TableError(
            f"{path.name} holds pickled objects, which can run code.",
            received=array,
            expected="arrays of numbers or text",
            repair="save labels as an array of text: np.asarray(labels, dtype=str)",
        )
    return Header(shape, kind)
