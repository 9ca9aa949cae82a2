"""Folders of pictures: what a folder says is read, all that is not used is named, and a class never vanishes."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from convscope.errors import ShapeError, TableError
from convscope.tables import _pictures, read_table

RNG = np.random.default_rng(7)


def grey(value=0, size=(2, 3)):
    """A picture whose first pixel tells which one it is."""
    array = np.arange(size[0] * size[1], dtype=np.uint8).reshape(size) + 20
    array[0, 0] = value
    return array


def encoded(picture, kind="PNG", **how):
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def make(root, files):
    """Write pictures (by their first value), or bytes and texts as they are; a name that ends in / is a folder."""
    for name, content in files.items():
        place = Path(os.fsdecode(os.fsencode(root) + b"/" + (name if isinstance(name, bytes) else name.encode())))
        if str(name).endswith("/"):
            place.mkdir(parents=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, int):
            content = encoded(grey(content))
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def firsts(table):
    return table.images[:, 0, 0, 0].tolist()


def told(table):
    return "\n".join(table.notes)


# What a folder says ----------------------------------------------------------------------------------------


def test_rows_stand_in_the_order_of_class_and_name_as_text_and_subfolders_belong_to_their_class(tmp_path):
    make(tmp_path, {"b/1.png": 6, "a b/1.png": 4, "a/film/2.png": 3, "a/10.png": 1, "a/9.png": 2, "ä/x.png": 7})
    table = read_table(tmp_path)
    assert firsts(table) == [1, 2, 3, 4, 6, 7]
    assert table.labels.tolist() == ["a", "a", "a", "a b", "b", "ä"]
    assert table.understood.kind == "class folders"


def test_folders_called_by_numbers_are_numbers_and_1_1_is_a_name(tmp_path):
    assert read_table(make(tmp_path / "n", {"10/a.png": 1, "2/a.png": 2})).labels.tolist() == [10, 2]
    for number, names in enumerate((("1", "1_1"), ("01", "2"), ("1.0", "2"), ("nan", "null"))):
        folder = make(tmp_path / str(number), {f"{name}/a.png": 1 for name in names})
        assert read_table(folder).labels.tolist() == list(names)


@pytest.mark.parametrize("label", ["none", "nan", "null", "NA"])
def test_a_class_called_like_something_missing_is_a_class(tmp_path, label):
    assert read_table(make(tmp_path, {f"{label}/1.png": 1, "some/1.png": 2})).labels.tolist() == sorted([label, "some"])


def test_parts_are_never_classes_and_come_as_train_val_test(tmp_path):
    make(tmp_path, {"Testing/a/1.png": 5, "valid/b/1.png": 3, "TRAIN/b/1.png": 2, "TRAIN/a/1.png": 1, "read me": "x"})
    table = read_table(tmp_path)
    assert firsts(table) == [1, 2, 3, 5]
    assert table.split.tolist() == ["train", "train", "val", "test"]
    assert table.labels.tolist() == ["a", "b", "b", "a"]
    assert "TRAIN, valid, Testing are parts, not classes" in told(table)
    assert firsts(read_table(tmp_path, split="val")) == [3]


def test_parts_beside_other_folders_of_pictures_are_asked_about(tmp_path):
    make(tmp_path, {"cat/1.png": 1, "test/1.png": 2, "dog/1.png": 3, "test/x/1.png": 4})
    with pytest.raises(TableError, match=r"both parts and other folders[\s\S]*test[\s\S]*drop='cat' and drop='dog'$"):
        read_table(tmp_path)
    assert read_table(tmp_path, drop="test").labels.tolist() == ["cat", "dog"]
    assert read_table(tmp_path, drop=["cat", "dog"]).split.tolist() == ["test"]


def test_parts_without_class_folders_are_refused_or_left_out(tmp_path):
    make(tmp_path, {"train/a/1.png": 1, "train/b/1.png": 2, "test/1.png": 3})
    with pytest.raises(TableError, match=r"test has no class folders[\s\S]*test/1.png[\s\S]*drop='test'$"):
        read_table(tmp_path)
    assert firsts(read_table(tmp_path, drop="test")) == [1, 2]
    bare = read_table(tmp_path, label="none")
    assert bare.labels is None
    assert bare.split.tolist() == ["train", "train", "test"]


def test_one_folder_around_the_class_folders_is_asked_about_and_in_an_archive_passed_over(tmp_path):
    make(tmp_path / "outer", {"data/cat/1.png": 1, "data/dog/1.png": 2})
    with pytest.raises(TableError, match=r"holds one folder, data[\s\S]*give outer/data"):
        read_table(tmp_path / "outer")
    for name in zipped(tmp_path, tmp_path / "outer"), *tarred(tmp_path, tmp_path / "outer"):
        assert read_table(name).labels.tolist() == ["cat", "dog"]


def test_a_flat_folder_is_asked_about_and_read_without_labels(tmp_path):
    make(tmp_path, {"2.png": 2, "1.png": 1})
    with pytest.raises(TableError, match=r"no folder per class[\s\S]*labels.csv[\s\S]*label='none'$"):
        read_table(tmp_path)
    table = read_table(tmp_path, label="none")
    assert (firsts(table), table.labels) == ([1, 2], None)


def test_frames_in_one_folder_can_be_kept_together(tmp_path):
    make(tmp_path, {"a/film 1/1.png": 1, "a/film 1/2.png": 2, "a/film 2/1.png": 3, "b/1.png": 4})
    assert read_table(tmp_path).groups is None
    assert read_table(tmp_path, group="folder").groups.tolist() == ["a/film 1", "a/film 1", "a/film 2", "b"]
    with pytest.raises(TableError, match=r"no column 'film'[\s\S]*group='folder'$"):
        read_table(tmp_path, group="film")


def test_names_that_are_not_utf_8_are_read_as_latin_1(tmp_path):
    try:
        make(tmp_path, {b"caf\xe9/1.png": 1, b"th\xc3\xa9/\xff.png": 2})
    except OSError:
        pytest.skip("this file system has text names only")
    table = read_table(tmp_path)
    assert table.labels.tolist() == ["café", "thé"]
    assert "2 names are not UTF-8 and are read as Latin-1, first café" in told(table)


def test_a_name_is_the_same_in_composed_and_decomposed_letters(tmp_path):
    make(tmp_path, {"train/café/1.png": 1, "test/cafe\u0301/1.png": 2})
    assert read_table(tmp_path).labels.tolist() == ["café", "café"]


def test_options_that_folders_do_not_have_are_refused(tmp_path):
    make(tmp_path, {"cat/1.png": 1, "dog/1.png": 2})
    for options, last in (
        ({"label": "breed"}, "label='none'"),
        ({"drop": "catt"}, "drop="),
        ({"layout": "CHW"}, "layout="),
    ):
        with pytest.raises(TableError) as refused:
            read_table(tmp_path, **options)
        assert last in str(refused.value).splitlines()[-1]


# What is left out ------------------------------------------------------------------------------------------


def test_everything_that_is_not_used_is_counted_named_and_given_a_reason(tmp_path):
    whole = encoded(grey(1))
    make(tmp_path, {
        "cat/1.png": 1, "cat/cut.png": whole[:-30], "cat/none.png": "", "cat/list.txt": "x",
        "cat/photo.heic": b"\0\0\0\x18ftypheic" + bytes(64), "cat/a.svg": "<?xml version='1.0'?><svg/>",
        "cat/film.mp4": bytes(11_000_000),
        "dog/1.png": 2, "dog/2.psd": b"8BPS" + bytes(20), "above.png": 3, "cat/Thumbs.db": "x", "dog/.DS_Store": "x",
        "__MACOSX/cat/._1.png": "x", "dog/desktop.ini": "x", "cat/f.tif": encoded(Image.new("F", (3, 2)), "TIFF"),
    })  # fmt: skip
    table = read_table(tmp_path)
    assert firsts(table) == [1, 2]
    found = {(one.reason, one.names): one.count for one in table.understood.left_out}
    assert sum(found.values()) == 9
    for reason, name in (
        ("beside the class folders", "above.png"), ("SVG, not", "cat/a.svg"), ("cut or damaged", "cat/cut.png"),
        ("no pictures", "cat/film.mp4"), ("no pictures", "cat/list.txt"), ("empty", "cat/none.png"),
        ("HEIC, not", "cat/photo.heic"), ("PSD, not", "dog/2.psd"), ("of 32 bits", "cat/f.tif"),
    ):  # fmt: skip
        assert any(reason in why and name in names for why, names in found), (reason, name, found)
        assert name in told(table)
    assert "Thumbs" not in told(table)


def test_a_class_that_would_vanish_is_refused_with_its_files_counted(tmp_path):
    make(tmp_path, {"cat/1.png": 1, "dog/1.png": 2, "fish/1.png": "x", "fish/deep/2.png": "", "newt/": None})
    with pytest.raises(TableError) as refused:
        read_table(tmp_path)
    message = str(refused.value)
    assert "fish, newt have no readable picture" in message
    assert "fish: 2 files, newt: 0 files" in message
    assert message.endswith("drop='fish' and drop='newt'")
    table = read_table(tmp_path, drop=["fish", "newt"])
    assert table.labels.tolist() == ["cat", "dog"]
    assert "2 class folders were left out (as was said): fish, newt" in table.notes


def test_a_class_that_is_empty_in_one_part_is_named_with_the_part(tmp_path):
    make(tmp_path, {"train/cat/1.png": 1, "train/dog/1.png": 2, "test/cat/1.png": 3, "test/dog/": None})
    with pytest.raises(TableError, match=r"the class test/dog has no readable picture[\s\S]*drop='test/dog'$"):
        read_table(tmp_path)
    assert firsts(read_table(tmp_path, drop="test/dog")) == [1, 2, 3]
    assert firsts(read_table(tmp_path, drop="dog")) == [1, 3]


def test_what_is_neither_file_nor_folder_is_never_opened(tmp_path):
    make(tmp_path, {"cat/1.png": 1, "dog/1.png": 2})
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    assert "1 name was left out (neither a file nor a folder): cat/pipe.png" in told(read_table(tmp_path))


# Lists -----------------------------------------------------------------------------------------------------

LIST = "file_name,label\n2.png,b\n1.png,a\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", LIST),
        ("whatever.tsv", LIST.replace(",", "\t")),
        ("metadata.csv", LIST.replace(",", ";")),
        ("train.csv", "ID_code,Diagnosis\n2,b\n1,a\n"),
        ("labels.csv", "\ufeffpath,Class,age\nsub/2.png,b,4\n./1.png,a,5\n"),
        ("labels.csv", "image,label\nsub\\2.png,b\n1,a\n"),
        ("labels.csv", "index,img,y,\n0,2.png,b,\n1,1.png,a,\n"),
    ],
)
def test_a_list_says_the_order_and_the_labels(tmp_path, name, text):
    make(tmp_path, {"1.png": 1, "sub/2.png": 2, "sub/3.png": 3, name: text})
    for given in (tmp_path, tmp_path / name):
        table = read_table(given)
        assert (firsts(table), table.labels.tolist()) == ([2, 1], ["b", "a"])
        assert name in told(table)
        assert "1 file was left out (not in the list): sub/3.png" in table.notes


def test_a_list_may_hold_parts_groups_and_weights(tmp_path):
    make(tmp_path, {
        "labels.csv": "file,label,split,weight,film\n1,a,training,1,x\n2,b,dev,2.5,x\n3,a,test,0,y\n",
        "p/1.png": 1, "p/2.png": 2, "p/3.png": 3,
    })  # fmt: skip
    table = read_table(tmp_path, group="film")
    assert table.split.tolist() == ["train", "val", "test"]
    assert table.weights.tolist() == [1, 2.5, 0]
    assert table.groups.tolist() == ["x", "x", "y"]
    assert read_table(tmp_path, label="film").labels.tolist() == ["x", "x", "y"]
    assert firsts(read_table(tmp_path, split="split:dev")) == [2]


def test_an_incomplete_list_asks_whether_rows_are_left_out(tmp_path):
    make(tmp_path, {"1.png": 1, "2.png": 2, "labels.csv": "file,label\n1.png,a\n2.png,\n3.png,b\n"})
    with pytest.raises(TableError, match=r"1 of 3 pictures[\s\S]*3.png \(line 4\)[\s\S]*missing='drop'$"):
        read_table(tmp_path)
    table = read_table(tmp_path, missing="drop")
    assert firsts(table) == [1]
    assert "1 row was left out (the picture is not there): 3.png" in table.notes
    assert "1 row was left out (without a label): line 3" in table.notes
    make(tmp_path, {"labels.csv": "file,label\n1.png,a\n2.png,\n"})
    with pytest.raises(TableError, match=r"line 3 of labels.csv has no label[\s\S]*missing='drop'$"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,breed\n1.png,a\n2.png,b\n", r"which column of labels.csv is the label[\s\S]*label='breed'"),
        ("file,label,target\n1.png,a,b\n", r"'label', 'target'[\s\S]*label='label'"),
        ("file,label\n1.png,a\n1.png,b\n", r"lists 1.png twice[\s\S]*lines 2 and 3"),
        ("file,label\n1.png,a\n2.png\n", r"line 3 of labels.csv has 1 fields"),
        ("file,label\n../1.png,a\n2.png,b\n", r"1 of 2 pictures that labels.csv lists are not there"),
        ("file,label,split\n1.png,a,early\n", r"'early' in line 2[\s\S]*split='split:early'"),
        ("file,label,weight\n1.png,a,heavy\n", r"no weight in column 'weight'"),
    ],
)
def test_a_list_that_leaves_a_question_is_refused(tmp_path, text, message):
    make(tmp_path, {"1.png": 1, "2.png": 2, "labels.csv": text})
    with pytest.raises(TableError, match=message):
        read_table(tmp_path)


def test_a_name_that_two_pictures_have_is_asked_about(tmp_path):
    make(tmp_path, {"a/1.png": 1, "b/1.png": 2, "labels.csv": "file,label\n1,x\n"})
    with pytest.raises(TableError, match=r"'1' in labels.csv may be more than one picture[\s\S]*a/1.png, b/1.png"):
        read_table(tmp_path)


def test_lists_called_like_parts_are_parts_and_others_are_asked_about(tmp_path):
    files = {
        "i/1.png": 1,
        "i/2.png": 2,
        "i/3.png": 3,
        "train.csv": "id,label\n1,a\n2,b\n",
        "test.csv": "id,label\n3,a\n",
    }
    table = read_table(make(tmp_path / "parts", files))
    assert (firsts(table), table.split.tolist()) == ([1, 2, 3], ["train", "train", "test"])
    assert not any("left out" in note and "not in the list" in note for note in table.notes)
    bare = make(tmp_path / "bare", {**files, "test.csv": "id\n3\n"})
    with pytest.raises(TableError, match=r"test.csv has no labels[\s\S]*bare/train.csv"):
        read_table(bare)
    assert firsts(read_table(bare / "train.csv")) == [1, 2]
    two = make(tmp_path / "two", {"1.png": 1, "sample.csv": LIST, "train.csv": LIST, "2.png": 2})
    with pytest.raises(TableError, match=r"several lists[\s\S]*sample.csv, train.csv[\s\S]*drop='sample.csv'$"):
        read_table(two)
    assert "train.csv lists the pictures" in told(read_table(two, drop="sample.csv"))


def test_a_file_called_like_a_list_that_lists_nothing_is_asked_about(tmp_path):
    make(tmp_path, {"cat/1.png": 1, "dog/2.png": 2, "labels.csv": "photo,label\n1.png,cat\n"})
    with pytest.raises(TableError, match=r"lists no pictures[\s\S]*'photo', 'label'[\s\S]*drop='labels.csv'$"):
        read_table(tmp_path)
    table = read_table(tmp_path, drop="labels.csv")
    assert table.labels.tolist() == ["cat", "dog"]
    assert "1 file was left out (beside the class folders): labels.csv" in table.notes


# How a picture is read -------------------------------------------------------------------------------------


def test_the_first_bytes_decide_whatever_the_name_says(tmp_path):
    pixels = RNG.integers(0, 256, (5, 4, 3), np.uint8)
    names = {"a.png": "TIFF", "b": "PNG", "c.txt": "BMP", "D.JPEG.PNG": "PNG", "e.gif": "PNG"}
    files = {f"x/{name}": encoded(pixels, kind) for name, kind in names.items()}
    table = read_table(make(tmp_path, {**files, "x/f.webp": encoded(pixels, "WEBP", lossless=True)}))
    assert (table.images == pixels).all()
    assert len(table) == 6


def test_every_mode_becomes_what_pillow_makes_of_it(tmp_path):
    photo = Image.fromarray(RNG.integers(0, 256, (9, 7, 3), np.uint8))
    ways = {
        "1": ("PNG", photo.convert("1"), {}, lambda image: image.convert("L").convert("RGB")),
        "2": ("GIF", photo.quantize(16), {}, lambda image: image.convert("RGB")),
        "3": ("JPEG", photo.convert("CMYK"), {}, lambda image: image.convert("RGB")),
        "4": ("JPEG", photo.convert("L"), {}, lambda image: image.convert("RGB")),
        "5": ("PNG", photo, {"interlace": 1}, lambda image: image),
        "6": ("JPEG", photo, {"exif": oriented(8)}, ImageOps.exif_transpose),
        "7": ("WEBP", photo, {"exif": oriented(3)}, ImageOps.exif_transpose),
        "8": ("TIFF", photo, {"compression": "tiff_lzw"}, lambda image: image),
        "9": ("PNG", photo.convert("LA"), {}, lambda image: image.convert("L").convert("RGB")),
    }
    files, expected = {}, []
    for name, (kind, image, how, rule) in ways.items():
        image = image.transpose(Image.Transpose.ROTATE_90) if name == "6" else image
        files[f"x/{name}"] = encoded(image, kind, **how)
        expected.append(np.asarray(rule(Image.open(io.BytesIO(files[f"x/{name}"])))))
    table = read_table(make(tmp_path, files))
    for found, wanted, name in zip(table.images, expected, ways, strict=True):
        np.testing.assert_array_equal(found, wanted, name)
    for rule in ("1 picture: a palette, P becomes RGB", "1 picture: CMYK becomes RGB", "2 pictures: turned upright"):
        assert rule in told(table)


def oriented(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("value", [2, 6])
def test_a_picture_is_turned_once_in_every_format(tmp_path, kind, value):
    array = np.zeros((8, 16, 3), np.uint8)
    array[:, :8] = 200
    content = encoded(array, kind, exif=oriented(value), **({"quality": 100} if kind != "TIFF" else {}))
    image = read_table(make(tmp_path, {"a/1": content})).images[0]
    bright = image[:, 8:] if value == 2 else image[:8]
    assert image.shape[:2] == ((8, 16) if value == 2 else (16, 8))
    assert bright.min() > 150
    assert image.mean() < 110


@pytest.mark.parametrize(("kind", "how"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})])
def test_the_first_frame_counts(tmp_path, kind, how):
    frames = [Image.fromarray(np.full((4, 4), value, np.uint8)) for value in (50, 100, 150)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **how)
    table = read_table(make(tmp_path, {"a/1": content}))
    assert (table.pixels == 50).all()
    assert "more than one frame, of which the first is used" in told(table)


def test_transparency_is_black_unless_that_hides_a_drawing(tmp_path):
    ink = np.zeros((4, 4, 4), np.uint8)
    ink[1, :, 3] = 255
    light = ink.copy()
    light[1, :, :3] = 200
    table = read_table(make(tmp_path / "light", {"a/1.png": encoded(light)}))
    assert table.images[0, :, 0, 0].tolist() == [0, 200, 0, 0]
    assert "transparency put on black" in told(table)
    table = read_table(make(tmp_path / "both", {"a/1.png": encoded(light), "a/2.png": encoded(ink)}))
    assert table.images[:, :, 0, 0].tolist() == [[255, 200, 255, 255], [255, 0, 255, 255]]
    assert "2 pictures: transparency put on white" in told(table)
    clear = np.zeros((4, 4, 4), np.uint8)
    assert (
        not read_table(make(tmp_path / "clear", {"a/1.png": encoded(clear), "a/2.png": encoded(light)})).pixels[0].any()
    )
    opaque = np.full((4, 4, 4), 255, np.uint8)
    assert "transparen" not in told(read_table(make(tmp_path / "opaque", {"a/1.png": encoded(opaque)})))


# Sizes -----------------------------------------------------------------------------------------------------


def test_different_sizes_are_refused_with_a_size_that_most_are_near(tmp_path):
    sizes = [(4, 6), (5, 6), (5, 7), (40, 60), (3, 7)]
    make(tmp_path, {f"a/{n}.png": encoded(grey(n, size)) for n, size in enumerate(sizes)})
    with pytest.raises(ShapeError) as refused:
        read_table(tmp_path)
    message = str(refused.value)
    assert "a/1.png differs in size" in message
    assert "5 x 6" in message
    assert "4 x 6, as a/0.png" in message
    assert message.endswith("resize='contain:5x6'")
    with pytest.raises(ShapeError, match=r"resize='cover:5x6'$"):
        read_table(tmp_path, resize="cover")


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
@pytest.mark.parametrize("how", ["contain", "cover", "stretch"])
def test_pictures_are_resized_as_pillow_does_it(tmp_path, how, mode):
    height, width = 12, 9
    files, expected = {}, []
    for n, size in enumerate([(24, 18), (24, 40), (50, 9), (6, 4), (12, 9), (13, 27)]):
        values = RNG.integers(0, 256, (*size, 3) if mode == "RGB" else size, np.uint8)
        values = values.astype(np.uint16) * 257 - (values > 0) if mode == "I;16" else values
        files[f"a/{n}.png"] = encoded(values)
        expected.append(resized(values, how, height, width))
    table = read_table(make(tmp_path, files), resize=f"{how}:{height}x{width}")
    for found, wanted in zip(table.images, expected, strict=True):
        np.testing.assert_array_equal(found, wanted.reshape(height, width, -1))
    assert how in told(table)
    assert len(table.understood.sizes) == 6


def resized(values, how, height, width):
    """Resize by Pillow's own functions: the mean over the area where it shrinks, bilinear where it grows."""
    image, size = Image.fromarray(values), (width, height)
    area, line = Image.Resampling.BOX, Image.Resampling.BILINEAR
    scales = height / image.height, width / image.width
    if how == "contain":
        inside = np.asarray(ImageOps.contain(image, size, area if min(scales) <= 1 else line))
        whole = np.zeros((height, width, *values.shape[2:]), values.dtype)
        top, left = round((height - inside.shape[0]) / 2), round((width - inside.shape[1]) / 2)
        whole[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
        return whole
    if how == "cover":
        return np.asarray(ImageOps.fit(image, size, area if max(scales) <= 1 else line))
    wide = image.resize((width, image.height), area if scales[1] <= 1 else line)
    tall = wide.resize(size, area if scales[0] <= 1 else line)
    both = image.resize(size, area if scales[0] <= 1 else line)
    return np.asarray(both if (scales[0] <= 1) == (scales[1] <= 1) else tall)


def test_many_pictures_are_the_same_in_threads_and_without_them(tmp_path, monkeypatch):
    sizes = RNG.integers(3, 40, (150, 2)).tolist()
    files = {f"{n % 3}/{n:03}.png": encoded(RNG.integers(0, 256, (*size, 3), np.uint8)) for n, size in enumerate(sizes)}
    make(tmp_path, files)
    many = read_table(tmp_path, resize="cover:8x8")
    monkeypatch.setattr(_pictures, "FEW", 10**6)
    np.testing.assert_array_equal(many.pixels, read_table(tmp_path, resize="cover:8x8").pixels)
    assert len(many) == 150
    assert many.labels.tolist() == sorted(n % 3 for n in range(150))


# Archives --------------------------------------------------------------------------------------------------


def zipped(folder, source):
    with zipfile.ZipFile(folder / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*"), reverse=True):
            archive.write(path, path.relative_to(source))
    return folder / "packed.zip"


def tarred(folder, source):
    for ending, mode in (("tar", "w"), ("tgz", "w:gz"), ("tar.bz2", "w:bz2"), ("tar.xz", "w:xz")):
        with tarfile.open(folder / f"packed.{ending}", mode) as archive:
            for path in sorted(source.rglob("*"), reverse=True):
                archive.add(path, path.relative_to(source), recursive=False)
        yield folder / f"packed.{ending}"


def test_an_archive_is_read_as_the_folder_that_was_packed(tmp_path):
    deep = "a/" + "long name " * 14 + "/3.png"
    source = make(tmp_path / "source", {
        "train/a/1.png": 1, "train/b/2.png": 2, f"train/{deep}": 3, "test/a/4.png": 4,
        "test/b/5.png": encoded(grey(5))[:-30],
        "test/b/6.png": 6, "train/b/._2.png": "x", "__MACOSX/x": "x", "train/b/note.txt": "x",
    })  # fmt: skip
    folder = read_table(source)
    assert firsts(folder) == [1, 3, 2, 4, 6]
    for path in (zipped(tmp_path, source), *tarred(tmp_path, source)):
        table = read_table(path)
        np.testing.assert_array_equal(table.pixels, folder.pixels, str(path))
        assert (table.labels == folder.labels).all()
        assert (table.split == folder.split).all()
        assert table.understood == folder.understood


def test_an_empty_class_in_an_archive_is_refused_too(tmp_path):
    source = make(tmp_path / "source", {"a/1.png": 1, "b/": None})
    for path in (zipped(tmp_path, source), *tarred(tmp_path, source)):
        with pytest.raises(TableError, match="the class b has no readable picture"):
            read_table(path)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (tarfile.SYMTYPE, "a link or a device"),
        (tarfile.LNKTYPE, "a link or a device"),
        (tarfile.CHRTYPE, "a link or a device"),
        (tarfile.FIFOTYPE, "a link or a device"),
    ],
)
def test_a_tar_with_links_or_devices_is_refused_whole(tmp_path, kind, message):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name, type_ in (("a/1.png", tarfile.REGTYPE), ("a/2.png", kind)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = type_, "/etc/passwd"
            archive.addfile(member, io.BytesIO())
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / "x.tar")


@pytest.mark.parametrize("name", ["../1.png", "/etc/1.png", "C:/1.png", "a/../../1.png"])
def test_a_tar_that_leads_outside_is_refused_whole(tmp_path, name):
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a/1.png"), io.BytesIO())
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(TableError, match="outside the folder"):
        read_table(tmp_path / "x.tar.gz")


@pytest.mark.parametrize("ending", ["tar", "tgz", "tar.bz2", "tar.xz"])
def test_a_cut_archive_is_refused(tmp_path, ending):
    noise = [encoded(RNG.integers(0, 256, (40, 40), np.uint8)) for _ in range(9)]
    source = make(tmp_path / "source", {f"{n % 2}/{n}.png": content for n, content in enumerate(noise)})
    path = next(path for path in tarred(tmp_path, source) if path.name.endswith(ending))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(TableError, match=r"ended early|damaged|is cut"):
        read_table(path)
