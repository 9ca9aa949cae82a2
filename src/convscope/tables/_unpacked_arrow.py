"""Arrow files whose buffers are compressed, written again without: some of a buffer at a time, and as much as is said.

Arrow unpacks a column of lists as a whole; here, none of it is in memory. The messages of a file are copied, and
their buffers are marked as not compressed, which the format allows for each of them.

References
----------
Apache Arrow: ``Message.fbs``, RecordBatch and BodyCompression. FlatBuffers: internals.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa

__all__ = ["unpacked_size", "write_unpacked"]

FILE, STREAM_BEGINS = b"ARROW1", 8
CODECS = {b"\x04\x22\x4d\x18": "lz4", b"\x28\xb5\x2f\xfd": "zstd"}
OLD_WAY = b"ARROW:experimental_compression"
IS_PLAIN, PREFIX = -1, 8
"""What a buffer says that is not compressed; it, or its size, stands before each buffer."""
HEADER_KIND, HEADER, BODY_SIZE = 1, 2, 3
BUFFERS, COMPRESSION = 2, 3
DATA = 1
DICTIONARY, ROWS = 2, 3
"""Places of fields in tables, and kinds of messages."""
ALIGNED = 64
CHUNK = 1 << 20


def unpacked_size(content: pa.Buffer) -> int:
    """Add up what the buffers of a file say that they unpack to; 0 where nothing is compressed.

    Raises
    ------
    ValueError
        It is damaged.
    """
    messages = list(_messages(content))
    if not any(message.is_packed for message in messages):
        return 0
    return sum(size for message in messages for size in message.sizes())


def write_unpacked(content: pa.Buffer, target: IO[bytes]) -> None:
    """Write a compressed file as a stream that is not.

    Raises
    ------
    ValueError
        It is damaged, or a buffer unpacks to another size than it says.
    """
    for message in _messages(content):
        message.write(target)
    target.write(struct.pack("<iI", -1, 0))


def _messages(content: pa.Buffer) -> Iterator[_Message]:
    begin = STREAM_BEGINS if content[: len(FILE)].to_pybytes() == FILE else 0
    for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(content[begin:])):
        try:
            yield _Message(message)
        except (struct.error, IndexError):
            raise ValueError("a message is damaged") from None


class _Message:
    """A schema, a dictionary or rows: a table of FlatBuffers, and a body of buffers that it tells the places of."""

    def __init__(self, message: Any) -> None:
        self._facts, self._body = bytearray(message.metadata.to_pybytes()), message.body
        self._places: list[int] = []
        self.is_packed = False
        root = self._follow(0)
        header, kind = self._field(root, HEADER), self._field(root, HEADER_KIND)
        self._size_place = self._field(root, BODY_SIZE)
        found = self._follow(header) if header and kind and self._facts[kind] in (DICTIONARY, ROWS) else 0
        if found and self._facts[kind] == DICTIONARY:
            found = self._follow(self._field(found, DATA))
        if found:
            self.is_packed = self._field(found, COMPRESSION) != 0
            buffers = self._field(found, BUFFERS)
            first = self._follow(buffers) if buffers else 0
            count = self._number("<I", first) if buffers else 0
            self._places = [first + 4 + 16 * place for place in range(count)]
        if OLD_WAY in self._facts:
            raise ValueError("it is compressed as Arrow 0.17 did")

    def sizes(self) -> list[int]:
        """Say for each buffer how many bytes it has when it is unpacked."""
        return [size for _, size in self._buffers()]

    def write(self, target: IO[bytes]) -> None:
        """Write the message, its buffers as they are when they are unpacked."""
        buffers = list(self._buffers()) if self.is_packed else []
        end = 0
        for place, (_, size) in zip(self._places, buffers, strict=False):
            begin = end + ALIGNED - PREFIX if size else end
            struct.pack_into("<qq", self._facts, place, begin, size + PREFIX if size else 0)
            end = begin + PREFIX + size + -size % ALIGNED if size else end
        if buffers:
            struct.pack_into("<q", self._facts, self._size_place, end)
        padding = bytes(-len(self._facts) % 8)
        target.write(struct.pack("<iI", -1, len(self._facts) + len(padding)) + self._facts + padding)
        if not buffers and self._body is not None:
            target.write(self._body)
        for packed, size in buffers:
            if size:
                target.write(bytes(ALIGNED - PREFIX) + struct.pack("<q", IS_PLAIN))
                _copy(packed, size, target)
                target.write(bytes(-size % ALIGNED))

    def _buffers(self) -> Iterator[tuple[pa.Buffer, int]]:
        """Give each buffer as it lies, and how many bytes it has when it is unpacked."""
        for place in self._places:
            begin, length = struct.unpack_from("<qq", self._facts, place)
            if begin < 0 or length < 0 or begin + length > self._body.size:
                raise ValueError("a buffer is not in the file")
            packed = self._body[begin : begin + length]
            if not self.is_packed or not length:
                yield packed, length
                continue
            said = int.from_bytes(packed[:PREFIX].to_pybytes(), "little", signed=True)
            size = length - PREFIX if said == IS_PLAIN else said
            if size < 0 or length < PREFIX:
                raise ValueError("a buffer does not say its size")
            yield packed, size

    def _field(self, table: int, slot: int) -> int:
        """Find a field of a table; 0 if it is not there."""
        names = table - self._number("<i", table)
        entry = 4 + 2 * slot
        is_there = entry < self._number("<H", names)
        step = self._number("<H", names + entry) if is_there else 0
        return table + step if step else 0

    def _follow(self, place: int) -> int:
        return place + self._number("<I", place)

    def _number(self, kind: str, place: int) -> int:
        if place < 0:
            raise IndexError
        return int(struct.unpack_from(kind, self._facts, place)[0])


def _copy(packed: pa.Buffer, size: int, target: IO[bytes]) -> None:
    said = int.from_bytes(packed[:PREFIX].to_pybytes(), "little", signed=True)
    if said == IS_PLAIN:
        target.write(packed[PREFIX:])
        return
    codec = CODECS.get(packed[PREFIX : PREFIX + 4].to_pybytes())
    if codec is None:
        raise ValueError("a buffer is compressed in an unknown way")
    left = size
    with pa.CompressedInputStream(pa.BufferReader(packed[PREFIX:]), codec) as file:
        while part := file.read(CHUNK):
            left -= len(part)
            if left < 0:
                break
            target.write(part)
    if left:
        raise ValueError("a buffer unpacks to another size than it says")
