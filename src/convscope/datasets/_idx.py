"""What the four classic IDX files have in common."""

from convscope.datasets._records import IdxImages, Pinned

__all__ = ["idx_images"]

ROWS = {"train": 60_000, "test": 10_000}
PREFIX = {"train": "train", "test": "t10k"}


def idx_images(
    folder: str, mirrors: tuple[str, ...], *, train: tuple[str, str], test: tuple[str, str]
) -> dict[str, IdxImages]:
    """Declare images of 28 by 28 pixels: per split the SHA-256 of the images and of the labels, uncompressed."""
    return {
        split: IdxImages(
            Pinned(f"{folder}/{PREFIX[split]}-images-idx3-ubyte.gz", images, 16 + 784 * ROWS[split], mirrors),
            Pinned(f"{folder}/{PREFIX[split]}-labels-idx1-ubyte.gz", labels, 8 + ROWS[split], mirrors),
        )
        for split, (images, labels) in (("train", train), ("test", test))
    }
