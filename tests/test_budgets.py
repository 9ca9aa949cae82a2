"""Small files that would become large are refused before they are decoded: within 2 s and 500 MB."""

import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import textwrap
import zipfile

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from convscope.archives import check_members
from convscope.course.submissions import read_answers
from convscope.errors import DataError, ModelFileError
from convscope.files import read_json, read_plain
from convscope.limits import FREE_BYTES, MOST_JSON_VALUES, check_values, largest_content
from convscope.modelfiles import _modelparts
from convscope.modelfiles._hdf5 import check_links
from convscope.tables import PixelTable, read_table, write_table
from convscope.tables._parquet_pages import unpacked_sizes

MANY = 2_200_000


def parquet(path, rows, **columns):
    pq.write_table(pa.table({name: np.zeros(rows, kind) for name, kind in columns.items()}), path)


def pictures(folder):
    for number in range(5):
        (folder / str(number % 2)).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4000, 4000)).save(folder / "0" / "0.png", compress_level=1)
    for number in range(1, 5):
        shutil.copy(folder / "0" / "0.png", folder / str(number % 2) / f"{number}.png")


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)


def of_zeros(count, times):
    """Pack so many zeros, again and again."""
    part = gzip.compress(bytes(count))
    return part * times


BOMBS = {
    "rows.parquet": lambda path: parquet(path, MANY, **{"class": "i8", "1x1": "u1", "1x2": "u1"}),
    "points.parquet": lambda path: parquet(path, MANY, feature1="f8", feature2="f8"),
    "texts.parquet": lambda path: pq.write_table(
        pa.table({"class": ["x" * 1_000_000] * 50, "1x1": np.zeros(50, "u1")}),
        path,
        use_dictionary=False,
        compression="zstd",
    ),
    "rows.npz": lambda path: np.savez_compressed(
        path, images=np.zeros((MANY, 1, 1), "u1"), labels=np.zeros(MANY, "u1")
    ),
    "bools.npz": lambda path: np.savez_compressed(path, images=np.zeros((20, 1000, 1000), bool)),
    "rows.csv.gz": lambda path: path.write_bytes(gzip.compress(b"class,1x1\n") + gzip.compress(b"0,0\n" * MANY, 1)),
    "train-images-idx3-ubyte.gz": lambda path: path.write_bytes(
        gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", MANY, 1, 1)) + of_zeros(MANY // 4, 4)
    ),
    "wide.csv": lambda path: path.write_bytes((b"1," * 189_224 + b"1\n") * 3),
    "pictures": pictures,
}
CHILD = """
    import re, sys, time
    from pathlib import Path
    from convscope.errors import TableError
    from convscope.tables import read_table
    for name in sys.argv[1:]:
        started = time.process_time()
        try:
            read_table(name)
            print(name, "was read")
        except TableError as error:
            peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
            print(Path(name).name, time.process_time() - started, int(peak[1]) // 1024)
"""


def test_every_small_file_that_becomes_a_large_table_is_refused_before_it_is_decoded(tmp_path):
    for name, make in BOMBS.items():
        make(tmp_path / name)
    names = [str(tmp_path / name) for name in BOMBS]
    command = [sys.executable, "-c", textwrap.dedent(CHILD), *names]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    said = [line.split() for line in answer.stdout.splitlines()]
    assert [name for name, *_ in said] == list(BOMBS), answer.stdout
    assert all(float(seconds) < 2 and int(megabytes) < 500 for _, seconds, megabytes in said), answer.stdout


def test_a_large_table_that_is_in_proportion_is_read_whatever_it_lies_in(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (300, 16), np.uint8)
    table = PixelTable(pixels, (4, 4, 1), np.arange(300) % 7)
    frame = pa.table({"class": [f"c{n % 7}" for n in range(300)], **{
        name: pixels[:, place].astype(np.int64) for place, name in enumerate(table.columns)}})  # fmt: skip
    pq.write_table(frame, tmp_path / "wide.parquet", row_group_size=70)
    np.savez_compressed(tmp_path / "wide.npz", images=pixels.reshape(300, 4, 4).astype(np.float64))
    for name in ("t.csv", "t.csv.gz", "t.parquet", "t.npz"):
        write_table(table, tmp_path / name)
        np.testing.assert_array_equal(read_table(tmp_path / name).labels, table.labels)
    for name in ("t.csv", "t.csv.gz", "t.parquet", "t.npz", "wide.parquet", "wide.npz"):
        found = read_table(tmp_path / name, layout="HW" if name == "wide.npz" else None).pixels
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, pixels)
    assert read_table(tmp_path / "wide.parquet").labels.tolist() == frame["class"].to_pylist()


def test_a_parquet_table_keeps_what_it_says_of_rows_and_texts_over_its_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("convscope.tables._arrow.CELLS_AT_ONCE", 20)
    labels = pa.array(["b", None, "a", "b", "c"] * 4).dictionary_encode()
    pq.write_table(pa.table({"class": labels, "1x1": pa.array(range(20), pa.uint8())}), tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", missing="drop")
    assert table.labels.tolist() == ["b", "a", "b", "c"] * 4
    assert table.pixels[:, 0].tolist() == [place for place in range(20) if place % 5 != 1]
    holed = pa.array([*range(17), None, 18, 19], pa.uint8())
    pq.write_table(pa.table({"class": [1] * 20, "1x1": holed}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"row 18 of t\.parquet has no value"):
        read_table(tmp_path / "t.parquet")


def test_proportion_is_one_rule():
    assert largest_content(10) == FREE_BYTES
    assert largest_content(1_000_000) == 150_000_000
    assert largest_content(10**12) == 2 << 30
    assert largest_content(10_000_000) > 60_000 * (784 + 64)  # MNIST


@pytest.mark.parametrize("text", ["[" + "[]," * 40 + "1]", '{"a":' * 40 + "1" + "}" * 40, "[" + "1," * 40 + "1]"])
def test_values_are_counted_before_they_are_decoded(text):
    for given in (text, text.encode()):
        check_values(given, 81)
        with pytest.raises(ValueError, match="more than 30 values"):
            check_values(given, 30)


def test_json_with_too_many_values_is_not_decoded(tmp_path, monkeypatch):
    (tmp_path / "run.json").write_text("[" + "{}," * MOST_JSON_VALUES + "1]")
    monkeypatch.setattr("convscope.files.json.loads", None)
    with pytest.raises(ValueError, match="more than"):
        read_json(tmp_path / "run.json")


def test_a_plain_file_is_read_up_to_a_limit_and_nothing_that_waits_or_leads_away(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_plain(tmp_path / "a", 5) == b"12345"
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("a")
    for name, error in {"a": ValueError, "pipe": ValueError, "link": OSError, "": ValueError, "gone": OSError}.items():
        with pytest.raises(error):
            read_plain(tmp_path / name, 4)


def test_a_list_of_a_million_empty_tensors_is_not_decoded(tmp_path, monkeypatch):
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header = json.dumps({f"{n:07d}": entry for n in range(1_000)}).encode()
    monkeypatch.setattr(_modelparts, "load", None)
    with pytest.raises(ModelFileError, match="far more arrays"):
        _modelparts.read_weights(struct.pack("<Q", len(header)) + header + b" ", [], tmp_path, allow_nonfinite=False)


@pytest.mark.parametrize("how", [{"compression": "gzip"}, {"chunks": (1000,), "fillvalue": 0}, {"shuffle": True}])
def test_an_array_of_weights_that_is_packed_or_not_all_there_is_not_read(tmp_path, how):
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", (40_000,), "f4", **{"chunks": True, **how})
    with pytest.raises(ValueError, match="compressed or incomplete"):
        check_links(tmp_path / "weights.h5")
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros(100, np.float32))
    check_links(tmp_path / "weights.h5")


def test_a_second_table_of_contents_is_not_believed(tmp_path):
    zipped(tmp_path / "a.zip", a_py="1")
    content = (tmp_path / "a.zip").read_bytes()
    end = content.index(b"PK\x05\x06")
    (tmp_path / "a.zip").write_bytes(content[:end] + b"PK\x06\x07" + bytes(16) + content[end:])
    with pytest.raises(DataError, match="second table of contents"):
        check_members(tmp_path / "a.zip", most_members=5, most_bytes=100)


def test_a_long_program_is_not_parsed_and_many_values_are_not_decoded(monkeypatch):
    monkeypatch.setattr("convscope.course.submissions.ast.parse", None)
    monkeypatch.setattr("convscope.course.submissions.json.loads", None)
    names = frozenset(["input_size"])
    assert "kB" in read_answers("a.py", b"input_size = [" + b"1," * 2_000_000 + b"]", names).problem
    assert "values" in read_answers("a.json", b"[" + b"[]," * 2_000_000 + b"1]", names).problem
    assert re.search("larger than", read_answers("a.ipynb", bytes(20_000_001), names).problem)


def test_a_column_that_is_dropped_is_not_written_out_row_by_row(tmp_path, monkeypatch):
    rows = np.zeros(20, "u1")
    text = pa.DictionaryArray.from_arrays(pa.array(rows, "i4"), ["x" * 1000]).cast(pa.string())
    pq.write_table(pa.table({"index": text, "class": rows, "1x1": rows}), tmp_path / "text.parquet")
    asked = []
    opened = pq.ParquetFile

    def opening(*words, **named):
        asked.append(named)
        return opened(*words, **named)

    monkeypatch.setattr(pq, "ParquetFile", opening)
    assert len(read_table(tmp_path / "text.parquet")) == 20
    assert asked[-1]["read_dictionary"] == ["index"]
    nested = pa.array([[0] * 1000] * 20)
    pq.write_table(pa.table({"index": nested, "class": rows, "1x1": rows}), tmp_path / "list.parquet")
    assert len(read_table(tmp_path / "list.parquet")) == 20  # the column is not read at all


def test_lines_that_end_in_cr_and_those_of_utf_16_are_rows_too(tmp_path):
    many = 2_200_000
    for name, text in {"cr": "class,1x1\r" + "1,0\r" * many, "utf-16": "\ufeffclass,1x1\n" + "1,0\n" * many}.items():
        (tmp_path / f"{name}.csv.gz").write_bytes(
            gzip.compress(text.encode("utf-16-le" if name == "utf-16" else "ascii"), 1)
        )
        with pytest.raises(DataError, match=r"unpacks to far more"):
            read_table(tmp_path / f"{name}.csv.gz")


def test_gzip_members_with_nothing_in_them_have_an_end(tmp_path):
    (tmp_path / "empty.csv.gz").write_bytes(gzip.compress(b"") * 1_100)
    with pytest.raises(DataError, match="members"):
        read_table(tmp_path / "empty.csv.gz")


def test_the_members_of_a_zip_file_are_counted_and_not_believed(tmp_path):
    entry = struct.pack("<4s4B4H3L5H2L", b"PK\1\2", 20, 0, 20, 0, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 101 * len(entry), 0, 0)
    (tmp_path / "one.zip").write_bytes(entry * 101 + end)
    with pytest.raises(DataError, match="too many files") as refused:
        check_members(tmp_path / "one.zip", most_members=100, most_bytes=1_000)
    assert refused.value.received == "101"


def test_a_picture_of_very_many_scans_or_texts_is_left_out(tmp_path):
    (tmp_path / "a").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "a" / "1.png")
    Image.new("L", (8, 8)).save(tmp_path / "a" / "2.jpg", progressive=True)
    for name, part in {"1.png": b"zTXt", "2.jpg": b"\xff\xda"}.items():
        (tmp_path / "a" / f"many-{name}").write_bytes((tmp_path / "a" / name).read_bytes() + part * 51)
    table = read_table(tmp_path)
    assert len(table) == 2
    assert "2 files were left out" in " ".join(table.notes)


def test_a_value_with_many_names_is_read_once(monkeypatch):
    read = []
    monkeypatch.setattr("convscope.course.submissions.value_of", lambda node: read.append(node) or 5)
    found = read_answers(
        "a.py", b"stride_two = input_size = " * 1_000 + b"x, y = [1, 2]", frozenset(("input_size", "stride_two"))
    )
    assert found.answers == {"input_size": 5, "stride_two": 5}
    assert len(read) == 1


def varint(number):
    """Write a whole number as Thrift does."""
    number, parts = number << 1, []
    while number >= 128:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def test_a_footer_that_lies_is_not_believed_and_the_pages_are_asked(tmp_path):
    path = tmp_path / "lie.parquet"
    table = pa.table({"class": ["x" * FREE_BYTES, "y"], "1x1": np.zeros(2, "u1")})
    pq.write_table(table, path, use_dictionary=False, compression="zstd", write_statistics=False)
    told = varint(pq.ParquetFile(path).metadata.row_group(0).total_byte_size)
    content, length = path.read_bytes(), len(told)
    start = len(content) - 8 - struct.unpack("<I", content[-8:-4])[0]
    assert content[start:].count(told) == 1
    small = b"\x82" + b"\x80" * (length - 2) + b"\0"
    path.write_bytes(content[:start] + content[start:].replace(told, small))
    assert pq.ParquetFile(path).metadata.row_group(0).total_byte_size == 1
    with pytest.raises(DataError, match="unpacks to far more"):
        read_table(path)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_each_page_of_a_parquet_file_tells_its_size(tmp_path, version):
    path = tmp_path / "table.parquet"
    table = pa.table({"class": ["a", "b"] * 3000, "1x1": np.arange(6000) % 251})
    pq.write_table(table, path, data_page_version=version, row_group_size=2500, write_page_checksum=True)
    sizes = list(unpacked_sizes(path.read_bytes(), metadata := pq.ParquetFile(path).metadata))
    told = sum(metadata.row_group(index).total_byte_size for index in range(3))
    assert len(sizes) == 12  # a dictionary and a page, two columns, three groups
    assert 0.95 * told < sum(sizes) < told  # the footer counts the headers too


@pytest.mark.parametrize(
    "header", [b"", b"\x15", b"\x15\x80" + b"\x80" * 70, b"\x19\xf7" + b"\xff" * 8 + b"\x7f", b"\x1c" * 99, b"\0"]
)
def test_a_header_of_a_page_that_is_none_is_refused(header):
    class Column:
        data_page_offset, dictionary_page_offset, total_compressed_size = 1, None, 500
        num_row_groups = num_columns = 1

        def row_group(self, index):
            return self

        column = row_group

    with pytest.raises(ValueError, match="page"):
        list(unpacked_sizes(b"P" + header + b"\x15" * (not header), Column()))
