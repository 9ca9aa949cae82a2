"""70,000 handwritten digits of 28 by 28 pixels: 60,000 to train on, 10,000 to test."""

from convscope.datasets._idx import idx_images
from convscope.datasets._records import MNIST_MIRRORS, Dataset

__all__ = ["DATASET"]

DATASET = Dataset(
    kind="images",
    source="Y. LeCun and C. Cortes, The MNIST database of handwritten digits",
    licence="CC BY-SA 3.0",
    shape=(28, 28, 1),
    splits=idx_images(
        "mnist",
        MNIST_MIRRORS,
        train=(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        test=(
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
)
