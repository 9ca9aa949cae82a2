"""Pictures of 16 bits a value: no low byte is lost, and one range holds for a whole folder."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from convscope.tables import read_table

GREY, COLOUR, GREY_AND_ALPHA, COLOUR_AND_ALPHA = 0, 2, 4, 6


def png(values, kind, more=b""):
    """Write a PNG of 16 bits a value by hand."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    parts = [parts[0], *([(b"tRNS", more)] if more else []), parts[1], (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def folder_of(tmp_path, pictures):
    for name, (values, kind, *more) in pictures.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(png(np.array(values), kind, *more))
    return read_table(tmp_path)


def test_8_bit_values_in_16_bit_files_stay_what_they_are(tmp_path):
    table = folder_of(tmp_path, {"a/1.png": ([[0, 7], [200, 255]], GREY), "b/1.png": ([[1, 2], [3, 4]], GREY)})
    assert table.pixels.tolist() == [[0, 7, 200, 255], [1, 2, 3, 4]]
    assert "2 pictures: 16-bit files whose values all fit into 8 bits; they are kept unchanged" in table.notes


def test_all_pictures_of_a_folder_have_the_range_that_the_brightest_decides(tmp_path):
    table = folder_of(tmp_path, {"a/1.png": ([[0, 255], [128, 129]], GREY), "b/1.png": ([[65535, 514]] * 2, GREY)})
    assert table.pixels.tolist() == [[0, 255, 128, 129], [65535, 514, 65535, 514]]
    assert table.intensity == (0, 65535)
    assert "2 pictures: 16-bit values, kept unchanged" in table.notes


def test_values_of_12_bits_are_kept_with_their_own_range(tmp_path):
    table = folder_of(tmp_path, {"a/1.png": ([[0, 4095]], GREY), "b/1.png": ([[1, 2]], GREY)})
    assert table.pixels.tolist() == [[0, 4095], [1, 2]]
    assert table.intensity == (0, 4095)


def test_8_bit_pictures_among_16_bit_ones_become_as_bright(tmp_path):
    (tmp_path / "a").mkdir()
    Image.fromarray(np.array([[0, 1], [128, 255]], np.uint8)).save(tmp_path / "a" / "0.png")
    table = folder_of(tmp_path, {"a/1.png": ([[0, 300], [65535, 7]], GREY), "b/1.png": ([[1, 2], [3, 4]], GREY)})
    assert table.pixels.tolist() == [[0, 257, 128 * 257, 65535], [0, 300, 65535, 7], [1, 2, 3, 4]]
    assert "1 picture: 8-bit values times 257, as bright as 16-bit ones" in table.notes


@pytest.mark.parametrize(
    ("kind", "pixel", "more", "expected"),
    [
        (COLOUR, (7, 8, 255), b"", [7, 8, 255]),
        (COLOUR_AND_ALPHA, (100, 50, 255, 65535), b"", [100, 50, 255]),
        (GREY_AND_ALPHA, (200, 65535), b"", [200]),
        (GREY_AND_ALPHA, (200, 0), b"", [0]),
        (COLOUR, (7, 8, 9), struct.pack(">3H", 7, 8, 9), [0, 0, 0]),
        (GREY, (7,), struct.pack(">H", 7), [0]),
    ],
    ids=["colour", "colour and alpha", "grey and alpha", "clear", "a clear colour", "a clear grey"],
)
def test_low_bytes_are_read_of_every_kind_of_picture(tmp_path, kind, pixel, more, expected):
    values = np.array([[pixel]]) if kind != GREY else np.array([pixel])
    table = folder_of(tmp_path, {"a/1.png": (values, kind, more), "b/1.png": (values, kind, more)})
    assert table.pixels.tolist() == [expected] * 2
