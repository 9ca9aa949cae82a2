"""NPZ files whose headers, names and numbers are made to lead NumPy astray: each is refused in words."""

import io
import struct
import zipfile

import numpy as np
import pytest

from convscope.errors import TableError
from convscope.tables import read_table

IMAGES = np.zeros((4, 2, 2), "u1")


def array(values):
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def headed(text, content, version=1):
    header = text.encode() + b"\n"
    return (
        b"\x93NUMPY" + bytes((version, 0)) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + content
    )


def said(kind, shape):
    return f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}"


def labelled(kind, content):
    return {"images.npy": array(IMAGES), "labels.npy": headed(said(kind, (4,)), content)}


def shaped(values):
    return {"images.npy": array(IMAGES), "image_shape.npy": array(np.array(values))}


FILES = {
    "fields": (labelled([("a", "|u1"), ("b", "<f4")], bytes(20)), "neither numbers nor text"),
    "void": (labelled("'|V3'", bytes(12)), "neither numbers nor text"),
    "arrays as labels": (labelled(("|u1", (3,)), bytes(12)), "neither numbers nor text"),
    "no letters": (labelled("'<U1'", b"\xff\xff\xff\x7f" * 4), "are not text"),
    "half letters": (labelled("'<U1'", b"\0\xd8\0\0" * 4), "half a letter"),
    "shape of text": (shaped(["a", "b", "c"]), "no shape"),
    "shape without end": (shaped([np.inf, 2, 1]), "no shape"),
    "shape below 0": (shaped([-2, -2, 1]), "no shape"),
    "two of one name": ({"images": array(np.array(5)), "images.npy": array(IMAGES)}, "same name"),
    "lengths below 0": ({"images.npy": headed(said("'|u1'", (-4, -2)), bytes(8))}, "promises more"),
    "length that is true": ({"images.npy": headed(said("'|u1'", (True, 4)), bytes(8))}, "not a complete NPZ"),
    "brackets": ({"images.npy": headed("{'descr': " + "(" * 9000, b"", 2)}, "not a complete NPZ"),
}


@pytest.mark.parametrize("name", FILES)
def test_it_is_refused_in_words(tmp_path, name):
    members, words = FILES[name]
    with zipfile.ZipFile(tmp_path / "table.npz", "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    with pytest.raises(TableError, match=words):
        read_table(tmp_path / "table.npz")
