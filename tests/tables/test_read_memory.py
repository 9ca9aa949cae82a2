"""Columns with types are read some at a time: what a table needs while it is read is little more than its pixels."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from convscope.tables import read_table

N, SIDE = 24_000, 56
N_WIDE, N_LINES = 10_000, 7_000
MEASURE = """
import re, sys
from pathlib import Path
from convscope.tables import read_table
read_table(sys.argv[1])  # what is imported is no table
Path("/proc/self/clear_refs").write_text("5")
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
table = read_table(sys.argv[2])
print((peak() - before) / table.pixels.nbytes, table.pixels.dtype, int(table.pixels.sum(dtype="float64")))
"""


def lists(n, kind=np.uint8):
    places = np.arange(n * SIDE * SIDE)
    pixels = (places % 251 * (places % 11 > 2) / (4 if kind == np.float64 else 1)).astype(kind)
    offsets = np.arange(n + 1, dtype=np.int32) * SIDE * SIDE
    return pixels, pa.table({"label": np.arange(n) % 10, "image": pa.ListArray.from_arrays(offsets, pixels)})


def write_feather(table, path):
    pyarrow.feather.write_feather(table, path, compression="uncompressed")


def write_stream(table, path):
    with pa.ipc.new_stream(path, table.schema) as file:
        file.write_table(table, 1000)


def write_packed(table, path):
    pyarrow.feather.write_feather(table, path, compression="lz4")


def write_lines(table, path):
    with Path(path).open("w") as file:
        for batch in table.to_batches(100):
            file.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("write", "kind", "n"),
    [
        (pyarrow.parquet.write_table, np.uint8, N),
        (write_feather, np.uint8, N),
        (write_stream, np.uint8, N),
        (write_packed, np.uint8, N_WIDE),
        (write_packed, np.int64, N_WIDE),
        (write_lines, np.int64, N_LINES),
    ],
)
def test_lists_need_little_more_memory_than_their_pixels(tmp_path, write, kind, n):
    for name, rows in (("few", 40), ("many", n)):
        pixels, table = lists(rows, kind)
        write(table, str(tmp_path / name))
    found = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "few", tmp_path / "many"], capture_output=True, text=True, check=True
    )
    ratio, read_as, total = found.stdout.split()
    assert (read_as, int(total)) == ("float32" if kind == np.float64 else "uint8", int(pixels.sum(dtype=np.float64)))
    assert float(ratio) <= 1.5, found.stdout


def test_columns_are_read_in_parts_and_stand_in_their_order(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40_000, 100))
    columns = {f"pixel{place}": pixels[:, place] for place in range(100)}
    table = pa.table({"label": np.arange(40_000) % 10, **dict(reversed(columns.items()))})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    pyarrow.feather.write_feather(table, tmp_path / "t.feather")
    for name in ("t.parquet", "t.feather"):
        assert np.array_equal(read_table(tmp_path / name).pixels, pixels)
