"""A trace holds the real layers' numbers, whatever the model is made of."""

import numpy as np
import pytest

from convscope import ImageClassifier, models
from convscope.backend import backend_name, keras
from convscope.errors import ModelError, ShapeError, UsageError
from convscope.tracing import record_activations, record_trace, step, verify

pytestmark = pytest.mark.backend

L = keras.layers


def predict(model, *images):
    batch = [np.asarray(image, np.float32)[None] for image in images]
    return keras.ops.convert_to_numpy(model(batch[0] if len(batch) == 1 else batch, training=False))[0]


def test_the_last_activation_is_the_models_own_answer(traced):
    model, image, trace = traced
    np.testing.assert_array_equal(trace[trace.names[-1]], predict(model, image))


def test_each_layer_is_given_what_the_layers_before_it_gave(traced):
    _, _, trace = traced
    known = {"input"}
    for layer in trace.layers:
        assert set(layer.inputs) <= known
        known.add(layer.name)


def test_a_trace_by_hand():
    model = keras.Sequential([L.Input((2,)), L.Dense(2, activation="relu", name="d")])
    model.set_weights([np.array([[1, 2], [3, -4]]), np.array([0.5, 1])])
    trace = record_trace(model, [1, 2])
    assert trace.layer("d").pre_activation.tolist() == [1 + 6 + 0.5, 2 - 8 + 1]
    assert trace["d"].tolist() == [7.5, 0]


def test_pre_activations_are_kept_and_the_layers_left_as_they_were(traced):
    model, image, trace = traced
    before = predict(model, image)
    again = record_trace(model, image)
    for first, second in zip(trace.layers, again.layers, strict=True):
        np.testing.assert_array_equal(first.pre_activation, second.pre_activation)
    np.testing.assert_array_equal(predict(model, image), before)


def test_both_uses_of_a_shared_block_are_traced(traced):
    _, _, trace = traced
    if "block/conv" in trace.names:
        assert trace.layer("block/conv#2").inputs == ("block/rows",)
        assert not np.array_equal(trace["block/conv"], trace["block/conv#2"])


def test_a_layer_the_arithmetic_does_not_know_is_kept_with_a_note(traced):
    _, _, trace = traced
    for layer in trace.layers:
        assert layer.graph is not None or layer.note
        assert bool(layer.parts) == (layer.graph is not None)


def test_adding_a_constant_is_not_taken_for_adding_two_branches():
    image = L.Input((3,))
    trace = record_trace(keras.Model(image, image + 2.0), [1, 2, 3])
    assert trace.layers[0].activation.tolist() == [3, 4, 5]
    assert trace.layers[0].graph is None


def test_a_class_that_inherits_from_a_known_layer_may_compute_anything():
    class Doubled(keras.layers.Dense):
        def call(self, inputs, training=None):
            return 2 * super().call(inputs)

    trace = record_trace(keras.Sequential([L.Input((2,)), Doubled(1)]), [1, 2])
    assert trace.layers[0].graph is None


def test_a_model_with_a_call_of_its_own_is_one_layer():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = L.Dense(2)

        def call(self, inputs):
            return self.dense(inputs) * 2

    model = Own()
    expected = predict(model, [1, 2, 3])
    trace = record_trace(model, np.array([1, 2, 3]))
    assert [layer.graph for layer in trace.layers] == [None]
    np.testing.assert_array_equal(trace.layers[0].activation, expected)


def test_a_model_with_two_inputs_takes_two_arrays():
    left, right = L.Input((2,), name="left"), L.Input((2,), name="right")
    model = keras.Model([left, right], L.Add(name="sum")([left, right]))
    trace = record_trace(model, [[1, 2], [10, 20]])
    assert trace.layer("sum").inputs == ("left", "right")
    assert trace["sum"].tolist() == [11, 22]


def test_a_model_with_two_outputs_is_traced_to_both():
    image = L.Input((2,))
    model = keras.Model(image, [L.Dense(1, name="a")(image), L.Dense(3, name="b")(image)])
    trace = record_trace(model, [1, 2])
    assert {name: trace[name].shape for name in trace.names} == {"a": (1,), "b": (3,)}


def test_an_input_of_open_size_takes_the_image_as_it_is():
    image = L.Input((None, None, 1))
    model = keras.Model(image, L.GlobalMaxPooling2D()(L.Conv2D(2, 3, name="conv")(image)))
    assert record_trace(model, np.ones((5, 9)))["conv"].shape == (3, 7, 2)


def test_dropout_and_noise_do_nothing():
    model = keras.Sequential([L.Input((4,)), L.Dropout(0.9, name="a"), L.GaussianNoise(0.5, name="b")])
    assert record_trace(model, [1, 2, 3, 4])["b"].tolist() == [1, 2, 3, 4]


def test_a_classifier_is_given_intensities_and_scales_them(digits_classifier):
    classifier, images = digits_classifier
    trace = record_trace(classifier, images[3])
    np.testing.assert_allclose(
        trace[trace.names[-1]], classifier.predict_proba(images[3].reshape(1, -1))[0], rtol=0, atol=1e-6
    )
    assert trace.pixel_scale == classifier.pixel_scale_ == 255
    assert trace.image.shape == (8, 8, 1)
    assert trace.inputs["input"].max() <= 1
    assert trace.class_names == tuple("0123456789")


def test_a_row_and_its_picture_have_the_same_trace(digits_classifier):
    classifier, images = digits_classifier
    row, picture = record_trace(classifier, images[0].reshape(-1)), record_trace(classifier, images[0][..., 0])
    np.testing.assert_array_equal(row["conv2d_1"], picture["conv2d_1"])


def test_many_images_at_once_give_the_same_activations(digits_classifier):
    classifier, images = digits_classifier
    batch = record_activations(classifier, images[:4])
    one = record_trace(classifier, images[2])
    assert list(batch) == list(one.names)
    for name in one.names:
        np.testing.assert_allclose(batch[name][2], one[name], atol=1e-5)


@pytest.fixture(scope="module")
def digits_classifier():
    from convscope import load_dataset

    digits = load_dataset("digits")
    images = digits.images[:200]
    classifier = ImageClassifier("cnn", epochs=1, random_state=0)
    classifier.fit(images.reshape(200, -1), np.arange(200) % 10)
    return classifier, images


@pytest.mark.parametrize(
    ("image", "error"),
    [(np.ones((3, 3)), ShapeError), (np.array([["a"]]), ShapeError), (np.zeros((0, 0)), ShapeError)],
)
def test_an_image_that_does_not_fit_is_refused(image, error):
    with pytest.raises(error, match=r"image"):
        record_trace(models.cnn((8, 8, 1), 10), image)


def test_what_is_no_model_is_refused():
    with pytest.raises(ModelError, match="fitted"):
        record_trace(ImageClassifier("cnn"), np.ones((8, 8)))


def test_an_unknown_layer_name_is_told_with_the_names_there_are():
    trace = record_trace(models.cnn((8, 8, 1), 10), np.ones((8, 8)))
    with pytest.raises(UsageError, match="conv2d_1"):
        trace["conv2d"]


def test_arrays_of_several_shapes_are_stretched_and_added():
    image = L.Input((4, 4, 2))
    mean = L.GlobalAveragePooling2D(keepdims=True, name="mean")(image)
    trace = record_trace(keras.Model(image, L.Add(name="sum")([image, mean])), np.ones((4, 4, 2)))
    assert [(part.name, part.operation) for part in trace.layer("sum").parts] == [("sum", "add")]
    assert trace["sum"].tolist() == np.full((4, 4, 2), 2.0).tolist()


@pytest.mark.skipif(backend_name() == "tensorflow", reason="TensorFlow convolves channels that come first on GPUs only")
def test_a_part_on_the_way_has_the_channels_last_and_the_last_one_has_the_layers_axes():
    model = keras.Sequential([L.Input((3, 9, 8)), L.Conv2D(2, 3, activation="relu", data_format="channels_first")])
    trace = record_trace(model, np.random.default_rng(0).normal(size=(3, 9, 8)))
    layer = trace.layers[0]
    assert [(part.name, part.values.shape) for part in layer.parts] == [("sum", (7, 6, 2)), ("relu", (2, 7, 6))]
    np.testing.assert_allclose(layer.parts[0].values.transpose(2, 0, 1), layer.pre_activation, atol=1e-5)
    np.testing.assert_allclose(layer.parts[1].values, layer.activation, atol=1e-5)
    assert layer.function == "relu"
    assert verify(trace).equal
    one = step(trace, layer.name, 1, 4, 5)
    assert one.abs_difference < 1e-5
    assert abs(one.pre_activation - one.model_pre_activation) < 1e-5


def test_parts_of_a_recurrent_layer_are_stacked_over_time():
    model = keras.Sequential([L.Input((5, 3)), L.LSTM(2, return_sequences=True, name="lstm")])
    trace = record_trace(model, np.random.default_rng(0).normal(size=(5, 3)))
    parts = {part.name: part.values for part in trace.layer("lstm").parts}
    assert parts["forget gate"].shape == (5, 2)
    np.testing.assert_allclose(parts["shown"], trace["lstm"], atol=1e-6)


def test_a_model_in_half_precision_opens_too():
    model = keras.Sequential([L.Input((3,)), L.Dense(2, dtype="mixed_bfloat16", name="d")])
    trace = record_trace(model, [1, 2, 3])
    assert "bfloat16" in trace.layer("d").note
    assert trace["d"].dtype == np.float32
