"""Frames of pandas, and pictures of Pillow, as columns that know their types."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from convscope.errors import ShapeError, TableError, TableTypeError
from convscope.tables._tensors import array_of
from convscope.wording import Setting, Words

__all__ = ["arrow_of_frame", "arrow_of_pictures", "is_picture", "with_files"]

FILE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
AS_PNG = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def is_picture(value: Any) -> bool:
    """Say whether something is a picture of Pillow."""
    return isinstance(value, Image.Image)


def arrow_of_pictures(pictures: Sequence[Any], labels: Sequence[Any] | None) -> pa.Table:
    """Make a table of pictures, and of their labels.

    They become files, so that palettes, transparency and sizes are seen to by the rules for files.

    Raises
    ------
    TableError, TableTypeError
        There are not as many labels, or one of the pictures is none.
    """
    columns = {"image": _files(pictures)}
    if labels is not None:
        if len(labels) != len(pictures):
            raise TableError(
                "the pictures and labels of the list do not belong together.",
                received=f"{len(pictures):,} pictures, {len(labels):,} labels",
                expected="one label per picture",
            )
        columns["class"] = pa.array(labels)
    return pa.table(columns)


def arrow_of_frame(frame: pd.DataFrame) -> pa.Table:
    """Make a table of a frame; a column may hold arrays or pictures, and an index with a name is a column.

    Raises
    ------
    TableError, ShapeError
        Two columns have one name, or a column holds things of many kinds or arrays of many sizes.
    """
    named = frame.reset_index() if any(name is not None for name in frame.index.names) else frame
    named = named.set_axis([_name(name) for name in named.columns], axis="columns")
    if not named.columns.is_unique:
        twice = named.columns[named.columns.duplicated()][0]
        raise TableError(
            f"the data frame has two columns named {twice!r}.",
            expected="each name once",
            repair="delete or rename one of them",
        )
    nested = {name: column for name in named if (column := _nested(named[name], str(name))) is not None}
    plain = named.drop(columns=list(nested))
    try:
        table = pa.Table.from_pandas(plain, preserve_index=False)
    except (pa.ArrowException, ValueError) as error:
        raise TableTypeError(
            "a column of the data frame holds things of different kinds.",
            received=" ".join(map(str, error.args))[:120],
            expected="numbers, text, lists or arrays of numbers, or pictures",
        ) from None
    for name, column in nested.items():
        table = table.append_column(str(name), column)
    return table.select([str(name) for name in named.columns])


def with_files(table: pa.Table) -> pa.Table:
    """Read the pictures that a data set of Hugging Face's knows by their paths alone."""
    for place, column in enumerate(table.schema):
        if column.type == FILE and table.column(place).num_chunks:
            told = table.column(place).to_pylist()
            if any(_is_path_alone(one) for one in told):
                read = [
                    {**one, "bytes": Path(one["path"]).read_bytes()} if _is_path_alone(one) else one for one in told
                ]
                table = table.set_column(place, column, pa.array(read, FILE))
    return table


def _is_path_alone(stored: dict[str, Any] | None) -> bool:
    is_alone = stored is not None and stored["bytes"] is None and bool(stored["path"])
    return is_alone and stored is not None and Path(stored["path"]).is_file()


def _name(name: Any) -> str:
    """Write the name of a column; of several levels, such as rows and columns, with a cross between."""
    return "x".join(str(part) for part in name if part != "") if isinstance(name, tuple) else str(name)


def _nested(column: pd.Series[Any], name: str) -> pa.Array | None:
    """Make a column of arrays or of pictures, if it is one."""
    if column.dtype != object or not len(column):
        return None
    first = column.iloc[0]
    if is_picture(first):
        return _files(column.tolist())
    if not hasattr(first, "shape") or len(first.shape) < 2:
        return None
    arrays = [array_of(one) for one in column]
    sizes = {one.shape for one in arrays}
    if len(sizes) > 1:
        raise ShapeError(
            f"column {name!r} of the data frame holds arrays of different sizes.",
            received=", ".join(map(str, sorted(sizes)[:3])),
            expected="one size",
            repair=Words("leave the column out: ", Setting("drop", name), "; or give pictures of Pillow"),
        )
    return _lists(np.stack(arrays))


def _lists(arrays: NDArray[Any]) -> pa.Array:
    found = pa.array(arrays.ravel())
    for size in reversed(arrays.shape[1:]):
        found = pa.FixedSizeListArray.from_arrays(found, size)
    return found


def _files(pictures: Sequence[Any]) -> pa.Array:
    return pa.array([{"bytes": _written(picture, row), "path": None} for row, picture in enumerate(pictures)], FILE)


def _written(picture: Any, row: int) -> bytes:
    if not is_picture(picture):
        raise TableTypeError(
            f"row {row + 1} is no picture, and the first one is.",
            received=type(picture).__name__,
            expected="pictures of Pillow in each row",
        )
    file = io.BytesIO()
    kind = "PNG" if picture.mode in AS_PNG else "TIFF"
    picture.save(file, kind, exif=picture.getexif(), **({"compress_level": 1} if kind == "PNG" else {}))
    return file.getvalue()
