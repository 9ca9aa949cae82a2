"""Activations of many images: our own layers, held to Keras'."""

import numpy as np
import pytest

from convscope.tracing import record_activations, recorder
from tests.engine.test_trainer import MODELS, random_model


def images_for(model, n=5):
    return np.random.default_rng(0).normal(size=(n, *model.input_shape[1:])).astype(np.float32)


def through_keras(model, images, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("convscope.tracing.record.known_network", lambda network: None)
        return record_activations(model, images)


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_gives_what_keras_gives(name, monkeypatch):
    model = MODELS[name]()
    images = images_for(model)
    ours, theirs = recorder(model)(images), through_keras(model, images, monkeypatch)
    assert sorted(ours) == sorted(theirs)
    for layer, values in theirs.items():
        np.testing.assert_allclose(ours[layer], values, rtol=1e-4, atol=1e-5 * max(1, np.abs(values).max()))


@pytest.mark.parametrize("seed", range(6))
def test_random_models_give_what_keras_gives(seed, monkeypatch):
    model = random_model(seed)
    images = images_for(model)
    ours, theirs = record_activations(model, images), through_keras(model, images, monkeypatch)
    assert sorted(ours) == sorted(theirs)
    for layer, values in theirs.items():
        np.testing.assert_allclose(ours[layer], values, rtol=1e-4, atol=1e-5 * max(1, np.abs(values).max()))


def test_a_change_of_the_model_is_seen_by_the_next_recording():
    model = MODELS["convolution"]()
    images = images_for(model)
    before = record_activations(model, images)
    model.set_weights([2 * weight for weight in model.get_weights()])
    after = record_activations(model, images)
    assert not np.allclose(next(iter(before.values())), next(iter(after.values())))
