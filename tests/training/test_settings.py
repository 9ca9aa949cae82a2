"""A setting is refused in the same words from Python, from the command line and by a sweep."""

import numpy as np
import pytest
from typer.testing import CliRunner

from convscope.backend import keras
from convscope.cli._app import app
from convscope.errors import ModelError, UsageError
from convscope.training import ImageClassifier
from convscope.training.settings import check_setting

WRONG = {
    "epochs": (True, 0, -1, 1.5, "3", float("nan")),
    "batch_size": (True, -1),
    "n_iter_no_change": (0, None),
    "devices": (0, "all"),
    "validation_fraction": (2, 0, -0.1, True, "x", None),
    "early_stopping": ("no", 1),
    "warm_start": ("yes",),
    "random_state": (-1, 2**32, 1.5, "x", np.random.default_rng(0)),
    "class_weight": ("even", {0: -1}, {0: float("nan")}, 5),
    "callbacks": (keras.callbacks.Callback(), keras.callbacks.Callback, [1], "x"),
    "image_shape": ("8x8", 8, (-8, -8), (8, 8, 1, 1), (8.0, 8)),
    "verbose": ("x", -1),
    "recipe": ("fats", 3, None),
    "engine": ("abacus",),
}
RIGHT = {
    "epochs": (None, 3, np.int64(3)),
    "validation_fraction": (0.1, np.float32(0.5)),
    "early_stopping": (True, np.bool_(False)),
    "random_state": (None, 0, np.uint32(7), np.random.RandomState(0)),
    "class_weight": (None, "balanced", {"a": 0, "b": 2.5}),
    "callbacks": (None, [], (keras.callbacks.Callback(),)),
    "image_shape": (None, (8, 8), [8, 8, 3], np.array([8, 8])),
    "verbose": (0, 1, True),
    "model__epochs": ("anything",),
}
DENSE = keras.layers.Dense


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name in WRONG for place in range(len(WRONG[name]))]
)  # values have no names that are the same in two processes
def test_a_value_that_makes_no_sense_is_refused_with_what_does(name, place):
    with pytest.raises(UsageError, match=name) as caught:
        check_setting(name, WRONG[name][place])
    assert all(part in str(caught.value) for part in (f"Received: {name}=", "Expected: ", "Repair: "))


def test_values_that_make_sense_pass():
    for name, values in RIGHT.items():
        for value in values:
            check_setting(name, value)


@pytest.mark.parametrize(
    ("name", "text", "value"), [("epochs", "0", 0), ("batch_size", "x", "x"), ("recipe", "a", "a")]
)
def test_python_the_command_line_and_a_sweep_say_the_same_words(tmp_path, name, text, value):
    with pytest.raises(UsageError) as caught:
        ImageClassifier("linear", **{name: value}).fit(np.eye(4), [0, 1, 0, 1])
    train = ["train", "digits", f"--{name.replace('_', '-')}", text, "--out", str(tmp_path / "run")]
    sweep = ["sweep", "digits", "--param", f"{name}={text}", "--out", str(tmp_path / "sweep")]
    for words, spelled in ((train, f"Received: {train[2]} {text}"), (sweep, f"Received: {name}={value!r}")):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"UsageError: {caught.value.what}\n  {spelled}\n  Expected: ")
        assert "Repair: " in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_seed_of_the_command_line_is_refused_so_too():
    result = CliRunner().invoke(app, ["train", "digits", "--seed", "x"])
    assert result.exit_code == 2
    assert result.stderr.startswith("UsageError: seed must be a whole number from 0 to 4,294,967,295.")


def test_weights_of_classes_that_are_not_there_are_refused():
    with pytest.raises(UsageError, match="names a class that does not exist: '0'"):
        ImageClassifier("linear", class_weight={"0": 1, "1": 2}).fit(np.eye(4), [0, 1, 0, 1])


def dense(units, activation, loss=None):
    def build(n_features):
        model = keras.Sequential([keras.Input((n_features,)), DENSE(units, activation=activation)])
        if loss is not None:
            model.compile(loss=loss, optimizer="adam")
        return model

    return build


class Hidden(keras.Model):
    """A model with a call of its own."""

    def call(self, inputs):
        return inputs


MODELS = {
    "twelve units": (dense(12, "softmax"), "one output for each of the 2 classes"),
    "no softmax": (dense(2, None, "sparse_categorical_crossentropy"), "the last layer has no softmax"),
    "another activation": (dense(2, "relu", keras.losses.CategoricalCrossentropy()), "the last layer has no softmax"),
    "no sigmoid": (dense(1, None, "binary_crossentropy"), "the last layer has no sigmoid"),
    "softmax of one": (dense(1, "softmax", "binary_crossentropy"), "the last layer has no sigmoid"),
    "no such loss": (dense(2, "softmax", "nothing"), "no loss named 'nothing'"),
    "its own call": (lambda n_features: Hidden(), "hides its layers"),
    "its own call, built": (Hidden(), "hides its layers"),
    "None": (None, "neither a name, a builder nor a Keras model"),
}


@pytest.mark.parametrize(("model", "message"), MODELS.values(), ids=MODELS)
def test_a_model_that_cannot_be_meant_is_refused_with_the_repair(model, message):
    with pytest.raises(ModelError, match=message) as caught:
        ImageClassifier(model).fit(np.eye(4), [0, 1, 0, 1])
    assert all(part in str(caught.value) for part in ("Received: ", "Expected: ", "Repair: "))
