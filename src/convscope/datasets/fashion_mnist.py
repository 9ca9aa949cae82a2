"""70,000 pictures of clothes of 28 by 28 pixels, ten named classes: 60,000 to train on, 10,000 to test."""

from convscope.datasets._idx import idx_images
from convscope.datasets._records import FASHION_MIRRORS, Dataset

__all__ = ["DATASET"]

DATASET = Dataset(
    kind="images",
    source="H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, Zalando SE 2017, arXiv:1708.07747",
    licence="MIT",
    shape=(28, 28, 1),
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    splits=idx_images(
        "fashion_mnist",
        FASHION_MIRRORS,
        train=(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        test=(
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
)
