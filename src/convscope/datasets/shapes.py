"""5,000 drawn shapes of 28 by 28 pixels, ten kinds, at any place: 4,000 to train on, 1,000 to test (generated)."""

from convscope.datasets._records import Dataset
from convscope.datasets._shapes import make_shapes
from convscope.tables import PixelTable

__all__ = ["DATASET"]

N_TEST = 1_000


def make(split: str) -> PixelTable:
    """Draw the shapes; every ten rows hold each kind once, and the last 1,000 rows are for testing."""
    table = make_shapes()
    return {"train": table[:-N_TEST], "test": table[-N_TEST:], "all": table}[split]


DATASET = Dataset(
    kind="images",
    source="drawn here, by convscope.datasets.make_shapes",
    licence="MIT",
    shape=(28, 28, 1),
    make=make,
)
