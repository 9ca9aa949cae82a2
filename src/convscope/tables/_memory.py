"""Tables that are in memory already: frames, arrays, tensors, pairs and data sets, by the rules for files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from convscope.errors import TableError, TableTypeError
from convscope.reading import Options
from convscope.tables._arrays import Part, from_arrays
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._frames import arrow_of_frame, arrow_of_pictures, is_picture, with_files
from convscope.tables._named_arrays import named_arrays
from convscope.tables._parts import PARTS, part_of
from convscope.tables._tensors import HELD, array_of
from convscope.tables.table import Table

__all__ = ["read_memory"]

PAIR = 2


def read_memory(source: Any, options: Options) -> Table:
    """Read a table from an object, by the rules for files.

    Parameters
    ----------
    source : object
        A frame of pandas, polars or pyarrow; a ``datasets.Dataset``, or a mapping of them by part; an array or tensor;
        ``(images, labels)``, or, as Keras gives them, ``((x_train, y_train), (x_test, y_test))``; a mapping of arrays
        named as in NPZ files; a sequence of (picture, label), such as a data set of PyTorch.
    options : Options

    Raises
    ------
    TableError, ShapeError, TableTypeError
        It does not say how it is to be read; the message names the option that decides.
    """
    if isinstance(source, Mapping) and source and all(map(_is_frame, source.values())):
        return _read_arrow(_joined(source), "the data set", options)
    if _is_frame(source):
        return _read_arrow(_arrow(source), "the data set" if _is_dataset(source) else "the data frame", options)
    if isinstance(source, Mapping):
        pairs, of_arrays, notes, left_out = named_arrays(source, "the mapping", options)
        parts = [Part(array_of(x), None if y is None else array_of(y), part) for part, x, y in pairs]
        return from_arrays(parts, of_arrays, Path("the mapping"), notes=notes, left_out=left_out)
    if isinstance(source, tuple) and len(source) == PAIR:
        return _read_pair(source, options)
    if _holds_pairs(source):
        return _read_items(source, options)
    if isinstance(source, list) and source and is_picture(source[0]):
        return _read_arrow(arrow_of_pictures(source, None), "the list", options)
    return from_arrays([Part(array_of(source))], options, Path("the array"))


def _read_arrow(table: pa.Table, name: str, options: Options) -> Table:
    def batches(n_rows: int, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        yield from table.select(list(columns)).to_batches(max_chunksize=n_rows)

    return understand(ArrowSheet(Path(name), table.schema, table.num_rows, batches), options)


def _read_pair(source: tuple[Any, Any], options: Options) -> Table:
    """Read images and labels; or pairs of them for training and testing."""
    images, labels = source
    if all(isinstance(one, tuple) and len(one) == PAIR for one in source):
        named = zip(source, ("train", "test"), strict=True)
        parts = [Part(array_of(x), array_of(y), part) for (x, y), part in named]
        return from_arrays(parts, options, Path("the array"))
    if isinstance(images, list | tuple) and images and is_picture(images[0]):
        return _read_arrow(arrow_of_pictures(images, array_of(labels).tolist()), "the list", options)
    return from_arrays([Part(array_of(images), array_of(labels))], options, Path("the array"))


def _holds_pairs(source: Any) -> bool:
    """Say whether something is a sequence of (picture, label), such as a data set of PyTorch."""
    if isinstance(source, tuple) or hasattr(source, "shape") or not hasattr(source, "__getitem__"):
        return False
    try:
        first = source[0] if len(source) else None
    except (TypeError, LookupError):
        return False
    return isinstance(first, tuple) and len(first) == PAIR


def _read_items(source: Any, options: Options) -> Table:
    """Read a sequence of (picture, label); PyTorch's own data sets name their classes."""
    items = [source[place] for place in range(len(source))]
    images, labels = [image for image, _ in items], array_of([label for _, label in items])
    if is_picture(images[0]):
        table = _read_arrow(arrow_of_pictures(images, labels.tolist()), "the data set", options)
    else:
        table = from_arrays([Part(array_of(images), labels)], options, Path("the data set"))
    names = getattr(source, "classes", None)
    if table.labels is None or not isinstance(names, list | tuple):
        return table
    known = {code: str(name) for code, name in enumerate(names)}
    return table.named(known) if set(table.classes.tolist()) <= set(known) else table


def _is_dataset(source: Any) -> bool:
    """Say whether something is a data set of Hugging Face's library."""
    return hasattr(source, "features") and hasattr(source, "with_format") and hasattr(source, "num_rows")


def _is_frame(source: Any) -> bool:
    is_table = hasattr(source, "__arrow_c_stream__") and hasattr(source, "columns")
    return isinstance(source, pd.DataFrame) or _is_dataset(source) or is_table


def _arrow(source: Any) -> pa.Table:
    if isinstance(source, pd.DataFrame):
        return arrow_of_frame(source)
    if _is_dataset(source):
        table: pa.Table = source.with_format("arrow")[:]
        return with_files(table.replace_schema_metadata(source.features.arrow_schema.metadata))
    return pa.table(source)


def _joined(source: Mapping[str, Any]) -> pa.Table:
    """Put the parts of a data set one behind the other, with a column that says which row is of which."""
    parts = {part_of(str(name)): _arrow(one) for name, one in source.items()}
    if None in parts or len(parts) < len(source):
        raise TableError(
            "it is not clear which parts of a data set these are.",
            received=", ".join(map(str, source)),
            expected="train, validation, test",
            repair="give one of them",
        )
    ordered = [(part, parts[part]) for part in PARTS if part in parts]
    named = [table.append_column("split", pa.array([part] * table.num_rows)) for part, table in ordered]
    try:
        return pa.concat_tables(named)
    except pa.ArrowException as error:
        raise TableTypeError(
            "the parts of the data set do not have the same columns.",
            received=(str(error).splitlines() or [""])[0][:120],
            expected=HELD,
        ) from None
