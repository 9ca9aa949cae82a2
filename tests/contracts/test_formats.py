"""Every format of tables says which files are its own, and reads one that holds two pictures."""

import json
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import pytest

from convscope.reading import Options
from convscope.tables._format import START_BYTES, Format
from convscope.tables.formats import catalogue

IMAGES = np.array([[[0, 100], [150, 255]], [[20, 0], [0, 30]]], np.uint8)
TABLE = pa.table({"class": [0, 1], **{f"pixel{place}": IMAGES.reshape(2, -1)[:, place] for place in range(4)}})
LINES = "".join(json.dumps(row) + "\n" for row in TABLE.to_pylist())
WRITERS = {
    "feather": lambda path: feather.write_feather(TABLE, path),
    "idx": lambda path: path.write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 2, 2) + IMAGES.tobytes()),
    "json_lines": lambda path: path.write_text(LINES),
    "npy": lambda path: path.write_bytes(_saved(np.save, IMAGES)),
    "npz": lambda path: np.savez(path, images=IMAGES[..., None], labels=[0, 1]),
    "parquet": lambda path: parquet.write_table(TABLE, path),
    "text": lambda path: TABLE.to_pandas().to_csv(path, index=False),
}


def _saved(save, array):
    place = Path("array.npy")
    save(place, array)
    return place.read_bytes()


@pytest.mark.parametrize("name", catalogue.names())
def test_a_format_knows_its_own_files_and_reads_them(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    found = catalogue.get(name)
    assert isinstance(found, Format)
    path = tmp_path / ("table.npz" if name == "npz" else "table")
    WRITERS[name](path)
    start = path.read_bytes()[:START_BYTES]
    claimed = [one for one in catalogue.names() if one != "text" and catalogue.get(one).is_mine(path, start)]
    assert claimed == ([] if name == "text" else [name])
    assert np.array_equal(found.read(path, Options()).images[..., 0], IMAGES)


def test_text_is_asked_last():
    ranks = {name: catalogue.get(name).rank for name in catalogue.names()}
    assert max(ranks, key=ranks.get) == "text" and sorted(ranks.values())[-2] < ranks["text"]
