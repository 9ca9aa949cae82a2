"""Lines above the header: what spreadsheets, people and NumPy write there."""

import numpy as np
import pytest

from convscope import read_table
from convscope.errors import TableError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 16), np.uint8)
LABELS = [0, 1, 2, 0, 1, 2]


def text(delimiter=","):
    header = delimiter.join(["label", *(f"pixel{number}" for number in range(16))])
    rows = [delimiter.join(map(str, [label, *row])) for label, row in zip(LABELS, PIXELS.tolist(), strict=True)]
    return "\n".join([header, *rows]) + "\n"


def read(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_text(content)
    return read_table(path)


@pytest.mark.parametrize(
    ("above", "delimiter", "note"),
    [
        ("sep=;\n", ";", "the first line says what separates the fields: ';'"),
        ("SEP=,\r\n", ",", "the first line says what separates the fields: ','"),
        ("# by hand\n", ",", "1 line before the table is a comment, first '# by hand'"),
        ("# by, hand\n\n# in May\n", ",", "2 lines before the table are comments, first '# by, hand'"),
        ("sep=|\n# by hand\n", "|", "1 line before the table is a comment, first '# by hand'"),
    ],
)
def test_lines_above_the_header_are_passed_over_and_said(tmp_path, above, delimiter, note):
    table = read(tmp_path, above + text(delimiter))
    assert np.array_equal(table.values, PIXELS)
    assert table.labels.tolist() == LABELS
    assert note in table.notes


def test_a_line_is_named_as_in_the_file_below_comments(tmp_path):
    lines = ("# one\n# two\n" + text()).splitlines()
    lines[4] += ",7"
    with pytest.raises(TableError, match=r"line 5 of t\.csv has 18 fields"):
        read(tmp_path, "\n".join(lines))


def test_names_after_a_mark_are_names(tmp_path):
    """As numpy.savetxt writes them."""
    assert np.array_equal(read(tmp_path, "# " + text()).values, PIXELS)
    assert read(tmp_path, "# by hand\n# " + text()).labels.tolist() == LABELS


def test_a_title_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(TableError, match="no row of the table below it") as caught:
        read(tmp_path, "My digits\n" + text())
    assert "delete what stands above the table" in str(caught.value)


def test_a_pointer_of_git_lfs_is_told(tmp_path):
    with pytest.raises(TableError, match="pointer of Git LFS"):
        read(tmp_path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
