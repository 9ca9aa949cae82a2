"""ImageClassifier: what goes in, what comes out, and what stays as it was."""

import random
import warnings

import numpy as np
import pandas as pd
import polars
import pytest

from convscope import models
from convscope.backend import keras
from convscope.errors import ModelError, ShapeError, UsageError
from convscope.tables import PixelTable, PointTable
from convscope.training import ImageClassifier, evaluate

Dense = keras.layers.Dense


def quick(model="linear", **settings):
    return ImageClassifier(model, **({"random_state": 0, "epochs": 20, "batch_size": 10} | settings))


def names(height, width):
    return [f"{row}x{column}" for row in range(1, height + 1) for column in range(1, width + 1)]


@pytest.mark.backend
def test_it_learns_bright_from_dark(stripes):
    pixels, labels = stripes
    classifier = quick("mlp", epochs=40).fit(pixels, labels)
    assert classifier.score(pixels, labels) > 0.9
    assert classifier.n_iter_ == len(classifier.history_) == 40
    assert classifier.history_["loss"][-1] < classifier.history_["loss"][0]
    assert classifier.image_shape_ == (4, 4, 1)
    assert (classifier.n_features_in_, classifier.pixel_scale_) == (16, 255.0)


@pytest.mark.parametrize(
    "labels_of",
    [
        lambda y: np.array(["cat", "dog", "emu"])[y],
        lambda y: np.array([-5, 3, 70])[y],
        lambda y: pd.Series(y).map({0: "a", 1: "b", 2: "c"}),
        lambda y: y == 2,
        lambda y: np.array([1.0, 2.0, 4.0])[y],
    ],
    ids=["text", "gaps", "pandas", "bool", "whole floats"],
)
def test_predictions_are_labels_as_they_were_given(stripes, labels_of):
    pixels, codes = stripes
    labels = labels_of(codes)
    classifier = quick().fit(pixels, labels)
    assert classifier.classes_.tolist() == sorted(set(np.asarray(labels).tolist()))
    assert set(classifier.predict(pixels).tolist()) <= set(np.asarray(labels).tolist())
    assert classifier.score(pixels, labels) > 0.6


def test_frames_and_arrays_give_the_same_predictions(stripes):
    pixels, labels = stripes
    frame = pd.DataFrame(pixels, columns=names(4, 4))
    plain = quick().fit(pixels, labels).predict_proba(pixels)
    for rows in (frame, polars.DataFrame(pixels, schema=names(4, 4))):
        classifier = quick().fit(rows, labels)
        np.testing.assert_array_equal(classifier.predict_proba(rows), plain)
        assert classifier.feature_names_in_.tolist() == names(4, 4)


def test_a_table_brings_its_labels_and_its_shape(stripes):
    pixels, labels = stripes
    table = PixelTable.from_frame(pd.DataFrame(pixels, columns=names(2, 8)).assign(**{"class": labels}))
    classifier = quick("cnn", epochs=2).fit(table)
    assert classifier.image_shape_ == (2, 8, 1)
    found = evaluate(classifier, table)
    assert found.accuracy == classifier.score(table) == np.mean(classifier.predict(table) == labels)
    np.testing.assert_array_equal(found.labels, labels)


def test_points_have_no_image_shape(points):
    features, labels = points
    table = PointTable(features=features, feature_names=("feature1", "feature2"), labels=labels)
    classifier = quick("points_mlp").fit(table)
    assert classifier.image_shape_ is None
    assert classifier.model_.output_shape == (None, 1)
    assert evaluate(classifier, table).accuracy > 0.9


@pytest.mark.parametrize(
    ("columns", "given", "expected"),
    [(names(2, 8), None, (2, 8, 1)), (None, None, (4, 4, 1)), (None, (8, 2), (8, 2, 1)), (None, (2, 2, 4), (2, 2, 4))],
)
def test_the_shape_comes_from_the_argument_the_names_or_a_square(stripes, columns, given, expected):
    pixels, labels = stripes
    rows = pixels if columns is None else pd.DataFrame(pixels, columns=columns)
    assert quick(image_shape=given, epochs=1).fit(rows, labels).image_shape_ == expected


def test_columns_that_are_no_square_become_one_row_of_pixels_with_a_warning(stripes):
    pixels, labels = stripes
    with pytest.warns(UserWarning, match="one row of 15 pixels"):
        classifier = quick("cnn", epochs=1).fit(pixels[:, :15], labels)
    assert classifier.image_shape_ == (1, 15, 1)


def test_an_image_shape_that_does_not_fit_is_refused(stripes):
    with pytest.raises(ShapeError, match="does not fit"):
        quick(image_shape=(5, 5, 1)).fit(*stripes)


def test_scaling_happens_once_and_only_to_intensities(stripes):
    pixels, labels = stripes
    seen = {}

    def spy(n_features, n_classes):
        model = keras.Sequential([keras.Input((n_features,)), Dense(n_classes, activation="softmax")])
        return model

    for name, rows in {"intensities": pixels, "fractions": pixels / 255, "floats": pixels + 0.5}.items():
        seen[name] = quick(spy, epochs=1).fit(rows, labels).pixel_scale_
    assert seen == {"intensities": 255.0, "fractions": 1.0, "floats": 1.0}
    assert quick(recipe="document", epochs=1).fit(pixels, labels).pixel_scale_ == 1.0
    fractions = quick().fit(pixels / np.float32(255), labels).predict_proba(pixels / np.float32(255))
    np.testing.assert_allclose(quick().fit(pixels, labels).predict_proba(pixels), fractions, atol=1e-6)


@pytest.mark.parametrize(
    ("loss", "units", "activation"),
    [
        ("sparse_categorical_crossentropy", 3, "softmax"),
        ("categorical_crossentropy", 3, "softmax"),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), 3, None),
        ("mean_squared_error", 3, "softmax"),
    ],
)
def test_targets_follow_the_loss_of_a_compiled_model(stripes, loss, units, activation):
    def build(n_features):
        model = keras.Sequential([keras.Input((n_features,)), Dense(units, activation=activation)])
        model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.05), metrics=["accuracy"])
        return model

    pixels, labels = stripes
    classifier = quick(build, epochs=30).fit(pixels, labels)
    probabilities = classifier.predict_proba(pixels)
    assert probabilities.shape == (60, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert classifier.score(pixels, labels) > 0.9
    assert max(classifier.history_["accuracy"]) > 0.9


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_unit_stands_for_the_second_of_two_classes(points, activation):
    def build(n_features):
        loss = keras.losses.BinaryCrossentropy(from_logits=activation is None)
        model = keras.Sequential([keras.Input((n_features,)), Dense(1, activation=activation)])
        model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.1))
        return model

    features, labels = points
    classifier = quick(build).fit(features, labels)
    assert classifier.predict_proba([[3.0, 3.0], [-3.0, -3.0]])[:, 1].round().tolist() == [1, 0]
    assert classifier.predict([[3.0, 3.0], [-3.0, -3.0]]).tolist() == ["red", "blue"]
    logarithms = classifier.predict_log_proba(features)
    np.testing.assert_allclose(np.exp(logarithms), classifier.predict_proba(features))


def test_a_keras_model_is_cloned_and_never_changed(stripes):
    given = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), Dense(3, activation="softmax")])
    given.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(0.05))
    before = [keras.ops.convert_to_numpy(weight.value).copy() for weight in given.weights]
    classifier = quick(given, epochs=30).fit(*stripes)
    assert classifier.score(*stripes) > 0.9
    assert classifier.model_.loss == "categorical_crossentropy"
    assert classifier.model_ is not given
    for old, weight in zip(before, given.weights, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(weight.value))


def test_a_model_made_for_other_rows_or_classes_is_refused(stripes):
    pixels, labels = stripes
    with pytest.raises(ModelError, match="does not accept these rows"):
        quick(models.mlp((28, 28, 1), 3)).fit(pixels, labels)
    with pytest.raises(ModelError, match="cannot distinguish 3 classes"):
        quick(models.mlp((4, 4, 1), 2)).fit(pixels, labels)
    with pytest.raises(ModelError, match="did not return a Keras model"):
        quick(lambda n_classes: "network").fit(pixels, labels)
    with pytest.raises(ModelError, match="neither a name"):
        quick(7).fit(pixels, labels)
    with pytest.raises(UsageError, match="did you mean 'cnn'"):
        quick("cn").fit(pixels, labels)


@pytest.mark.backend
def test_a_seed_repeats_bit_for_bit_and_leaves_the_caller_s_randomness_alone(stripes):
    random.seed(5), np.random.seed(5)
    states = random.getstate(), np.random.get_state()[1].copy()
    first, second = (quick("cnn", epochs=2).fit(*stripes).predict_proba(stripes[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert random.getstate() == states[0]
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])
    other = quick("cnn", epochs=2, random_state=1).fit(*stripes).predict_proba(stripes[0])
    assert not np.array_equal(first, other)


def test_a_builder_that_seeds_itself_fixes_weights_and_order(stripes):
    def build(n_features, n_classes):
        keras.utils.set_random_seed(2)
        return models.linear((n_features,), n_classes)

    first, second = (quick(build, random_state=None).fit(*stripes).predict_proba(stripes[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_weights_count_rows_and_classes(stripes):
    pixels, labels = stripes
    only = np.where(labels == 2, 0.0, 1.0)
    classifier = quick(epochs=30).fit(pixels, labels, sample_weight=np.maximum(only, 1e-6))
    assert 2 not in classifier.predict(pixels)
    favoured = quick(epochs=3, class_weight={0: 1, 1: 1, 2: 200}).fit(pixels, labels)
    assert np.mean(favoured.predict(pixels) == 2) > 0.6
    with pytest.raises(ValueError, match="Negative values"):
        quick().fit(pixels, labels, sample_weight=-only)


@pytest.mark.backend
def test_balanced_weights_make_up_for_rare_classes(stripes):
    pixels, labels = stripes
    rows = np.r_[np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:4]]
    plain = quick(epochs=3, recipe="document").fit(pixels[rows] / 255, labels[rows])
    balanced = quick(epochs=3, recipe="document", class_weight="balanced").fit(pixels[rows] / 255, labels[rows])
    bright = pixels[labels == 1] / 255
    assert balanced.predict_proba(bright)[:, 1].mean() > plain.predict_proba(bright)[:, 1].mean()


@pytest.mark.backend
def test_early_stopping_stops_and_keeps_the_best_weights(stripes):
    pixels, labels = stripes
    noise = np.random.default_rng(1).permutation(labels)
    classifier = quick("mlp", epochs=200, early_stopping=True, n_iter_no_change=3, validation_fraction=0.3)
    classifier.fit(pixels, noise)
    losses = classifier.history_["val_loss"]
    assert classifier.n_iter_ == len(losses) < 200
    assert int(np.argmin(losses)) == len(losses) - 1 - 3


def test_warm_start_goes_on_from_the_weights_there_are(stripes):
    cold = quick(epochs=5).fit(*stripes)
    warm = quick(epochs=5, warm_start=True).fit(*stripes)
    first = warm.history_["loss"][-1]
    warm.fit(*stripes)
    assert warm.history_["loss"][-1] < 0.95 * first
    assert cold.fit(*stripes).history_["loss"][-1] == pytest.approx(first)
    with pytest.raises(ModelError, match="only with the same classes"):
        warm.fit(stripes[0], stripes[1] + 1)


def test_partial_fit_learns_from_pieces_and_knows_all_classes_from_the_start(stripes):
    pixels, labels = stripes
    classifier = quick("mlp", batch_size=5)
    for _ in range(60):
        for piece in np.array_split(np.argsort(labels, kind="stable"), 3):
            classifier.partial_fit(pixels[piece], labels[piece], classes=[0, 1, 2])
    assert classifier.score(pixels, labels) > 0.6
    with pytest.raises(ModelError, match="not among the classes"):
        classifier.partial_fit(pixels, labels + 5)


@pytest.mark.backend
def test_partial_fit_after_fit_still_learns(stripes):
    classifier = quick("mlp", epochs=2).fit(*stripes)
    before = classifier.history_["loss"][-1]
    for _ in range(30):
        classifier.partial_fit(*stripes)
    assert classifier.history_["loss"][-1] < 0.9 * before


class InterruptAt(keras.callbacks.Callback):
    """Presses Ctrl-C in the middle of an epoch, and remembers the weights of each epoch's end."""

    def __init__(self, step):
        super().__init__()
        self.step, self.steps, self.ends = step, 0, []

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        if self.steps == self.step:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        weights = self.model.weights
        self.ends.append([np.array(keras.ops.convert_to_numpy(weight.value)) for weight in weights])


def test_ctrl_c_keeps_the_last_finished_epoch(stripes):
    press = InterruptAt(step=15)  # 6 steps an epoch: in the third
    with pytest.warns(UserWarning, match="Ctrl-C.*2 finished epochs"):
        classifier = quick("mlp", callbacks=[press]).fit(*stripes)
    assert classifier.n_iter_ == 2
    for kept, weight in zip(press.ends[-1], classifier.model_.weights, strict=True):
        np.testing.assert_array_equal(kept, keras.ops.convert_to_numpy(weight.value))
    assert classifier.predict(stripes[0]).shape == (60,)


def test_ctrl_c_in_the_first_epoch_is_passed_on(stripes):
    with pytest.raises(KeyboardInterrupt):
        quick(callbacks=[InterruptAt(step=2)]).fit(*stripes)


def test_a_loss_that_is_not_a_number_is_refused(stripes):
    def build(n_features, n_classes, learning_rate):
        model = keras.Sequential([keras.Input((n_features,)), Dense(8, activation="relu"), Dense(n_classes)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(loss=loss, optimizer=keras.optimizers.SGD(learning_rate))
        return model

    with pytest.raises(ModelError, match="training diverged"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        quick(build, model__learning_rate=1e30).fit(*stripes)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"recipe": "fats"}, {"engine": "abacus"}], ids=str)
def test_a_setting_that_makes_no_sense_is_refused_by_fit(stripes, wrong):
    with pytest.raises(UsageError):
        quick(**wrong).fit(*stripes)


def test_one_class_is_refused(stripes):
    with pytest.raises(ModelError, match="at least two classes"):
        quick().fit(stripes[0], np.zeros(60, int))


def test_images_of_another_size_are_refused(stripes):
    pixels, labels = stripes
    classifier = quick(epochs=1).fit(pixels, labels)
    other = PixelTable.from_frame(pd.DataFrame(np.zeros((2, 25), np.uint8), columns=names(5, 5)))
    with pytest.raises(ShapeError, match="size that the classifier was trained on"):
        classifier.predict(other)
    with pytest.raises(ValueError, match="features"):
        classifier.predict(pixels[:, :9])


def test_a_batch_larger_than_the_table_is_one_step(stripes):
    assert quick(batch_size=1000, epochs=2).fit(*stripes).n_iter_ == 2


def test_nothing_is_printed_unless_asked(stripes, capfd):
    classifier = quick(epochs=2).fit(*stripes)
    classifier.predict(stripes[0])
    assert capfd.readouterr() == ("", "")
    quick(epochs=2, verbose=1).fit(*stripes)
    assert capfd.readouterr().out == ""


def test_summary_prints_the_layers_and_returns_nothing(stripes, capsys):
    classifier = quick("mlp", epochs=1).fit(*stripes)
    assert classifier.summary() is None
    assert "Total params: 1,283" in capsys.readouterr().out  # 16*64+64 + 64*3+3
    lines = []
    classifier.summary(print_fn=lines.append)
    assert "hidden" in "".join(lines)


def test_predictions_do_not_depend_on_how_many_rows_are_asked_for(stripes):
    pixels, labels = stripes
    classifier = quick("cnn", epochs=1).fit(pixels, labels)
    many = np.concatenate([pixels] * 20)
    np.testing.assert_allclose(classifier.predict_proba(many)[:60], classifier.predict_proba(pixels), atol=1e-6)
    np.testing.assert_allclose(
        classifier.predict_proba(many)[1190:1191], classifier.predict_proba(pixels[50:51]), atol=1e-6
    )
