"""Saliency, integrated gradients, Grad-CAM, occlusion, strongest images, mistakes."""

import numpy as np
import pytest

from convscope import ImageClassifier
from convscope.backend import keras
from convscope.datasets import load_parts
from convscope.errors import ShapeError, UsageError
from convscope.insights import _asking
from convscope.insights.grad_cam import grad_cam
from convscope.insights.integrated_gradients import integrated_gradients
from convscope.insights.mistakes import mistakes
from convscope.insights.occlusion import occlusion
from convscope.insights.saliency import saliency
from convscope.insights.strongest_images import strongest_images
from convscope.tables import resize_images
from convscope.tracing import record_activations
from convscope.training import evaluate

L = keras.layers


@pytest.fixture(scope="module")
def digits():
    return tuple(resize_images(part, (16, 16)) for part in load_parts("digits"))


@pytest.fixture(scope="module")
def classifier(digits):
    return ImageClassifier("cnn", epochs=6, random_state=0, model__filters=(8, 8)).fit(digits[0])


@pytest.fixture(params=["our own layers", "the backend"])
def engine(request, monkeypatch):
    """Run a test with our own gradients, and with Keras' where a layer is not known."""
    if request.param == "the backend":
        monkeypatch.setattr(_asking, "known_network", lambda network, **settings: None)


def branches():
    inputs = keras.Input((10, 10, 1))
    x = L.Conv2D(4, 3, activation="relu", name="first")(inputs)
    x = L.Add()([L.Conv2D(4, 3, padding="same", activation="tanh")(x), x])
    x = L.GlobalAveragePooling2D()(L.MaxPooling2D(2)(x))
    return keras.Model(inputs, L.Dense(3, activation="softmax")(x))


def smooth(shape):
    """Build a model without kinks, so that small differences are slopes."""
    layers = [L.Conv2D(4, 3, activation="tanh"), L.AveragePooling2D(2), L.Conv2D(5, 3, activation="sigmoid")]
    ending = [L.Flatten(), L.Dense(4, activation="softmax")]
    return keras.Sequential([keras.Input(shape), L.Reshape((12, 12, 1)), *layers, *ending])


def single_unit():
    return keras.Sequential([keras.Input((6, 6, 1)), L.Flatten(), L.Dense(4, activation="tanh"), L.Dense(1, "sigmoid")])


def scores(model, images):
    """Score all classes by a copy of the model without its last activation."""
    bare = keras.models.clone_model(model)
    bare.set_weights(model.get_weights())
    bare.layers[-1].activation = keras.activations.linear
    return np.asarray(keras.ops.convert_to_numpy(bare(keras.ops.convert_to_tensor(images))), np.float64)


@pytest.mark.parametrize("shape", [(12, 12, 1), (144,)], ids=["image", "line of pixels"])
def test_saliency_is_the_slope_of_the_score(shape, engine):
    keras.utils.set_random_seed(1)
    model = smooth(shape)
    image = np.random.default_rng(0).random((12, 12, 1)).astype(np.float32)
    found = saliency(model, image, label=2)
    step = 1e-2
    for row, column in [(2, 3), (5, 5), (7, 4), (0, 11)]:
        nudged = np.repeat(image[None], 2, axis=0)
        nudged[:, row, column, 0] += np.array([-step, step], np.float32)
        low, high = scores(model, nudged.reshape(2, *shape))[:, 2]
        assert found.slopes[row, column, 0] == pytest.approx((high - low) / (2 * step), rel=0.01, abs=2e-4)
    assert found.score == pytest.approx(scores(model, image.reshape(1, *shape))[0, 2], rel=1e-4)
    assert found.picture.shape == (12, 12)


def test_a_single_unit_stands_for_two_classes(engine):
    image = np.random.default_rng(0).random((6, 6, 1)).astype(np.float32)
    model = single_unit()
    first, second = (saliency(model, image, label=label) for label in (0, 1))
    np.testing.assert_allclose(first.slopes, -second.slopes)
    assert first.score == pytest.approx(-second.score)
    whole = occlusion(model, image, label=1, size=2).probability
    assert whole == pytest.approx(float(model(image[None])[0, 0]), rel=1e-5)


def test_slopes_are_per_unit_of_the_table_s_own_intensity(classifier, digits):
    image = digits[1].images[0].astype(np.float64)
    found = saliency(classifier, image)
    assert classifier.pixel_scale_ == 255.0
    row, column, _ = np.unravel_index(np.abs(found.slopes).argmax(), found.slopes.shape)
    nudged = image.copy()
    nudged[row, column] += 0.5
    change = saliency(classifier, nudged, label=found.label).score - found.score
    assert change == pytest.approx(0.5 * found.slopes[row, column, 0], rel=0.1)


@pytest.mark.parametrize("row", range(6))
def test_contributions_add_up_to_the_score(classifier, digits, row):
    found = integrated_gradients(classifier, digits[1].images[row])
    difference = found.score - found.baseline_score
    assert found.contributions.sum() == pytest.approx(difference, rel=0.011)
    assert found.completeness_error <= 0.01
    assert found.label == str(classifier.predict(digits[1].pixels[row : row + 1])[0])
    black = digits[1].images[row] == 0
    assert np.all(found.contributions[black] == 0)


def test_contributions_add_up_through_the_backend_too(engine):
    keras.utils.set_random_seed(2)
    image = np.random.default_rng(1).random((10, 10, 1)).astype(np.float32)
    found = integrated_gradients(branches(), image, baseline=0.5)
    assert found.completeness_error <= 0.01


def test_too_few_steps_are_told_by_the_error(classifier, digits):
    found = integrated_gradients(classifier, digits[1].images[0], tolerance=0.0, most_steps=64)
    assert found.n_steps == 64
    assert 0 < found.completeness_error < 0.1


def test_grad_cam_weighs_maps_by_mean_slopes(engine):
    keras.utils.set_random_seed(3)
    model = branches()
    image = np.random.default_rng(2).random((10, 10, 1)).astype(np.float32)
    found = grad_cam(model, image, layer="first", label=1)
    maps = record_activations(model, image[None])["first"][0]
    np.testing.assert_allclose(found.maps, np.maximum(maps @ found.weights, 0), atol=1e-6)
    assert found.picture.shape == (10, 10)
    assert found.picture.max() <= found.maps.max() + 1e-6
    # the weights are mean slopes: add the same to a whole map, and the score follows
    tail = keras.Model(model.get_layer("first").output, model.output)
    bare = keras.models.clone_model(tail)
    bare.set_weights(tail.get_weights())
    bare.layers[-1].activation = keras.activations.linear
    for channel in range(4):
        change = np.zeros_like(maps)
        change[..., channel] = 1e-2
        low, high = (float(bare((maps + sign * change)[None])[0, 1]) for sign in (-1, 1))
        assert found.weights[channel] * maps[..., 0].size == pytest.approx((high - low) / 2e-2, rel=0.03, abs=1e-3)


def test_the_last_convolution_is_looked_at_unless_another_is_named(classifier, digits):
    image = digits[1].images[3]
    assert grad_cam(classifier, image).layer == "conv2d_2"
    assert grad_cam(classifier, image, layer="conv2d_1").maps.shape == (14, 14)
    with pytest.raises(UsageError, match="flatten"):
        grad_cam(classifier, image, layer="flatten")
    with pytest.raises(UsageError, match="no convolution"):
        grad_cam(ImageClassifier("mlp", epochs=1).fit(digits[0]), image)


def test_a_patch_lowers_the_probability_where_it_matters(classifier, digits):
    image = digits[1].images[0]
    found = occlusion(classifier, image, size=4, stride=3)
    assert found.corners[..., 0].max() == found.corners[..., 1].max() == 12
    assert found.covered.shape == (5, 5)
    for i, j in [(0, 0), (2, 3), (4, 4)]:
        top, left = found.corners[i, j]
        covered = image.copy()
        covered[top : top + 4, left : left + 4] = 0
        probability = classifier.predict_proba(covered.reshape(1, -1))[0]
        assert found.covered[i, j] == pytest.approx(
            probability[list(classifier.classes_).index(int(found.label))], abs=1e-5
        )
    assert found.drops.max() > 0.1
    with pytest.raises(UsageError, match="patch"):
        occlusion(classifier, image, size=17)


def test_the_strongest_images_are_those_with_the_largest_values(classifier, digits):
    table = digits[1]
    found = strongest_images(classifier, table, "conv2d_2", 3)
    largest = record_activations(classifier, table.pixels)["conv2d_2"][..., 3].reshape(len(table), -1).max(axis=1)
    assert found.rows.tolist() == np.argsort(-largest, kind="stable")[:9].tolist()
    np.testing.assert_allclose(found.values, largest[found.rows], rtol=1e-5)
    for (rows, columns), (row, column) in zip(found.windows, found.places, strict=True):
        assert rows == (2 * row, 2 * row + 7)  # 3x3 on pooled pairs on 3x3: eight pixels wide, every two pixels
        assert columns == (2 * column, 2 * column + 7)


def test_units_without_maps_have_strongest_images_too(classifier, digits):
    found = strongest_images(classifier, digits[1], "output", 4, n=3)
    assert found.windows is None
    assert digits[1].labels[found.rows].tolist() == [4, 4, 4]
    for wrong in ({"layer": "conv2d_9", "channel": 0}, {"layer": "conv2d_1", "channel": 8}):
        with pytest.raises(UsageError):
            strongest_images(classifier, digits[1], **wrong)
    with pytest.raises(UsageError, match="nothing"):
        strongest_images(classifier, digits[1], "conv2d_1", 0, n=0)


def test_mistakes_are_listed_by_cell_of_the_confusion_matrix(digits):
    classifier = ImageClassifier("linear", epochs=2, random_state=0).fit(digits[0])
    evaluation = evaluate(classifier, digits[1])
    everything = mistakes(classifier, digits[1])
    assert [one.row for one in everything] == evaluation.surest_mistakes().tolist()
    assert everything == mistakes(classifier, evaluation)
    matrix = evaluation.confusion_matrix
    np.fill_diagonal(matrix := matrix.copy(), 0)
    label, prediction = np.unravel_index(matrix.argmax(), matrix.shape)
    some = mistakes(classifier, evaluation, label=label, prediction=prediction)
    assert len(some) == matrix[label, prediction] > 0
    assert {(one.label, one.prediction) for one in some} == {(str(label), str(prediction))}
    assert all(one.probability >= one.label_probability for one in some)
    assert len(mistakes(classifier, evaluation, n=2)) == 2
    with pytest.raises(UsageError, match="no class"):
        mistakes(classifier, evaluation, label="x")


def test_a_wrong_class_or_image_is_told(classifier, digits):
    with pytest.raises(UsageError, match="there is no class 'ten'"):
        saliency(classifier, digits[1].images[0], label="ten")
    with pytest.raises(ShapeError):
        saliency(classifier, np.zeros((5, 5)))
    points = keras.Sequential([keras.Input((2,)), L.Dense(1, activation="sigmoid")])
    with pytest.raises(ShapeError, match="list of numbers"):
        saliency(points, np.zeros(2))


def shared_softmax(between):
    """One softmax on the way and at the end: the score stands before the last use."""
    image, softmax = keras.Input((6, 6, 1)), L.Activation("softmax")
    on_the_way = between()(softmax(L.Dense(5)(L.Flatten()(image))))
    return keras.Model(image, softmax(L.Dense(3)(on_the_way)))


def based_model():
    """Convolutions lie in a model within, which is used twice."""
    base = keras.Sequential([keras.Input((6, 6, 2)), L.Conv2D(2, 3, padding="same", name="conv")], name="base")
    image = keras.Input((6, 6, 1))
    maps = base(L.Activation("tanh")(base(L.Conv2D(2, 1)(image))))
    head = keras.Sequential([keras.Input((72,)), L.Dense(3), L.Softmax()], name="head")
    return keras.Model(image, head(L.Flatten()(maps)))


SHARING = {
    "dense between": lambda: shared_softmax(lambda: L.Dense(4, activation="tanh")),
    "normalization between": lambda: shared_softmax(L.BatchNormalization),
    "models within": based_model,
}


@pytest.mark.parametrize("name", SHARING)
def test_slopes_go_through_layers_that_are_used_twice(name, engine):
    keras.utils.set_random_seed(4)
    model = SHARING[name]()
    rng = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(
            rng.uniform(0.5, 1, weight.shape) if "variance" in weight.path else rng.normal(0, 0.5, weight.shape)
        )
    image = np.random.default_rng(0).random((6, 6, 1)).astype(np.float32)

    def apart(images):  # scores differ as the logarithms of probabilities do
        logarithms = np.log(np.asarray(model(images), np.float64))
        return logarithms[:, 1] - logarithms[:, 0]

    slopes = saliency(model, image, label=1).slopes - saliency(model, image, label=0).slopes
    for row, column in [(0, 0), (2, 3), (5, 1)]:
        step = np.zeros_like(image)
        step[row, column] = 1e-2
        low, high = apart(np.stack([image - step, image + step]))
        assert slopes[row, column, 0] == pytest.approx((high - low) / 2e-2, rel=0.01, abs=2e-3)
    assert integrated_gradients(model, image, label=1).completeness_error < 0.01
    assert occlusion(model, image, label=1, size=2).probability == pytest.approx(float(model(image[None])[0, 1]))


def test_each_use_of_a_layer_within_a_model_has_a_name_and_maps(engine):
    keras.utils.set_random_seed(5)
    model = based_model()
    image = np.random.default_rng(2).random((6, 6, 1)).astype(np.float32)
    maps = record_activations(model, image[None])
    assert grad_cam(model, image).layer == "base/conv#2"
    for name in ("base/conv", "base/conv#2"):
        found = grad_cam(model, image, layer=name)
        np.testing.assert_allclose(found.maps, np.maximum(maps[name][0] @ found.weights, 0), atol=1e-6)
        assert strongest_images(model, image[None], name, 0, n=1).windows is not None
    with pytest.raises(UsageError, match="did you mean 'base/conv'"):
        grad_cam(model, image, layer="base/con")
