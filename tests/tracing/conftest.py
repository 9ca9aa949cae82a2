"""Models of every known layer kind, with weights that are neither zero nor symmetric."""

import numpy as np
import pytest

from convscope.backend import keras

L = keras.layers


def with_random_weights(model, seed=0):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        values = rng.normal(0, 0.5, weight.shape)
        weight.assign(np.abs(values) + 0.1 if "variance" in weight.path else values)
    return model


def branched():
    """Two branches that meet twice, and every 2-D kind of layer."""
    image = L.Input((13, 10, 3))
    stem = L.Rescaling(0.5, offset=-0.25, name="rescaling")(image)
    stem = L.Conv2D(8, 3, padding="same", activation="relu", name="conv")(stem)
    stem = L.BatchNormalization(name="norm")(stem)
    side = L.DepthwiseConv2D((2, 3), depth_multiplier=2, padding="same", activation="gelu", name="depthwise")(stem)
    side = L.SeparableConv2D(8, (4, 2), depth_multiplier=3, padding="same", activation="tanh", name="separable")(side)
    both = L.Concatenate(name="concatenate")([L.Add(name="add")([side, stem]), stem])
    both = L.ZeroPadding2D(((1, 0), (2, 1)), name="zeros")(both)
    both = L.Conv2D(6, 2, groups=2, dilation_rate=2, name="grouped")(both)
    both = L.PReLU(name="prelu")(L.LeakyReLU(name="leaky")(both))
    both = L.MaxPooling2D(3, strides=2, padding="same", name="largest")(both)
    both = L.Dropout(0.5, name="dropout")(both)
    mean, top = L.GlobalAveragePooling2D(name="mean")(both), L.GlobalMaxPooling2D(keepdims=True, name="top")(both)
    answer = L.Concatenate(name="ends")([mean, L.Flatten(name="flatten")(top)])
    answer = L.Activation("selu", name="selu")(L.Dense(4, name="logits")(answer))
    return keras.Model(image, L.Softmax(name="softmax")(answer)), (13, 10, 3)


def sequence():
    """Kinds of layers for one axis."""
    model = keras.Sequential(
        [
            L.Input((20, 4)),
            L.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="elu", name="causal"),
            L.Conv1D(6, 4, strides=2, padding="same", name="same"),
            L.ELU(name="elu"),
            L.MaxPooling1D(2, name="largest"),
            L.AveragePooling1D(2, name="average"),
            L.ReLU(max_value=2.0, name="relu"),
            L.GlobalMaxPooling1D(name="top"),
            L.Dense(1, activation="sigmoid", name="output"),
        ]
    )
    return model, (20, 4)


def nested():
    """A block that is used twice, and layers that the arithmetic does not know."""
    block = keras.Sequential(
        [
            L.Input((6, 6, 2)),
            L.Conv2D(2, 3, padding="same", activation="silu", name="conv"),
            L.BatchNormalization(axis=1, name="rows"),
        ],
        name="block",
    )
    image = L.Input((6, 6, 2))
    values = L.LayerNormalization(name="unknown")(block(block(image)))
    values = L.Reshape((2, -1), name="reshape")(values)
    values = L.LSTM(3, name="lstm")(values * 2.0 + 1.0)
    return keras.Model(image, L.Dense(3, activation=lambda x: x * 2, name="own")(values)), (6, 6, 2)


ZOO = {"branched": branched, "sequence": sequence, "nested": nested}


@pytest.fixture(scope="session", params=ZOO)
def traced(request):
    """One traced model of the zoo: (model, image, trace)."""
    from convscope.tracing import record_trace

    model, shape = ZOO[request.param]()
    with_random_weights(model)
    image = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    return model, image, record_trace(model, image)
