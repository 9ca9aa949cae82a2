"""The one place that says what the axes of an array are: rows, height, width and channels.

Readers of formats give arrays, in parts such as train and test, with or without labels. What fits in one way only is
read; where two readings fit, the user is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError, TableError
from convscope.reading import Options
from convscope.tables._intensity import settle
from convscope.tables._order import EMNIST_NOTE, flat_order, is_emnist
from convscope.tables._values import check_labels, check_not_empty, is_missing
from convscope.tables.pixel_table import PixelTable
from convscope.tables.table import Shape
from convscope.tables.understood import LeftOut, Understood
from convscope.wording import Setting, Words

__all__ = ["Laid", "Part", "as_labels", "from_arrays", "lay_out"]

CHANNELS = (1, 3, 4)
COLOURS = (3, 4)
MOST_AXES = 4


@dataclass(frozen=True)
class Part:
    """The pictures of one part of a data set, and their labels.

    Parameters
    ----------
    images : array
    labels : array, optional
    name : str, optional
        "train", "val" or "test"; None where there are no parts.
    """

    images: NDArray[Any]
    labels: NDArray[Any] | None = None
    name: str | None = None


@dataclass(frozen=True)
class Laid:
    """Pictures as rows of pixels.

    Parameters
    ----------
    flat : array of shape (n_rows, height * width * channels)
    shape : (height, width, channels)
    layout : str
        Letters of the axes in the file, from slowest to fastest; or "position".
    notes : tuple of str
    """

    flat: NDArray[Any]
    shape: Shape
    layout: str
    notes: tuple[str, ...] = ()


def from_arrays(
    parts: Sequence[Part],
    options: Options,
    path: Path,
    *,
    notes: tuple[str, ...] = (),
    left_out: tuple[LeftOut, ...] = (),
    label: str | None = None,
) -> PixelTable:
    """Make a table of arrays.

    Raises
    ------
    TableError, ShapeError
        They do not belong together, or may be read in two ways.
    """
    where = path.name
    _refuse_columns(options, where)
    if is_emnist(where) and options.layout is None:
        options, notes = options.having(layout="WH"), (*notes, EMNIST_NOTE)
    chosen = [part for part in parts if options.split in ("all", part.name)] or list(parts)
    known = [_labels(part, options, where) for part in chosen]
    counts = [None if found is None else len(found[0]) for found in known]
    ways = _common_ways(parts)
    laid = [lay_out(part.images, count, options, where, ways=ways) for part, count in zip(chosen, counts, strict=True)]
    _check_alike(chosen, laid, known, where)
    flat = laid[0].flat if len(laid) == 1 else np.concatenate([one.flat for one in laid])
    texts = None if known[0] is None else np.concatenate([one[0] for one in known if one is not None])
    split = None
    if chosen[0].name is not None:
        split = np.repeat(np.array([part.name for part in chosen], dtype=object), [len(one.flat) for one in laid])
        told = ", ".join(f"{len(one.flat):,} {part.name}" for part, one in zip(chosen, laid, strict=True))
        notes = (*notes, f"rows of the parts in the file: {told}")
    rows = np.arange(len(flat))
    if texts is not None and options.drops_missing:
        rows = np.flatnonzero([not is_missing(text) for text in texts.tolist()])
        n_dropped = len(flat) - len(rows)
        left_out = (*left_out, LeftOut(n_dropped, "rows", "without a label")) if n_dropped else left_out
        if n_dropped:
            flat, texts, split = flat[rows], texts[rows], None if split is None else split[rows]
    settled = settle(flat, lambda row, column: f"image {rows[row] + 1} of {where}, pixel {column + 1},", options)
    labels = None if texts is None else check_labels(texts, lambda row: f"image {rows[row] + 1} of {where}")
    understood = Understood(
        "array of pictures", label if texts is not None else None, laid[0].layout, left_out=left_out
    )
    of_axes = dict.fromkeys(note for one in laid for note in one.notes)
    of_labels = dict.fromkeys(note for one in known if one for note in one[1])
    return PixelTable(
        settled.pixels,
        laid[0].shape,
        labels,
        source=str(path),
        notes=(*notes, *of_axes, *of_labels, *settled.notes, *understood.notes),
        split=split,
        intensity=settled.intensity,
        layout=laid[0].layout,
        understood=understood,
    )


def _common_ways(parts: Sequence[Part]) -> set[str]:
    """List the ways that the arrays of all parts may be read in: what one leaves open, another may tell."""
    found = [
        {way for way in _ways(part.images.shape) if part.labels is None or _fits(way, part)}
        for part in parts
        if part.images.ndim in (MOST_AXES - 1, MOST_AXES)
    ]
    return set.intersection(*found) if found else set()


def _fits(way: str, part: Part) -> bool:
    return part.labels is not None and part.images.shape[way.index("N")] == len(part.labels)


def lay_out(
    images: NDArray[Any], n_labels: int | None, options: Options, where: str, *, ways: Collection[str] = ()
) -> Laid:
    """Bring an array of pictures to one row per picture.

    Parameters
    ----------
    images : array of 2 to 4 axes
    n_labels : int, optional
        How many labels there are: the axis of rows is as long.
    options : Options
        ``layout`` and ``shape`` of them.
    where : str
        The file, for messages.
    ways : collection of str
        Those that fit the other parts of a data set too.

    Raises
    ------
    ShapeError
        The axes may be read in two ways, or in none.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope.reading import Options
    >>> lay_out(np.zeros((5, 3, 8, 8)), None, Options(), "a.npz").shape
    (8, 8, 3)
    """
    check_not_empty(images.shape, where)
    if images.ndim == 2:
        return _flat(images, n_labels, options, where)
    if not 3 <= images.ndim <= MOST_AXES:
        raise _misfit(images.shape, where, "an array of 2 to 4 axes, such as (n_rows, height, width)")
    letters, told = _letters(images.shape, n_labels, options, where, ways)
    axes = [axis for axis in "NHWC" if axis in letters]
    arranged = images.transpose([letters.index(axis) for axis in axes])
    if "N" not in axes:
        arranged = arranged[None]
    n, height, width, *rest = arranged.shape
    shape = (height, width, rest[0] if rest else 1)
    if options.image_shape is not None and options.image_shape != shape:
        raise ShapeError(
            f"the images of {where} do not fit the shape.",
            received=Words(Setting("shape", "x".join(map(str, options.image_shape)))),
            expected="x".join(map(str, shape)),
            repair=Words("leave it out: ", Setting("shape")),
        )
    if n_labels is not None and n != n_labels:
        raise _unpaired(images.shape, n_labels, where)
    return Laid(np.ascontiguousarray(arranged).reshape(n, -1), shape, letters.removeprefix("N"), told)


def as_labels(labels: NDArray[Any], where: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Give labels as texts, one per row; (N, 1) is flattened, and one-hot rows become numbers.

    Raises
    ------
    TableError
        They are neither numbers nor text, or several in each row.
    """
    notes: tuple[str, ...] = ()
    if labels.dtype.kind not in "biufSUMm":
        raise TableError(f"the labels of {where} are neither numbers nor text.", received=str(labels.dtype))
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif labels.ndim == 2 and labels.dtype.kind in "biuf" and _are_one_hot(labels):
        labels = labels.argmax(axis=1)
        notes = ("labels are one-hot: the place of the one in each row is the class",)
    if labels.ndim != 1:
        raise TableError(
            f"the labels of {where} are not one per row.",
            received=f"shape {labels.shape}",
            expected="shape (n_rows,), or (n_rows, n_classes) with a single one in each row",
            repair=Words("read the images without labels: ", Setting("label", "none")),
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    try:
        return labels.astype(str).astype(object), notes
    except (UnicodeDecodeError, SystemError):  # the latter of a number that stands for no letter
        raise TableError(
            f"the labels of {where} are not text.",
            received=str(labels.dtype),
            repair="save them as text: np.asarray(labels, dtype=str)",
        ) from None


def _are_one_hot(labels: NDArray[Any]) -> bool:
    return labels.shape[1] > 1 and bool(((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all())


def _labels(part: Part, options: Options, where: str) -> tuple[NDArray[Any], tuple[str, ...]] | None:
    return None if part.labels is None or options.label == "none" else as_labels(part.labels, where)


def _flat(images: NDArray[Any], n_labels: int | None, options: Options, where: str) -> Laid:
    """Read an array with one row per picture; with one column per picture, if only that fits the labels."""
    notes: tuple[str, ...] = ()
    if n_labels is not None and len(images) != n_labels:
        if images.shape[1] != n_labels:
            raise _unpaired(images.shape, n_labels, where)
        images, notes = images.T, ("rows are the last axis of the array",)
    if n_labels is None and images.shape[0] == images.shape[1] and options.shape is None:
        if options.layout is None:
            raise _ask_one(images.shape, where)
        picture = images.T if options.layout.startswith("W") else images
        return Laid(np.ascontiguousarray(picture).reshape(1, -1), (*images.shape, 1), options.layout, notes)
    shape, order = flat_order(images.shape[1], options, where)
    flat = np.ascontiguousarray(images if order is None else images[:, order])
    return Laid(flat, shape, options.layout or "position", notes)


def _letters(
    shape: tuple[int, ...], n_labels: int | None, options: Options, where: str, common: Collection[str]
) -> tuple[str, tuple[str, ...]]:
    """Say which axis is which."""
    if options.layout:
        return _as_said(options.layout, shape, where), ()
    ways = [way for way in _ways(shape) if n_labels is None or shape[way.index("N")] == n_labels]
    if not ways:
        if n_labels is not None and n_labels not in (shape[0], shape[-1]):
            raise _unpaired(shape, n_labels, where)
        raise _ask(shape, where)
    ways = [way for way in ways if way in common] or ways
    if options.image_shape is not None and len(ways) > 1:
        ways = [way for way in ways if _shape_of(way, shape) == options.image_shape] or ways
    if n_labels is None and options.image_shape is None:
        firsts = [way for way in ways if way[0] == "N"]
        lone = len(shape) == 3 and shape[-1] in COLOURS
        ways = [] if lone else firsts or ways
    if len(ways) != 1:
        raise _ask(shape, where)
    told = {
        "NHWC": (),
        "NHW": (),
        "NCHW": (f"channels are the first axis of each picture (CHW): the array is {shape}",),
        "HWN": (f"rows are the last axis (HWN): the array is {shape}",),
        "HWCN": (f"rows are the last axis (HWCN): the array is {shape}",),
        "CHWN": (f"rows are the last axis, channels the first (CHWN): the array is {shape}",),
    }
    return ways[0], told[ways[0]]


def _ways(shape: tuple[int, ...]) -> list[str]:
    """List the ways that an array's axes may be read in, whatever the labels."""
    if len(shape) == 3:
        return ["NHW", "HWN"]
    first = [way for way, axis in (("NCHW", 1), ("NHWC", 3)) if shape[axis] in CHANNELS]
    last = [way for way, axis in (("CHWN", 0), ("HWCN", 2)) if shape[axis] in CHANNELS]
    return first + last


def _shape_of(way: str, shape: tuple[int, ...]) -> Shape:
    sizes = dict(zip(way, shape, strict=True))
    return sizes["H"], sizes["W"], sizes.get("C", 1)


def _as_said(layout: str, shape: tuple[int, ...], where: str) -> str:
    """Complete the letters that were said: rows are first if not named, and there may be only one."""
    if len(layout) == len(shape):
        return layout
    if len(layout) + 1 == len(shape) and "N" not in layout:
        return "N" + layout
    if len(shape) == MOST_AXES and "C" not in layout and "N" not in layout:
        if shape[-1] == 1:
            return f"N{layout}C"
        if shape[1] == 1:
            return f"NC{layout}"
    raise ShapeError(
        f"the layout does not fit the array in {where}.",
        received=f"layout {layout} for an array of shape {shape}",
        expected=f"one letter for each of the {len(shape)} axes; N is first if not named",
        repair=Words("name its axes: ", Setting("layout", "HWC" if len(shape) == MOST_AXES else "HW")),
    )


def _ask(shape: tuple[int, ...], where: str) -> ShapeError:
    if len(shape) == 3:
        lone = shape[-1] in COLOURS
        told = ("HWC", "HW") if lone else ("HW", "HWN")
        meant = ("one picture", "many") if lone else ("rows first", "rows last")
        return ShapeError(
            f"the array in {where} of shape {shape} may be {'one picture or many' if lone else 'read in two ways'}.",
            received=f"shape {shape}",
            expected="(n_rows, height, width) or (n_rows, height, width, channels)",
            repair=Words(f"{meant[0]}: ", Setting("layout", told[0]), f"; {meant[1]}: ", Setting("layout", told[1])),
        )
    return ShapeError(
        f"the axes of the array in {where} of shape {shape} are unclear: the channels may be first or last.",
        received=f"shape {shape}",
        expected="1, 3 or 4 channels as either the last axis or the second",
        repair=Words(
            "channels last: ", Setting("layout", "HWC"), "; channels first: ", Setting("layout", "CHW"),
            "; rows last: ", Setting("layout", "HWCN"),
        ),
    )  # fmt: skip


def _ask_one(shape: tuple[int, ...], where: str) -> ShapeError:
    return ShapeError(
        f"the array in {where} of shape {shape} may be one picture or many.",
        received=f"shape {shape}, and no labels",
        expected="(n_rows, height, width)",
        repair=Words("one picture: ", Setting("layout", "HW"), "; one in each row: ", Setting("shape")),
    )


def _misfit(shape: tuple[int, ...], where: str, expected: str) -> ShapeError:
    return ShapeError(f"{where} holds no images: no array of pictures.", received=f"shape {shape}", expected=expected)


def _unpaired(shape: tuple[int, ...], n_labels: int, where: str) -> TableError:
    return TableError(
        f"the images and labels of {where} do not belong together.",
        received=f"{shape[0]:,} images of shape {shape}, {n_labels:,} labels",
        expected="one label per image",
    )


def _refuse_columns(options: Options, where: str) -> None:
    """Refuse options that name columns, of which arrays have none."""
    column = options.split.partition(":")[0] if ":" in options.split else None
    label = None if options.label == "none" else options.label
    for name, value in {"label": label, "drop": options.drop, "group": options.group, "split": column}.items():
        if value:
            raise TableError(
                f"{where} holds arrays, which have no columns.",
                received=Words(Setting(name, value)),
                expected="options that say what axes and numbers mean: layout, shape, intensity",
                repair=Words("leave it out: ", Setting(name)),
            )


def _check_alike(parts: Sequence[Part], laid: Sequence[Laid], known: Sequence[Any], where: str) -> None:
    """Refuse parts whose pictures differ in size, or of which only some have labels."""
    for part, one in zip(parts, laid, strict=True):
        if one.shape != laid[0].shape:
            raise ShapeError(
                f"the parts of {where} hold pictures of different sizes.",
                received=f"{'x'.join(map(str, one.shape))} in {part.name}",
                expected="x".join(map(str, laid[0].shape)),
                repair=Words("read one part alone: ", Setting("split", parts[0].name)),
            )
    lacking = [part.name for part, found in zip(parts, known, strict=True) if found is None]
    if lacking and len(lacking) < len(parts):
        raise TableError(
            f"some parts of {where} have labels and others none.",
            received=f"no labels for {', '.join(map(str, lacking))}",
            repair=Words(
                "read one part alone: ", Setting("split", next(p.name for p in parts if p.name not in lacking))
            ),
        )
