"""Sizes that can be counted by hand."""

import pytest

from convscope import models
from convscope.backend import keras
from convscope.errors import ConvscopeError


def layer_facts(model):
    return [(layer.output.shape[1:], layer.count_params()) for layer in model.layers]


def test_a_linear_model_of_two_features_has_two_weights_and_one_bias():
    assert models.linear((2,), 2).count_params() == 2 + 1


def test_the_points_model_8_8_1_has_105_parameters():
    assert models.points_mlp((2,), 2).count_params() == (2 * 8 + 8) + (8 * 8 + 8) + (8 + 1) == 105


def test_the_points_model_10_5_5_1_has_121_parameters():
    expected = (2 * 10 + 10) + (10 * 5 + 5) + (5 * 5 + 5) + (5 + 1)
    assert models.points_mlp((2,), 2, hidden=(10, 5, 5)).count_params() == expected == 121


def test_the_plain_network_784_64_10_has_50890_parameters():
    assert models.mlp((28, 28, 1), 10).count_params() == (784 * 64 + 64) + (64 * 10 + 10) == 50_890


def test_the_convolutional_network_has_the_lab_s_shapes_and_34826_parameters():
    model = models.cnn((28, 28, 1), 10)
    assert layer_facts(model) == [
        ((28, 28, 1), 0),
        ((26, 26, 32), 320),
        ((13, 13, 32), 0),
        ((11, 11, 64), 18_496),
        ((5, 5, 64), 0),
        ((1600,), 0),
        ((10,), 16_010),
    ]
    assert model.count_params() == 34_826


def test_a_colour_picture_costs_the_first_kernels_three_times_the_weights():
    grey, colour = models.cnn((28, 28, 1), 10), models.cnn((28, 28, 3), 10)
    assert colour.layers[1].count_params() == 32 * (3 * 9 + 1)
    assert colour.count_params() - grey.count_params() == 32 * 2 * 9


@pytest.mark.parametrize(
    ("image_shape", "kernels", "last_map"),
    [
        ((8, 8, 1), [(3, 3), (3, 3)], (1, 1, 64)),
        ((5, 5, 1), [(3, 3), (1, 1)], (1, 1, 64)),
        ((1, 9, 1), [(1, 3), (1, 3)], (1, 1, 64)),
        ((1, 1, 1), [(1, 1), (1, 1)], (1, 1, 64)),
    ],
    ids=str,
)
def test_on_small_pictures_kernels_and_windows_are_clipped_to_what_is_left(image_shape, kernels, last_map):
    model = models.cnn(image_shape, 2)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    flatten = next(layer for layer in model.layers if isinstance(layer, keras.layers.Flatten))
    assert [layer.kernel_size for layer in convolutions] == kernels
    assert tuple(flatten.input.shape[1:]) == last_map


def test_arguments_change_what_they_name():
    assert models.mlp((2, 2, 1), 3, units=5).layers[0].units == 5
    assert models.cnn((9, 9, 1), 3, filters=(4,), kernel_size=(2, 5)).layers[1].kernel.shape == (2, 5, 1, 4)
    assert models.points_mlp((2,), 2, hidden=(3,), activation="tanh").layers[0].activation.__name__ == "tanh"


def test_an_unknown_model_is_answered_with_the_names_there_are():
    with pytest.raises(ConvscopeError, match="did you mean 'cnn'"):
        models.catalogue.get("cn")
