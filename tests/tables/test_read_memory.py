"""Columns with types are read some at a time: what a table needs while it is read is little more than its pixels."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from convscope.tables import read_table

N, SIDE = 24_000, 56
MEASURE = """
import re, sys
from pathlib import Path
from convscope.tables import read_table
read_table(sys.argv[1])  # what is imported is no table
Path("/proc/self/clear_refs").write_text("5")
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
table = read_table(sys.argv[2])
print((peak() - before) / table.pixels.nbytes, table.pixels.dtype, int(table.pixels.sum()))
"""


def lists(n):
    pixels = (np.arange(n * SIDE * SIDE) % 251).astype(np.uint8)
    offsets = np.arange(n + 1, dtype=np.int32) * SIDE * SIDE
    return pixels, pa.table({"label": np.arange(n) % 10, "image": pa.ListArray.from_arrays(offsets, pixels)})


def write_feather(table, path):
    pyarrow.feather.write_feather(table, path, compression="uncompressed")


def write_stream(table, path):
    with pa.ipc.new_stream(path, table.schema) as file:
        file.write_table(table, 1000)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("write", [pyarrow.parquet.write_table, write_feather, write_stream])
def test_lists_need_little_more_memory_than_their_pixels(tmp_path, write):
    for name, n in (("few", 40), ("many", N)):
        pixels, table = lists(n)
        write(table, str(tmp_path / name))
    found = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "few", tmp_path / "many"], capture_output=True, text=True, check=True
    )
    ratio, kind, total = found.stdout.split()
    assert (kind, int(total)) == ("uint8", int(pixels.sum(dtype=np.int64)))
    assert float(ratio) <= 1.5, found.stdout


def test_columns_are_read_in_parts_and_stand_in_their_order(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40_000, 100))
    columns = {f"pixel{place}": pixels[:, place] for place in range(100)}
    table = pa.table({"label": np.arange(40_000) % 10, **dict(reversed(columns.items()))})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    pyarrow.feather.write_feather(table, tmp_path / "t.feather")
    for name in ("t.parquet", "t.feather"):
        assert np.array_equal(read_table(tmp_path / name).pixels, pixels)
