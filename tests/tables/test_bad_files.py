"""Damaged or hostile Parquet, IDX, NPZ and picture files are refused; odd ones are read by a stated rule."""

import base64
import gzip
import io
import os
import struct
import subprocess
import sys
import textwrap
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest
from PIL import Image

from convscope.errors import DataError, ShapeError, TableError
from convscope.tables import PointTable, read_table

HEADER = ["class", "1x1", "1x2", "2x1", "2x2"]


def idx(array, kind=8):
    array = np.asarray(array)
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def picture(size=(2, 3), mode="L", kind="PNG", value=100, **how):
    buffer = io.BytesIO()
    Image.new(mode, (size[1], size[0]), value).save(buffer, kind, **how)
    return buffer.getvalue()


def folder_of(tmp_path, files):
    folder = tmp_path / "pictures"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def png_that_claims(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


# Parquet ---------------------------------------------------------------------------------------------------


def parquet(tmp_path, columns):
    pq.write_table(pa.table(columns), tmp_path / "table.parquet")
    return tmp_path / "table.parquet"


BYTE = pa.uint8()


def pixel_columns(kind=BYTE, rows=((0, 10, 20, 255), (1, 2, 3, 4))):
    return {name: pa.array(column, kind) for name, column in zip(HEADER[1:], zip(*rows, strict=True), strict=True)}


BAD_PARQUET = {
    "42-nested-pixels": ({**pixel_columns(), "2x2": pa.array([[1], [2]])}, r"'2x2'[\s\S]*does not hold numbers"),
    "42-object-pixels": ({**pixel_columns(), "2x2": pa.array(["a", "b"])}, r"'2x2'[\s\S]*does not hold numbers"),
    "42-dictionary-pixels": (
        {**pixel_columns(), "2x2": pa.array(["a", "b"]).dictionary_encode()},
        r"'2x2'[\s\S]*does not hold numbers",
    ),
    "42-extension-pixels": (
        {**pixel_columns(), "2x2": pa.array([b"0" * 16, b"1" * 16], pa.binary(16)).cast(pa.uuid())},
        r"'2x2'[\s\S]*does not hold numbers",
    ),
    "42-nested-label": ({"class": pa.array([[1], [2]]), **pixel_columns()}, r"'class'[\s\S]*does not hold labels"),
    "42-binary-label": ({"class": pa.array([b"a", b"b"]), **pixel_columns()}, r"'class'[\s\S]*does not hold labels"),
    "missing-pixel": ({**pixel_columns(), "2x2": pa.array([1, None], pa.uint8())}, r"row 2[\s\S]*'2x2'"),
    "missing-label": ({"class": pa.array([1, None]), **pixel_columns()}, r"row 2[\s\S]*no label[\s\S]*missing='drop'"),
    "256": (pixel_columns(pa.int64(), ((0, 1, 2, 256), (1, 2, 3, 4))), r"row 1[\s\S]*'2x2'[\s\S]*256[\s\S]*clip=True"),
    "nan": (pixel_columns(pa.float64(), ((0, 1, 2, 3), (1, float("nan"), 3, 4))), r"row 2[\s\S]*'1x2'[\s\S]*finite"),
    "no-rows": ({name: pa.array([], BYTE) for name in HEADER}, "0 rows"),
    "no-square": ({"class": pa.array([1]), "p0": pa.array([1]), "p1": pa.array([2])}, "not a square"),
    "date-label": ({"class": pa.array([0, 1], pa.date32()), **pixel_columns()}, r"'class'[\s\S]*does not hold labels"),
}  # fmt: skip


@pytest.mark.parametrize("columns, message", BAD_PARQUET.values(), ids=BAD_PARQUET)
def test_a_bad_parquet_table_is_refused(tmp_path, columns, message):
    with pytest.raises(DataError, match=message):
        read_table(parquet(tmp_path, columns))


def test_a_duplicate_column_in_parquet_is_refused(tmp_path):
    columns = pa.Table.from_arrays([pa.array([1])] * 5, names=["class", "1x1", "1x1", "2x1", "2x2"])
    pq.write_table(columns, tmp_path / "table.parquet")
    with pytest.raises(TableError, match=r"two columns named '1x1'"):
        read_table(tmp_path / "table.parquet")


def test_a_cut_parquet_file_is_refused(tmp_path):
    path = parquet(tmp_path, pixel_columns())
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(TableError, match="not a complete Parquet file"):
        read_table(path)


class Keys(encryption.KmsClient):
    """A key service that hands the key out as it is."""

    def __init__(self, _):
        super().__init__()

    def wrap_key(self, key_bytes, master_key_identifier):
        return base64.b64encode(key_bytes).decode()

    def unwrap_key(self, wrapped_key, master_key_identifier):
        return base64.b64decode(wrapped_key)


@pytest.mark.parametrize("plaintext_footer", [False, True])
def test_an_encrypted_parquet_file_is_refused(tmp_path, plaintext_footer):
    table = pa.table({"class": [0, 1], **pixel_columns()})
    settings = encryption.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": HEADER}, plaintext_footer=plaintext_footer
    )
    factory = encryption.CryptoFactory(Keys)
    keys = factory.file_encryption_properties(encryption.KmsConnectionConfig(), settings)
    with pq.ParquetWriter(tmp_path / "table.parquet", table.schema, encryption_properties=keys) as writer:
        writer.write_table(table)
    with pytest.raises(TableError, match=r"is encrypted[\s\S]*without encryption"):
        read_table(tmp_path / "table.parquet")


def test_parquet_keeps_text_and_number_labels_and_reads_clipped_on_request(tmp_path):
    table = read_table(parquet(tmp_path, {"class": pa.array(["cat", "dog"]), **pixel_columns()}))
    assert (table.labels.tolist(), table.pixels.tolist()) == (["cat", "dog"], [[0, 10, 20, 255], [1, 2, 3, 4]])
    wide = pixel_columns(pa.int32(), ((0, -5, 300, 1), (1, 2, 3, 4)))
    table = read_table(parquet(tmp_path, {"class": pa.array([7.0, 3.0]), **wide}), clip=True)
    assert (table.labels.tolist(), table.pixels.tolist()) == ([7, 3], [[0, 0, 255, 1], [1, 2, 3, 4]])


def test_points_in_parquet_are_read(tmp_path):
    path = parquet(
        tmp_path, {"class": ["red", "blue"], "split": ["train", "test"], "feature1": [0.1, 0.2], "feature2": [1, 2]}
    )
    table = read_table(path)
    assert isinstance(table, PointTable)
    assert table.part("test").features.tolist() == [[0.2, 2.0]]


# IDX -------------------------------------------------------------------------------------------------------

IMAGES = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
LABELS = np.array([5, 0, 4], np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)

BAD_IDX = {
    "46-wrong-magic": (b"\x01\x02\x03\x04" + b"\0" * 100, r"not an IDX file[\s\S]*01 02 03 04"),
    "47-1e9-images-in-10-kB": (b"\0\0\x08\x03" + struct.pack(">3I", 10**9, 28, 28) + b"\0" * 10_000, "promises more"),
    "47-2^32-to-the-4th": (b"\0\0\x08\x04" + b"\xff" * 16 + b"\0" * 1000, "promises more"),
    "50-float": (idx(IMAGES.astype(">f4"), 0x0D), "float32"),
    "50-int16": (idx(IMAGES.astype(">i2"), 0x0B), "int16"),
    "51-cut-gzip": (gzip.compress(idx(NOISE))[:-2000], "ended early"),
    "cut": (idx(IMAGES)[:-1], "ended early"),
    "too-long": (idx(IMAGES) + b"\0", "has extra data after its last image"),
    "cut-header": (b"\0\0\x08\x03\0\0", "header is cut"),
    "labels-instead-of-images": (idx(LABELS), "holds labels, not images"),
    "empty": (b"", "train-images-idx3-ubyte"),
    "no-images": (idx(IMAGES[:0]), "0 rows"),
}  # fmt: skip


@pytest.mark.parametrize("content, message", BAD_IDX.values(), ids=BAD_IDX)
def test_a_bad_idx_file_is_refused(tmp_path, content, message):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / "train-images-idx3-ubyte")


@pytest.mark.parametrize("images_packed", [False, True])
@pytest.mark.parametrize("labels_packed", [False, True])
def test_idx_images_find_their_labels_beside_them(tmp_path, images_packed, labels_packed):
    for name, array, packed in (("images-idx3", IMAGES, images_packed), ("labels-idx1", LABELS, labels_packed)):
        content = gzip.compress(idx(array)) if packed else idx(array)
        (tmp_path / f"t10k-{name}-ubyte{'.gz' if packed else ''}").write_bytes(content)
    table = read_table(tmp_path / f"t10k-images-idx3-ubyte{'.gz' if images_packed else ''}")
    assert np.array_equal(table.images[..., 0], IMAGES)
    assert table.labels.tolist() == [5, 0, 4]


def test_idx_images_and_labels_of_different_number_are_refused_with_both_counts(tmp_path):
    (tmp_path / "a-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(idx(LABELS[:2]))
    with pytest.raises(TableError, match=r"3 images, 2 labels"):
        read_table(tmp_path / "a-images-idx3-ubyte")


def test_changed_labels_beside_a_cached_idx_file_are_read_anew(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6000, 28, 28)).astype(np.uint8)
    (tmp_path / "a-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(idx(np.zeros(6000, np.uint8)))
    assert read_table(tmp_path / "a-images-idx3-ubyte").labels.sum() == 0
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(idx(np.ones(6000, np.uint8)))
    assert read_table(tmp_path / "a-images-idx3-ubyte").labels.sum() == 6000
    assert len(list(tmp_path.glob("cache/**/*.npy"))) == 1, "what was kept for the old state is deleted"


# NPZ -------------------------------------------------------------------------------------------------------


def npz(tmp_path, **arrays):
    np.savez(tmp_path / "table.npz", **arrays)
    return tmp_path / "table.npz"


BAD_NPZ = {
    "pickled-labels": ({"images": IMAGES, "labels": np.array(["a", "b", None], object)}, "can run code"),
    "counts-differ": ({"images": np.zeros((3, 4, 5), np.uint8), "labels": LABELS[:2]}, r"3 images[\s\S]*2"),
    "no-images": ({"something": IMAGES}, r"no images[\s\S]*something"),
    "one-axis": ({"images": np.arange(4, dtype=np.uint8)}, "no images"),
    "five-axes": ({"images": np.zeros((2, 2, 2, 1, 1), np.uint8)}, "no images"),
    "text-images": ({"images": np.full((2, 2, 2), "a")}, "not numbers"),
    "complex-images": ({"images": np.zeros((2, 2, 2), complex)}, "not numbers"),
    "256": ({"images": np.array([[[0, 256]]]), "labels": [1]}, r"image 1[\s\S]*256[\s\S]*clip=True"),
    "nan": ({"images": np.array([[[0, np.nan]]])}, "finite"),
    "no-rows": ({"images": IMAGES[:0]}, "0 rows"),
    "no-pixels": ({"images": np.zeros((3, 0, 2), np.uint8)}, "no pixels"),
    "missing-label": ({"images": IMAGES, "labels": np.array(["a", "", "b"])}, "image 2[\\s\\S]*no label"),
    "shape-lies": ({"images": IMAGES.reshape(3, 4), "image_shape": np.array([3, 3, 1])}, "do not fit"),
}


@pytest.mark.parametrize("arrays, message", BAD_NPZ.values(), ids=BAD_NPZ)
def test_a_bad_npz_file_is_refused(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        read_table(npz(tmp_path, **arrays))


def test_a_cut_npz_file_is_refused(tmp_path):
    path = npz(tmp_path, images=IMAGES, labels=LABELS)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(TableError, match=r"not a complete zip archive|is damaged"):
        read_table(path)


def test_an_npz_header_that_lies_is_refused_without_allocating(tmp_path):
    header = b"\x93NUMPY\x01\0"
    text = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 28, 28), }"
    text += b" " * (64 - (len(text) + 11) % 64) + b"\n"
    with zipfile.ZipFile(tmp_path / "table.npz", "w") as archive:
        archive.writestr("images.npy", header + struct.pack("<H", len(text)) + text + b"\0" * 1000)
    with pytest.raises(TableError, match="promises more"):
        read_table(tmp_path / "table.npz")


def test_an_npz_bomb_is_refused(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "table.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("images.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(
            member, {"descr": "|u1", "fortran_order": False, "shape": (200, 1000, 1000)}
        )
        for _ in range(200):
            member.write(bytes(1_000_000))
    with pytest.raises(TableError, match="unreasonable size"):
        read_table(tmp_path / "table.npz")


# Folders of pictures ---------------------------------------------------------------------------------------

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'
BAD_PICTURES = {
    "52-60000x60000-header": png_that_claims(60_000, 60_000),
    "53-13000x14000": png_that_claims(13_000, 14_000),
    "54-truncated-JPEG": picture((64, 64), kind="JPEG")[:-200],
    "54-truncated-PNG": picture((64, 64))[:-20],
    "55-EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "55-PSD": b"8BPS\0\x01" + b"\0" * 40,
    "55-SVG": SVG,
    "55-text-that-begins-like-a-BMP": b"BMW, Opel and others are what this file is about",
    "58-0-byte": b"",
    "over-10-MB": picture() + b"\0" * 10_000_001,
}


@pytest.mark.parametrize("content", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_a_bad_picture_is_left_out_by_name_and_the_others_are_read(tmp_path, content):
    folder = folder_of(tmp_path, {"cat/good.png": picture(), "dog/bad.png": content, "dog/good.png": picture(value=7)})
    table = read_table(folder)
    assert table.labels.tolist() == ["cat", "dog"]
    assert any(note.startswith("1 file") and "dog/bad.png" in note for note in table.notes), table.notes


def test_a_folder_of_bad_pictures_only_is_refused(tmp_path):
    with pytest.raises(TableError, match=r"no readable picture[\s\S]*cat/bad.png"):
        read_table(folder_of(tmp_path, {"cat/bad.png": b""}))


def test_a_picture_is_decoded_by_a_stated_rule(tmp_path):
    colours = picture((2, 2), "RGB", value=(10, 20, 30))
    table = read_table(folder_of(tmp_path, {
        "a/1-palette.png": picture((2, 2), "P", value=0),
        "a/2-cmyk.jpg": picture((2, 2), "CMYK", "JPEG", value=(0, 0, 0, 0)),
        "a/3-alpha.png": picture((2, 2), "RGBA", value=(200, 100, 50, 0)),
        "a/4-half-clear.png": picture((2, 2), "RGBA", value=(200, 100, 50, 128)),
        "b/5-sixteen-bit.png": picture((2, 2), "I;16", value=0x1234),
        "b/6-rgb.png": colours,
        "b/7-one-bit.png": picture((2, 2), "1", value=1),
    }))  # fmt: skip
    assert table.image_shape == (2, 2, 3)
    firsts = table.images[:, 0, 0].tolist()
    assert firsts[1] == [65535] * 3
    assert firsts[2] == [0, 0, 0]
    assert firsts[3] == [pytest.approx(257 * value, abs=257) for value in (100, 50, 25)]
    assert firsts[4:] == [[0x1234] * 3, [2570, 5140, 7710], [65535] * 3]
    told = " ".join(table.notes)
    for rule in ("P becomes RGB", "CMYK becomes RGB", "transparency put on black", "16-bit values, kept", "times 257"):
        assert rule in told


def test_a_picture_is_turned_upright_as_exif_says(tmp_path):
    standing = Image.fromarray(np.array([[0, 50], [100, 150], [200, 250]], np.uint8))
    lying = standing.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    lying.save(buffer, "PNG", exif=exif)
    table = read_table(folder_of(tmp_path, {"a/1.png": buffer.getvalue()}))
    assert table.image_shape == (3, 2, 1)
    assert table.images[0, :, :, 0].tolist() == np.asarray(standing).tolist()
    assert any("upright" in note for note in table.notes)


def test_pictures_of_different_sizes_are_refused_by_name(tmp_path):
    with pytest.raises(ShapeError, match=r"b/2.png differs in size[\s\S]*3 x 3[\s\S]*2 x 3"):
        read_table(folder_of(tmp_path, {"a/1.png": picture(), "b/2.png": picture((3, 3))}))


def test_a_folder_without_class_folders_is_refused_with_the_tree_expected(tmp_path):
    with pytest.raises(TableError, match=r"no folder per class[\s\S]*FOLDER/cat/1.png"):
        read_table(folder_of(tmp_path, {"1.png": picture()}))
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableError, match="an empty folder"):
        read_table(tmp_path / "empty")


@pytest.mark.parametrize(
    "place, target", [("etc", "/etc"), ("cat/again", ".."), ("cat/2.png", "1.png"), ("loop", "loop")]
)
def test_a_link_inside_a_folder_is_refused(tmp_path, place, target):
    folder = folder_of(tmp_path, {"cat/1.png": picture()})
    (folder / place).symlink_to(target)
    with pytest.raises(TableError, match="is a link"):
        read_table(folder)


def test_what_systems_leave_in_folders_is_ignored(tmp_path):
    litter = dict.fromkeys(
        ("Thumbs.db", ".DS_Store", "__MACOSX/._1.png", "cat/Thumbs.db", "cat/.DS_Store", "cat/._1.png", "desktop.ini"),
        b"litter",
    )
    table = read_table(folder_of(tmp_path, {"cat/1.png": picture(), **litter}))
    assert len(table) == 1
    assert not any("left out" in note for note in table.notes)


def test_more_pictures_than_the_limit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("convscope.tables._tree.MOST_FILES", 4)
    with pytest.raises(TableError, match="more than 4 files and folders"):
        read_table(folder_of(tmp_path, {f"a/{number}.png": picture() for number in range(4)}))


# Other formats and limits ----------------------------------------------------------------------------------

OTHER = {
    "zip-slip": ("pictures.zip", "zip archive"),
    "pickle.csv": (b"\x80\x05\x95" + b"\0" * 50, "pickle"),
    "model.h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 50, "HDF5"),
    "one.png": (picture(), "one picture"),
    "paper.pdf": (b"%PDF-1.7", "a PDF"),
    "book.xlsx": (b"PK\x03\x04" + b"\0" * 50, "zip"),
}


@pytest.mark.parametrize("name", [name for name in OTHER if name != "zip-slip"])
def test_a_file_of_another_kind_is_refused_by_its_content(tmp_path, name):
    content, message = OTHER[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / name)


def test_a_zip_archive_is_refused_whole_and_nothing_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        for name in ("../evil.png", "/etc/evil.png", "C:\\evil.png", "cat/1.png"):
            archive.writestr(name, picture())
    before = sorted(Path(tmp_path).rglob("*"))
    with pytest.raises(TableError, match=r"outside the folder[\s\S]*'../evil.png'"):
        read_table(tmp_path / "pictures.zip")
    assert sorted(Path(tmp_path).rglob("*")) == before


def test_an_unreadable_file_is_refused_without_a_traceback(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(TableError, match=r"no file|not a file"):
        read_table(tmp_path / "pipe.csv")


def bomb(name):
    """Pack 400 MB into about 1 MB without holding it: the same block again and again."""
    header, block, times = {
        "40-rows-of-zeros": (
            b"class," + b",".join(b"p%d" % i for i in range(784)) + b"\n",
            b"0," * 784 + b"0\n",
            256_000,
        ),
        "40-one-line": (b"", b"0," * 500_000, 400),
        "40-NUL-bytes": (b"class,1x1\n" + b"1,2\n" * 500_000, bytes(1_000_000), 400),
        "40-IDX-that-goes-on": (idx(IMAGES), bytes(1_000_000), 400),
    }[name]
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as file:
        file.write(header)
        per_write = max(1, 1_000_000 // len(block))
        for _ in range(times // per_write):
            file.write(block * per_write)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["40-rows-of-zeros", "40-one-line", "40-NUL-bytes", "40-IDX-that-goes-on"])
def test_a_gzip_bomb_is_refused_within_two_seconds_and_500_MB(tmp_path, name):
    path = tmp_path / ("train-images-idx3-ubyte.gz" if "IDX" in name else "bomb.csv.gz")
    path.write_bytes(bomb(name))
    code = f"""
        import re, time
        from pathlib import Path
        from convscope.errors import TableError
        from convscope.tables import read_table
        started = time.process_time()
        try:
            read_table({str(path)!r})
        except TableError as error:
            peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
            print(time.process_time() - started, int(peak[1]) // 1024)
    """
    answer = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, answer.stdout.split())
    assert seconds < 4  # processor seconds, of which other load may take more than the two that are promised
    assert megabytes < 500


def test_a_process_that_leaves_right_after_a_refusal_is_not_aborted_by_a_reader_in_the_background(tmp_path):
    path = tmp_path / "bad.csv.gz"
    path.write_bytes(gzip.compress((",".join(HEADER) + "\n1,2,3\n" + "5,0,10,20,255\n" * 1_500_000).encode(), 1))
    code = f"from convscope.tables import read_table\nread_table({str(path)!r})"
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 1
        assert "line 2 of bad.csv.gz" in done.stderr


def test_a_column_that_only_claims_to_be_encrypted_ends_no_process(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"class": [0, 1], **pixel_columns()}), path)
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    # The first column chunk, which begins with field 2, gets a field 8 before it: encryption with a key of its own.
    forged = content[start:-8].replace(b"\x26\x00\x1c", b"\x0c\x10\x2c\x19\x18\x01a\x00\x00\x06\x04\x00\x1c", 1)
    assert forged != content[start:-8]
    path.write_bytes(content[:start] + forged + len(forged).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(TableError, match="is encrypted"):
        read_table(path)
