"""What moves along and what stays: exact for convolutions and shifts, and told apart from what does not."""

import numpy as np
import pytest

from convscope import models
from convscope.backend import keras
from convscope.errors import ShapeError, UsageError
from convscope.insights import catalogue
from convscope.insights.equivariance import equivariance

L = keras.layers


def pictures(n=4, size=(28, 28, 1), seed=0):
    return np.random.default_rng(seed).random((n, *size)).astype(np.float32)


def errors(measured, transform):
    return {row["layer"]: row["equivariance_error"] for row in measured.layers if row["transform"] == transform}


def one_kernel(kernel, **settings):
    layer = L.Conv2D(1, np.shape(kernel), use_bias=False, name="conv", **settings)
    model = keras.Sequential([L.Input((9, 9, 1)), layer])
    model.set_weights([np.array(kernel, float)[..., None, None]])
    return model


def test_each_file_is_a_function_of_its_name():
    for name in catalogue.names():
        assert catalogue.get(name).__name__ == name


def test_convolution_and_pooling_move_along_with_a_shift():
    measured = equivariance(models.cnn((28, 28, 1), 10), pictures(), transforms=["shift"])
    assert measured.shift == (4, 4)
    found = errors(measured, "shift")
    assert all(found[name] < 1e-5 for name in ("conv2d_1", "max_pooling2d_1", "conv2d_2", "max_pooling2d_2"))
    assert found["flatten"] is found["output"] is None


def test_a_shift_that_pooling_cannot_follow_is_not_called_equivariant():
    measured = equivariance(models.cnn((28, 28, 1), 10), pictures(), transforms=["shift"], shift=(1, 1))
    found = errors(measured, "shift")
    assert found["conv2d_1"] < 1e-5
    assert found["max_pooling2d_1"] is None


def test_maps_that_move_along_do_not_stay():
    measured = equivariance(models.cnn((28, 28, 1), 10), pictures(), transforms=["shift"])
    assert all(row["invariance_error"] > 0.1 for row in measured.layers if row["layer"].startswith("conv"))


def test_shuffling_breaks_a_convolution():
    model = keras.Sequential([L.Input((9, 9, 1)), L.Conv2D(3, 3, padding="same", name="conv")])
    assert errors(equivariance(model, pictures(size=(9, 9, 1)), transforms=["shuffle"]), "shuffle")["conv"] > 0.1


def test_a_1x1_kernel_does_not_mind_shuffling():
    model = one_kernel([[2.0]])
    assert errors(equivariance(model, pictures(size=(9, 9, 1)), transforms=["shuffle"]), "shuffle")["conv"] < 1e-6


@pytest.mark.parametrize(
    ("kernel", "flip", "rotate"),
    [
        ([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], True, False),
        ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], True, True),
        ([[1, 0], [1, 1]], False, False),
    ],
    ids=["symmetric left to right", "symmetric all around", "not symmetric"],
)
def test_a_kernel_follows_the_transforms_that_leave_it_as_it_is(kernel, flip, rotate):
    measured = equivariance(one_kernel(kernel), pictures(size=(9, 9, 1)), transforms=["flip", "rotate"])
    assert (errors(measured, "flip")["conv"] < 1e-5) == flip
    assert (errors(measured, "rotate")["conv"] < 1e-5) == rotate


def test_global_pooling_makes_predictions_invariant():
    model = keras.Sequential([L.Input((9, 9, 1)), L.GlobalMaxPooling2D(name="top"), L.Dense(3, activation="softmax")])
    measured = equivariance(model, pictures(size=(9, 9, 1)))
    by_name = {row["transform"]: row for row in measured.predictions}
    assert by_name["flip"] == {"transform": "flip", "agreement": 1.0, "probability_change": 0.0}
    assert by_name["shuffle"]["agreement"] == 1.0


def test_a_plain_network_has_nothing_that_could_move_along():
    measured = equivariance(models.mlp((28, 28, 1), 10), pictures())
    assert all(row["equivariance_error"] is None for row in measured.layers)
    assert measured.n_images == 4


@pytest.mark.parametrize(
    ("images", "settings", "error"),
    [
        (pictures(), {"transforms": ["shfit"]}, UsageError),
        (np.ones(5), {}, ShapeError),
        (pictures(size=(4, 5, 1)), {"transforms": ["rotate"]}, ShapeError),
    ],
)
def test_what_cannot_be_measured_is_refused(images, settings, error):
    with pytest.raises(error):
        equivariance(models.mlp((28, 28, 1), 10), images, **settings)
