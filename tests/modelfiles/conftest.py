"""One model for each kind of layer that a file may hold."""

import numpy as np
import pytest

from convscope.backend import keras
from convscope.engine.own_seeds import own_seeds

layers = keras.layers
IMAGE, SEQUENCE, FIRST, FLAT = (9, 8, 4), (10, 3), (4, 9, 8), (5,)
CASES = [
    (IMAGE, lambda: layers.Activation("relu")),
    (IMAGE, lambda: layers.AlphaDropout(0.1)),
    (IMAGE, lambda: layers.AveragePooling2D((2, 3), (1, 2), "same")),
    (IMAGE, lambda: layers.BatchNormalization()),
    (IMAGE, lambda: layers.BatchNormalization(axis=1, scale=False)),
    (IMAGE, lambda: layers.Conv2D(6, 3, activation=layers.LeakyReLU(0.3), dilation_rate=2)),
    (IMAGE, lambda: layers.Conv2D(6, (2, 3), (2, 1), "same", groups=2, use_bias=False)),
    (IMAGE, lambda: layers.Conv2D(3, 2, kernel_regularizer="l2", kernel_constraint="max_norm")),
    (IMAGE, lambda: layers.Conv2DTranspose(3, (3, 2), 2, "same")),
    (IMAGE, lambda: layers.Conv2DTranspose(3, 3, 2, "same", output_padding=1)),
    (IMAGE, lambda: layers.Conv2DTranspose(3, 4, (3, 2))),
    (IMAGE, lambda: layers.Conv2DTranspose(3, 4, 3, output_padding=2)),
    (IMAGE, lambda: layers.Cropping2D(((1, 2), (0, 1)))),
    (IMAGE, lambda: layers.Dense(5, activity_regularizer="l1")),
    (IMAGE, lambda: layers.Dense(3, dtype="mixed_bfloat16")),
    (IMAGE, lambda: layers.DepthwiseConv2D(3, 2, "same", depth_multiplier=2)),
    (IMAGE, lambda: layers.Dropout(0.2)),
    (IMAGE, lambda: layers.ELU()),
    (IMAGE, lambda: layers.Flatten()),
    (IMAGE, lambda: layers.GaussianDropout(0.1)),
    (IMAGE, lambda: layers.GaussianNoise(0.1)),
    (IMAGE, lambda: layers.GlobalAveragePooling2D()),
    (IMAGE, lambda: layers.GlobalMaxPooling2D(keepdims=True)),
    (IMAGE, lambda: layers.GroupNormalization(2)),
    (IMAGE, lambda: layers.LayerNormalization()),
    (IMAGE, lambda: layers.LayerNormalization(axis=[2, 3])),
    (IMAGE, lambda: layers.LeakyReLU()),
    (IMAGE, lambda: layers.MaxPooling2D(3, 2)),
    (IMAGE, lambda: layers.Normalization()),
    (IMAGE, lambda: layers.PReLU(shared_axes=[1, 2])),
    (IMAGE, lambda: layers.Permute((3, 1, 2))),
    (IMAGE, lambda: layers.ReLU(6.0)),
    (IMAGE, lambda: layers.Rescaling(2.0, 1.0)),
    (IMAGE, lambda: layers.Reshape((-1, 4))),
    (IMAGE, lambda: layers.SeparableConv2D(5, (3, 2), 2, "same", depth_multiplier=2)),
    (IMAGE, lambda: layers.Softmax()),
    (IMAGE, lambda: layers.SpatialDropout2D(0.1)),
    (IMAGE, lambda: layers.RandomTranslation(0.1, (-0.2, 0.1), fill_mode="constant")),
    (IMAGE, lambda: layers.RandomRotation(0.05)),
    (IMAGE, lambda: layers.RandomZoom(0.1)),
    (IMAGE, lambda: layers.RandomFlip("horizontal")),
    (IMAGE, lambda: layers.RandomContrast(0.2, value_range=(0, 1))),
    (IMAGE, lambda: layers.RandomBrightness(0.2, value_range=(0, 1))),
    (IMAGE, lambda: layers.UpSampling2D((2, 3))),
    (IMAGE, lambda: layers.ZeroPadding2D(((1, 0), (2, 1)))),
    (FIRST, lambda: layers.Conv2D(6, 3, data_format="channels_first")),
    (FIRST, lambda: layers.MaxPooling2D(2, data_format="channels_first")),
    (FIRST, lambda: layers.GlobalAveragePooling2D(data_format="channels_first")),
    (SEQUENCE, lambda: layers.AveragePooling1D(2)),
    (SEQUENCE, lambda: layers.Conv1D(5, 3, 2, "causal")),
    (SEQUENCE, lambda: layers.DepthwiseConv1D(3)),
    (SEQUENCE, lambda: layers.GlobalAveragePooling1D()),
    (SEQUENCE, lambda: layers.GlobalMaxPooling1D()),
    (SEQUENCE, lambda: layers.MaxPooling1D(2, 1, "same")),
    (SEQUENCE, lambda: layers.SeparableConv1D(4, 3, padding="same")),
    (FLAT, lambda: layers.RepeatVector(3)),
]


def pytest_generate_tests(metafunc):
    """Give every kind of layer to each test that asks for a ``layer_case``."""
    if "layer_case" in metafunc.fixturenames:
        names = [f"{index}-{make().name}" for index, (_, make) in enumerate(CASES)]
        metafunc.parametrize("layer_case", CASES, ids=names, indirect=True)


@pytest.fixture
def layer_case(request):
    """One layer as a model of its own, with weights that are all different."""
    shape, make = request.param
    inputs = keras.Input(shape)
    with own_seeds(0):  # weights that are replaced need no program of JAX for each shape
        model = keras.Model(inputs, make()(inputs))
    return with_random_weights(model)


@pytest.fixture
def layer_kinds_tried():
    """Names of the kinds that ``layer_case`` goes through."""
    return {type(make()).__name__ for _, make in CASES}


def with_random_weights(model):
    rng = np.random.default_rng(0)
    positive = ("moving_variance", "variance")
    model.set_weights([
        (rng.uniform(0.2, 1.5, weight.shape) if weight.name in positive else rng.normal(0, 0.7, weight.shape))
        for weight in model.weights
    ])  # fmt: skip
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return model


@pytest.fixture
def several_ways():
    """Build a model with every way to merge, a shared layer and a model within."""
    inputs, shared = keras.Input((4,)), layers.Dense(3)
    one, other = layers.Dense(3)(inputs), layers.Dense(3)(inputs)
    merged = [kind()([one, other]) for kind in (layers.Add, layers.Average, layers.Maximum, layers.Minimum)]
    merged += [layers.Multiply()([one, other]), shared(layers.Subtract()([one, other])), shared(one + other), one * 2.0]
    inner = keras.Sequential([keras.Input((24,)), layers.Dense(2), layers.BatchNormalization()])
    return with_random_weights(keras.Model(inputs, layers.Dense(3)(inner(layers.Concatenate()(merged)))))
