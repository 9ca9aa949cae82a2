"""Images and labels in files of their own, beside each other."""

import os

import numpy as np
import pytest

from convscope import read_table
from convscope.errors import TableError

LABELS = np.array([3, 1, 2, 3, 1, 2], np.uint8)
IMAGES = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)


def save(folder, **arrays):
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize(
    ("images", "labels"),
    [("X", "y"), ("x_train", "y_train"), ("train_images", "train_labels"), ("set-train-imgs", "set-train-labels")],
)
@pytest.mark.parametrize("save_array", [np.save, np.savez_compressed], ids=["npy", "npz"])
def test_a_file_of_images_takes_the_labels_beside_it(tmp_path, images, labels, save_array):
    ending = ".npy" if save_array is np.save else ".npz"
    save_array(tmp_path / f"{images}{ending}", IMAGES)
    save_array(tmp_path / f"{labels}{ending}", LABELS)
    for place in (tmp_path, tmp_path / f"{images}{ending}"):
        table = read_table(place)
        assert table.labels.tolist() == LABELS.tolist()
        np.testing.assert_array_equal(table.images[..., 0], IMAGES)
        assert f"labels are read from {labels}{ending}" in table.notes
    assert read_table(tmp_path / f"{images}{ending}", label="none").labels is None


def test_the_words_of_files_are_parts(tmp_path):
    save(tmp_path, x_test=IMAGES[:3], y_test=LABELS[:3], x_train=IMAGES, y_train=LABELS, mean=np.zeros(3))
    table = read_table(tmp_path)
    assert table.split.tolist() == ["train"] * 6 + ["test"] * 3
    assert table.labels.tolist() == [*LABELS.tolist(), *LABELS[:3].tolist()]
    assert [str(one) for one in table.understood.left_out] == [
        "1 file was left out (beside the images and their labels): mean.npy"
    ]
    assert len(read_table(tmp_path, split="test")) == 3


def test_text_labels_and_new_ones_are_read(tmp_path):
    large = np.zeros((6, 900, 800), np.uint8)  # so large that it is kept for the next load
    save(tmp_path, X=large, y=np.array(list("abcabc")))
    assert read_table(tmp_path / "X.npy").labels.tolist() == list("abcabc")
    assert isinstance(read_table(tmp_path / "X.npy").pixels, np.memmap)
    save(tmp_path, y=np.array(list("xyzxyz")))
    os.utime(tmp_path / "y.npy", (0, 0))
    assert read_table(tmp_path / "X.npy").labels.tolist() == list("xyzxyz"), "the cache knows the labels' file"


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"X": IMAGES, "y": LABELS[:4]}, "X.npy and y.npy do not belong together"),
        ({"X": IMAGES, "y": np.array([{}] * 6, object)}, "pickled objects"),
        ({"a_x": IMAGES, "a_y": LABELS, "b_x": IMAGES, "b_y": LABELS}, "which parts"),
        ({"train_a_x": IMAGES, "train_a_y": LABELS, "train_b_x": IMAGES, "train_b_y": LABELS}, "which parts"),
    ],
)
def test_what_does_not_belong_together_is_refused(tmp_path, arrays, words):
    save(tmp_path, **arrays)
    with pytest.raises(TableError, match=words):
        read_table(tmp_path)


def test_a_file_of_labels_with_several_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "imgs.npz", IMAGES)
    np.savez(tmp_path / "labels.npz", LABELS, LABELS)
    with pytest.raises(TableError, match="several arrays"):
        read_table(tmp_path / "imgs.npz")


@pytest.mark.parametrize("names", [("X", "Y_train"), ("x_train", "y_test"), ("x_data", "y")])
def test_other_names_are_no_pair(tmp_path, names):
    save(tmp_path, **dict(zip(names, (IMAGES, LABELS), strict=True)))
    assert read_table(tmp_path / f"{names[0]}.npy").labels is None
    with pytest.raises(TableError, match="holds tables"):
        read_table(tmp_path)


@pytest.mark.parametrize("name", ["classes", "labs", "labels_fine"])
def test_labels_of_another_name_are_asked_for_and_never_lost(tmp_path, name):
    np.savez(tmp_path / "t.npz", images=IMAGES, **{name: LABELS}, index=np.arange(len(IMAGES)))
    with pytest.raises(TableError, match=r"which array of t\.npz holds the labels") as caught:
        read_table(tmp_path / "t.npz")
    assert f"label='{name}'" in str(caught.value)
    assert "index" not in str(caught.value)
    assert read_table(tmp_path / "t.npz", label=name).labels.tolist() == LABELS.tolist()
    assert read_table(tmp_path / "t.npz", label="none").labels is None
    named = {"images": IMAGES, name: LABELS}
    assert read_table(named, label=name).labels.tolist() == LABELS.tolist()
    with pytest.raises(TableError, match="which array of the mapping holds the labels"):
        read_table(named)


def test_what_cannot_be_labels_is_left_out(tmp_path):
    np.savez(tmp_path / "t.npz", images=IMAGES, seconds=np.ones(len(IMAGES)), kept=np.arange(3))
    table = read_table(tmp_path / "t.npz")
    assert table.labels is None
    assert any("seconds" in note and "kept" in note for note in table.notes)
