"""Arrow believes what its files say of places; a file that lies is refused, and ends no process."""

import random
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

from convscope.errors import ConvscopeError
from convscope.tables import read_table

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 64))
READ = "import sys; from convscope.tables import read_table; read_table(sys.argv[1])"


def lists(offsets):
    places = pa.py_buffer(np.asarray(offsets, np.int32))
    images = pa.ListArray.from_buffers(pa.list_(pa.int64()), 40, [None, places], children=[pa.array(PIXELS.ravel())])
    return pa.table({"label": [f"c{row % 3}" for row in range(40)], "image": images})


def test_lists_that_lie_beyond_their_numbers_are_refused(tmp_path):
    offsets = (np.arange(41) * 64).astype(np.int32)
    pyarrow.feather.write_feather(lists(offsets), tmp_path / "t", compression="uncompressed")
    assert np.array_equal(read_table(tmp_path / "t").pixels, PIXELS)
    content = (tmp_path / "t").read_bytes()
    assert content.count(offsets.tobytes()) == 1
    (tmp_path / "t").write_bytes(content.replace(offsets.tobytes(), (offsets + 1_000_000_000).tobytes()))
    found = subprocess.run([sys.executable, "-c", READ, tmp_path / "t"], capture_output=True, text=True, check=False)
    assert "TableError: t is not a complete Arrow file" in found.stderr


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_damaged_compressed_files_are_read_or_refused(tmp_path, compression):
    pyarrow.feather.write_feather(lists(np.arange(41) * 64), tmp_path / "t", compression=compression)
    whole, chance, n_refused = (tmp_path / "t").read_bytes(), random.Random(0), 0
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[chance.randrange(min(900, len(whole)))] = chance.choice([0, 1, 127, 255])
        (tmp_path / "t").write_bytes(damaged)
        try:
            read_table(tmp_path / "t")
        except ConvscopeError:
            n_refused += 1
    assert n_refused > 20
