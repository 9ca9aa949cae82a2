"""Tables that are in memory already: frames, arrays and tensors, and data sets of Hugging Face's library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from convscope.errors import TableError, TableTypeError
from convscope.reading import Options
from convscope.tables._arrays import Part, from_arrays
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._parts import PARTS, part_of
from convscope.tables.table import Table

__all__ = ["read_memory"]

PAIR = 2
HELD = "pairs of images and labels, arrays, data frames, and datasets.Dataset"


def read_memory(source: Any, options: Options) -> Table:
    """Read a table from an object, by the rules for files.

    Parameters
    ----------
    source : DataFrame, array, tensor, datasets.Dataset or DatasetDict, or pairs
        ``(images, labels)``; or, as Keras gives them, ``((x_train, y_train), (x_test, y_test))``.
    options : Options

    Raises
    ------
    TableError, ShapeError
        It does not say how it is to be read; the message names the option that decides.
    """
    if isinstance(source, pd.DataFrame):
        named = source.rename(columns=str)
        return _read_arrow(pa.Table.from_pandas(named, preserve_index=False), "the data frame", options)
    if isinstance(source, Mapping) and source and all(map(_is_dataset, source.values())):
        return _read_arrow(_joined(source), "the data set", options)
    if _is_dataset(source):
        return _read_arrow(_arrow(source), "the data set", options)
    return from_arrays(_parts(source), options, Path("the array"))


def _read_arrow(table: pa.Table, name: str, options: Options) -> Table:
    def batches(n_rows: int) -> Iterator[pa.RecordBatch]:
        yield from table.to_batches(max_chunksize=n_rows)

    return understand(ArrowSheet(Path(name), table.schema, table.num_rows, batches), options)


def _is_dataset(source: Any) -> bool:
    return hasattr(source, "features") and hasattr(source, "with_format") and hasattr(source, "num_rows")


def _arrow(source: Any) -> pa.Table:
    table: pa.Table = source.with_format("arrow")[:]
    return table.replace_schema_metadata(source.features.arrow_schema.metadata)


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
    return pa.concat_tables(named)


def _parts(source: Any) -> list[Part]:
    if isinstance(source, tuple) and len(source) == PAIR:
        first, second = source
        if all(isinstance(one, tuple) and len(one) == PAIR for one in source):
            return [Part(_array(x), _array(y), name) for (x, y), name in zip(source, ("train", "test"), strict=True)]
        return [Part(_array(first), _array(second))]
    return [Part(_array(source))]


def _array(value: Any) -> NDArray[Any]:
    """Give a tensor, of whatever library and on whatever device, as an array."""
    for step in ("detach", "cpu"):
        value = getattr(value, step)() if hasattr(value, step) and hasattr(value, "detach") else value
    found = np.asarray(value)
    if found.dtype.kind == "O":
        raise TableTypeError("this is no table of numbers.", received=type(value).__name__, expected=HELD)
    return found
