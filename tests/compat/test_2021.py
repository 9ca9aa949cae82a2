"""Programs of 2021: the names, arguments and answers they rely on."""

import importlib

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV

import convscope.compat.tf as tf
from convscope import compat
from convscope.backend import keras
from convscope.compat import KerasClassifier
from convscope.errors import UsageError

pytestmark = pytest.mark.backend

Sequential, Dense = keras.models.Sequential, keras.layers.Dense


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(90, 2)), columns=["feature1", "feature2"])
    return table.assign(side=np.where(table["feature1"] > table["feature2"], "red", "blue"))


def two_class(learning_rate=0.5, units=4):
    tf.random.set_seed(2)
    model = Sequential()
    model.add(Dense(units, activation="relu"))
    model.add(Dense(1, activation="sigmoid"))
    optimizer = tf.keras.optimizers.SGD(learning_rate=learning_rate)
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


def ten_class():
    tf.random.set_seed(2)
    model = Sequential()
    model.add(keras.layers.Reshape((4, 4, 1)))
    model.add(keras.layers.Conv2D(3, kernel_size=(3, 3), activation="relu"))
    model.add(keras.layers.MaxPool2D(pool_size=(2, 2)))
    model.add(keras.layers.Flatten())
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def test_both_ways_of_importing_tf_give_the_same_module():
    assert compat.tf is tf is importlib.import_module("convscope.compat.tf")


def test_boolean_targets_by_keyword_and_one_prediction_a_row(frame):
    model = KerasClassifier(build_fn=two_class, epochs=20, batch_size=20, verbose=0)
    history = model.fit(x=frame[["feature1", "feature2"]], y=(frame["side"] == "red"))
    frame["predict"] = model.predict(frame[["feature1", "feature2"]])
    assert frame["predict"].dtype == bool
    assert np.mean(frame["predict"] == (frame["side"] == "red")) > 0.9
    assert isinstance(history, keras.callbacks.History)
    assert len(history.history["loss"]) == len(history.history["accuracy"]) == len(history.epoch) == 20


def test_the_model_attribute_is_keras_own_and_counts_its_parameters(frame, capsys):
    model = KerasClassifier(build_fn=two_class, verbose=False)
    model.fit(frame[["feature1", "feature2"]], frame["side"])
    assert isinstance(model.model, keras.Model)
    print(model.model.summary())
    printed = capsys.readouterr().out
    assert "Total params: 17" in printed  # 2*4+4 + 4+1
    assert printed.rstrip().endswith("None")


def test_ten_classes_on_raw_pixels_through_a_reshape():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 10
    pixels = pd.DataFrame(rng.integers(0, 20, (200, 16)) + 23 * labels[:, None]).rename(columns=str).astype(float)
    model = KerasClassifier(build_fn=ten_class, epochs=2, batch_size=20, verbose=0)
    model.fit(x=pixels, y=pd.Series(labels))
    assert model.predict(pixels).shape == (200,)
    assert model.predict_proba(pixels).shape == (200, 10)
    assert model.score(pixels, labels) == np.mean(model.predict(pixels) == labels)
    assert model.classifier_.pixel_scale_ == 1.0


def test_a_builder_that_sets_the_seed_makes_it_the_same_for_everyone(frame):
    fits = []
    for _ in range(2):
        model = KerasClassifier(build_fn=two_class, epochs=3, verbose=0)
        model.fit(frame[["feature1", "feature2"]], frame["side"])
        fits.append(model.predict_proba(frame[["feature1", "feature2"]]))
    np.testing.assert_array_equal(*fits)


def test_each_fit_starts_anew(frame):
    model = KerasClassifier(build_fn=two_class, epochs=2, verbose=0)
    first, second = (model.fit(frame[["feature1", "feature2"]], frame["side"]).history["loss"] for _ in range(2))
    assert first == second


def test_further_arguments_reach_the_builder_and_a_grid_searches_them(frame):
    model = KerasClassifier(build_fn=two_class, epochs=1, verbose=0, units=7)
    assert model.get_params() == {"build_fn": two_class, "epochs": 1, "verbose": 0, "units": 7}
    grid = GridSearchCV(model, {"learning_rate": [0.0001, 0.5], "epochs": [12]}, cv=2)
    grid.fit(frame[["feature1", "feature2"]], frame["side"])
    assert grid.best_params_ == {"learning_rate": 0.5, "epochs": 12}
    assert grid.best_estimator_.model.layers[0].units == 7
    assert grid.best_estimator_.classifier_.n_iter_ == 12


def test_arguments_of_fit_count_for_this_time_only(frame):
    model = KerasClassifier(build_fn=two_class, epochs=1, verbose=0)
    assert len(model.fit(frame[["feature1", "feature2"]], frame["side"], epochs=3).epoch) == 3
    assert len(model.fit(frame[["feature1", "feature2"]], frame["side"]).epoch) == 1


def test_an_argument_that_nobody_takes_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'epochs'"):
        KerasClassifier(build_fn=two_class, epoch=3)


def test_nothing_is_printed_with_verbose_0(frame, capfd):
    KerasClassifier(build_fn=two_class, verbose=0).fit(frame[["feature1", "feature2"]], frame["side"])
    assert capfd.readouterr() == ("", "")


def test_a_convolution_and_a_pooling_by_hand_through_tf_names():
    image = tf.reshape(
        tf.convert_to_tensor([[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]], dtype=tf.float32), (1, 4, 4, 1)
    )
    kernel = tf.reshape(tf.convert_to_tensor([[1, 0.0], [1, 1.0]], dtype=tf.float32), (2, 2, 1, 1))
    layer = keras.layers.Conv2D(filters=1, kernel_size=(2, 2))
    layer(image)
    layer.set_weights((kernel, tf.convert_to_tensor([0.0])))
    pooled = keras.layers.MaxPool2D(pool_size=(2, 2), strides=(1, 1))(image)
    found = [keras.ops.convert_to_numpy(tf.reshape(map_, (3, 3))).tolist() for map_ in (layer(image), pooled)]
    assert found == [[[2, 2, 3], [1, 2, 1], [1, 1, 0]], [[1, 1, 1], [1, 1, 1], [1, 1, 0]]]
