"""Many pictures into one array: read in parallel, and never all of them in memory as files or as drawn.

An array grows where a picture needs it: to three channels at the first in colour, to 16 bits at the first with a value
above 255. Notes say what was done to how many.
"""

from __future__ import annotations

import os
import statistics
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError, TableError
from convscope.limits import MOST_IMAGE_BYTES, MOST_TABLE_BYTES
from convscope.reading import Options, Range
from convscope.tables._decode import FORMATS, Budget, Picture, UnreadableError, Way, read_picture, size_of
from convscope.tables._deep import LARGEST, STEP
from convscope.tables._progress import counting
from convscope.tables.understood import LeftOut
from convscope.wording import Setting, Words

__all__ = ["Load", "Pictures", "collect", "has_picture_name", "read_pictures"]

Load = Callable[[], bytes]
Contents = Callable[[Sequence[int]], Iterator[tuple[int, Load]]]
SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff")
FEW = 64
"""Pictures that are not worth a thread."""
BATCH, BATCH_BYTES = 32, 1 << 20
"""Of files that one thread reads in a row."""
SAMPLED = 200
"""Pictures whose size is looked at before one is proposed."""
MOST_SIZES = 10
TWELVE_BITS = 4095
BLOCK_BYTES = 16 << 20
RESIZED = {
    "contain": "contain, the whole picture with black around it",
    "cover": "cover, the middle of the picture",
    "stretch": "stretch, height and width each for itself",
}


@dataclass(frozen=True)
class Pictures:
    """Pictures of one size.

    Parameters
    ----------
    images : uint8 or uint16 array of shape (n_kept, height, width, channels)
    kept : bool array over what came in
        False for what is no picture, or damaged.
    intensity : (low, high), or None
        The range that values can have, where it is that of 16 bits.
    notes : tuple of str
        What was done to the pictures.
    left_out : tuple of LeftOut
    sizes : tuple of ((height, width), count)
        Before the pictures were resized; empty where they were not. The ten most frequent.
    """

    images: NDArray[Any]
    kept: NDArray[np.bool_]
    intensity: Range | None
    notes: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    sizes: tuple[tuple[tuple[int, int], int], ...]


def read_pictures(named: Iterable[tuple[str, bytes | Path]], options: Options, where: str) -> Pictures:
    """Read pictures that are in memory, or files.

    Parameters
    ----------
    named : iterable of (str, bytes or Path)
        Each with the name that messages give it.
    options : Options
    where : str
        What they all lie in, for messages.

    Raises
    ------
    TableError
        None of them is a picture; or together they are too large.
    ShapeError
        They differ in size, and `options` do not say what to do about it.
    """
    given = list(named)
    sizes = [len(one) if isinstance(one, bytes) else one.stat().st_size for _, one in given]

    def contents(places: Sequence[int]) -> Iterator[tuple[int, Load]]:
        for place in places:
            yield place, partial(_content, given[place][1])

    return collect([name for name, _ in given], sizes, contents, options, where)


def _content(given: bytes | Path) -> bytes:
    if isinstance(given, bytes):
        return given
    with given.open("rb") as file:
        return file.read(MOST_IMAGE_BYTES + 1)


def has_picture_name(name: str) -> bool:
    """Say whether a file is called like a picture."""
    return name.lower().endswith(SUFFIXES)


def collect(names: Sequence[str], sizes: Sequence[int], contents: Contents, options: Options, where: str) -> Pictures:
    """Read pictures into one array; as `read_pictures`, of files that are opened one after the other.

    Parameters
    ----------
    names : sequence of str
    sizes : sequence of int
        Of the files, in bytes.
    contents : callable
        Gives for chosen files (0-based places) the place of each, and what reads it; in any order.
    options : Options
    where : str
    """
    resize = options.resize
    way = Way(Budget(where), (resize[0], resize[1]) if resize and resize[1] else None)
    try:
        return _collect(names, sizes, contents, way, where)
    except _LostError:
        white = Way(Budget(where), way.resize, ground=255)
        return _collect(names, sizes, contents, white, where)
    except _SizesError as found:
        raise _different(found, names, contents, where, resize[0] if resize else "contain") from None


class _LostError(Exception):
    """A picture shows nothing on black."""


class _SizesError(Exception):
    """Two pictures differ in size: the places and the sizes of both."""


def _collect(names: Sequence[str], sizes: Sequence[int], contents: Contents, way: Way, where: str) -> Pictures:
    stack = _Stack(names, way, where)
    with warnings.catch_warnings(), counting(f"reading {where}", len(names)) as counted:
        warnings.simplefilter("ignore")  # Pillow's, about pictures that are then read or left out
        for place, found in _read_all(contents(range(len(names))), sizes, way):
            stack.add(place, found)
            counted.one_more()
    return stack.finish()


def _read_all(loads: Iterator[tuple[int, Load]], sizes: Sequence[int], way: Way) -> Iterator[tuple[int, Any]]:
    """Read pictures in the order in which they come, ahead of whoever takes them, but not far."""
    if len(sizes) < FEW:
        for batch in _batches(loads, sizes):
            yield from _read_batch(batch, way)
        return
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pool = ThreadPoolExecutor(workers)
    waiting: deque[Future[Any]] = deque()
    try:
        for batch in _batches(loads, sizes):
            waiting.append(pool.submit(_read_batch, batch, way))
            if len(waiting) > 2 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(loads: Iterator[tuple[int, Load]], sizes: Sequence[int]) -> Iterator[list[tuple[int, Load]]]:
    batch: list[tuple[int, Load]] = []
    n_bytes = 0
    for place, load in loads:
        batch.append((place, load))
        n_bytes += sizes[place]
        if len(batch) >= BATCH or n_bytes >= BATCH_BYTES:
            yield batch
            batch, n_bytes = [], 0
    yield batch


def _read_batch(batch: list[tuple[int, Load]], way: Way) -> list[tuple[int, Picture | UnreadableError]]:
    return [(place, _read_one(load, way)) for place, load in batch]


def _read_one(load: Load, way: Way) -> Picture | UnreadableError:
    try:
        return read_picture(load(), way)
    except UnreadableError as error:
        return error
    except OSError as error:
        return UnreadableError(f"cannot be read, {error.strerror or 'damaged'}")


class _Stack:
    """Pictures on top of each other, in the order in which they come."""

    def __init__(self, names: Sequence[str], way: Way, where: str) -> None:
        self.names, self.way, self.where = names, way, where
        self.capacity = sum(map(has_picture_name, names)) or len(names)
        self.values: NDArray[Any] | None = None
        self.places: list[int] = []
        self.is_deep = bytearray()
        self.largest = 0
        self.rules: Counter[str] = Counter()
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.reasons: dict[str, list[int]] = {}

    def add(self, place: int, found: Picture | UnreadableError) -> None:
        """Take a picture, or note why there is none."""
        if isinstance(found, UnreadableError):
            self.reasons.setdefault(found.reason, []).append(place)
            return
        if found.is_lost:
            raise _LostError
        values = found.values
        if self.values is not None and values.shape[:2] != self.values.shape[1:3]:
            raise _SizesError(self.places[0], self.values.shape[1:3], place, values.shape[:2])
        is_deep = values.dtype == np.uint16
        largest = int(values.max()) if is_deep else 0
        self.largest = max(self.largest, largest)
        self._make_room(values.shape, largest > 255)[len(self.places)] = values
        self.places.append(place)
        self.is_deep.append(is_deep)
        self.sizes[found.size] += 1
        self.rules.update(found.rules)

    def _make_room(self, shape: tuple[int, ...], needs_16_bits: bool) -> NDArray[Any]:
        """Give the array, large enough for one more picture of so many channels and bits."""
        old, n_rows = self.values, len(self.places)
        channels = max(shape[2], 1 if old is None else old.shape[3])
        kind = np.dtype(np.uint16) if needs_16_bits or (old is not None and old.dtype == np.uint16) else np.dtype("u1")
        if n_rows >= self.capacity:
            self.capacity = min(len(self.names), n_rows + n_rows // 2 + 1)
        if old is not None and old.shape == (self.capacity, *shape[:2], channels) and old.dtype == kind:
            return old
        self._check(shape[:2], channels * kind.itemsize)
        self.values = np.empty((self.capacity, *shape[:2], channels), kind)
        if old is not None:
            for rows in _blocks(n_rows, old[0].nbytes):
                self.values[rows] = old[rows]
        return self.values

    def _check(self, size: tuple[int, ...], pixel_bytes: int) -> None:
        n_bytes = self.capacity * size[0] * size[1] * pixel_bytes
        if n_bytes > MOST_TABLE_BYTES:
            how = self.way.resize[0] if self.way.resize else "contain"
            raise TableError(
                f"the pictures of {self.where} are too large together.",
                received=f"{self.capacity:,} pictures of {_by(size)}, {n_bytes:,} bytes",
                expected=f"at most {MOST_TABLE_BYTES:,}",
                repair=Words("make them smaller: ", Setting("resize", _proposal(how, size, self.capacity))),
            )

    def finish(self) -> Pictures:
        """Give all pictures in the order of their places.

        Raises
        ------
        TableError
            There are none.
        """
        kept = np.zeros(len(self.names), bool)
        kept[self.places] = True
        left_out = tuple(
            LeftOut.of([self.names[place] for place in sorted(places)], "files", reason)
            for reason, places in sorted(self.reasons.items(), key=lambda one: min(one[1]))
        )
        if self.values is None:
            raise TableError(
                f"{self.where} holds no readable picture.",
                received="; ".join(map(str, left_out[:3])) or "no files",
                expected=FORMATS,
                repair="give pictures in one of these formats",
            )
        images = self.values[: len(self.places)]
        intensity, deep_notes = self._bring_to_one_depth(images)
        _put_in_order(images, self.places)
        notes = [_told(count, rule) for rule, count in self.rules.items()]
        was_resized = self.way.resize is not None and set(self.sizes) != {self.way.resize[1]}
        sizes = tuple(self.sizes.most_common(MOST_SIZES)) if was_resized else ()
        if self.way.resize and was_resized:
            how, (height, width) = self.way.resize
            notes.append(
                f"pictures of {len(self.sizes):,} sizes, most often {_by(sizes[0][0])}, are resized to"
                f" {height}x{width}: {RESIZED[how]}"
            )
        return Pictures(images, kept, intensity, notes=(*notes, *deep_notes), left_out=left_out, sizes=sizes)

    def _bring_to_one_depth(self, images: NDArray[Any]) -> tuple[Range | None, list[str]]:
        """Give the range of 16-bit pictures, and what was done to them; those of 8 bits become alike."""
        n_deep = sum(self.is_deep)
        if not n_deep:
            return None, []
        if images.dtype == np.uint8:
            return None, [_told(n_deep, "16-bit files whose values all fit into 8 bits; they are kept unchanged")]
        notes = [_told(n_deep, "16-bit values, kept unchanged")]
        shallow = np.flatnonzero(np.frombuffer(bytes(self.is_deep), np.uint8) == 0)
        for row in shallow:
            images[row] *= STEP
            self.largest = max(self.largest, int(images[row].max()))
        if len(shallow):
            notes.append(_told(len(shallow), f"8-bit values times {STEP}, as bright as 16-bit ones"))
        return (0.0, float(TWELVE_BITS if self.largest <= TWELVE_BITS else LARGEST)), notes


def _put_in_order(images: NDArray[Any], places: list[int]) -> None:
    """Sort pictures by their places, without a second array: those of an archive come as they lie in it."""
    order = np.argsort(places, kind="stable")
    if (order[1:] > order[:-1]).all():
        return
    done = np.zeros(len(order), bool)
    for start in range(len(order)):
        if done[start] or order[start] == start:
            continue
        first, row = images[start].copy(), start
        while order[row] != start:
            images[row] = images[order[row]]
            done[row], row = True, order[row]
        images[row], done[row] = first, True


def _blocks(n_rows: int, row_bytes: int) -> Iterator[slice]:
    step = max(1, BLOCK_BYTES // max(1, row_bytes))
    yield from (slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step))


def _different(found: _SizesError, names: Sequence[str], contents: Contents, where: str, how: str) -> ShapeError:
    """Name two sizes, and propose the one that most pictures are near."""
    first, first_size, other, other_size = found.args
    sample = range(0, len(names), max(1, len(names) // SAMPLED))
    sizes = [first_size, other_size]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _, load in islice(contents(sample), SAMPLED):
            try:
                size = size_of(load())
            except OSError:
                continue
            if size:
                sizes.append(size)
    height, width = (int(statistics.median(one)) for one in zip(*sizes, strict=True))
    return ShapeError(
        f"{names[other]} differs in size from the pictures before it.",
        received=_by(other_size, " x "),
        expected=f"{_by(first_size, ' x ')}, as {names[first]} and all others of {where}",
        repair=Words("bring all to one size: ", Setting("resize", _proposal(how, (height, width), len(names)))),
    )


def _proposal(how: str, size: tuple[int, ...], n_pictures: int) -> str:
    """Write a rule with a size near the pictures' own, of which so many in colour are half of what a table may hold."""
    height, width = size[:2]
    factor = min(1.0, (MOST_TABLE_BYTES / 2 / (n_pictures * height * width * 3)) ** 0.5)
    return f"{how}:{max(1, int(height * factor))}x{max(1, int(width * factor))}"


def _by(size: tuple[int, ...], sign: str = "x") -> str:
    return f"{size[0]}{sign}{size[1]}"


def _told(count: int, what: str) -> str:
    return f"{count:,} picture{'' if count == 1 else 's'}: {what}"
