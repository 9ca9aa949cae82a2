"""Data sets as they are published, tiny: read right, or refused with a repair that works when it is followed."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from convscope.errors import TableError
from convscope.tables import read_table

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)


def save(path, row):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(PIXELS[row]).save(path, "PNG")  # whatever it is called


def cifar(folder):
    """CIFAR-10 as Kaggle packs it: numbers, which train and test have in common, and labels for those of train."""
    for row in range(6):
        save(folder / "train" / f"{row + 1}.png", row)
        save(folder / "test" / f"{row + 1}.png", row + 6)
    labels = pd.DataFrame({"id": range(1, 7), "label": ["cat", "dog"] * 3})
    labels.to_csv(folder / "trainLabels.csv", index=False)
    labels.assign(label="cat").to_csv(folder / "sampleSubmission.csv", index=False)


@pytest.mark.parametrize("given", ["", "trainLabels.csv"])
def test_a_list_is_about_the_folder_that_it_is_called_after(tmp_path, given):
    cifar(tmp_path)
    table = read_table(tmp_path / given)
    assert np.array_equal(table.images, PIXELS[:6])
    assert table.labels.tolist() == ["cat", "dog"] * 3
    assert "trainLabels.csv lists those in train, by its name" in table.notes


def test_a_list_that_is_called_after_no_folder_is_asked_about(tmp_path):
    cifar(tmp_path)
    with pytest.raises(TableError, match="may be more than one picture"):
        read_table((tmp_path / "trainLabels.csv").rename(tmp_path / "answers.csv"))


def test_a_part_with_one_folder_of_all_its_pictures_has_no_classes(tmp_path):
    """Tiny ImageNet: classes in train, and in val a folder of all pictures that a text tells the classes of."""
    for row in range(6):
        save(tmp_path / "train" / f"n0{row % 2}" / "images" / f"{row}.JPEG", row)
        save(tmp_path / "val" / "images" / f"val_{row}.JPEG", row + 6)
    with pytest.raises(TableError, match="val has no class folders") as caught:
        read_table(tmp_path)
    assert "drop='val'" in str(caught.value) or 'drop="val"' in str(caught.value)
    table = read_table(tmp_path, drop="val")
    assert np.array_equal(table.images, PIXELS[[0, 2, 4, 1, 3, 5]])
    assert table.class_names == ("n00", "n01")


@pytest.mark.parametrize("names", [("sample_submission.csv", "train.csv"), ("kmnist-test.npz", "kmnist-train.npz")])
def test_a_folder_of_tables_names_the_one_to_give(tmp_path, names):
    for name in names:
        (tmp_path / name).write_bytes(b"label,pixel0\n1,2\n")
    with pytest.raises(TableError, match="holds tables") as caught:
        read_table(tmp_path)
    assert f"give one of them: {tmp_path.name}/{names[1]}" in str(caught.value)


def test_the_column_that_is_called_like_a_class_is_proposed(tmp_path):
    """The signs of GTSRB on Kaggle."""
    for row in range(4):
        save(tmp_path / "Train" / f"{row}.png", row)
    told = {"Width": 8, "Height": 8, "ClassId": [0, 1, 0, 1], "Path": [f"Train/{row}.png" for row in range(4)]}
    pd.DataFrame(told).to_csv(tmp_path / "Train.csv", index=False)
    with pytest.raises(TableError) as caught:
        read_table(tmp_path)
    assert "ClassId" in str(caught.value).partition("Repair")[2]
    assert read_table(tmp_path, label="ClassId").labels.tolist() == [0, 1, 0, 1]


def test_several_labels_a_row_are_refused_and_can_be_left_out(tmp_path):
    """ChestMNIST."""
    labels = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]])
    np.savez(tmp_path / "t.npz", train_images=PIXELS[:3, ..., 0], train_labels=labels)
    with pytest.raises(TableError, match="not one per row") as caught:
        read_table(tmp_path / "t.npz")
    assert "none" in str(caught.value).partition("Repair")[2]
    assert read_table(tmp_path / "t.npz", label="none").labels is None


@pytest.mark.parametrize(
    ("start", "told"), [(b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file"), (b"\x80\x02}q\0", "a pickle")]
)
def test_formats_of_other_programs_are_refused_by_name(tmp_path, start, told):
    (tmp_path / "t").write_bytes(start + bytes(500))
    with pytest.raises(TableError, match=told):
        read_table(tmp_path / "t")


def test_emnist_is_turned_and_nothing_is_said_to_have_been_said(tmp_path):
    rows = np.c_[np.arange(12) % 3, PIXELS[..., 0].transpose(0, 2, 1).reshape(12, -1)]
    rows[:, -8:] = 0
    np.savetxt(tmp_path / "emnist-letters-train.csv", rows, fmt="%d", delimiter=",")
    table = read_table(tmp_path / "emnist-letters-train.csv")
    assert np.array_equal(table.images[:, :, :7, 0], PIXELS[:, :, :7, 0])
    assert not any("as was said" in note for note in table.notes)


@pytest.mark.parametrize("beside", [("train.txt",), ("labels/0.txt",), ("masks/0.png", "annotations.json"), ()])
def test_a_folder_called_images_is_no_class(tmp_path, beside):
    """Lists as text, boxes and masks: nothing here says what the classes are."""
    for row in range(6):
        save(tmp_path / "images" / f"{row}.png", row)
    for name in beside:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("images/0.png 1")
    with pytest.raises(TableError, match="images, which is not the name of a class") as caught:
        read_table(tmp_path)
    assert "label='none'" in str(caught.value)
    assert read_table(tmp_path, label="none", drop=[]).labels is None
