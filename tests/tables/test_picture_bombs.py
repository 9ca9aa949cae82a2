"""Small archives and pictures that would become large are refused within 2 s of processor time and 500 MB."""

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import sys
import tarfile
import textwrap
import zipfile
import zlib

import numpy as np
from PIL import Image

ENTRY = struct.Struct("<4s6H3I5H2I")


def png(width, height, rows=b""):
    """A PNG of a size that is only claimed."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def claims_60000(path):
    (path / "a").mkdir(parents=True)
    (path / "a" / "1.png").write_bytes(png(60_000, 60_000, bytes(1000)))


def zip_of(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)


def nested(path):
    inner = io.BytesIO()
    zip_of(inner, [("a/1.png", bytes(30_000_000))])
    zip_of(path, [("a/1.png", png(1, 1, b"\0\0")), ("a/inner.zip", inner.getvalue())])


def a_million_names(path):
    """Write the table of contents of a million empty files, and no files; with the second table that so many need."""
    entry = b"".join(
        ENTRY.pack(b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0) + b"a/%06d.png" % n
        for n in range(1000)
    )
    names = entry * 1000
    large = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, len(names), 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(names), 1)
    path.write_bytes(
        names + large + locator + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(names), 0, 0)
    )


def white_pages(path):
    """Many pictures of 16 megapixels in a zip of a megabyte."""
    buffer = io.BytesIO()
    Image.new("L", (4000, 4000), 255).save(buffer, "PNG")
    zip_of(path, [(f"a/{n}.png", buffer.getvalue()) for n in range(60)])


def header(name, size, kind=b"0"):
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.USTAR_FORMAT)


def long_facts(path):
    """A tar archive whose first header says that a gigabyte of further facts follows."""
    with gzip.open(path, "wb", 1) as file:
        file.write(header("facts", 1 << 30, b"x"))
        for _ in range(20):
            file.write(bytes(1 << 20))


def many_members(path):
    block = b"".join(header(f"a/{n}.png", 0) for n in range(1000))
    with gzip.open(path, "wb", 1) as file:
        for _ in range(64):
            file.write(block)


def zeros_in_tar(pack):
    def make(path):
        head = header("a/1.png", 1 << 30)
        path.write_bytes(pack(head + bytes(1 << 16)) + pack(bytes(1 << 24)) * 40)

    return make


def many_films(path):
    """A folder whose pictures have a million frames to be counted, or a million tags to be read."""
    (path / "a").mkdir(parents=True)
    (path / "a" / "0.png").write_bytes(png(2, 2, bytes(6)))
    empty = b"\x21\xf9\x04\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    (path / "a" / "1.gif").write_bytes(b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + empty * 300_000)
    pages = b"".join(struct.pack("<HHHIII", 1, 256, 4, 1, 1, 8 + 18 * (n + 1)) for n in range(400_000))
    (path / "a" / "2.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + pages)
    (path / "b").mkdir()


def long_list(path):
    path.mkdir()
    (path / "1.png").write_bytes(png(2, 2, bytes(6)))
    (path / "labels.csv").write_bytes(b"file,label\n" + b"1.png,a\n" * 5_000_000)


BOMBS = {
    "claims": claims_60000,
    "nested.zip": nested,
    "names.zip": a_million_names,
    "pages.zip": white_pages,
    "zeros.zip": lambda path: zip_of(path, [("a/1.png", bytes(100_000_000))]),
    "facts.tar.gz": long_facts,
    "members.tgz": many_members,
    "zeros.tar.gz": zeros_in_tar(gzip.compress),
    "zeros.tar.bz2": zeros_in_tar(bz2.compress),
    "zeros.tar.xz": zeros_in_tar(lzma.compress),
    "films": many_films,
    "list": long_list,
}
CHILD = """
    import re, sys, time
    from pathlib import Path
    from convscope.errors import DataError
    from convscope.tables import read_table
    for name in sys.argv[1:]:
        started = time.process_time()
        try:
            read_table(name, resize="stretch:8x8")
            print(Path(name).name, "was read")
        except DataError as error:
            peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
            print(Path(name).name, time.process_time() - started, int(peak[1]) // 1024, error.what.replace(" ", "_"))
"""


def test_every_bomb_of_pictures_is_refused_before_it_is_large(tmp_path):
    for name, make in BOMBS.items():
        make(tmp_path / name)
    command = [sys.executable, "-c", textwrap.dedent(CHILD), *(str(tmp_path / name) for name in BOMBS)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    said = [line.split() for line in answer.stdout.splitlines()]
    assert [name for name, *_ in said] == list(BOMBS), answer.stdout + answer.stderr
    assert all(line[1] != "was" and float(line[1]) < 2 and int(line[2]) < 500 for line in said), answer.stdout


def test_a_zip_of_more_files_than_the_first_table_can_count_is_read(tmp_path):
    picture = png(2, 2, bytes(6))
    with zipfile.ZipFile(tmp_path / "many.zip", "w", zipfile.ZIP_STORED) as archive:
        for number in range(66_000):
            archive.writestr(zipfile.ZipInfo(f"{number % 2}/{number:05}.png"), picture)
    command = "import sys; from convscope.tables import read_table; print(len(read_table(sys.argv[1])))"
    answer = subprocess.run(
        [sys.executable, "-c", command, str(tmp_path / "many.zip")], capture_output=True, text=True, check=True
    )
    assert int(answer.stdout) == 66_000


def test_a_zip_whose_second_table_of_contents_says_something_else_is_refused(tmp_path):
    a_million_names(tmp_path / "names.zip")
    content = bytearray((tmp_path / "names.zip").read_bytes())
    for place in (-22 - 20 - 56 + 24, -22 - 20 - 56 + 32):
        content[place : place + 8] = struct.pack("<Q", 1000)
    (tmp_path / "names.zip").write_bytes(content)
    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path / "names.zip")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said[1] != "was"
    assert float(said[1]) < 2
    assert np.isfinite(float(said[2]))
