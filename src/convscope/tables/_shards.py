"""One table in several Parquet files: shards, and a file for each part, as data sets are published."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa

from convscope.errors import TableError
from convscope.limits import FREE_TABLE_BYTES, MOST_IMAGES, MOST_SHARDS, ROW_BYTES, largest_content
from convscope.reading import Options
from convscope.tables._arrow import ArrowSheet
from convscope.tables._columns import understand
from convscope.tables._open import size_of
from convscope.tables._parquet import ROWS_TOGETHER, ParquetTable
from convscope.tables._parts import PARTS, part_of, parts_among
from convscope.tables._pictures import has_picture_name
from convscope.tables.table import Table

__all__ = ["parquet_files", "read_shards"]

SHARD = re.compile(r"(?P<name>.*?)[-_.]?(?P<number>\d+)-of-(?P<n>\d+)(?:[-.].*)?")
"""``train-00000-of-00002``: a name, a number, and how many there are."""
NUMBERED = re.compile(r"(?P<name>.*?)[-_.]?(?P<number>\d+)(?:-[0-9a-f-]{4,}.*)?")
"""``0000``, or ``part-00003-8f2a.snappy`` as Spark writes it."""
SPLIT = "split"


def parquet_files(folder: Path) -> list[Path]:
    """List the Parquet files in a folder and the folders in it; none where pictures lie there too."""
    found: list[Path] = []
    for path in islice(folder.rglob("*"), MOST_IMAGES):
        if any(word.startswith(".") for word in path.relative_to(folder).parts):
            continue
        if has_picture_name(path.name):
            return []
        if path.suffix.lower() == ".parquet" and path.is_file():
            found.append(path)
    return sorted(found)


def read_shards(folder: Path, files: Sequence[Path], options: Options) -> Table:
    """Read Parquet files as one table. Names of files or folders that mean parts become its parts.

    Raises
    ------
    TableError
        It is not clear what belongs together, a shard is missing, or columns differ from file to file.
    """
    if len(files) > MOST_SHARDS:
        raise TableError(f"{folder.name} holds {len(files):,} Parquet files.", expected=f"at most {MOST_SHARDS:,}")
    named = _named(folder, files)
    parts = _parts(folder, named)
    ordered = sorted(named, key=lambda name: PARTS.index(parts.get(name, PARTS[0])))
    tables: list[tuple[ParquetTable, str | None]] = []
    n_bytes = 0
    for path, part in [(path, parts.get(name)) for name in ordered for path in named[name]]:
        tables.append((ParquetTable(path), part))
        n_bytes += tables[-1][0].n_bytes
        _check_all(folder, files, n_bytes, sum(table.n_rows for table, _ in tables))
    first = tables[0][0]
    for table, _ in tables:
        _check_alike(table, first)
    said = bool(parts) and SPLIT not in first.schema.names
    schema = first.schema.append(pa.field(SPLIT, pa.string())) if said else first.schema
    n_own = len(first.schema.names)

    def batches(n_rows: int, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        own = [place for place in columns if place < n_own]
        for table, part in tables:
            for batch in table.batches(n_rows, own or [0]):
                parted = pa.array([part], pa.string()).take(pa.array([0] * batch.num_rows))
                held = dict(zip(own, batch.columns, strict=False)) | {n_own: parted}
                yield pa.RecordBatch.from_arrays([held[place] for place in columns], [schema.names[n] for n in columns])

    n_rows = sum(table.n_rows for table, _ in tables)
    return understand(ArrowSheet(folder, schema, n_rows, batches, rows_together=ROWS_TOGETHER), options)


def _check_all(folder: Path, files: Sequence[Path], n_bytes: int, n_rows: int) -> None:
    """Refuse many small files that each are in proportion, and together are not."""
    size = size_of(*files)
    content, most = n_bytes + n_rows * ROW_BYTES, largest_content(size, free=FREE_TABLE_BYTES)
    if content > most:
        raise TableError(
            f"{folder.name} unpacks to far more than files of their size should.",
            received=f"more than {content:,} bytes of memory from {size:,} in {len(files):,} files",
            expected=f"at most {most:,}",
            repair="keep fewer rows, or pixels as bytes (uint8)",
        )


def _named(folder: Path, files: Sequence[Path]) -> dict[str, list[Path]]:
    """Put the files of one name together, in the order of their numbers; each number has to be there."""
    numbers: defaultdict[str, dict[int, Path]] = defaultdict(dict)
    promised: dict[str, int] = {}
    for path in files:
        sharded = SHARD.fullmatch(path.stem)
        found = sharded or NUMBERED.fullmatch(path.stem)
        name = "/".join([*path.parent.relative_to(folder).parts, found["name"] if found else path.stem]).strip("/")
        number = int(found["number"]) if found else 0
        if number in numbers[name]:
            raise _unclear(folder, [path.name, numbers[name][number].name])
        numbers[name][number] = path
        if sharded:
            promised[name] = max(promised.get(name, 0), int(sharded["n"]))
    for name, n in promised.items():
        missing = [number for number in range(n) if number not in numbers[name]]
        if missing:
            raise TableError(
                f"{folder.name} is not complete: {len(missing)} of {n} files of {name!r} are missing.",
                received=f"{len(numbers[name])} files",
                expected=f"{n}, e.g. number {missing[0]:05d}",
                repair="download the folder again, or give one of the files",
            )
    return {name: [found[number] for number in sorted(found)] for name, found in numbers.items()}


def _parts(folder: Path, named: dict[str, list[Path]]) -> dict[str, str]:
    """Say which part each name is; none where all files are one table."""
    parts = {name: part for name in named if (part := _part(name))} or parts_among(named)
    if len(named) > 1 and (len(parts) < len(named) or len(set(parts.values())) < len(parts)):
        raise _unclear(folder, list(named))
    return parts


def _part(name: str) -> str | None:
    return next((part for word in re.split(r"[/\-_.]", name) if (part := part_of(word))), None)


def _unclear(folder: Path, received: list[str]) -> TableError:
    return TableError(
        f"it is not clear which of the Parquet files in {folder.name} belong together.",
        received=", ".join(received[:4]),
        expected="shards of one table, as in train-00000-of-00002.parquet, or a file for each of train, val and test",
        repair="give one of the files, or the folder of one table",
    )


def _check_alike(table: ParquetTable, first: ParquetTable) -> None:
    if table.schema.equals(first.schema):
        return
    own, other = ({field.name: str(field.type) for field in one.schema} for one in (table, first))
    name = next((name for name in [*other, *own] if own.get(name) != other.get(name)), "")
    raise TableError(
        f"{table.path.name} has other columns than {first.path.name}.",
        received=f"{name!r}: {own.get(name, 'not there')}",
        expected=f"{name!r}: {other.get(name, 'not there')}",
        repair="give the files one by one",
    )
