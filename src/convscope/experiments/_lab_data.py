"""Which tables the lab runs on, and why: the wanted ones, or what every machine has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from convscope.datasets import load_parts, load_table, locate
from convscope.errors import DatasetError, TableError
from convscope.reading import Reading, refuse_reading
from convscope.tables import PixelTable, PointTable, resize_images
from convscope.wording import Setting, Words

__all__ = ["ImageData", "PointData", "choose_all_images", "choose_fashion", "choose_images", "choose_points"]

LAB_SIZE = (28, 28)


@dataclass(frozen=True)
class ImageData:
    """Training and test images of one name, and what a reader must know about them."""

    name: str
    train: PixelTable
    test: PixelTable
    notes: tuple[str, ...] = ()

    def limited(self, limit: int | None) -> ImageData:
        """Keep the first ``limit`` rows of each part."""
        if limit is None:
            return self
        return ImageData(self.name, self.train[:limit], self.test[:limit], self.notes)


@dataclass(frozen=True)
class PointData:
    """Training and test points of one name, and the grid that decision regions are drawn on."""

    name: str
    train: PointTable
    test: PointTable
    grid: PointTable
    notes: tuple[str, ...] = ()


def choose_images(data: str, *, data_home: str | None, progress: bool, reading: Reading | None = None) -> ImageData:
    """Load the lab's images; ``"auto"`` means MNIST where it can be had, else digits at 28x28.

    Raises
    ------
    DatasetError
        ``data`` is not ``"auto"`` and cannot be had.
    """
    if data != "auto":
        return _load_images(data, data_home=data_home, progress=progress, reading=reading)
    refuse_reading(reading or {}, "a data set that is chosen for you")
    try:
        return _load_images("mnist", data_home=data_home, progress=progress)
    except DatasetError as error:
        digits = _load_images("digits", data_home=data_home, progress=progress)
        why = f"MNIST cannot be had here ({error.what.rstrip('.')}), so the lab runs on scikit-learn's digits."
        return ImageData(digits.name, digits.train, digits.test, (why, *digits.notes))


def choose_fashion(*, data_home: str | None, progress: bool) -> ImageData | str:
    """Load Fashion-MNIST, or say in one sentence why it is left out."""
    try:
        return _load_images("fashion_mnist", data_home=data_home, progress=progress)
    except DatasetError as error:
        return f"The CNN on Fashion-MNIST is left out: {error.what} Get it with: convscope data fetch fashion_mnist"


def choose_all_images(
    data: str, *, data_home: str | None, progress: bool, reading: Reading | None = None
) -> tuple[ImageData, ImageData | str]:
    """Choose the lab's images, and Fashion-MNIST: at once, unless a bar has to show how one of them comes.

    Raises
    ------
    DatasetError
        As `choose_images`.
    """

    def clothes() -> ImageData | str:
        return choose_fashion(data_home=data_home, progress=progress)

    with ThreadPoolExecutor(1) as aside:
        coming = aside.submit(clothes) if locate("fashion_mnist", data_home).at_hand else None
        images = choose_images(data, data_home=data_home, progress=progress, reading=reading)
        return images, coming.result() if coming else clothes()


def choose_points(*, data_home: str | None) -> PointData:
    """Load the lab's circle, or generate one where the file cannot be had."""
    try:
        notes: tuple[str, ...] = ()
        table, name = load_table("circle", split="all", data_home=data_home), "circle"
    except DatasetError:
        table, name = load_table("playground_circle", split="all", data_home=data_home), "playground_circle"
        notes = ("The lab's circle table is not at hand; its points are generated (playground_circle).",)
    assert isinstance(table, PointTable)
    grid = load_table("all_points", split="all", data_home=data_home)
    assert isinstance(grid, PointTable)
    if name != "circle":
        grid = _stretched(grid, table)
    return PointData(name, table.part("train"), table.part("test"), grid, notes)


def _load_images(name: str, *, data_home: str | None, progress: bool, reading: Reading | None = None) -> ImageData:
    notes: list[str] = []
    train, test = load_parts(name, data_home=data_home, progress=progress, **(reading or {}))
    if not (isinstance(train, PixelTable) and isinstance(test, PixelTable)):
        raise TableError(
            f"the lab needs images, and {name} is a table of points.",
            expected="a pixel table with columns class, 1x1, 1x2, ...",
            repair=Words(
                "use ", Setting("data", "digits"), ", ", Setting("data", "mnist"), ", or a pixel table of your own"
            ),
        )
    if name == "digits":
        height, width, _ = train.image_shape
        notes.append(f"The {height}x{width} digits are resized to {LAB_SIZE[0]}x{LAB_SIZE[1]}.")
        train, test = resize_images(train, LAB_SIZE), resize_images(test, LAB_SIZE)
    return ImageData(name, train, test, tuple(notes))


def _stretched(grid: PointTable, points: PointTable) -> PointTable:
    """Stretch the unit-square grid over the range of other points."""
    low, high = points.features.min(axis=0), points.features.max(axis=0)
    return replace(grid, features=low + grid.features * (high - low))
