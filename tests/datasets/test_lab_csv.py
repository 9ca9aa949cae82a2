"""The lab's CSV of a data set is the data set only if every value is the same, and not only its lowest byte."""

import hashlib
import struct

import pytest

from convscope.datasets._load import _read_csv
from convscope.datasets._records import IdxImages, Pinned
from convscope.errors import DatasetError

PIXELS, LABELS = bytes([1, 2, 3, 4, 5, 6, 7, 8]), bytes([5, 0])
ROWS = "class,1x1,1x2,2x1,2x2\n{},1,2,3,4\n0,5,6,7,8\n"


def pinned(header, content):
    return Pinned("x", hashlib.sha256(header + content).hexdigest(), 0, ())


PART = IdxImages(pinned(struct.pack(">4I", 0x803, 2, 2, 2), PIXELS), pinned(struct.pack(">2I", 0x801, 2), LABELS))


def test_the_same_rows_are_the_data_set(tmp_path):
    (tmp_path / "t.csv").write_text(ROWS.format(5))
    assert _read_csv(tmp_path / "t.csv", PART).labels.tolist() == [5, 0]


@pytest.mark.parametrize("label", ["261", "cat"])
def test_a_label_that_only_ends_in_the_same_byte_is_refused(tmp_path, label):
    (tmp_path / "t.csv").write_text(ROWS.format(label))
    with pytest.raises(DatasetError, match="does not hold"):
        _read_csv(tmp_path / "t.csv", PART)
