"""The loss comes from the logits, whatever the backend and whoever compiled the model."""

import numpy as np
import pytest

from convscope.backend import keras
from convscope.engine.logits import LogitsTrainer, compile_settings, last_activation, loss_from_logits

pytestmark = pytest.mark.backend

Dense, Softmax, Activation = keras.layers.Dense, keras.layers.Softmax, keras.layers.Activation


def network(*layers, loss="sparse_categorical_crossentropy", n_features=1, **settings):
    model = keras.Sequential([keras.Input((n_features,)), *layers])
    model.compile(loss=loss, optimizer=keras.optimizers.SGD(0.1), **settings)
    return model


def one_step(model, x, y):
    """Train one step on one row and give the loss that was reported."""
    logs = LogitsTrainer(model).fit(np.array([x], "float32"), np.array(y), verbose=0).history
    return logs["loss"][0]


def test_a_wrong_answer_given_with_certainty_still_costs_its_distance_and_still_teaches():
    # logits (200, 0), true class 1: the loss is 200; from clipped probabilities it would be 16 and flat
    model = network(Dense(2, activation="softmax", kernel_initializer="zeros"))
    model.layers[0].set_weights([np.array([[200.0, 0.0]]), np.zeros(2)])
    assert one_step(model, [1.0], [1]) == pytest.approx(200, rel=1e-6)
    kernel = keras.ops.convert_to_numpy(model.layers[0].kernel.value)
    np.testing.assert_allclose(kernel, [[199.9, 0.1]], rtol=1e-5)


def test_one_sigmoid_unit_is_treated_alike():
    model = network(Dense(1, activation="sigmoid"), loss="binary_crossentropy")
    model.layers[0].set_weights([np.array([[-300.0]]), np.zeros(1)])
    assert one_step(model, [1.0], [[1.0]]) == pytest.approx(300, rel=1e-6)


@pytest.mark.parametrize(
    "ending",
    [
        lambda: [Dense(2, activation="softmax")],
        lambda: [Dense(2), Softmax()],
        lambda: [Dense(2), Activation("softmax")],
        lambda: [keras.Sequential([keras.Input((1,)), Dense(2, activation="softmax")])],
    ],
    ids=["dense", "softmax layer", "activation layer", "nested model"],
)
def test_the_last_softmax_is_found_wherever_it_stands(ending):
    model = network(*ending())
    model.set_weights([np.array([[200.0, 0.0]]), np.zeros(2)])
    assert last_activation(model) == "softmax"
    assert one_step(model, [1.0], [1]) == pytest.approx(200, rel=1e-6)


def test_a_functional_model_is_treated_like_a_sequential_one():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, Dense(2, activation="softmax")(inputs))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    model.set_weights([np.array([[200.0, 0.0]]), np.zeros(2)])
    assert one_step(model, [1.0], [1]) == pytest.approx(200, rel=1e-6)


@pytest.mark.parametrize(
    ("loss", "changed"),
    [
        ("sparse_categorical_crossentropy", True),
        ("categorical_crossentropy", True),
        (keras.losses.SparseCategoricalCrossentropy(), True),
        (keras.losses.sparse_categorical_crossentropy, True),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), True),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), False),
        ("mean_squared_error", False),
        ("binary_crossentropy", False),
        (lambda y, p: keras.ops.mean(p), False),
    ],
)
def test_only_a_crossentropy_that_fits_the_last_activation_is_changed(loss, changed):
    found = loss_from_logits(network(Dense(2, activation="softmax"), loss=loss))
    assert (found is not None) is changed
    if changed:
        assert found.get_config()["from_logits"] is True


def test_settings_of_a_loss_object_are_kept():
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    found = loss_from_logits(network(Dense(2, activation="softmax"), loss=loss))
    assert found.get_config()["label_smoothing"] == pytest.approx(0.1)


def test_a_model_without_a_softmax_keeps_its_loss():
    assert loss_from_logits(network(Dense(2))) is None
    assert last_activation(network(Dense(2, activation="relu"))) is None


def test_training_leaves_activation_compile_settings_and_optimizer_of_the_network_as_they_were():
    model = network(Dense(2, activation="softmax"), metrics=["accuracy"])
    one_step(model, [1.0], [1])
    assert model.layers[-1].activation is keras.activations.softmax
    assert model.loss == "sparse_categorical_crossentropy"
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations.value)) == 0


def test_metrics_see_probabilities():
    model = network(Dense(1, activation="sigmoid"), loss="binary_crossentropy", metrics=["accuracy"])
    model.layers[0].set_weights([np.array([[0.2]]), np.zeros(1)])  # logit 0.2 is probability 0.55: class 1
    trainer = LogitsTrainer(model)
    logs = trainer.evaluate(np.ones((4, 1), "float32"), np.ones((4, 1)), verbose=0, return_dict=True)
    assert logs["accuracy"] == 1.0


def test_copied_settings_share_no_state_with_the_model():
    model = network(Dense(2, activation="softmax"), metrics=[keras.metrics.SparseCategoricalAccuracy()])
    settings = compile_settings(model)
    assert settings["optimizer"] is not model.optimizer
    assert float(settings["optimizer"].learning_rate) == pytest.approx(0.1)
    assert settings["metrics"][0] is not model._compile_config.config["metrics"][0]
