"""Callbacks see a plain Keras model, what they change counts, and nothing of the training stays in them."""

import copy
import pickle
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from convscope import ImageClassifier
from convscope.backend import keras

Callback = keras.callbacks.Callback
PIXELS, LABELS = np.random.default_rng(0).integers(0, 256, (60, 64)), np.arange(60) % 3
ENGINES = pytest.mark.parametrize("engine", ["numpy", "keras"])


def fitted(engine, *callbacks, **settings):
    asked = {"epochs": 2, "random_state": 0, "batch_size": 20} | settings
    return ImageClassifier("mlp", engine=engine, callbacks=list(callbacks), **asked).fit(PIXELS, LABELS)


@ENGINES
def test_a_checkpoint_of_keras_is_the_model_and_copies_of_the_classifier_work(engine, tmp_path):
    callbacks = [
        keras.callbacks.ModelCheckpoint(tmp_path / "z.keras", monitor="loss"),
        keras.callbacks.CSVLogger(str(tmp_path / "z.csv")),
        keras.callbacks.EarlyStopping(monitor="loss"),
    ]
    classifier = fitted(engine, *callbacks)
    saved = keras.models.load_model(tmp_path / "z.keras", compile=False)
    for one, other in zip(saved.get_weights(), classifier.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [callback.model for callback in callbacks] == [None, None, None]
    expected = classifier.predict_proba(PIXELS)
    for again in (copy.deepcopy(classifier), pickle.loads(pickle.dumps(classifier))):
        np.testing.assert_array_equal(again.predict_proba(PIXELS), expected)
    clone(classifier).set_params(epochs=1).fit(PIXELS, LABELS)
    joblib.dump(GridSearchCV(classifier, {"epochs": [1]}, cv=2).fit(PIXELS, LABELS), tmp_path / "grid.joblib")


@ENGINES
def test_a_callback_s_model_is_the_network_in_every_step(engine):
    class Look(Callback):
        def on_train_begin(self, logs=None):
            self.kind, self.seen = type(self.model), []

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append([np.array(weight) for weight in self.model.get_weights()])

    look = Look()
    classifier = fitted(engine, look)
    assert look.kind is type(classifier.model_) and len(look.seen) == 6
    assert all(not np.array_equal(one[0], other[0]) for one, other in zip(look.seen, look.seen[1:], strict=False))
    np.testing.assert_array_equal(look.seen[-1][0], classifier.model_.get_weights()[0])
    np.testing.assert_array_equal(classifier.predict_proba(PIXELS), fitted(engine).predict_proba(PIXELS))


@ENGINES
@pytest.mark.parametrize("recipe", ["fast", "document"])
def test_a_learning_rate_that_is_set_is_the_one_that_counts(engine, recipe):
    class Rest(Callback):
        def on_train_begin(self, logs=None):
            self.first = self.model.get_weights()

        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.0

    rest = Rest()
    classifier = fitted(engine, rest, recipe=recipe)
    for one, other in zip(rest.first, classifier.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@ENGINES
def test_keras_own_schedulers_work_over_a_recipe(engine):
    lowered, seen = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=10, factor=0.1), []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs)))
    fitted(engine, keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5**epoch), note)
    assert [one["learning_rate"] for one in seen] == [1.0, 0.5]
    fitted(engine, lowered, note, epochs=4)
    assert seen[-1]["learning_rate"] < seen[2]["learning_rate"] / 10


@ENGINES
@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_epoch_end"])
def test_a_callback_may_stop_the_training_and_change_the_weights(engine, hook):
    def stop(self, number, logs=None):
        self.model.set_weights([0 * weight for weight in self.model.get_weights()])
        self.model.stop_training = True

    classifier = fitted(engine, type("Stop", (Callback,), {hook: stop})(), epochs=5)
    assert classifier.n_iter_ == 1
    assert not any(weight.any() for weight in classifier.model_.get_weights())


@ENGINES
def test_early_stopping_ends_with_the_best_weights(engine):
    class Note(Callback):
        def __init__(self):
            super().__init__()
            self.weights = []

        def on_epoch_end(self, epoch, logs=None):
            self.weights.append(self.model.get_weights())

    note = Note()
    classifier = fitted(engine, note, early_stopping=True, epochs=12, n_iter_no_change=1)
    best = int(np.argmin(classifier.history_["val_loss"]))
    assert best < classifier.n_iter_ - 1
    np.testing.assert_array_equal(classifier.model_.get_weights()[0], note.weights[best][0])


@ENGINES
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_keras_own_backup_goes_on_where_a_training_broke_off(engine, tmp_path):
    class Die(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError("the power went off")

    with pytest.raises(RuntimeError, match="power"):
        fitted(engine, keras.callbacks.BackupAndRestore(tmp_path), Die(), epochs=4)
    assert fitted(engine, keras.callbacks.BackupAndRestore(tmp_path), epochs=4).n_iter_ == 2


@ENGINES
def test_callbacks_know_which_metrics_are_better_when_more_and_print_nothing_unasked(engine, tmp_path, capsys):
    path = tmp_path / "z.weights.h5"
    best = keras.callbacks.ModelCheckpoint(path, "accuracy", save_best_only=True, save_weights_only=True)
    stop = keras.callbacks.EarlyStopping("accuracy", min_delta=1.0, patience=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # Keras reads its variables in a way that NumPy deprecates
        assert fitted(engine, best, stop, keras.callbacks.ProgbarLogger(), epochs=4).n_iter_ == 2
    assert best.monitor_op is stop.monitor_op is keras.ops.greater and path.exists()
    assert capsys.readouterr().out == ""


@pytest.mark.filterwarnings("error::DeprecationWarning")
def test_partial_fit_brings_no_warnings_of_keras():
    ImageClassifier("mlp", random_state=0).partial_fit(PIXELS, LABELS)
