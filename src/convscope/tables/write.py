"""Write a table: CSV, gzipped CSV, Parquet, NPZ, or a folder of class folders; completely or not at all."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet
from PIL import Image

from convscope.errors import TableError, UsageError
from convscope.files import writing
from convscope.tables._facts import STORED
from convscope.tables._formulas import escape_formulas
from convscope.tables.pixel_table import PixelTable
from convscope.tables.table import GROUP_COLUMN, Table

__all__ = ["write_table"]

NO_FOLDER_NAME = re.compile(r"""[/\\:*?"<>|\x00-\x1f]|^[.\s]|[.\s]$|^$|^__MACOSX$""")


def write_table(table: Table, path: str | Path) -> None:
    """Write a table in the format that its name implies.

    Parameters
    ----------
    table : Table
    path : path
        ``.csv``, ``.csv.gz``, ``.parquet``, ``.npz``, or no suffix for a folder of class folders of PNG. A
        file is replaced; a folder must be new or empty. In CSV, labels that a spreadsheet would run as a
        formula get an apostrophe in front.

    Raises
    ------
    UsageError
        No writer goes with the name.
    TableError
        The folder is not empty, or the table cannot be written in this format.
    OSError
        The disk is full or read-only; nothing is left behind.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import images_to_table, read_table
    >>> write_table(images_to_table(np.zeros((2, 2, 2), np.uint8), ["no", "yes"]), "images.csv")
    >>> read_table("images.csv").labels.tolist()
    ['no', 'yes']
    """
    place = Path(path)
    writer = _writer(place)
    if writer is _write_folder:
        _write_folder(table, place)
        return
    with writing(place) as temporary:
        writer(table, temporary)


def _writer(path: Path) -> Callable[[Any, Path], None]:
    name = path.name.lower()
    for suffix, writer in WRITERS.items():
        if name.endswith(suffix):
            return writer
    if path.suffix and not path.is_dir():
        raise UsageError(
            f"tables cannot be written as {path.suffix}.",
            received=str(path),
            expected=f"a name that ends in one of {', '.join(WRITERS)}, or a folder",
        )
    return _write_folder


def _arrow(table: Table, *, escape: bool) -> pa.Table:
    columns = {name: escape_formulas(known) if escape else known for name, known in table.facts_by_row.items()}
    by_column = np.asfortranarray(table.values)
    found = pa.table({**columns, **{name: by_column[:, place] for place, name in enumerate(table.columns)}})
    return found.replace_schema_metadata({STORED: json.dumps(table.stored)}) if table.stored else found


def _write_csv(table: Table, path: Path) -> None:
    arrow_csv.write_csv(_arrow(table, escape=True), path, arrow_csv.WriteOptions(quoting_style="needed"))


def _write_csv_gz(table: Table, path: Path) -> None:
    with (
        path.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0, filename="") as packed,
    ):
        arrow_csv.write_csv(_arrow(table, escape=True), packed, arrow_csv.WriteOptions(quoting_style="needed"))


def _write_parquet(table: Table, path: Path) -> None:
    arrow_parquet.write_table(_arrow(table, escape=False), path)


def _write_npz(table: Table, path: Path) -> None:
    if not isinstance(table, PixelTable):
        raise TableError(f"{table.kind} cannot be written as NPZ.", expected=".csv or .parquet")
    labels = (
        {}
        if table.labels is None
        else {"labels": table.labels if table.labels.dtype.kind == "i" else table.labels.astype(str)}
    )
    more = {"image_shape": np.array(table.image_shape), "facts": np.array(json.dumps(table.stored))}
    more |= {} if table.split is None else {"split": table.split.astype(str)}
    more |= {} if table.weights is None else {"weight": table.weights}
    more |= {} if table.groups is None else {GROUP_COLUMN: table.groups.astype(str)}
    with path.open("wb") as file:
        np.savez_compressed(file, images=table.images, **labels, **more)  # type: ignore[arg-type]  # names of arrays


def _write_folder(table: Table, path: Path) -> None:
    """Write one PNG per image into a temporary folder, then move it into place."""
    if not isinstance(table, PixelTable) or table.pixels.dtype != np.uint8 or table.labels is None:
        raise TableError(
            "only labelled images with intensities 0 to 255 can be written as a folder.",
            repair="use .csv or .parquet",
        )
    _check_folder_names(table.classes.tolist())
    if table.image_shape[2] not in (1, 3):
        raise TableError("a PNG has 1 or 3 channels.", received=f"{table.image_shape[2]} channels")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise TableError(f"{path} is not empty.", repair="choose a new folder")
    temporary = Path(tempfile.mkdtemp(dir=path.absolute().parent, prefix=f".{path.name}."))
    try:
        digits = len(str(len(table)))
        for row, (image, label) in enumerate(zip(table.images, table.labels.tolist(), strict=True)):
            folder = temporary / str(label)
            folder.mkdir(exist_ok=True)
            Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(folder / f"{row:0{digits}d}.png")
        temporary.chmod(0o755)
        if path.is_dir():
            path.rmdir()
        temporary.replace(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _check_folder_names(labels: list[Any]) -> None:
    """Refuse labels that cannot be folder names, on any system, without becoming other labels."""
    seen: dict[str, str] = {}
    for label in map(str, labels):
        twin = seen.setdefault(label.casefold(), label)
        if NO_FOLDER_NAME.search(label) or twin != label:
            raise TableError(
                f"the label {label!r} cannot be the name of a folder.",
                received=f"{twin!r} and {label!r} are the same folder on some systems" if twin != label else None,
                repair="use .csv, .parquet or .npz",
            )


WRITERS: dict[str, Callable[[Any, Path], None]] = {
    ".csv": _write_csv,
    ".csv.gz": _write_csv_gz,
    ".parquet": _write_parquet,
    ".npz": _write_npz,
}
