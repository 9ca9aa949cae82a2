"""What the pages of a Parquet file unpack to, by their own headers, which Arrow obeys; the footer may say less.

References
----------
Apache Parquet: ``parquet.thrift``, PageHeader. Apache Thrift: the compact protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["has_encrypted_columns", "unpacked_sizes"]

MOST_PAGES = 100_000
"""In a small file: an empty page has twenty bytes, and its header takes 20 µs."""
BYTES_PER_PAGE = 10_000
"""In a large one."""
DEEPEST, LONGEST_NUMBER = 8, 63
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
WHOLE_NUMBERS = (4, 5, 6)
FILE, CHUNK, ENCRYPTION = 0, 4, 8
"""How deep the file and its column chunks stand in the footer; the field of both that says how they are encrypted."""
TRAILER = 8
"""Bytes after the footer: its length, and the mark of the format."""
UNPACKED, PACKED = 2, 3
"""Numbers of the fields of a header that tell the size of its page."""


def has_encrypted_columns(content: Any) -> bool:
    """Read in the footer whether columns are encrypted; Arrow ends the process if it is asked about such a column.

    Raises
    ------
    ValueError
        The footer is damaged.
    """
    end = len(content) - TRAILER
    footer = _Header(content, end - int.from_bytes(content[end : end + 4], "little"), end)
    footer.numbers()
    return bool(footer.structures & {(FILE, ENCRYPTION), (CHUNK, ENCRYPTION)})


def unpacked_sizes(content: Any, metadata: Any) -> Iterator[int]:
    """Give the size that each page of a file will have in memory.

    Parameters
    ----------
    content : bytes or mmap
        The Parquet file.
    metadata : pyarrow.parquet.FileMetaData

    Raises
    ------
    ValueError
        A header is none, or there are too many of them.
    """
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    left = MOST_PAGES + len(content) // BYTES_PER_PAGE
    for column in (group.column(index) for group in groups for index in range(group.num_columns)):
        starts = (column.data_page_offset, column.dictionary_page_offset or 0)
        place = min((start for start in starts if start > 0), default=0)
        end = min(len(content), place + column.total_compressed_size)
        while place < end:
            header = _Header(content, place, end)
            sizes = header.numbers()
            left -= 1
            if min(sizes.get(PACKED, -1), sizes.get(UNPACKED, -1), left) < 0:
                raise ValueError("a page does not tell its size, or there are too many")
            yield sizes[UNPACKED]
            place = header.place + sizes[PACKED]


class _Header:
    """Reads one structure of Thrift's compact protocol, and which of its fields are structures."""

    def __init__(self, content: Any, place: int, end: int) -> None:
        self._content, self.place, self._end = content, place, end
        self.structures: set[tuple[int, int]] = set()

    def numbers(self, depth: int = 0) -> dict[int, int]:
        """Read a structure, and give its whole numbers by their field."""
        if depth > DEEPEST:
            raise ValueError("a page's header is nested too deeply")
        found, field = {}, 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            field = field + step if step else self._signed()
            if kind in WHOLE_NUMBERS:
                found[field] = self._signed()
            elif kind not in (TRUE, FALSE):
                self._skip(kind, depth)
            if kind == STRUCT:
                self.structures.add((depth, field))
        return found

    def _skip(self, kind: int, depth: int) -> None:
        if kind in WHOLE_NUMBERS:
            self._unsigned()
        elif kind in (TRUE, FALSE, BYTE):
            self._byte()
        elif kind == DOUBLE:
            self.place += 7
            self._byte()
        elif kind == BINARY:
            length = self._unsigned()
            self.place += length
        elif kind in (LIST, SET) and depth <= DEEPEST:
            head = self._byte()
            for _ in range(self._unsigned() if head >> 4 == 15 else head >> 4):
                self._skip(head & 15, depth + 1)
        elif kind == STRUCT:
            self.numbers(depth + 1)
        else:
            raise ValueError("a page's header is damaged")

    def _byte(self) -> int:
        if self.place >= self._end:
            raise ValueError("a page's header is cut")
        self.place += 1
        return int(self._content[self.place - 1])

    def _unsigned(self) -> int:
        found = shift = 0
        while (part := self._byte()) & 128 and shift < LONGEST_NUMBER:
            found, shift = found | (part & 127) << shift, shift + 7
        return found | part << shift

    def _signed(self) -> int:
        found = self._unsigned()
        return found >> 1 ^ -(found & 1)
