"""Tables in several Parquet files, and pictures within columns: as text, and as the bytes of their pixels."""

import base64
import io
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as arrow_parquet
import pytest
from PIL import Image
from typer.testing import CliRunner

from convscope import read_table
from convscope.cli._app import app
from convscope.errors import ShapeError, TableError

PIXELS = np.random.default_rng(0).integers(0, 256, (13, 6, 6), np.uint8)
LABELS = np.arange(13) % 3


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write(path, rows, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"bytes": png(PIXELS[row]), "path": None} for row in rows]
    arrow_parquet.write_table(pa.table({"image": images, "label": LABELS[list(rows)], **more}), path)


def shape_of(table):
    return table.images[..., 0].tolist()


@pytest.mark.parametrize(
    "names",
    [
        ("data/train-00000-of-00002", "data/train-00001-of-00002", "data/test-00000-of-00001"),
        ("mnist_28-train", "mnist_28-train.1", "mnist_28-test"),
        ("train/0000", "train/0001", "test/0000"),
        ("default/train-0", "default/train-1", "default/test"),
    ],
)
def test_shards_are_one_table_and_names_are_parts(tmp_path, names):
    for name, rows in zip(names, (range(5), range(5, 10), range(10, 13)), strict=True):
        if name == "mnist_28-train.1":
            continue
        write(tmp_path / f"{name}.parquet", range(10) if name == "mnist_28-train" else rows)
    (tmp_path / "README.md").write_text("about it")
    table = read_table(tmp_path)
    assert shape_of(table) == PIXELS.tolist()
    assert table.labels.tolist() == LABELS.tolist()
    assert table.split.tolist() == ["train"] * 10 + ["test"] * 3
    assert len(read_table(tmp_path, split="test")) == 3


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar"])
@pytest.mark.parametrize("outer", ["", "mnist/data"])
def test_an_archive_of_shards_is_read_as_their_folder(tmp_path, kind, outer):
    folder = tmp_path / "folder"
    for name, rows in (("train-00000-of-00002", range(5)), ("train-00001-of-00002", range(5, 10)), ("test", (10, 12))):
        write(folder / outer / f"{name}.parquet", rows)
    (folder / outer / "dataset_infos.json").write_text("{}")
    archive = shutil.make_archive(str(tmp_path / "packed"), kind, folder)
    table, unpacked = read_table(archive), read_table(folder)
    assert shape_of(table) == shape_of(unpacked) == PIXELS[[*range(11), 12]].tolist()
    assert table.split.tolist() == unpacked.split.tolist() == ["train"] * 10 + ["test"] * 2
    assert table.source == archive


def test_an_archive_of_other_tables_is_refused_by_their_names(tmp_path):
    write(tmp_path / "folder" / "train.parquet", range(5))
    (tmp_path / "folder" / "test.csv").write_text("label,pixel0\n1,2\n")
    with pytest.raises(TableError, match="several tables"):
        read_table(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "folder"))


@pytest.mark.parametrize("n_files", [1, 40])
@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_shards_that_unpack_to_too_much_together_are_refused(tmp_path, n_files, kind, within_cpu_seconds):
    """One is padded, so that it is large before it is packed; of many, each is as large as any file may be."""
    n = 12_000_000 if n_files == 1 else 1_500_000
    table = pa.table({"label": np.zeros(n, np.int64)}, metadata={"more": "x" * (8_000_000 if n_files == 1 else 1)})
    (tmp_path / "folder").mkdir()
    arrow_parquet.write_table(table, tmp_path / "folder" / "train-0.parquet", compression="zstd")
    for number in range(1, n_files):
        shutil.copy(tmp_path / "folder" / "train-0.parquet", tmp_path / "folder" / f"train-{number}.parquet")
    archive = shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path / "folder")
    with within_cpu_seconds(2), pytest.raises(TableError, match="far more than"):
        read_table(archive)


def test_files_numbered_by_spark_are_one_table_without_parts(tmp_path):
    for number, rows in enumerate((range(7), range(7, 13))):
        write(tmp_path / f"part-0000{number}-8f2a41cc-c000.snappy.parquet", rows)
    (tmp_path / "_SUCCESS").write_text("")
    table = read_table(tmp_path)
    assert (shape_of(table), table.split) == (PIXELS.tolist(), None)


def test_shards_stand_in_the_order_of_their_numbers_not_of_their_names(tmp_path):
    for number in (0, 2, 10):
        write(tmp_path / f"part{number}.parquet", [number])
    assert shape_of(read_table(tmp_path)) == PIXELS[[0, 2, 10]].tolist()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train-00000-of-00003", "train-00002-of-00003"], "1 of 3 files of 'train' are missing"),
        (["cats", "dogs"], "not clear which of the Parquet files"),
        (["one/train", "other/train"], "not clear which of the Parquet files"),
        (["train-0", "train_0"], "not clear which of the Parquet files"),
    ],
)
def test_what_does_not_belong_together_is_refused_by_name(tmp_path, names, message):
    for name in names:
        write(tmp_path / f"{name}.parquet", range(2))
    with pytest.raises(TableError, match=message):
        read_table(tmp_path)


def test_a_shard_with_other_columns_is_named(tmp_path):
    write(tmp_path / "train.parquet", range(2))
    write(tmp_path / "test.parquet", range(2), more=["a", "b"])
    with pytest.raises(TableError, match="other columns") as caught:
        read_table(tmp_path)
    assert "'more'" in str(caught.value)


def test_a_damaged_shard_is_named(tmp_path):
    write(tmp_path / "train-0.parquet", range(2))
    (tmp_path / "train-1.parquet").write_bytes((tmp_path / "train-0.parquet").read_bytes()[:-40])
    with pytest.raises(TableError, match=r"train-1\.parquet is not a complete Parquet file"):
        read_table(tmp_path)


def test_a_folder_of_pictures_stays_one_though_a_parquet_file_lies_in_it(tmp_path):
    for name in ("cat", "dog"):
        for number in range(2):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"{number}.png").write_bytes(png(PIXELS[number]))
    write(tmp_path / "features.parquet", range(2))
    assert read_table(tmp_path).labels.tolist() == ["cat", "cat", "dog", "dog"]


def test_data_check_says_the_parts_of_shards(tmp_path):
    for name, rows in (("train", range(10)), ("validation", range(10, 13))):
        write(tmp_path / f"{name}-00000-of-00001.parquet", rows)
    result = CliRunner().invoke(app, ["data", "check", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["split"] == {"train": 10, "val": 3}


@pytest.mark.parametrize("before", ["", "data:image/png;base64,"])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_pictures_in_base64_are_read(tmp_path, kind, before):
    written = [before + base64.b64encode(png(pixels)).decode() for pixels in PIXELS]
    path = tmp_path / f"table.{kind}"
    if kind == "csv":
        path.write_text(
            "label,image\n" + "".join(f'{label},"{text}"\n' for label, text in zip(LABELS, written, strict=True))
        )
    elif kind == "jsonl":
        rows = [{"label": int(label), "image": text} for label, text in zip(LABELS, written, strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        arrow_parquet.write_table(pa.table({"label": LABELS, "image": written}), path)
    table = read_table(path)
    assert (shape_of(table), table.labels.tolist()) == (PIXELS.tolist(), LABELS.tolist())


def test_base64_that_is_cut_is_left_out_and_named(tmp_path):
    written = [base64.b64encode(png(pixels)).decode() for pixels in PIXELS[:4]]
    written[2] = written[2][:60]
    path = tmp_path / "table.parquet"
    arrow_parquet.write_table(pa.table({"label": ["a", "b", "a", "b"], "image": written}), path)
    table = read_table(path)
    assert len(table) == 3 and any("row 3" in str(one) for one in table.understood.left_out)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(36)])
def test_bytes_that_are_no_picture_are_pixels(tmp_path, kind):
    path = tmp_path / "table.parquet"
    rows = pa.array([pixels.tobytes() for pixels in PIXELS], kind)
    arrow_parquet.write_table(pa.table({"label": LABELS, "pixels": rows}), path)
    assert shape_of(read_table(path)) == PIXELS.tolist()


def test_bytes_of_no_square_ask_for_the_shape_and_take_it(tmp_path):
    path = tmp_path / "table.parquet"
    rows = [pixels[:5].tobytes() for pixels in PIXELS]
    arrow_parquet.write_table(pa.table({"label": LABELS, "pixels": rows}), path)
    with pytest.raises(ShapeError, match="shape"):
        read_table(path)
    assert shape_of(read_table(path, shape="5x6")) == PIXELS[:, :5].tolist()


def test_a_picture_of_a_kind_that_is_not_read_is_not_taken_for_pixels(tmp_path):
    path = tmp_path / "table.parquet"
    rows = [b"\0\0\0\x1cftypavif" + bytes(24) for _ in range(4)]
    arrow_parquet.write_table(pa.table({"label": [0, 1, 0, 1], "image": rows}), path)
    with pytest.raises(TableError, match="AVIF"):
        read_table(path)
