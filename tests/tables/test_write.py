"""What is written is read back as it was, completely or not at all; a large table is parsed once."""

import resource

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from convscope.errors import TableError, UsageError
from convscope.tables import PixelTable, PointTable, images_to_table, read_table, write_table

FORMATS = ["table.csv", "table.csv.gz", "table.parquet", "table.npz", "table"]
random = np.random.default_rng(0)
PICTURES = random.integers(0, 256, (12, 3, 4)).astype(np.uint8)
LABELS = np.array(["cat", "dog", "=1+1"] * 4, object)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("labels", [LABELS, np.arange(12) % 3 + 5], ids=["text", "numbers"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_table_is_read_back_as_it_was_written(tmp_path, name, labels, channels):
    table = images_to_table(random.integers(0, 256, (12, 3, 4, channels)).astype(np.uint8), labels)
    write_table(table, tmp_path / name)
    again = read_table(tmp_path / name)
    order = np.argsort(labels.astype(str), kind="stable")
    expected = table[order] if name == "table" else table  # a folder holds class after class
    assert again.image_shape == table.image_shape
    assert np.array_equal(again.pixels, expected.pixels)
    assert again.labels.tolist() == expected.labels.tolist()
    assert again.labels.dtype == table.labels.dtype


@pytest.mark.parametrize("name", ["table.csv", "table.parquet", "table.npz"])
def test_fractions_and_missing_labels_survive(tmp_path, name):
    table = images_to_table(random.random((5, 2, 2)).astype(np.float32))
    write_table(table, tmp_path / name)
    again = read_table(tmp_path / name)
    assert again.labels is None
    assert np.array_equal(again.pixels, table.pixels)


@pytest.mark.parametrize("name", ["points.csv", "points.csv.gz", "points.parquet"])
def test_points_are_read_back_to_the_last_digit(tmp_path, name):
    labels, split = np.array(["red", "blue"] * 10, object), np.array(["train"] * 15 + ["test"] * 5, object)
    table = PointTable(random.normal(size=(20, 2)), labels=labels, split=split)
    write_table(table, tmp_path / name)
    again = read_table(tmp_path / name)
    assert np.array_equal(again.features, table.features)
    assert again.labels.tolist() == labels.tolist()
    assert again.split.tolist() == split.tolist()


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=8)
MISSING = ("na", "nan", "n/a", "null", "none", "<na>")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(texts.filter(lambda text: text.lower() not in MISSING), min_size=2, max_size=6))
def test_any_text_label_survives_csv(tmp_path, labels):
    labels = ["a label", *labels]  # so that not all are numbers
    table = images_to_table(np.arange(len(labels)).reshape(-1, 1, 1), labels)
    write_table(table, tmp_path / "table.csv")
    assert read_table(tmp_path / "table.csv").labels.tolist() == labels


def test_a_label_that_is_a_formula_is_marked_in_csv(tmp_path):
    write_table(images_to_table([[[1]], [[2]]], ['=HYPERLINK("http://x")', "cat"]), tmp_path / "table.csv")
    assert (
        "\"'=HYPERLINK" in (tmp_path / "table.csv").read_text() or "'=HYPERLINK" in (tmp_path / "table.csv").read_text()
    )
    assert "\n=" not in (tmp_path / "table.csv").read_text()
    assert read_table(tmp_path / "table.csv").labels.tolist() == ['=HYPERLINK("http://x")', "cat"]


@pytest.mark.parametrize(
    "label", ["../evil", "/etc/evil", "..", "", "a/b", "a\\b", ".hidden", "C:", "con*", "a\nb", "CAT"]
)
def test_a_label_that_cannot_be_a_folder_is_refused_and_nothing_is_written(tmp_path, label):
    with pytest.raises(TableError, match="cannot be the name of a folder"):
        write_table(images_to_table([[[1]], [[2]]], ["cat", label]), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_formats_that_nobody_writes_are_refused(tmp_path):
    table = images_to_table([[[1]]], [0])
    for name in ("table.xlsx", "train-images.idx3", "table.h5"):
        with pytest.raises(UsageError, match=r"\.csv"):
            write_table(table, tmp_path / name)


def test_a_folder_with_something_in_it_is_not_touched(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(TableError, match="not empty"):
        write_table(images_to_table([[[1]]], [0]), tmp_path / "full")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["mine.txt"]


def limited(n_bytes):
    """Let no file grow beyond so many bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz", "table.parquet", "table.npz", "table"])
def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path, name):
    table = images_to_table(random.integers(0, 256, (300, 28, 28)).astype(np.uint8), np.arange(300) % 3)
    if name != "table":
        (tmp_path / name).write_text("old")
    release = limited(500)
    try:
        with pytest.raises(OSError):
            write_table(table, tmp_path / name)
    finally:
        release()
    assert [path.name for path in tmp_path.iterdir()] == ([] if name == "table" else [name])
    if name != "table":
        assert (tmp_path / name).read_text() == "old"


def big_table(tmp_path, seed=0):
    table = PixelTable(
        np.random.default_rng(seed).integers(0, 256, (6000, 784)).astype(np.uint8),
        (28, 28, 1),
        np.array(["cat", "dog"] * 3000, object),
    )
    write_table(table, tmp_path / "big.parquet")
    return table


def test_a_second_load_is_a_memory_map_and_reads_nothing_again(tmp_path, own_cache, monkeypatch):
    table = big_table(tmp_path)
    first = read_table(tmp_path / "big.parquet")
    monkeypatch.delattr("convscope.tables.read._read")
    second = read_table(tmp_path / "big.parquet")
    assert isinstance(second.pixels, np.memmap)
    assert not second.pixels.flags.writeable
    for found in (first, second):
        assert np.array_equal(found.pixels, table.pixels)
        assert found.labels.tolist() == table.labels.tolist()
        assert (found.image_shape, found.notes, found.class_names) == ((28, 28, 1), (), ("cat", "dog"))


def test_a_list_is_kept_until_a_picture_beside_it_changes(tmp_path, own_cache):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, value in (("1.png", 1), ("2.png", 2)):
        Image.fromarray(np.full((1500, 1500), value, np.uint8)).save(folder / name)
    (folder / "which.csv").write_text("file,label\n1.png,cat\n2.png,dog\n")
    assert not isinstance(read_table(folder / "which.csv").pixels, np.memmap)
    kept = read_table(folder / "which.csv")
    assert isinstance(kept.pixels, np.memmap) and kept.pixels[:, 0].tolist() == [1, 2]
    Image.fromarray(np.full((1500, 1500), 9, np.uint8)).save(folder / "2.png")
    assert read_table(folder / "which.csv").pixels[:, 0].tolist() == [1, 9]
    assert len(list(own_cache.rglob("*.npy"))) == 1


def test_a_changed_file_is_read_again_and_other_options_too(tmp_path):
    big_table(tmp_path)
    read_table(tmp_path / "big.parquet")
    changed = big_table(tmp_path, seed=1)
    assert np.array_equal(read_table(tmp_path / "big.parquet").pixels, changed.pixels)
    assert read_table(tmp_path / "big.parquet", resize="stretch:14x56").image_shape == (14, 56, 1)


@pytest.mark.parametrize("damage", ["cut", "garbage", "missing", "json"])
def test_a_damaged_cache_is_not_believed(tmp_path, own_cache, damage):
    table = big_table(tmp_path)
    read_table(tmp_path / "big.parquet")
    (kept,) = own_cache.rglob("*.npy")
    if damage == "cut":
        kept.write_bytes(kept.read_bytes()[:-1000])
    elif damage == "garbage":
        kept.write_bytes(b"garbage")
    elif damage == "missing":
        kept.unlink()
    else:
        kept.with_suffix(".json").write_text("[1, 2")
    assert np.array_equal(read_table(tmp_path / "big.parquet").pixels, table.pixels)


def test_tables_are_read_where_no_cache_can_be_kept(tmp_path, own_cache):
    table = big_table(tmp_path)
    own_cache.write_text("a file where the cache folder should be")
    assert np.array_equal(read_table(tmp_path / "big.parquet").pixels, table.pixels)


def test_a_full_cache_disk_leaves_nothing_behind(tmp_path, own_cache):
    table = big_table(tmp_path)
    release = limited(100_000)
    try:
        assert np.array_equal(read_table(tmp_path / "big.parquet").pixels, table.pixels)
    finally:
        release()
    assert [path for path in own_cache.rglob("*") if path.is_file()] == []
