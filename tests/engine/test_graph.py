"""A Keras model as the calls that it makes: what they are called, and which makes the output."""

import numpy as np
import pytest

from convscope.backend import keras
from convscope.engine.graph import last_activation, read_graph
from convscope.engine.logits import LogitsTrainer
from convscope.engine.network import Pass, read_network
from convscope.errors import UsageError
from convscope.insights.grad_cam import grad_cam
from convscope.tracing import list_layers, record_trace

L = keras.layers


def base():
    layers = [L.Conv2D(2, 3, padding="same", name="conv"), L.BatchNormalization(name="norm")]
    return keras.Sequential([keras.Input((4, 4, 1)), *layers], name="base")


def based():
    """A model within, used twice: its layers have names of their own each time."""
    image, block = keras.Input((4, 4, 1)), base()
    first = block(image)
    second = block(L.Conv2D(1, 1, name="between")(first))
    return keras.Model(image, L.Dense(2, activation="softmax", name="out")(L.Flatten(name="flat")(second)))


def test_calls_are_listed_as_they_run_with_names_of_their_own():
    graph = read_graph(based())
    names = ["base/conv", "base/norm", "between", "base/conv#2", "base/norm#2", "flat", "out"]
    assert [call.name for call in graph.calls] == names
    assert [call.use for call in graph.calls] == [0, 0, 0, 1, 1, 0, 0]
    assert graph["base/conv#2"].inputs == graph["between"].outputs
    assert graph["flat"].shape == (32,) and graph["conv#2"].name == "base/conv#2"
    with pytest.raises(UsageError, match="did you mean 'base/conv'"):
        graph["base/con"]


def test_layers_are_listed_once_however_often_they_are_used():
    listed = list_layers(model := based())
    assert [layer["name"] for layer in listed] == ["base/conv", "base/norm", "between", "flat", "out"]
    assert sum(layer["n_parameters"] for layer in listed) == model.count_params()


def test_a_branch_is_walked_to_its_end_before_the_next_one():
    image = keras.Input((3,))
    one, other = L.Dense(3, name="one")(image), L.Dense(3, name="other")(image)
    graph = read_graph(keras.Model(image, L.Add(name="sum")([L.Dense(3, name="deep")(one), other])))
    assert [call.name for call in graph.leading_to(graph.outputs[0])] == ["one", "deep", "other", "sum"]


def output_from(make):
    """A model whose output is not made by the last of its layers: what comes last in the list is used before."""
    row, answer = keras.Input((2,)), make()
    hidden = answer(L.Dense(2)(row))
    return keras.Model(row, answer(L.Dense(2, activation="tanh", name="last in the list")(hidden)))


ENDINGS = {
    "shared activation": (lambda: output_from(lambda: L.Activation("softmax")), "softmax"),
    "shared softmax": (lambda: output_from(L.Softmax), "softmax"),
    "shared dense": (lambda: output_from(lambda: L.Dense(2, activation="softmax")), "softmax"),
    "a model within": (
        lambda: output_from(lambda: keras.Sequential([keras.Input((2,)), L.Dense(2), L.Activation("softmax")])),
        "softmax",
    ),
    "a softmax over other axes": (lambda: keras.Sequential([keras.Input((2,)), L.Softmax(axis=0)]), None),
    "softmax as a layer's activation": (lambda: output_from(lambda: L.Dense(2, activation=L.Softmax())), "softmax"),
    "a softmax on the way": (lambda: keras.Sequential([keras.Input((2,)), L.Softmax(), L.Dense(2)]), None),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_the_last_activation_is_that_of_the_call_that_makes_the_output(name):
    make, expected = ENDINGS[name]
    assert last_activation(make()) == expected


def test_a_layer_that_a_user_wrote_ends_in_what_nobody_knows():
    class Halved(L.Dense):
        def call(self, inputs):
            return super().call(inputs) / 2

    class Changed(keras.Model):
        def call(self, inputs):
            return super().call(inputs) / 2

    row = keras.Input((2,))
    assert last_activation(keras.Sequential([row, Halved(2, activation="softmax")])) is None
    changed = Changed(row, L.Dense(2, activation="softmax")(row))
    assert last_activation(changed) is None
    assert [call.layer for call in read_graph(changed).calls] == [changed]


@pytest.mark.parametrize("name", ["shared activation", "shared softmax", "shared dense", "a model within"])
def test_both_engines_take_the_loss_from_the_logits_of_the_output(name):
    keras.utils.set_random_seed(0)
    model = ENDINGS[name][0]()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    x, y = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32) * 30, np.arange(6) % 2
    probabilities = np.asarray(model(x), np.float64)
    expected = -np.log(probabilities[np.arange(6), y]).mean()
    assert LogitsTrainer(model).evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-4)
    logits, _ = read_network(model).forward(x, Pass(False))
    assert np.allclose(logits[:, 0] - logits[:, 1], np.log(probabilities[:, 0] / probabilities[:, 1]), atol=1e-3)


def test_the_end_of_a_name_is_enough_where_no_other_layer_ends_so():
    trace = record_trace(based(), np.ones((4, 4, 1)))
    assert trace.layer("conv#2").name == grad_cam(based(), np.ones((4, 4, 1)), layer="conv#2").layer == "base/conv#2"
    twice = keras.Sequential(
        [keras.Input((4, 4, 1)), base(), keras.Sequential([L.Conv2D(2, 3, name="conv")], name="b")]
    )
    with pytest.raises(UsageError, match="'b/conv', 'base/conv', 'base/norm'"):
        read_graph(twice)["conv"]
