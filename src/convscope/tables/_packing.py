"""How files are packed, and xz, which Python's own reader unpacks with any amount of memory."""

from __future__ import annotations

import lzma
from typing import IO

__all__ = ["XzFile", "packing"]

CHUNK = 1 << 20
XZ_MEMORY = 256 << 20
MAGIC = {b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x1f\x8b": "gz", b"PK": "zip"}


def packing(start: bytes) -> str | None:
    """Tell by the first bytes, as they lie, how a file is packed."""
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)


class XzFile:
    """Unpacks xz with a bound on memory, which a file may ask for by gigabytes."""

    def __init__(self, packed: IO[bytes]) -> None:
        self.packed, self.unpacker = packed, lzma.LZMADecompressor(memlimit=XZ_MEMORY)

    def read(self, count: int) -> bytes:
        while True:
            if self.unpacker.eof:
                rest = self.unpacker.unused_data.strip(b"\0") or self.packed.read(CHUNK).strip(b"\0")
                if not rest:
                    return b""
                self.unpacker = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
                part = self.unpacker.decompress(rest, count)
            elif self.unpacker.needs_input:
                more = self.packed.read(CHUNK)
                if not more:
                    raise EOFError
                part = self.unpacker.decompress(more, count)
            else:
                part = self.unpacker.decompress(b"", count)
            if part:
                return part
