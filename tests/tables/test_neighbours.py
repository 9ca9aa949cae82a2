"""Spellings that lie beside the usual ones: columns, text, lists, arrays, and the parts of folders."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from convscope.errors import DataError
from convscope.tables import hold_out, read_table, write_table

N = 12
SPELLINGS = ("pixel[{r}][{c}]", "img_pixel_{n}", "pixel_value_{n}", "image pixel {r},{c}", "pixel({r})({c})")


def pictures(height=6, width=6, channels=1, n=N):
    i, r, c, k = np.indices((n, height, width, channels))
    return ((37 * i + 11 * r + 5 * c * c + 80 * k + 13 * r * c + 29) % 230 + 20).astype(np.uint8)


G, C = pictures(), pictures(channels=3)
Y = [0, 3, 1, 2] * 3
PIXELS = [f"pixel{place}" for place in range(36)]


def frame(values=G, names=PIXELS, **columns):
    found = pd.DataFrame(values.reshape(len(values), -1), columns=names)
    for name, column in ({"label": Y} | columns).items():
        found.insert(0, name, column)
    return found


def save(root, files):
    for name, picture in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(picture, str):
            (root / name).write_text(picture)
        else:
            Image.fromarray(picture.squeeze()).save(root / name)
    return root


# Columns and text


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_pixel_may_be_spelt_in_many_ways(tmp_path, spelling):
    names = [spelling.format(r=n // 6, c=n % 6, n=n) for n in range(36)]
    frame(names=names)[["label", *sorted(names)]].to_csv(tmp_path / "t.csv", index=False)
    assert np.array_equal(read_table(tmp_path / "t.csv").images, G)


def test_spaces_may_separate_names_too(tmp_path):
    frame().to_csv(tmp_path / "t.txt", index=False, sep=" ")
    table = read_table(tmp_path / "t.txt")
    assert np.array_equal(table.images, G) and table.labels.tolist() == Y


def test_a_single_column_of_pixels_has_a_name(tmp_path):
    pd.DataFrame({"pixels": [" ".join(map(str, g.ravel())) for g in G]}).to_csv(tmp_path / "t.csv", index=False)
    table = read_table(tmp_path / "t.csv")
    assert np.array_equal(table.images, G) and table.labels is None


@pytest.mark.parametrize("write", [str, lambda nested: json.dumps(nested, separators=(",", ":"))])
@pytest.mark.parametrize("wanted", [pictures(4, 9), C], ids=["4x9", "colour"])
def test_lists_in_lists_that_are_written_as_text_give_the_size(tmp_path, write, wanted):
    written = [write(picture.squeeze().tolist()) for picture in wanted]
    pd.DataFrame({"label": Y, "image": written}).to_csv(tmp_path / "t.csv", index=False)
    assert np.array_equal(read_table(tmp_path / "t.csv").images, wanted)


@pytest.mark.parametrize(
    "odd", ["[[1,2,3,4,5,6,7,8,9,0],[1,2,3,4,5,6,7,8]]", "[[1,2,3],[4,5,6],[7,8,9],[0,1,2],[3,4,5],[6,7,8]]"]
)
def test_lists_of_uneven_length_are_refused(tmp_path, odd):
    even = json.dumps([[1] * 9, [2] * 9])
    pd.DataFrame({"label": [0, 1], "image": [even, odd]}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match=r"line 3 of t\.csv has lists of different lengths"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("most", [1.02, 9.5])
def test_fractions_a_little_above_1_are_asked_about(tmp_path, most):
    values = G / 255.0
    values[3, 2, 1] = most
    frame(values).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match=r"range of the pixel values is unclear[\s\S]*line 5[\s\S]*intensity="):
        read_table(tmp_path / "t.csv")
    table = read_table(tmp_path / "t.csv", intensity="0..1", clip=True)
    assert table.intensity == (0, 1) and table.images[3, 2, 1, 0] == 1


# Arrays


def test_what_one_part_leaves_open_another_tells(tmp_path):
    """Three pictures of (6, 6, 3) may be three channels of (6, 6) pictures, three of them; nine may not."""
    np.savez(tmp_path / "p.npz", train_images=C[:9], train_labels=Y[:9], val_images=C[9:], val_labels=Y[9:])
    table = read_table(tmp_path / "p.npz")
    assert np.array_equal(table.images, C) and table.split.tolist() == ["train"] * 9 + ["val"] * 3


# Parts of folders


def spread(first, second):
    return {f"{first if n < 8 else second}/{'ab'[n % 2]}/{n:02d}.png": picture for n, picture in enumerate(G)}


SPREAD = [*range(0, 8, 2), *range(1, 8, 2), 8, 10, 9, 11]


@pytest.mark.parametrize(
    "first, second",
    [
        ("training_set", "test_set"),
        ("train_images", "test_images"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("Trainset", "Testset"),
        ("data-train", "data-test"),
    ],
)
def test_a_part_is_told_by_the_word_that_sets_folders_apart(tmp_path, first, second):
    table = read_table(save(tmp_path, spread(first, second)))
    assert table.split.tolist() == ["train"] * 8 + ["test"] * 4
    assert table.labels.tolist() == (["a"] * 4 + ["b"] * 4 + ["a"] * 2 + ["b"] * 2)
    assert np.array_equal(table.images, G[SPREAD])
    assert any("are parts, not classes" in note for note in table.notes)


def test_classes_whose_names_hold_such_a_word_stay_classes(tmp_path):
    files = {f"{('train station', 'bus station')[n % 2]}/{n}.png": picture for n, picture in enumerate(G)}
    table = read_table(save(tmp_path, files))
    assert table.class_names == ("bus station", "train station") and table.split is None


def test_parts_may_lie_within_the_classes(tmp_path):
    files = {f"{'ab'[n % 2]}/{'train' if n < 8 else 'test'}/{n:02d}.png": picture for n, picture in enumerate(G)}
    table = read_table(save(tmp_path, {**files, "a/about.txt": "no picture"}))
    assert table.split.tolist() == ["train"] * 8 + ["test"] * 4 and np.array_equal(table.images, G[SPREAD])
    assert any("folders in each class are parts" in note for note in table.notes)


def test_a_folder_in_a_class_that_is_called_like_a_part_among_others_is_told(tmp_path):
    files = {f"{'ab'[n % 2]}/{('train', 'bus')[n % 3 > 0]}/{n:02d}.png": picture for n, picture in enumerate(G)}
    table = read_table(save(tmp_path, files))
    assert table.split is None and any("called like parts (train)" in note for note in table.notes)


def test_a_part_that_holds_one_folder_of_folders_is_refused(tmp_path):
    with pytest.raises(DataError, match="train holds one folder, all, which holds others: a, b"):
        read_table(save(tmp_path, spread("train/all", "test/all")))


# Lists of JSON lines


def listed(folder="", **more):
    lines = [
        json.dumps({"file_name": f"{n}.png", "label": "ab"[n % 2], **{key: column[n] for key, column in more.items()}})
        for n in range(N)
    ]
    files = {f"{folder}{n}.png": picture for n, picture in enumerate(G)}
    return files | {f"{folder}metadata.jsonl": "\n".join(lines) + "\n"}


def test_metadata_in_json_lines_lists_pictures(tmp_path):
    save(tmp_path, listed(film=[f"film {n // 4}" for n in range(N)], box=[[1, 2]] * N))
    for place in (tmp_path, tmp_path / "metadata.jsonl"):
        table = read_table(place, group="film")
        assert np.array_equal(table.images, G) and table.labels.tolist() == ["a", "b"] * 6
        assert table.groups.tolist() == [f"film {n // 4}" for n in range(N)]
        assert any("'box'" in note for note in table.notes)


def test_each_part_may_have_such_a_list(tmp_path):
    table = read_table(save(tmp_path, {**listed("train/"), **listed("test/")}))
    assert table.split.tolist() == ["train"] * N + ["test"] * N and np.array_equal(table.images, np.concatenate([G, G]))


@pytest.mark.parametrize(
    "line, told", [("[1, 2]", "line 13"), ('{"file_name": "0.png"', "line 13"), ("[" * 9000, "13")]
)
def test_a_line_that_is_no_object_is_named(tmp_path, line, told):
    files = listed()
    with pytest.raises(DataError, match=rf"{told} of metadata\.jsonl is no JSON object"):
        read_table(save(tmp_path, {**files, "metadata.jsonl": files["metadata.jsonl"] + line}))


# Groups


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".npz"])
def test_groups_are_written_and_read_again(tmp_path, ending):
    table = read_table(frame(film=["x", "y", "z"] * 4), group="film")
    write_table(table, tmp_path / f"t{ending}")
    again = read_table(tmp_path / f"t{ending}", **({"group": "group"} if ".csv" in ending else {}))
    assert again.groups.tolist() == ["x", "y", "z"] * 4 and np.array_equal(again.images, G)
    train, held = hold_out(again, share=0.3)
    assert not {*train.groups} & {*held.groups} and len(held)


def test_a_file_whose_groups_were_taken_out_is_read_all_the_same(tmp_path):
    write_table(read_table(frame(film=["x", "y", "z"] * 4), group="film"), tmp_path / "t.parquet")
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(tmp_path / "t.parquet").drop_columns("group"), tmp_path / "u.parquet")
    assert read_table(tmp_path / "u.parquet").groups is None


def test_a_class_of_one_group_is_not_held_out_and_that_is_said():
    table = read_table(frame(label=["a", "b"] * 6, film=["x", "y"] * 6), group="film")
    with pytest.raises(DataError, match=r"without one group, a class has no rows left[\s\S]*group="):
        hold_out(table)


def test_a_large_picture_may_be_one_text(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (2, 200, 200), np.uint8)
    texts = [" ".join(map(str, picture.ravel())) for picture in values]
    pd.DataFrame({"emotion": [0, 1], "pixels": texts}).to_csv(tmp_path / "t.csv", index=False)
    assert np.array_equal(read_table(tmp_path / "t.csv").images[..., 0], values)
