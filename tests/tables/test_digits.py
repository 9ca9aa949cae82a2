"""Tables of nothing but digits, read byte by byte: the same as Arrow reads, or not at all."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.errors import TableError
from convscope.tables import _csv, read_table

digits = pytest.importorskip("convscope.tables._digits")


def read(tmp_path, text, n_columns=3, n_skipped=1, delimiter=","):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return digits.read_digits(path, n_skipped=n_skipped, n_columns=n_columns, delimiter=delimiter)


@settings(deadline=None)  # the first call compiles
@given(rows=st.lists(st.lists(st.integers(0, 255), min_size=3, max_size=3), min_size=1, max_size=30),
       chunk=st.integers(1, 40), end=st.sampled_from(["\n", "\r\n"]), closed=st.booleans(),
       delimiter=st.sampled_from(",;\t"))  # fmt: skip
def test_every_number_is_read_wherever_the_file_is_cut(tmp_path_factory, rows, chunk, end, closed, delimiter):
    text = end.join(["a,b,c", *(delimiter.join(map(str, row)) for row in rows)]) + (end if closed else "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits, "CHUNK", chunk)
        found = read(tmp_path_factory.mktemp("digits"), text, delimiter=delimiter)
    assert found.tolist() == rows


ODD = ["1,2,256", "1,2,-3", "1,2,3.0", "1,2,03", "1,2,", "1,2", "1,2,3,4", "1,2, 3", '1,2,"3"', "1,2,x", "1,2,1000"]
ODD += ["1,2,3\n\n4,5,6", "1,2,3\r4,5,6", "1,2,00", "1\n2,3"]


@pytest.mark.parametrize("row", ODD)
def test_whatever_is_no_plain_number_is_left_to_arrow(tmp_path, row):
    assert read(tmp_path, f"a,b,c\n7,8,9\n{row}\n7,8,9\n") is None


def test_a_file_without_rows_is_left_to_arrow(tmp_path):
    assert read(tmp_path, "a,b,c\n") is None


def table_text(rng, n_rows=200):
    names = ["class", *(f"{row}x{column}" for row in range(1, 5) for column in range(1, 5))]
    rows = [[int(rng.integers(0, 10)), *map(int, rng.integers(0, 256, 16))] for _ in range(n_rows)]
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_is_the_same_either_way(tmp_path, monkeypatch, packed):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    text = table_text(np.random.default_rng(0)).encode()
    tables = []
    for number, way in enumerate((lambda sheet: None, _csv._digits)):
        path = tmp_path / f"{number}.csv{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(text) if packed else text)
        monkeypatch.setattr(_csv, "_digits", way)
        tables.append(read_table(path))
    by_arrow, by_digits = tables
    assert np.array_equal(by_arrow.pixels, by_digits.pixels)
    assert by_digits.pixels.dtype == np.uint8
    assert by_arrow.labels.tolist() == by_digits.labels.tolist()
    assert by_arrow.labels.dtype == by_digits.labels.dtype


def test_the_way_is_taken_for_large_tables(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "table.csv"
    path.write_text(table_text(np.random.default_rng(1)))
    taken = []
    monkeypatch.setattr(digits, "digit_parts", lambda *args, **settings: taken.append(settings))
    read_table(path)
    assert taken == [{"n_skipped": 1, "n_columns": 17, "delimiter": ","}]


def test_a_cut_file_is_told(tmp_path):
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(table_text(np.random.default_rng(2)).encode())[:-30])
    with pytest.raises(TableError, match="cut"):
        digits.read_digits(path, n_skipped=1, n_columns=17, delimiter=",")
