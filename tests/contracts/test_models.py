"""Every model of the collection, own or foreign, keeps the same promises."""

import inspect

import numpy as np
import pytest

from convscope import models
from convscope.backend import keras
from convscope.training import ImageClassifier

NAMES = models.catalogue.names()
SHAPES = [(28, 28, 1), (8, 8, 1), (5, 5, 3), (1, 7, 1), (7, 1, 1), (1, 1, 1)]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_says_in_its_first_line_what_it_is_and_then_what_it_teaches(name):
    text = models.catalogue.module(name).__doc__
    assert len(models.catalogue.summary(name)) > 20
    assert "teaches" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_builder_needs_nothing_but_the_size_of_the_images_and_the_number_of_classes(name):
    parameters = inspect.signature(models.catalogue.get(name)).parameters.values()
    assert [p.name for p in parameters if p.default is p.empty] == ["image_shape", "n_classes"]
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters if p.default is not p.empty)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("image_shape", SHAPES, ids=str)
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_a_model_takes_flat_rows_of_any_image_size_and_answers_with_probabilities(name, image_shape, n_classes):
    model = models.catalogue.get(name)(image_shape, n_classes)
    n_features = int(np.prod(image_shape))
    rows = np.random.default_rng(0).random((3, n_features), dtype=np.float32)
    answers = np.asarray(model.predict_on_batch(rows))
    assert isinstance(model, keras.Model)
    assert not model.compiled
    assert model.input_shape == (None, n_features)
    assert answers.shape in [(3, n_classes)] + [(3, 1)] * (n_classes == 2)
    assert answers.min() >= 0
    assert answers.max() <= 1
    if answers.shape[1] > 1:
        np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_building_twice_gives_two_models_that_share_no_weights(name):
    first, second = (models.catalogue.get(name)((4, 4, 1), 3) for _ in range(2))
    assert not {id(weight) for weight in first.weights} & {id(weight) for weight in second.weights}


@pytest.mark.parametrize("name", NAMES)
def test_a_classifier_trains_each_model_of_the_collection_by_its_name(name):
    rng = np.random.default_rng(0)
    bright = np.repeat([0, 1, 2], 20)
    rows = (rng.integers(0, 60, (60, 16)) + 90 * bright[:, None]).astype(np.uint8)
    classifier = ImageClassifier(name, random_state=0, epochs=60, batch_size=10).fit(rows, bright)
    assert classifier.score(rows, bright) > 0.6
