"""How much of what strangers wrote is read: every budget of files, answers and downloads, in one place.

A bomb is a small file that becomes large. So what a packed file holds is counted before it is decoded, in bytes and in
things (rows, values, members), and compared with two numbers: what is cheap from a file of any size (`FREE_BYTES`), and
what is in proportion to the bytes that came (`MOST_RATIO`). A large file of one's own is in proportion: MNIST is 47 MB
of pixels from 11 to 15 MB of file, and is read whatever the format; `MOST_TABLE_BYTES` ends it all.
A refusal takes less than 2 s and 500 MB.
"""

from __future__ import annotations

__all__ = ["check_values", "largest_content"]

# What is packed: gzip, zip, NPZ, Parquet, HDF5
FREE_BYTES = 32 << 20
"""So much may come out of any file before its ratio is looked at."""
MOST_RATIO = 150
"""Tables of images shrink by 5 to 40; a bomb by several hundred."""
GZIP_AT_MOST = 1032
"""No gzip file grows by more than this when it is unpacked."""
MOST_ENTRY_BYTES = 1_000
"""Of a zip file's table of contents, for one member; a name takes a hundred."""

# Tables
MOST_TABLE_BYTES = 2 << 30
"""Of a table's cells, and of a file that holds one."""
FREE_TABLE_BYTES = 128 << 20
"""Of memory, for the table in a file of any size, and for decoded pictures: drawings shrink by hundreds."""
ROW_BYTES = 64
"""What a row costs beside its cells: a label is an object."""
MOST_COLUMNS = 200_000
COLUMN_BYTES = 5_000
"""What Arrow takes to read a column of text, beside its cells."""
MOST_LINE_BYTES = 1 << 20
"""Of the first line of a CSV file."""
MOST_ARRAYS = 100
"""In an NPZ file."""
MOST_SHARDS = 2_000
"""Parquet files of one table: each takes a millisecond before its first row."""

# Pictures
MOST_IMAGE_BYTES = 10_000_000
MOST_IMAGE_PIXELS = 16_000_000
MOST_IMAGES = 200_000
MOST_IMAGE_PARTS = 50
"""Scans of a JPEG, and packed texts of a PNG: each takes time however few bytes it has; ten scans are usual."""
MOST_LIST_BYTES = 64_000_000
"""Of a table that lists pictures."""

# JSON
MOST_JSON_BYTES = 64_000_000
MOST_JSON_VALUES = 1_000_000
"""A name and its value may take 200 bytes of memory where they take ten of the file."""
DEEPEST_JSON = 40

MOST_NETWORK_BYTES = 20_000_000
"""Of a network that the playground wrote."""

# Models
MOST_PARAMETERS = 50_000_000
MOST_MODEL_JSON_BYTES = 4_000_000
MOST_WEIGHT_BYTES = 4 * MOST_PARAMETERS + MOST_MODEL_JSON_BYTES
MOST_LAYERS = 1_000
MOST_LAYER_VALUES = 50_000_000
"""Numbers that one layer may give for one image."""
MOST_AXES = 24
"""Of what a layer gives; NumPy has room for 32."""
DEEPEST_LAYER = 4
"""Of a layer around a layer around a layer."""
DEEPEST_MODEL = 60
MOST_DIGITS = 40
"""Of a whole number; one of 64 bits has half as many."""
MOST_TENSOR_BYTES = 1_000
"""Of a safetensors header, for one array."""
MOST_HDF5_OBJECTS = 20_000
DEEPEST_HDF5 = 64

# What students hand in
MOST_SUBMISSION_BYTES = 20_000_000
"""Of one file, pictures and all."""
MOST_CODE_BYTES = 150_000
"""Of the program in it: a parsed byte takes up to a kilobyte of memory, and 10 µs."""
MOST_ZIP_BYTES = 100_000_000
MOST_ZIP_CONTENT = 200_000_000
"""Of all submissions in a zip file together."""
MOST_ZIP_MEMBERS = 10_000
MOST_ZIP_SUBMISSIONS = 200
MOST_CELLS = 5_000
"""Of a notebook."""
DEEPEST_FOLDER = 60
MOST_POINTS_BYTES = 20_000_000
"""Of a table of grades, points or seeds."""

# Answers
MOST_ANSWER_CELLS = 10_000
MOST_ANSWER_LETTERS = 20_000
MOST_SANDBOX_NUMBERS = 500_000
"""In one array that a program answers with."""

# Downloads
TIMEOUT_S = 20
"""To connect, and between two parts."""
PATIENCE_S = 15
"""After which a server must have sent as much as the slowest one would."""
SLOWEST_BYTES_PER_S = 4_000


def largest_content(packed: int, *, free: int = FREE_BYTES) -> int:
    """Say how many unpacked bytes are allowed for a packed size.

    Examples
    --------
    >>> largest_content(1_000), largest_content(1_000_000)
    (33554432, 150000000)
    """
    return min(MOST_TABLE_BYTES, max(free, MOST_RATIO * packed))


def check_values(text: str | bytes, most: int = MOST_JSON_VALUES) -> None:
    """Refuse JSON with more values than are worth to decode, by its commas and brackets; those in texts count too.

    Raises
    ------
    ValueError
        The message says how many there may be.
    """
    n_values = (
        sum(text.count(mark) for mark in (b",", b"[", b"{"))
        if isinstance(text, bytes)
        else sum(text.count(mark) for mark in (",", "[", "{"))
    )
    if n_values > most:
        raise ValueError(f"it holds more than {most:,} values")
