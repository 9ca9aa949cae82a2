"""Tables as people have them: each is read as what it is, or refused by a message that names the deciding option.

The pictures follow a formula, so that a swapped axis, a reversed order or a lost byte changes them.
"""

import bz2
import gzip
import io
import json
import lzma
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from PIL import Image

from convscope.errors import DataError
from convscope.tables import PixelTable, PointTable, read_table

N = 12


def pictures(height=8, width=8, channels=1, n=N):
    """Make pictures no two of whose rows, columns or channels agree, dark in the corners."""
    i, r, c, k = np.indices((n, height, width, channels))
    values = ((37 * i + 11 * r + 5 * c * c + 80 * k + 13 * r * c + 29) % 230 + 20).astype(np.uint8)
    values[:, 0, 0] = values[:, -1, -1] = 0
    return values


G, C, F = pictures(), pictures(6, 6, 3), pictures(5, 7)
FLAT = G.reshape(N, -1)
Y = [0, 3, 1, 2] * 3
PIXELS = [f"pixel{place}" for place in range(64)]


def frame(values=FLAT, names=PIXELS, label="label", labels=Y, **more):
    found = pd.DataFrame(values, columns=names)
    for name, column in reversed({label: labels, **more}.items()):
        found.insert(0, name, column)
    return found


def csv(table, name="table.csv", **how):
    return lambda folder: table.to_csv(folder / name, index=False, **how) or folder / name


def text(content, name="table.csv"):
    return lambda folder: (folder / name).write_bytes(content) and folder / name


def arrays(name="table.npz", **found):
    return lambda folder: np.savez(folder / name, **found) or folder / name


def columns(table, name="table.parquet"):
    return lambda folder: pq.write_table(table, folder / name) or folder / name


def packed(pack, ending):
    return text(pack(frame().to_csv(index=False).encode()), f"table.csv{ending}")


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, frame().to_csv(index=False))
    return text(buffer.getvalue(), "table.zip")


def png(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture[..., 0]).save(buffer, format="PNG")
    return buffer.getvalue()


def named(pattern, height=8, width=8, first=0):
    return [
        pattern.format(r=r + first, c=c + first, i=r * width + c + first) for r in range(height) for c in range(width)
    ]


def bare(values, labels, *, last=False):
    rows = np.column_stack([values, labels] if last else [labels, values])
    return "\n".join(",".join(map(str, row)) for row in rows) + "\n"


NEUTRAL = sorted(f"attr{i}" for i in range(64))
PARTS = ["training"] * 6 + ["Validation"] * 2 + ["TEST"] * 4
SPLIT = ["train"] * 6 + ["val"] * 2 + ["test"] * 4
STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
DEEP = G.astype(np.uint16) * 257 + 3
NAMES = {"info": {"features": {"label": {"names": ["zero", "one", "two", "three"], "_type": "ClassLabel"}}}}

# what is read: how to write it, the options, the pictures, and words of its notes
READ = {
    "text order": (csv(frame()[["label", *sorted(PIXELS)]]), {}, G, ["order"]),
    "backwards, label last": (csv(frame()[[*PIXELS[::-1], "label"]]), {}, G, ["order"]),
    "Px 1-based with a gap between": (csv(frame(names=named("Px {i}", first=1), label="TARGET")), {}, G, ["TARGET"]),
    "zero-padded": (csv(frame(names=[f"p{i:03d}" for i in range(64)])), {}, G, []),
    "row_3_col_4, column by column": (
        csv(frame(names=(names := named("row_{r}_col_{c}")))[["label", *sorted(names, key=lambda n: n.split("_")[3])]]),
        {},
        G,
        ["order"],
    ),
    "brackets": (csv(frame(names=named("img[{r},{c}]"))), {}, G, []),
    "y3x4": (csv(frame(names=named("y{r}x{c}"))), {}, G, []),
    "1_1 is a name": (csv(frame(names=named("{r}_{c}", first=1))), {}, G, []),
    "5x7 by names": (
        csv(frame(F.reshape(N, -1), named("{r}x{c}", 5, 7, first=1)[::-1])),
        {},
        F[:, ::-1, ::-1],
        ["order"],
    ),
    "colours behind": (
        csv(frame(C.reshape(N, -1), [f"pixel_{i}_{k}" for i in range(36) for k in ("red", "green", "blue")])),
        {},
        C,
        [],
    ),
    "colours as planes": (
        csv(frame(C.transpose(0, 3, 1, 2).reshape(N, -1), [f"{k}{i}" for k in "RGB" for i in range(36)])),
        {},
        C,
        ["plane"],
    ),
    "colour, said": (
        csv(frame(C.transpose(0, 3, 1, 2).reshape(N, -1), [f"p{i}" for i in range(108)])),
        {"layout": "CHW"},
        C,
        ["CHW"],
    ),
    "turned, said": (
        csv(frame(F.transpose(0, 2, 1, 3).reshape(N, -1), named("p{i}", 5, 7))),
        {"shape": (5, 7), "layout": "WH"},
        F,
        ["WH"],
    ),
    "column numbers": (csv(frame(names=[str(i) for i in range(64)])), {}, G, ["label"]),
    "neutral, said": (
        csv(frame(names=[f"attr{i}" for i in range(64)])[["label", *NEUTRAL]]),
        {"shape": "8x8"},
        G,
        ["order"],
    ),
    "id, Species": (csv(frame(label="Species", sample_id=range(N))), {}, G, ["'sample_id'", "Species"]),
    "index without a name": (csv(frame(**{"": range(N)})), {}, G, ["index"]),
    "two labels, one said": (csv(frame(digit=[0] * N)), {"label": "label"}, G, ["'digit'"]),
    "another label, said": (csv(frame(label="kind of thing")), {"label": "kind of thing"}, G, ["kind of thing"]),
    "sample_weight": (csv(frame(sample_weight=np.arange(N) / 4)), {}, G, ["weight"]),
    "subset": (csv(frame(subset=PARTS)), {}, G, ["subset"]),
    "no header, label last": (text(bare(FLAT, [5, *Y[1:]], last=True).encode()), {}, G, ["header", "last"]),
    "no header, label said": (text(bare(FLAT + 1, Y).encode()), {"label": "first"}, G + 1, ["header"]),
    "no header, text first": (text(bare(FLAT, ["a", "b", "c"] * 4).encode()), {}, G, ["header", "first"]),
    "no header, no label": (text("\n".join(",".join(map(str, row)) for row in FLAT).encode()), {}, G, ["header"]),
    "header lost to pandas": (
        lambda folder: (
            pd.read_csv(io.StringIO(bare(FLAT, Y))).to_csv(folder / "again.csv", index=False) or folder / "again.csv"
        ),
        {},
        G,
        ["header", "first"],
    ),
    "decimal comma, tabs": (
        csv(frame(FLAT / 255), sep="\t", decimal=","),
        {},
        G / np.float32(255),
        ["comma", "0 to 1"],
    ),
    "bars": (csv(frame(), sep="|"), {}, G, []),
    "spaces": (csv(pd.DataFrame(np.column_stack([Y, FLAT])), sep=" ", header=False), {}, G, ["header"]),
    "bz2": (packed(bz2.compress, ".bz2"), {}, G, []),
    "xz": (packed(lzma.compress, ".xz"), {}, G, []),
    "gzip": (packed(gzip.compress, ".gz"), {}, G, []),
    "zip": (zipped("folder/table.csv", "__MACOSX/._table.csv"), {}, G, []),
    "numbers in one text": (
        csv(pd.DataFrame({"Emotion": Y, "Usage": PARTS, "pixels": [" ".join(map(str, row)) for row in FLAT]})),
        {},
        G,
        ["Usage"],
    ),
    "lists in one text, semicolons": (
        csv(pd.DataFrame({"label": Y, "image": [str(row) for row in FLAT.tolist()]}), sep=";"),
        {},
        G,
        ["image"],
    ),
    "JSON lines": (
        text(
            "".join(
                json.dumps({"label": y, "pixels": row}) + "\n" for y, row in zip(Y, FLAT.tolist(), strict=True)
            ).encode(),
            "t.jsonl",
        ),
        {},
        G,
        ["pixels"],
    ),
    "JSON lines of rows of pixels": (
        text(
            "".join(
                json.dumps({"label": y, "image": row}) + "\n" for y, row in zip(Y, F[..., 0].tolist(), strict=True)
            ).encode(),
            "t.json",
        ),
        {},
        F,
        ["image"],
    ),
    "feather": (
        lambda folder: (
            feather.write_feather(frame(), folder / "table.feather", compression="lz4") or folder / "table.feather"
        ),
        {},
        G,
        [],
    ),
    "Parquet of pandas' int64": (columns(pa.Table.from_pandas(frame())), {}, G, []),
    "fixed lists": (
        columns(pa.table({"y": Y, "data": pa.FixedSizeListArray.from_arrays(FLAT.ravel(), 64)})),
        {},
        G,
        ["'data'"],
    ),
    "Hugging Face": (
        columns(
            pa.table(
                {"image": pa.array([{"bytes": png(one), "path": None} for one in G], STRUCT), "label": Y}
            ).replace_schema_metadata({"huggingface": json.dumps(NAMES)})
        ),
        {},
        G,
        ["image"],
    ),
    "bytes of pictures": (columns(pa.table({"img": [png(one) for one in G], "label": Y})), {}, G, ["img"]),
    "Keras": (
        arrays(x_train=G[:7, ..., 0], y_train=Y[:7], x_test=G[7:, ..., 0], y_test=Y[7:]),
        {},
        G,
        ["train", "test"],
    ),
    "channels first": (arrays(images=C.transpose(0, 3, 1, 2), labels=Y), {}, C, ["CHW"]),
    "one channel first": (arrays(images=G.transpose(0, 3, 1, 2), labels=Y), {}, G, ["CHW"]),
    "rows last": (arrays(X=C.transpose(1, 2, 3, 0), y=np.array(Y)[:, None]), {}, C, ["HWCN"]),
    "one-hot": (arrays(data=G, target=np.eye(4, dtype=np.uint8)[Y]), {}, G, ["one-hot"]),
    "without names": (arrays(**{"arr_0": np.array(Y), "arr_1": G}), {}, G, ["arr_1"]),
    "16 bits": (arrays(images=DEEP, labels=Y), {}, DEEP, ["16-bit"]),
    "0 to 16": (csv(frame(FLAT // 16)), {}, G // 16, ["0 to 16"]),
    "dark, said": (csv(frame(FLAT // 16)), {"intensity": "0..255"}, G // 16, []),
    "clipped": (csv(frame(FLAT.astype(int) + 20)), {"clip": True}, np.minimum(G.astype(int) + 20, 255), ["clipped"]),
    "EMNIST's CSV": (
        text(bare(G.transpose(0, 2, 1, 3).reshape(N, -1), Y).encode(), "emnist-letters-test.csv"),
        {},
        G,
        ["EMNIST"],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_it_is_read_as_what_it_is(tmp_path, name):
    write, options, images, words = READ[name]
    table = read_table(write(tmp_path), **options)
    assert isinstance(table, PixelTable)
    assert table.image_shape == images.shape[1:]
    assert np.allclose(table.images, images, atol=1e-6)
    assert table.layout
    for word in words:
        assert any(word in note for note in table.notes), (word, table.notes)


@pytest.mark.parametrize("name", [name for name in READ if not name.startswith("no header")])
def test_its_labels_are_its_own(tmp_path, name):
    write, options, *_ = READ[name]
    assert read_table(write(tmp_path), **options).labels.tolist() == Y


# what is asked: how to write it, and words of the message, the last of which names the option
ASKED = {
    "colour in which order": (csv(frame(C.reshape(N, -1), [f"p{i}" for i in range(108)])), ["6x6", "layout="]),
    "pictures or points": (csv(frame(names=[f"feature_{i}" for i in range(64)])), ["points", "64", "shape='8x8'"]),
    "unlike names": (csv(frame(FLAT[:, :20], [f"m{chr(97 + i)}" for i in range(20)])), ["points", "shape="]),
    "a series": (csv(frame(names=[f"lag_{i}" for i in range(64)])), ["series", "shape='1x64'"]),
    "which label": (csv(frame(category=Y)), ["'label'", "'category'", "label="]),
    "no label's name": (csv(frame(label="thing")), ["'thing'", "label='thing'"]),
    "another column beside": (csv(frame(source=["a"] * N)), ["'source'", "label="]),
    "which end": (text(bare(FLAT // 2 + np.arange(N)[:, None], Y).encode()), ["first", "last", "label="]),
    "folds are no parts": (csv(frame(split=[1, 2] * 6)), ["'1'", "split='split:1'"]),
    "standardised": (csv(frame((FLAT - 100.0) / 50)), ["standardised", "intensity='standardised'"]),
    "above 255": (csv(frame(FLAT.astype(int) * 257)), ["65535", "clip=True", "intensity="]),
    "below 0": (csv(frame(FLAT.astype(int) - 40)), ["-40", "clip=True"]),
    "no label in a row": (csv(frame(labels=["a", None] * 6)), ["line 3", "missing='drop'"]),
    "a pixel missing in a row": (csv(frame().assign(pixel9=[1, None] * 6)), ["line 3", "pixel9", "missing='drop'"]),
    "channels first or last": (arrays(images=np.zeros((N, 3, 5, 4)), labels=Y), ["(12, 3, 5, 4)", "layout="]),
    "neither end has channels": (arrays(images=np.zeros((N, 5, 5, 7)), labels=Y), ["(12, 5, 5, 7)", "layout="]),
    "rows first or last": (arrays(images=np.zeros((N, 5, N)), labels=Y), ["(12, 5, 12)", "layout='HWN'"]),
    "one picture or many": (
        lambda folder: np.save(folder / "a.npy", np.zeros((9, 8, 3))) or folder / "a.npy",
        ["(9, 8, 3)", "layout="],
    ),
    "colour in which order, in an array": (arrays(images=C.reshape(N, -1), labels=Y), ["6x6", "layout="]),
}


@pytest.mark.parametrize("name", ASKED)
def test_two_readings_are_asked_about_and_the_last_line_names_the_option(tmp_path, name):
    write, words = ASKED[name]
    with pytest.raises(DataError) as refusal:
        read_table(write(tmp_path))
    for word in words:
        assert word in str(refusal.value)
    assert words[-1] in str(refusal.value).splitlines()[-1]


REFUSED = {
    "a pixel missing": (csv(frame().drop(columns="pixel7")), ["'pixel7'"]),
    "a pixel twice": (csv(frame().rename(columns={"pixel7": "pixel08"})), ["'pixel8'", "'pixel08'"]),
    "counted from 2": (csv(frame(names=named("pixel{i}", first=2))), ["'pixel0'"]),
    "labels only": (csv(pd.DataFrame({"id": range(4), "label": range(4)})), ["'id'", "pixel"]),
    "sentences": (csv(pd.DataFrame({"review": ["so it is", "or not"], "label": [0, 1]})), ["text", "pixel"]),
    "several tables": (zipped("train.csv", "test.csv"), ["train.csv", "test.csv"]),
    "other names": (arrays(scans=G, grades=Y), ["scans", "grades"]),
    "lists of two sizes": (columns(pa.table({"label": [0, 1], "x": [[0] * 16, [0] * 25]})), ["row 2", "25", "16"]),
    "a column that is not there": (csv(frame()), ["'lable'", "'label'"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_of_pictures_is_refused_by_name(tmp_path, name):
    write, words = REFUSED[name]
    with pytest.raises(DataError) as refusal:
        read_table(write(tmp_path), **({"label": "lable"} if "lable" in str(words) else {}))
    assert all(word in str(refusal.value) for word in words)


@pytest.mark.parametrize("name", ["subset", "numbers in one text"])
def test_parts_are_kept_per_row_and_can_be_chosen(tmp_path, name):
    path = READ[name][0](tmp_path)
    table = read_table(path)
    assert table.split.tolist() == SPLIT
    assert table[3:7].split.tolist() == SPLIT[3:7]
    assert read_table(path, split="val").labels.tolist() == Y[6:8]
    column = "subset" if name == "subset" else "Usage"
    assert len(read_table(path, split=f"{column}:training")) == 6


def test_a_part_of_another_column_is_chosen_by_name(tmp_path):
    path = csv(frame(fold=[1, 2, 3] * 4))(tmp_path)
    table = read_table(path, split="fold:2")
    assert table.labels.tolist() == Y[1::3] and table.split is None


def test_weights_and_groups_stay_with_their_rows(tmp_path):
    table = read_table(csv(frame(weight=np.arange(N), film=["a", "b", "c"] * 4))(tmp_path), group="film")
    assert table[::3].weights.tolist() == [0, 3, 6, 9]
    assert set(table[::3].groups) == {"a"}


@pytest.mark.parametrize(
    "values, found",
    [(FLAT, (0, 255)), (FLAT // 16, (0, 16)), (FLAT % 2, (0, 1)), (FLAT / 250, (0, 1)), (FLAT / 125 - 1, (-1, 1))],
)
def test_the_range_of_intensities_is_told_by_the_numbers(tmp_path, values, found):
    assert read_table(csv(frame(values))(tmp_path)).intensity == found


def test_points_are_points_whatever_their_names(tmp_path):
    flowers = pd.DataFrame({"sepal length": [5.1, 4.9], "petal width": [0.2, 1.4], "species": ["setosa", "virginica"]})
    table = read_table(csv(flowers)(tmp_path))
    assert isinstance(table, PointTable) and table.labels.tolist() == ["setosa", "virginica"]
    many = read_table(csv(frame(names=[f"f{i}" for i in range(64)]), "many.csv")(tmp_path), shape="points")
    assert many.features.shape == (N, 64)


def test_a_split_makes_no_points_and_y_beside_x_is_no_label(tmp_path):
    table = read_table(
        csv(pd.DataFrame({"class": ["a", "b"], "split": ["train", "test"], "x": [1, 2], "y": [3, 4]}))(tmp_path)
    )
    assert table.feature_names == ("x", "y") and table.labels.tolist() == ["a", "b"]


def test_rows_are_left_out_only_if_that_is_said_and_counted(tmp_path):
    gaps = frame(labels=["a", None, "b", "c"] * 3).assign(pixel9=[None] + [7] * 11)
    table = read_table(csv(gaps)(tmp_path), missing="drop")
    assert len(table) == 8
    left = {one.reason: one.count for one in table.understood.left_out}
    assert left == {"with a pixel missing": 1, "without a label": 3}


def test_names_of_classes_come_with_the_file(tmp_path):
    assert read_table(READ["Hugging Face"][0](tmp_path)).class_names == ("zero", "one", "two", "three")


@pytest.mark.parametrize("ending", [".parquet", ".npz", ".csv"])
def test_parts_range_and_weights_are_written_and_read_again(tmp_path, ending):
    from convscope.tables import write_table

    table = read_table(csv(frame(FLAT // 16, split=SPLIT, weight=np.arange(N)))(tmp_path), intensity=(0, 255))
    write_table(table, tmp_path / f"again{ending}")
    again = read_table(tmp_path / f"again{ending}")
    assert again.split.tolist() == SPLIT and again.weights.tolist() == table.weights.tolist()
    assert again.intensity == ((0, 16) if ending == ".csv" else (0, 255))


@pytest.mark.parametrize("option", [{"label": "y"}, {"drop": ["x"]}, {"group": "film"}, {"split": "fold:1"}])
def test_options_that_name_columns_are_refused_for_arrays(tmp_path, option):
    with pytest.raises(DataError, match="have no columns"):
        read_table(arrays(images=G, labels=Y)(tmp_path), **option)


def test_what_is_in_memory_is_read_by_the_same_rules():
    assert np.array_equal(read_table(frame()[["label", *sorted(PIXELS)]]).images, G)
    assert np.array_equal(read_table((C.transpose(0, 3, 1, 2), Y)).images, C)
    table = read_table(((G[:7], Y[:7]), (G[7:], Y[7:])))
    assert table.split.tolist() == ["train"] * 7 + ["test"] * 5 and table.labels.tolist() == Y
    with pytest.raises(DataError, match="layout="):
        read_table(np.zeros((9, 8, 3)))


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_feather_bomb_is_refused_before_it_is_unpacked(tmp_path, compression, within_cpu_seconds):
    zeros = np.zeros(3_000_000, np.uint8)
    table = pa.table({f"pixel{place}": zeros for place in range(16)})
    feather.write_feather(table, tmp_path / "bomb.feather", compression=compression)
    with within_cpu_seconds(2), pytest.raises(DataError, match="unpacks to far more"):
        read_table(tmp_path / "bomb.feather")


@pytest.mark.parametrize("pack, ending", [(bz2.compress, "bz2"), (lzma.compress, "xz")])
def test_a_packed_bomb_and_a_cut_file_are_refused(tmp_path, pack, ending):
    with pytest.raises(DataError, match="unpacks to far more"):
        read_table(text(pack(b"label,p0\n" + b"1,2\n" * 9_000_000), f"bomb.csv.{ending}")(tmp_path))
    whole = pack(frame().to_csv(index=False).encode())
    with pytest.raises(DataError, match=r"ended early|damaged"):
        read_table(text(whole[:-20], f"cut.csv.{ending}")(tmp_path))
