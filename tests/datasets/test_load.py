"""From a name or a path to a table: the documented splits, the homes that are searched, the point formulas."""

import gzip
import hashlib
import shutil
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from convscope.datasets import _load, catalogue, load_dataset, load_parts, load_table, locate
from convscope.datasets._home import data_home_path
from convscope.datasets._records import IdxImages, Pinned
from convscope.errors import DatasetError, TableError, UsageError
from convscope.tables import images_to_table, write_table

TABLE = "class,1x1,1x2,2x1,2x2\n" + "".join(f"{i % 2},{i},2,3,4\n" for i in range(20))


def test_digits_are_scikit_learns_and_their_split_never_moves():
    found = load_digits()
    table, (train, test) = load_table("digits", split="all"), load_parts("digits")
    assert np.array_equal(table.images[..., 0], np.rint(found.images / 16 * 255))
    assert np.array_equal(table.labels, found.target)
    assert (len(train), len(test)) == (1437, 360)
    assert hashlib.sha256(test.pixels.tobytes()).hexdigest()[:16] == "de85aee14a9506dd"
    assert np.abs(np.bincount(test.labels) * 5 - np.bincount(table.labels)).max() <= 5


def test_digits_say_that_their_intensities_were_rescaled():
    assert any("255" in note for note in load_table("digits").notes)


def test_the_grid_of_points_is_exact():
    table = load_table("all_points")
    assert table.features.shape == (2500, 2)
    assert table.features[:3].tolist() == [[0.0, 0.0], [0.0, 0.02], [0.0, 0.04]]
    assert table.features[-1].tolist() == [0.98, 0.98]
    assert table.labels is None


def test_playground_circle_is_blue_inside_half_the_radius_and_leaves_a_gap():
    table = load_table("playground_circle", split="all")
    distance = np.hypot(*table.features.T)
    assert ((distance < 2.5) == (table.labels == "blue")).all()
    assert not ((distance > 2.5) & (distance < 3.5)).any()
    assert distance.max() <= 5


def test_playground_xor_is_blue_where_the_signs_agree_and_leaves_a_cross_free():
    table = load_table("playground_xor", split="all")
    assert ((table.features.prod(axis=1) >= 0) == (table.labels == "blue")).all()
    assert np.abs(table.features).min() >= 0.3
    assert np.abs(table.features).max() <= 5.3


def test_playground_gauss_has_its_clouds_at_2_2_with_variance_one_half():
    table = load_table("playground_gauss", split="all")
    for label, centre in (("blue", 2), ("red", -2)):
        cloud = table.features[table.labels == label]
        assert len(cloud) == 250
        assert cloud.mean(axis=0) == pytest.approx([centre, centre], abs=0.2)
        assert cloud.var(axis=0) == pytest.approx([0.5, 0.5], abs=0.15)


def test_playground_spirals_are_one_arm_turned_half_around():
    table = load_table("playground_spiral", split="all")
    arms = [table.features[table.labels == label] for label in ("blue", "red")]
    arms = [arm[np.argsort(np.hypot(*arm.T))] for arm in arms]
    assert np.allclose(arms[0], -arms[1])
    radius = np.arange(250) / 250 * 5
    angle = 1.75 * radius / 5 * 2 * np.pi
    assert np.allclose(arms[0], np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]))


def test_a_path_is_read_whole_and_parted_one_row_in_five(tmp_path):
    (tmp_path / "mine.csv").write_text(TABLE)
    assert len(load_table(tmp_path / "mine.csv")) == 20
    train, test = load_parts(tmp_path / "mine.csv")
    assert (len(train), len(test)) == (16, 4)
    assert any("4 of 20 rows are held out for testing" in note for note in train.notes)
    with pytest.raises(TableError, match="no test part"):
        load_table(tmp_path / "mine.csv", split="test")


def test_points_with_a_split_keep_it(tmp_path):
    rows = "".join(f"red,{'test' if i > 6 else 'train'},{i},1\n" for i in range(9))
    (tmp_path / "points.csv").write_text("class,split,feature1,feature2\n" + rows)
    train, test = load_parts(tmp_path / "points.csv")
    assert (len(train), len(test)) == (7, 2)
    assert len(load_table(tmp_path / "points.csv", split="test")) == 2


def test_test_rows_that_were_trained_on_are_counted(tmp_path):
    (tmp_path / "mine.csv").write_text("class,1x1,1x2,2x1,2x2\n" + "0,1,2,3,4\n1,5,6,7,8\n" * 10)
    train, _ = load_parts(tmp_path / "mine.csv")
    assert any("4 of the 4 test rows are also training rows" in note for note in train.notes)


def test_a_bunch_of_a_path_has_labels_and_images(tmp_path):
    (tmp_path / "mine.csv").write_text(TABLE)
    bunch = load_dataset(str(tmp_path / "mine.csv"))
    assert bunch.images.shape == (20, 2, 2, 1)
    assert bunch.target.tolist() == [0, 1] * 10
    assert bunch.class_names == ("0", "1")


def test_a_word_that_is_neither_name_nor_path_is_refused():
    with pytest.raises(UsageError, match=r"neither a data set nor a file[\s\S]*did you mean 'digits'"):
        load_table("digit")


def test_a_word_that_is_near_to_no_name_gets_no_suggestion():
    with pytest.raises(UsageError, match="neither a data set nor a file") as refused:
        load_table("photos")
    assert "did you mean" not in str(refused.value)


def test_the_argument_beats_the_environment_beats_the_cache(tmp_path, monkeypatch, own_cache):
    monkeypatch.delenv("CONVSCOPE_DATA", raising=False)
    assert own_cache in data_home_path().parents
    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path / "env"))
    assert data_home_path() == tmp_path / "env"
    assert data_home_path(tmp_path / "argument") == tmp_path / "argument"


def small_mnist(monkeypatch, home):
    """Stand a data set of 40 random images in for MNIST, pinned by its own checksums."""
    random = np.random.default_rng(0)
    parts, tables = {}, {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = random.integers(0, 256, (40, 28, 28)).astype(np.uint8), np.arange(40) % 10
        tables[split] = images_to_table(images, labels)
        contents = {
            "images-idx3": b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes() + images.tobytes(),
            "labels-idx1": b"\0\0\x08\x01" + np.array([40], ">u4").tobytes() + labels.astype(np.uint8).tobytes(),
        }
        pins = []
        for name, content in contents.items():
            pins.append(
                Pinned(f"mnist/{prefix}-{name}-ubyte.gz", hashlib.sha256(content).hexdigest(), len(content), ())
            )
            (home / "mnist").mkdir(parents=True, exist_ok=True)
            (home / pins[-1].place).write_bytes(gzip.compress(content))
        parts[split] = IdxImages(*pins)
    stand_in = replace(catalogue.get("mnist"), splits=parts)
    monkeypatch.setattr(_load.datasets.catalogue, "get", lambda name: stand_in)
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")
    return tables


def test_idx_files_are_used_where_they_lie_packed_or_not(tmp_path, monkeypatch):
    tables = small_mnist(monkeypatch, tmp_path)
    assert np.array_equal(load_table("mnist", data_home=tmp_path).pixels, tables["train"].pixels)
    for packed in list((tmp_path / "mnist").glob("*.gz")):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    assert locate("mnist", tmp_path).at_hand
    whole = load_table("mnist", split="all", data_home=tmp_path)
    assert np.array_equal(whole.pixels, np.concatenate([tables["train"].pixels, tables["test"].pixels]))
    assert len(whole.labels) == 80


@pytest.mark.parametrize("folder", [".", "mnist"])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_the_labs_csv_files_stand_for_the_idx_files(tmp_path, monkeypatch, folder, suffix):
    tables = small_mnist(monkeypatch, tmp_path)
    shutil.rmtree(tmp_path / "mnist")
    (tmp_path / folder).mkdir(exist_ok=True)
    for split, table in tables.items():
        write_table(table, tmp_path / folder / f"mnist_{split}{suffix}")
    assert locate("mnist", tmp_path).at_hand
    test = load_table("mnist", split="test", data_home=tmp_path)
    assert np.array_equal(test.pixels, tables["test"].pixels)
    assert np.array_equal(test.labels, tables["test"].labels)


def test_a_csv_with_one_pixel_changed_is_not_the_data_set(tmp_path, monkeypatch):
    tables = small_mnist(monkeypatch, tmp_path)
    shutil.rmtree(tmp_path / "mnist")
    pixels = tables["train"].pixels.copy()
    pixels[3, 5] ^= 1
    write_table(replace(tables["train"], pixels=pixels), tmp_path / "mnist_train.csv")
    with pytest.raises(DatasetError, match="does not hold the expected images"):
        load_table("mnist", data_home=tmp_path)


@pytest.mark.parametrize("damage", ["one bit", "cut", "another file"])
def test_a_file_in_the_data_home_that_is_not_the_pinned_one_is_refused(tmp_path, monkeypatch, damage):
    small_mnist(monkeypatch, tmp_path)
    path = tmp_path / "mnist" / "train-images-idx3-ubyte.gz"
    content = gzip.decompress(path.read_bytes())
    if damage == "one bit":
        path.write_bytes(gzip.compress(content[:-1] + bytes([content[-1] ^ 1])))
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        path.write_bytes(b"<html>")
    with pytest.raises(DatasetError, match=r"checksum differs|damaged") as caught:
        load_table("mnist", data_home=tmp_path)
    assert str(path) in str(caught.value)
    assert path.exists(), "the user's own file is not deleted"


@pytest.mark.real_data
def test_real_mnist_is_a_memory_map_the_second_time(own_cache, monkeypatch):
    home = data_home_path()
    if not (home / "mnist").is_dir():
        pytest.skip("set CONVSCOPE_DATA to a folder with MNIST")
    first = load_table("mnist")
    monkeypatch.delattr("convscope.tables.read._read")
    second = load_table("mnist")
    assert isinstance(second.pixels, np.memmap)
    assert np.array_equal(first.pixels, second.pixels)
    assert first.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(first.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.mark.real_data
def test_the_generated_grid_is_the_labs_file():
    path = data_home_path() / "points" / "all_points.csv"
    if not path.is_file():
        pytest.skip("set CONVSCOPE_DATA to a folder with the lab's points")
    assert np.array_equal(load_table(path).features, load_table("all_points").features)
