"""What the page is given: weights, images, and numbers to compare with."""

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import load

from convscope import ImageClassifier, images_to_table
from convscope.backend import keras
from convscope.errors import ShapeError, UsageError
from convscope.page import Exhibit
from convscope.page.exhibit import sample_places
from convscope.tables import PointTable, pixel_permutation

layers = keras.layers


def unpack(bundle):
    length = struct.unpack("<Q", bundle[:8])[0]
    header = json.loads(bundle[8 : 8 + length])
    return json.loads(header["__metadata__"]["convscope"]), load(bundle)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    return images_to_table(rng.integers(0, 256, (40, 6, 5, 1), np.uint8), [f"kind {row % 4}" for row in range(40)])


@pytest.fixture(scope="module")
def classifier(table):
    return ImageClassifier("cnn", model__filters=(3,), epochs=1, random_state=0).fit(table)


def test_weights_shapes_and_parameters_are_the_models_own(classifier, table):
    document, arrays = unpack(Exhibit(classifier, table).bundle())
    assert document["n_parameters"] == classifier.model_.count_params()
    assert sum(layer["n_parameters"] for layer in document["layers"]) == classifier.model_.count_params()
    index = [layer["name"] for layer in document["layers"]].index("conv2d_1")
    kernel = classifier.model_.get_layer("conv2d_1").kernel
    np.testing.assert_array_equal(arrays[f"weights/{index}/kernel"], np.asarray(kernel))


def test_the_reference_is_what_the_real_layers_give(classifier, table):
    exhibit = Exhibit(classifier, table)
    document, arrays = unpack(exhibit.bundle(samples=10))
    probabilities = classifier.predict_proba(table.pixels[exhibit.chosen[:1]])[0]
    np.testing.assert_allclose(arrays[f"reference/{len(document['layers']) - 1}"], probabilities, atol=1e-6)


def test_images_keep_their_intensities_and_labels(classifier, table):
    document, arrays = unpack(Exhibit(classifier, table).bundle(8))
    assert arrays["images"].dtype == np.uint8
    for image, about in zip(arrays["images"], document["images"], strict=True):
        np.testing.assert_array_equal(image, table.images[about["row"]])
        assert about["label"] == table.labels[about["row"]]


def test_every_class_comes_in_turn_and_mistakes_are_among_them(classifier, table):
    rows = Exhibit(classifier, table).choose(10)
    assert len(rows) == len(set(rows)) == 10
    assert {table.labels[row] for row in rows} == set(table.labels)
    assert (classifier.predict(table.pixels[rows]) != table.labels[rows]).any()


def test_the_permutation_is_the_documents(classifier, table):
    _, arrays = unpack(Exhibit(classifier, table).bundle())
    np.testing.assert_array_equal(arrays["permutation"], pixel_permutation(30))


def test_one_more_row_and_a_row_that_is_not_there(classifier, table):
    exhibit = Exhibit(classifier, table)
    document, arrays = unpack(exhibit.row(17))
    assert document["images"] == [{"row": 17, "label": "kind 1"}]
    np.testing.assert_array_equal(arrays["images"][0], table.images[17])
    for row in (-1, 40, 10**30):
        with pytest.raises(UsageError, match="no row"):
            exhibit.row(row)


class Doubled(layers.Layer):
    """What nobody but its author knows."""

    def call(self, inputs):
        return 2 * inputs


def test_what_the_page_cannot_compute_comes_as_values(table):
    inputs = keras.Input((6, 5, 1))
    middle = Doubled(name="larger")(layers.Conv2D(2, 3)(inputs))
    outputs = layers.Dense(2)(layers.Flatten()(middle))
    model = keras.Model(inputs, outputs)
    exhibit = Exhibit(model, table, pixel_scale=255.0)
    document, arrays = unpack(exhibit.bundle(5))
    names = [layer["name"] for layer in document["layers"]]
    given = {name for name in arrays if name.startswith("values/")}
    assert given == {f"values/{names.index('larger')}"}
    assert "does not know" in document["layers"][names.index("larger")]["note"]
    row = document["images"][2]["row"]
    _, again = unpack(exhibit.values(table.images[row].astype(np.float32)))
    name = given.pop()
    np.testing.assert_allclose(again[name][0], arrays[name][2], atol=1e-6)


def test_points_have_no_picture():
    rng = np.random.default_rng(1)
    table = PointTable(rng.normal(size=(30, 2)).astype(np.float32), labels=np.arange(30) % 2)
    classifier = ImageClassifier("points_mlp", epochs=1, random_state=0).fit(table)
    document, arrays = unpack(Exhibit(classifier, table).bundle(4))
    assert document["image_shape"] is None
    assert arrays["images"].shape == (4, 2)
    assert document["class_names"] == ["0", "1"]


def test_a_bare_model_is_shown_with_numbered_classes():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    document, _ = unpack(Exhibit(model, np.zeros((2, 4, 4, 1), np.float32)).bundle())
    assert document["class_names"] == ["0", "1", "2"]
    assert document["pixel_scale"] == 1.0


def test_several_inputs_and_no_images_are_refused():
    one, other = keras.Input((2,)), keras.Input((2,))
    with pytest.raises(UsageError, match="one input"):
        Exhibit(keras.Model([one, other], layers.Add()([one, other])), np.zeros((1, 2, 1, 1)))
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten()])
    with pytest.raises(ShapeError, match="no image"):
        Exhibit(model, np.zeros((0, 4, 4, 1)))
    with pytest.raises(ShapeError, match="does not fit"):
        Exhibit(model, np.zeros((2, 5, 5, 1))).bundle()


@pytest.mark.parametrize("size", [1, 255, 256, 257, 21632])
def test_samples_are_spread_over_the_whole_layer(size):
    places = sample_places(size)
    assert len(places) == min(size, 256)
    assert (np.diff(places) > 0).all() if len(places) > 1 else places[0] == 0
    assert places[-1] >= size - 1 - size // 256


def test_a_model_with_a_call_of_its_own_opens_as_one_layer():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3, activation="softmax")

        def call(self, inputs):
            return self.dense(keras.ops.reshape(inputs, (-1, 16)))

    images = np.random.default_rng(0).random((4, 4, 4, 1)).astype(np.float32)
    model = Own()
    model(images)
    document, arrays = unpack(Exhibit(model, images).bundle())
    assert [layer["graph"] for layer in document["layers"]] == [None]
    np.testing.assert_allclose(arrays["values/0"], np.asarray(model(images)), atol=1e-6)


def test_labels_choose_mistakes_of_a_bare_model_too(table):
    model = keras.Sequential([keras.Input((6, 5, 1)), layers.Flatten(), layers.Dense(4, activation="softmax")])
    exhibit = Exhibit(model, table, pixel_scale=255.0)
    document, _ = unpack(exhibit.bundle(8))
    assert document["class_names"] == [f"kind {number}" for number in range(4)]
    assert len(document["images"]) == 8
