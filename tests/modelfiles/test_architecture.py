"""What a model's settings ask for is worked out as Keras would build it, and what is not on the lists is refused."""

import json
import tracemalloc

import pytest

from convscope import models
from convscope.backend import keras
from convscope.errors import ModelError
from convscope.modelfiles.architecture import LAYER_KINDS, plain_config, plan

layers = keras.layers


def serialized(model):
    return json.loads(json.dumps(keras.saving.serialize_keras_object(model)))


def agrees(model):
    """Compare the plan with the model, and with what Keras builds of the plan's settings."""
    config = serialized(model)
    planned = plan(config)
    again = keras.saving.deserialize_keras_object(plain_config(config), safe_mode=True)
    shapes = [tuple(weight.shape) for weight in model.weights]
    assert [weight.shape for weight in planned.weights] == shapes
    assert [weight.name.rpartition("/")[2] for weight in planned.weights] == [weight.name for weight in model.weights]
    assert planned.output_shape == tuple(model.output_shape[1:])
    assert planned.n_parameters == model.count_params()
    assert [tuple(weight.shape) for weight in again.weights] == shapes
    return planned


def test_a_layer_is_planned_as_keras_builds_it(layer_case):
    agrees(layer_case)


def test_a_model_of_branches_shared_layers_and_models_within_is_planned_as_keras_builds_it(several_ways):
    agrees(several_ways)


def test_a_sequential_model_without_an_input_layer_gets_one():
    model = keras.Sequential([layers.Dense(3), layers.BatchNormalization()])
    model.build((None, 4))
    assert agrees(model).input_shape == (4,)


def test_every_kind_that_files_have_ever_held_may_still_be_held(layer_kinds_tried):
    merging = {"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate"}
    assert layer_kinds_tried | merging | {"InputLayer", "Functional", "Sequential"} <= LAYER_KINDS


@pytest.mark.parametrize("name", ["sparsemax", "swish", "hard_swish"])
def test_an_activation_by_a_name_of_keras_alone_is_planned(name):
    inputs = keras.Input((4,))
    agrees(keras.Model(inputs, layers.Dense(3, activation=name)(inputs)))


def test_numbers_and_layers_of_other_sizes_are_merged_as_keras_does():
    inputs = keras.Input((4, 3))
    narrow = layers.Dense(1)(inputs)
    merged = [layers.Maximum()([inputs, narrow]), keras.ops.maximum(inputs, 0.5), 1.0 - inputs]
    agrees(keras.Model(inputs, layers.Add()(merged)))


@pytest.mark.parametrize("name", models.catalogue.names())
def test_every_model_of_the_collection_is_planned(name):
    shape = (2,) if name == "points_mlp" else (28, 28, 1)
    agrees(models.catalogue.get(name)(shape, 10))


def sequential(*found, **more):
    listed = [{"module": "keras.layers", "class_name": kind, "config": config, **more} for kind, config in found]
    return {"module": "keras", "class_name": "Sequential", "config": {"layers": listed}}


def flat(n_features):
    return "InputLayer", {"batch_shape": [None, n_features]}


def dense(**settings):
    return "Dense", {"units": 1, **settings}


def within(kind, inner, config):
    return kind, {"layer": {"module": "keras.layers", "class_name": inner, "config": config}}


def deep(n_levels):
    kind, config = "Dense", {"units": 1}
    for _ in range(n_levels):
        kind, config = within("TimeDistributed", kind, config)
    return kind, config


INPUT = ("InputLayer", {"batch_shape": [None, 8, 8, 1]})
TALL = ("InputLayer", {"batch_shape": [None, 5000, 1, 1]})
SEQUENCE = ("InputLayer", {"batch_shape": [None, 3, 1]})
DESERIALIZE = {"module": "keras.initializers", "class_name": "deserialize", "config": {}}
EVAL = {"module": "builtins", "class_name": "function", "config": "eval"}
REFUSED = {
    "two thousand million units": ([INPUT, ("Dense", {"units": 2_000_000_000})], "too large"),
    "units and input together": (
        [flat(40_000), ("Dense", {"units": 40_000})],
        r"too large: the kernel of layer number 1 \(Dense\)",
    ),
    "repeated to a billion": ([flat(10), ("RepeatVector", {"n": 10**9})], "too large"),
    "enlarged again and again": ([INPUT, *[("UpSampling2D", {"size": [10, 10]})] * 9], "too large"),
    "padded to a billion": ([INPUT, ("ZeroPadding2D", {"padding": 100_000})], "too large"),
    "three thousand layers": ([INPUT, *[("ReLU", {})] * 3000], "more than 1,000 layers"),
    "negative units": ([INPUT, ("Dense", {"units": -1})], "must be a positive integer"),
    "fractions of units": ([INPUT, ("Dense", {"units": 2.5})], "must be a positive integer"),
    "true units": ([INPUT, ("Dense", {"units": True})], "must be a positive integer"),
    "strides of 0": (
        [INPUT, ("Conv2D", {"filters": 1, "kernel_size": [3, 3], "strides": [0, 0]})],
        "strides must be a positive integer, or one for each axis",
    ),
    "too large a kernel": ([INPUT, ("Conv2D", {"filters": 1, "kernel_size": [9, 9]})], "larger than the image"),
    "pooled to nothing": ([INPUT, ("MaxPooling2D", {"pool_size": [9, 9]})], "larger than the image"),
    "cropped to nothing": ([INPUT, ("Cropping2D", {"cropping": 4})], "nothing would be left"),
    "cropped beyond the other end": ([INPUT, ("Cropping2D", {"cropping": [[0, 10], [0, 0]]})], "nothing would be left"),
    "a padding of no kind": ([INPUT, ("MaxPooling2D", {"pool_size": 2, "padding": "full"})], 'padding must be "valid"'),
    "a rate of no share": ([INPUT, ("Dropout", {"rate": 7})], "rate must be a number from 0 to 1"),
    "a switch that is a number": ([INPUT, dense(use_bias=1)], "use_bias must be true or false"),
    "no units": ([INPUT, ("Dense", {})], r"layer number 1 \(Dense\) has no units"),
    "masks": ([INPUT, ("Masking", {"mask_value": 0.0})], "cannot hold: Masking"),
    "an activation that halves": ([INPUT, dense(activation="glu")], "unknown activation"),
    "stretched by a setting": ([TALL, ("Rescaling", {"scale": [[[1.0]] * 20_000]})], "too large"),
    "a memory of 8 GB": ([SEQUENCE, ("SimpleRNN", {"units": 2_000_000_000})], "too large"),
    "a loop of 8 GB": (
        [SEQUENCE, within("Bidirectional", "LSTM", {"units": 2_000_000_000})],
        "too large",
    ),
    "a place of many axes": ([INPUT, ("Reshape", {"target_shape": [64, *[1] * 30]})], "target_shape must be"),
    "a sequence in two directions that is none": (
        [INPUT, within("Bidirectional", "Dense", {"units": 1})],
        "reads a Dense in both directions",
    ),
    "code in a layer within": ([INPUT, within("TimeDistributed", "Lambda", {})], "cannot hold: Lambda"),
    "a setting of no layer within": ([INPUT, within("TimeDistributed", "Dense", {"units": 0})], "units must be"),
    "layers within layers within layers": ([INPUT, deep(8)], "nested too deeply"),
    "a setting of no layer": ([INPUT, ("Dense", {"units": 1, "load_from": "/etc/passwd"})], "no setting 'load_from'"),
    "an activation of code": (
        [INPUT, dense(activation=EVAL)],
        "its activation is function",
    ),
    "an activation by path": ([INPUT, ("Activation", {"activation": "os>system"})], "unknown activation"),
    "a lambda as initializer": (
        [INPUT, ("Dense", {"units": 1, "kernel_initializer": {"class_name": "__lambda__", "config": {"value": "x"}}})],
        "its kernel_initializer is __lambda__",
    ),
    "an initializer that is a function": (
        [INPUT, dense(kernel_initializer=DESERIALIZE)],
        "its kernel_initializer is deserialize",
    ),
    "an object as a number": ([INPUT, ("Dropout", {"rate": {"class_name": "__tensor__"}})], "rate is __tensor__"),
    "integers as precision": ([INPUT, ("Dense", {"units": 1, "dtype": "int8"})], "unknown dtype"),
    "low rank weights": ([INPUT, ("Dense", {"units": 1, "lora_rank": 4})], "no setting 'lora_rank'"),
    "an unknown layer": ([INPUT, ("StringLookup", {"vocabulary": "/etc/passwd"})], "cannot hold: StringLookup"),
    "a layer of another model format": ([INPUT, ("TFSMLayer", {"filepath": "x"})], "cannot hold: TFSMLayer"),
    "two layers of one name": ([INPUT, ("ReLU", {"name": "a"}), ("ReLU", {"name": "a"})], "the same name"),
    "a name that is a path": ([INPUT, ("ReLU", {"name": "a/b"})], "has a slash"),
    "no layer": ([], "no list of layers"),
}  # fmt: skip


@pytest.mark.parametrize(("found", "message"), REFUSED.values(), ids=REFUSED)
def test_settings_that_no_model_file_may_hold_are_refused_before_anything_is_built(found, message):
    config = sequential(*found)
    tracemalloc.start()
    with pytest.raises(ModelError, match=message):
        plan(config)
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_a_table_of_five_gigabytes_is_not_made_to_be_counted():
    wide = "InputLayer", {"batch_shape": [None, 1, 30_000, 1]}
    tracemalloc.start()
    found = plan(sequential(wide, ("Resizing", {"height": 1, "width": 40_000})))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert found.output_shape == (1, 40_000, 1)


@pytest.mark.parametrize("config", [None, [], "model", 7, {}, {"class_name": "Sequential"}, {"class_name": ["Dense"]}])
def test_what_is_no_model_at_all_is_refused(config):
    with pytest.raises(ModelError):
        plan(config)


def test_models_within_models_end_somewhere():
    config = sequential(INPUT, ("ReLU", {}))
    for _ in range(100):
        config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [sequential(INPUT)["config"]["layers"][0], config]}}  # fmt: skip  # noqa: E501
    with pytest.raises(ModelError, match="nested too deeply"):
        plan(config)


@pytest.mark.parametrize(
    "damage",
    [
        lambda config: config["layers"][1]["inbound_nodes"][0]["args"][0]["config"].update(keras_history=["x", 0, 0]),
        lambda config: config["layers"][1]["inbound_nodes"][0]["args"][0]["config"].update(keras_history=[[], {}, 0]),
        lambda config: config["layers"][1]["inbound_nodes"][0].update(kwargs={"training": "eval"}),
        lambda config: config["layers"][1].update(inbound_nodes=None),
        lambda config: config["layers"][2].update(name=config["layers"][1]["name"]),
        lambda config: config.update(output_layers=["nowhere", 0, 0]),
        lambda config: config.update(input_layers=7),
    ],
)
def test_a_damaged_graph_is_refused(several_ways, damage):
    config = serialized(several_ways)
    damage(config["config"])
    with pytest.raises(ModelError):
        plan(config)
