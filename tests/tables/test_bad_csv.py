"""What is wrong in a CSV file is refused by line, column and repair; what is only unusual is read, with a note.

What the list of bad inputs names is refused in `test_bad_inputs.py`, by the command; here are its neighbours.
"""

import gzip
import re

import numpy as np
import pytest

from convscope.errors import DataError, ShapeError, TableError
from convscope.tables import PixelTable, PointTable, read_table

HEADER = "class,1x1,1x2,2x1,2x2\n"
ROWS = "5,0,10,20,255\n0,1,2,3,4\n"
PIXELS = [[0, 10, 20, 255], [1, 2, 3, 4]]
BARE_ROWS = "5" + ",10" * 15 + ",0\n" + "0" + ",2" * 15 + ",0\n"


def columns(n_pixels):
    """Make a table of one row whose column names do not tell the shape."""
    return (
        "class," + ",".join(f"p{place}" for place in range(n_pixels)) + "\n" + ",".join(["1"] * (n_pixels + 1)) + "\n"
    )


def written(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


REFUSED = {
    "1-blank-lines-only": ("\n\n  \n", "table.csv is empty"),
    "2-header-only-no-line-end": (HEADER.strip(), "0 rows"),
    "11-short-first-row": (HEADER + "7,1,2,3\n" + ROWS, r"line 2 of table.csv has 4 fields"),
    "11-short-row-without-header": (BARE_ROWS + "7,1,2,3\n", r"line 3 of table.csv has 4 fields"),
    "8-few-columns-without-header": (ROWS, r"5 columns without names[\s\S]*shape=..."),
    "12-every-row-one-too-long": (HEADER + "7,1,2,3,4,9\n8,1,2,3,4,9\n", r"line 2 of table.csv has 6 fields"),
    "16-label-nan": (HEADER + "NaN,1,2,3,4\n" + ROWS, r"line 2 of table.csv has no label"),
    "16-label-empty": (HEADER + ROWS + ",1,2,3,4\n", r"line 4 of table.csv has no label"),
    "17-missing-pixel": (HEADER + ROWS + "1,2,,4,5\n", r"line 4 of table.csv[\s\S]*column '1x2'"),
    "17-pixel-NA": (HEADER + ROWS + "1,2,3,NA,5\n", r"line 4 of table.csv[\s\S]*column '2x1'"),
    "17-underscored-pixel": (HEADER + ROWS + "1,2,3,1_0,5\n", r"line 4 of table.csv[\s\S]*column '2x1'"),
    "19-inf": (HEADER + ROWS + "1,inf,2,3,4\n", r"line 4 of table.csv, column '1x1',? is not a finite"),
    "19-nan": (HEADER + ROWS + "1,nan,2,3,4\n", r"line 4 of table.csv, column '1x1',? is not a finite"),
    "21-pixel-minus-1": (HEADER + "1,2,-1,4,5\n" + ROWS, r"line 2[\s\S]*'1x2'[\s\S]*outside 0 to 255[\s\S]* -1;"),
    "33-50-MB-second-line": (HEADER.encode() + b"1," * 25_000_000, "line"),
    "34-NUL-in-label": (HEADER + ROWS + "a\0b,2,3,4,5\n", "NUL"),
    "35-unclosed-quote-before-30-MB": (HEADER + '"5,0,10,20,255\n' + ROWS * 1_000_000, "quote"),
    "37-HTML-after-BOM-and-blank": ("\ufeff\n <HTML><head><title>503</title></head></HTML>", "looks like HTML"),
    "binary": (bytes(range(1, 256)) * 50, "table.csv"),
    "labels-only": ("class\n1\n2\n", "no column of pixels"),
    "json": ('{"class": 1, "pixels": [1, 2, 3]}\n', "table.csv"),
}  # fmt: skip


@pytest.mark.parametrize("content, message", REFUSED.values(), ids=REFUSED)
def test_a_bad_table_is_refused_by_name_within_two_seconds(tmp_path, content, message, within_cpu_seconds):
    path = written(tmp_path, content)
    with within_cpu_seconds(2), pytest.raises(DataError, match=message):
        read_table(path)
    assert not list(tmp_path.glob("cache/**/*.npy"))


READ = {
    "3-UTF-8-BOM": ("\ufeff" + HEADER + ROWS).encode(),
    "4-UTF-16-little": (HEADER + ROWS).encode("utf-16"),
    "4-UTF-16-big": b"\xfe\xff" + (HEADER + ROWS).encode("utf-16-be"),
    "7-tab": (HEADER + ROWS).replace(",", "\t").encode(),
    "7-semicolon": (HEADER + ROWS).replace(",", ";").encode(),
    "14-unnamed-index": b",class,1x1,1x2,2x1,2x2\n0,5,0,10,20,255\n1,0,1,2,3,4\n",
    "15-trailing-comma": (HEADER + ROWS).replace("\n", ",\n").encode(),
    "27-float-labels": (HEADER + "5.0,0,10,20,255\n0.0,1,2,3,4\n").encode(),
    "27-float-pixels": (HEADER + "5,0.0,10.0,20.0,255.0\n0,1.0,2,3,4\n").encode(),
    "CRLF": (HEADER + ROWS).replace("\n", "\r\n").encode(),
    "no-line-end-at-the-end": (HEADER + ROWS).strip().encode(),
    "blank-line-at-the-end": (HEADER + ROWS + "\n\n").encode(),
    "quoted-numbers": (HEADER + '"5","0",10,20,"255"\n0,1,2,3,4\n').encode(),
    "spaces": (HEADER.replace(",", ", ") + ROWS.replace(",", ", ")).encode(),
    "gzip": gzip.compress((HEADER + ROWS).encode()),
    "gzip-in-two-members": gzip.compress(HEADER.encode()) + gzip.compress(ROWS.encode()),
    "pixel-columns-out-of-order": b"class,2x2,1x2,2x1,1x1\n5,255,10,20,0\n0,4,2,3,1\n",
    "label-last": b"1x1,1x2,2x1,2x2,label\n0,10,20,255,5\n1,2,3,4,0\n",
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_an_unusual_table_is_read_and_no_row_is_lost(tmp_path, content):
    table = read_table(written(tmp_path, content))
    assert isinstance(table, PixelTable)
    assert table.pixels.dtype == np.uint8
    assert table.pixels.tolist() == PIXELS
    assert table.labels.tolist() == [5, 0]
    assert table.labels.dtype == np.int64
    assert table.image_shape == (2, 2, 1)


NOTED = {
    "5-latin-1": (HEADER.encode() + "Stra\xdfe,0,10,20,255\nWeg,1,2,3,4\n".encode("latin-1"), "Latin-1"),
    "8-no-header": (BARE_ROWS.encode(), "no header"),
    "14-unnamed-index": (READ["14-unnamed-index"], "left out .an id or index."),
    "15-trailing-comma": (READ["15-trailing-comma"], "empty last column is dropped"),
    "22-fractions-0-to-1": ((HEADER + "5,0,0.5,0.25,1\n").encode(), r"from 0 to 1"),
    "23-fractions-minus-1-to-1": ((HEADER + "5,-1,0.5,0.25,1\n").encode(), r"from -1 to 1"),
    "28-labels-with-a-gap": ((HEADER + "1,0,1,2,3\n10,0,1,2,4\n2,1,1,1,2\n").encode(), r"labels.*1, 2, 10"),
    "32-constant-image": ((HEADER + ROWS + "1,7,7,7,7\n0,0,0,0,0\n").encode(), r"2 .*one intensity"),
}


@pytest.mark.parametrize("content, note", NOTED.values(), ids=NOTED)
def test_what_was_unusual_is_kept_as_a_note(tmp_path, content, note):
    table = read_table(written(tmp_path, content))
    assert any(re.search(note, found) for found in table.notes), table.notes


def test_an_ordinary_table_has_no_notes(tmp_path):
    assert read_table(written(tmp_path, HEADER + "0,0,10,20,255\n1,1,2,3,4\n")).notes == ()


def test_fractions_keep_their_values_and_their_range_is_recorded(tmp_path):
    table = read_table(written(tmp_path, HEADER + "5,0,0.5,0.25,1\n3,0.125,0,0,0\n"))
    assert table.pixels.dtype == np.float32
    assert table.pixels.tolist() == [[0, 0.5, 0.25, 1], [0.125, 0, 0, 0]]


def test_text_labels_stay_text_and_keep_leading_zeros(tmp_path):
    table = read_table(written(tmp_path, HEADER + "cat,0,1,2,3\n007,0,1,2,4\n"))
    assert table.labels.tolist() == ["cat", "007"]
    assert table.classes.tolist() == ["007", "cat"]


def test_values_outside_0_to_255_are_clipped_on_request_and_counted(tmp_path):
    path = written(tmp_path, HEADER + ROWS + "1,-1,256,1000,7\n")
    table = read_table(path, clip=True)
    assert table.pixels.tolist() == [*PIXELS, [0, 255, 255, 7]]
    assert any("3 values" in note and "clipped" in note for note in table.notes)


def test_rows_without_a_label_are_dropped_on_request_and_counted(tmp_path):
    table = read_table(written(tmp_path, HEADER + "NA,9,9,9,8\n" + ROWS + ",9,9,9,8\n"), missing="drop")
    assert table.labels.tolist() == [5, 0]
    assert table.pixels.tolist() == PIXELS
    assert any("2 rows were left out (without a label)" in note for note in table.notes)


def test_a_shape_makes_images_of_columns_that_do_not_tell(tmp_path):
    path = written(tmp_path, "class,a,b,c,d,e,f\n1,1,2,3,4,5,6\n")
    assert read_table(path, shape=(2, 3)).image_shape == (2, 3, 1)
    assert read_table(path, shape=(1, 2, 3), layout="HWC").image_shape == (1, 2, 3)
    with pytest.raises(ShapeError, match=r"2x2x1 for 6 numbers"):
        read_table(path, shape=(2, 2))


def test_3072_columns_are_read_when_the_layout_says_where_channels_are(tmp_path):
    path = written(tmp_path, columns(3072))
    assert read_table(path, layout="CHW").image_shape == (32, 32, 3)
    with pytest.raises(ShapeError, match="layout='HWC'"):
        read_table(path, shape=(32, 32, 3))


def test_a_table_without_labels_is_read(tmp_path):
    table = read_table(written(tmp_path, "1x1,1x2,2x1,2x2\n0,10,20,255\n1,2,3,4\n"))
    assert table.labels is None
    assert table.pixels.tolist() == PIXELS


def test_a_formula_as_label_is_read_as_it_is(tmp_path):
    table = read_table(written(tmp_path, HEADER + '"=HYPERLINK(""http://x"")",0,1,2,3\n+1,1,2,3,4\n'))
    assert table.labels.tolist() == ['=HYPERLINK("http://x")', "+1"]


def test_a_truncated_gzip_is_refused_as_ended_early(tmp_path):
    packed = gzip.compress((HEADER + "".join(f"{i % 10},{i % 7},2,3,4\n" for i in range(5000))).encode())
    for length in (len(packed) // 2, len(packed) - 4):
        with pytest.raises(TableError, match="ended early"):
            read_table(written(tmp_path, packed[:length], f"cut{length}.csv.gz"))


def test_a_damaged_gzip_is_refused(tmp_path):
    packed = bytearray(
        gzip.compress((HEADER + "".join(f"{i % 10},{i * 7 % 251},2,3,4\n" for i in range(5000))).encode())
    )
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(TableError, match=r"damaged|gzip"):
        read_table(written(tmp_path, bytes(packed), "damaged.csv.gz"))


def test_a_row_far_down_a_large_table_is_named_by_its_line(tmp_path):
    rows = "".join(f"{i % 10},{i % 256},2,3,4\n" for i in range(200_000))
    path = written(tmp_path, HEADER + rows + "1,2,3,4,x\n")
    with pytest.raises(TableError, match=r"line 200002 of|line 200,002 of"):
        read_table(path)
    path = written(tmp_path, HEADER + rows + "1,2,3,4\n" + rows, "short.csv")
    with pytest.raises(TableError, match=r"line 200002 of|line 200,002 of"):
        read_table(path)


def test_blank_lines_and_quoted_line_ends_do_not_move_the_line_numbers(tmp_path):
    with pytest.raises(TableError, match="line 4 of"):
        read_table(written(tmp_path, HEADER + "\n" + "5,0,10,20,255\n" + "1,2,3,4,300\n"))


def test_points_are_read_with_split_and_text_labels(tmp_path):
    table = read_table(written(tmp_path, "class,split,feature1,feature2\nred,train,0.1,0.2\nblue,test,0.3,-4\n"))
    assert isinstance(table, PointTable)
    assert table.features.tolist() == [[0.1, 0.2], [0.3, -4.0]]
    assert table.part("test").labels.tolist() == ["blue"]


def test_points_without_labels_are_read(tmp_path):
    table = read_table(written(tmp_path, "feature1,feature2\n0.0,0.0\n0.0,0.02\n"))
    assert isinstance(table, PointTable)
    assert table.labels is None and table.split is None
    assert len(table) == 2


@pytest.mark.parametrize(
    "row, message", [("red,train,x,1", "line 2"), ("red,train,1", "line 2"), ("red,train,inf,1", "line 2")]
)
def test_a_bad_point_is_refused_by_its_line(tmp_path, row, message):
    with pytest.raises(TableError, match=message):
        read_table(written(tmp_path, f"class,split,feature1,feature2\n{row}\n"))


def test_a_missing_file_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(TableError, match="there is no file"):
        read_table(tmp_path / "nothing.csv")


def test_a_name_that_is_longer_than_any_field_is_told(tmp_path):
    (tmp_path / "long.csv").write_text(f"class,{'a' * 140_000},1x1\n1,2,3\n")
    with pytest.raises(TableError, match="no row of a table"):
        read_table(tmp_path / "long.csv")


def test_a_nul_as_label_is_told_with_its_line_also_far_down(tmp_path):
    (tmp_path / "nul.csv").write_bytes(b"class,1x1\n" + b"a,1\n" * 270_000 + b"\0,1\n")
    with pytest.raises(TableError, match=r"line 270002 .* NUL"):
        read_table(tmp_path / "nul.csv")


@pytest.mark.parametrize("content", ["#", "#\n", "# \n\n", "\n#\n"])
def test_a_file_of_nothing_but_a_mark_is_empty(tmp_path, content):
    path = tmp_path / "marked.csv"
    path.write_text(content)
    with pytest.raises(TableError, match="empty"):
        read_table(path)


def test_a_line_of_nothing_but_a_mark_is_no_header(tmp_path):
    path = tmp_path / "marked.csv"
    path.write_text("#\nclass,1x1,1x2\na,1,2\nb,3,4\n")
    assert read_table(path).pixels.tolist() == [[1, 2], [3, 4]]
