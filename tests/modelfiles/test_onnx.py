"""An ONNX file gives what Keras gives, to 1e-5, for every kind of layer and every activation that it can hold."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from convscope import models
from convscope.backend import keras
from convscope.errors import ModelError
from convscope.modelfiles._layer_checks import ACTIVATION_NAMES
from convscope.modelfiles.architecture import plan
from convscope.modelfiles.modelfile import StoredModel, serialize_model
from convscope.modelfiles.onnx_file import IR_VERSION, OPSET, onnx_model, write_layers
from convscope.modelfiles.onnx_writer import GraphWriter
from convscope.tables import read_table
from convscope.training import ImageClassifier

layers = keras.layers


def through_onnx(model, inputs):
    """Run the layers of a Keras model, and nothing else, in onnxruntime."""
    config, arrays = serialize_model(model)
    found, graph = plan(config, shapes_only=False), GraphWriter()
    last = graph.node("Identity", [write_layers(graph, found, arrays, "image")], {})
    ends = (("image", found.input_shape), (last, found.output_shape))
    image, answer = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", *shape]) for name, shape in ends
    )
    made = onnx.helper.make_graph(graph.needed([last]), "layers", [image], [answer], graph.initializers([last]))
    opset = onnx.helper.make_opsetid("", OPSET)
    made = onnx.helper.make_model(made, opset_imports=[opset], ir_version=IR_VERSION)
    onnx.checker.check_model(made, full_check=True)
    return run(made, inputs)


def run(model, inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


def images(shape, n_images=3):
    return np.random.default_rng(1).normal(0, 1.5, (n_images, *shape)).astype(np.float32)


def agrees(model):
    inputs = images(model.input_shape[1:])
    expected = keras.ops.convert_to_numpy(model(inputs, training=False))
    found = through_onnx(model, inputs)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_each_kind_of_layer_gives_what_keras_gives(layer_case):
    if "bfloat16" in str(layer_case.layers[-1].dtype_policy.name):
        with pytest.raises(ModelError, match="computes in mixed_bfloat16, and cannot be written"):
            through_onnx(layer_case, images(layer_case.input_shape[1:]))
        return
    agrees(layer_case)


def test_branches_shared_layers_and_models_within_give_what_keras_gives(several_ways):
    agrees(several_ways)


MORE = {
    "ReLU with all its settings": ((6,), lambda: layers.ReLU(1.5, 0.1, 0.3)),
    "softmax over two axes": ((4, 5, 2), lambda: layers.Softmax(axis=[1, 2])),
    "bilinear": ((5, 4, 2), lambda: layers.UpSampling2D((2, 3), interpolation="bilinear")),
    "lanczos": ((5, 4, 2), lambda: layers.UpSampling2D((2, 3), interpolation="lanczos3")),
    "bicubic": ((5, 4, 2), lambda: layers.UpSampling2D(2, interpolation="bicubic")),
    "normalization undone": ((4,), lambda: layers.Normalization(invert=True)),
    "groups of one channel": ((4, 3, 4), lambda: layers.GroupNormalization(-1)),
    "groups along another axis": ((4, 3, 5), lambda: layers.GroupNormalization(2, axis=1)),
    "flattened, channels first": ((2, 4, 3), lambda: layers.Flatten(data_format="channels_first")),
    "causal and dilated": ((12, 2), lambda: layers.Conv1D(3, 3, padding="causal", dilation_rate=2)),
    "same and dilated": ((9, 8, 2), lambda: layers.Conv2D(3, 3, padding="same", dilation_rate=2)),
    "average at the edge": ((5, 5, 2), lambda: layers.AveragePooling2D(3, 2, "same")),
    "padding on one side": ((5, 5, 2), lambda: layers.ZeroPadding2D(((0, 0), (0, 2)))),
    "transposed and dilated": ((5, 5, 2), lambda: layers.Conv2DTranspose(3, 3, dilation_rate=2, padding="same")),
    "transposed, wide strides": ((4, 4, 2), lambda: layers.Conv2DTranspose(2, 2, 4, padding="same")),
}


@pytest.mark.parametrize(("shape", "make"), MORE.values(), ids=MORE)
def test_unusual_settings_give_what_keras_gives(shape, make):
    inputs = keras.Input(shape)
    agrees(keras.Model(inputs, make()(inputs)))


@pytest.mark.parametrize("name", sorted(ACTIVATION_NAMES - {"sparsemax"}))
def test_each_activation_gives_what_keras_gives(name):
    inputs = keras.Input((40,))
    agrees(keras.Model(inputs, layers.Activation(name)(inputs)))


def test_what_only_keras_computes_is_refused_by_the_name_of_the_layer():
    inputs = keras.Input((4, 4, 1))
    layer = layers.Dense(2, activation="sparsemax")
    with pytest.raises(ModelError, match=f"layer {layer.name} .* has the activation sparsemax, and cannot be written"):
        through_onnx(keras.Model(inputs, layer(inputs)), images((4, 4, 1)))


def stored(classifier):
    return StoredModel(
        classifier.model_, classifier.classes_, classifier.image_shape_, classifier.pixel_scale_, classifier._logits,
        [], {}, {}, [],
    )  # fmt: skip


@pytest.mark.parametrize("name", [name for name in models.catalogue.names() if name != "points_mlp"])
@pytest.mark.parametrize("recipe", ["fast", "document"])
def test_a_classifier_answers_from_intensities_to_probabilities(stripes, name, recipe):
    classifier = ImageClassifier(name, epochs=2, batch_size=20, recipe=recipe, random_state=0).fit(*stripes)
    model = onnx_model(stored(classifier))
    found = run(model, stripes[0].astype(np.float32))
    np.testing.assert_allclose(found, classifier.predict_proba(stripes[0]), atol=1e-5)
    told = {entry.key: json.loads(entry.value) for entry in model.metadata_props if entry.key != "intensities"}
    assert told == {"classes": [0, 1, 2], "image_shape": [4, 4, 1]}


def test_two_classes_of_one_output_become_two_probabilities(points):
    classifier = ImageClassifier("points_mlp", epochs=3, random_state=0).fit(*points)
    found = run(onnx_model(stored(classifier)), points[0].astype(np.float32))
    assert found.shape == (80, 2)
    np.testing.assert_allclose(found, classifier.predict_proba(points[0]), atol=1e-5)


def test_an_onnx_file_is_refused_as_a_table_and_as_a_model(stripes, tmp_path):
    classifier = ImageClassifier("linear", epochs=1).fit(*stripes)
    (tmp_path / "model.onnx").write_bytes(onnx_model(stored(classifier)).SerializeToString())
    for read in (read_table, ImageClassifier.load):
        with pytest.raises(ValueError, match=r"model\.onnx"):
            read(tmp_path / "model.onnx")
