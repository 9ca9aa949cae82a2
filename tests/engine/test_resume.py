"""Training that was interrupted and goes on ends bit for bit where it would have ended."""

import errno
import os
import shutil
import signal
import warnings

import numpy as np
import pytest

from convscope.backend import backend_name, keras
from convscope.datasets import load_table
from convscope.engine import keeping, keras_loop, trainer
from convscope.engine.checkpoint import write_checkpoint
from convscope.engine.interrupts import sigterm_as_ctrl_c
from convscope.errors import DataError, ModelError, RunError, UsageError
from convscope.training import ImageClassifier

L = keras.layers
TABLE = load_table("digits")[:300]


class Killed(BaseException):
    """Stands for the end of the process."""


def dropping(n_features, n_classes, rate=0.3):
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            L.Dense(32, activation="relu"),
            L.BatchNormalization(),
            L.Dropout(rate),
            L.Dense(n_classes, activation="softmax"),
        ]
    )


def augmented(n_features, n_classes):
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            L.Reshape((8, 8, 1)),
            L.RandomRotation(0.05),
            L.GaussianNoise(0.5),
            L.Conv2D(4, 3, activation="relu"),
            L.Flatten(),
            L.Dropout(0.2),
            L.Dense(n_classes, activation="softmax"),
        ]
    )


def with_momentum(n_features, n_classes):
    model = dropping(n_features, n_classes)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 20, 0.8)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


def with_adam(n_features, n_classes):
    model = dropping(n_features, n_classes)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.01), metrics=["accuracy"])
    return model


class Remembers(keras.callbacks.Callback):
    """Holds state of its own, and lets it and chance act on the training."""

    def __init__(self):
        super().__init__()
        self.seen, self.mean = [], np.zeros(3)

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, float(np.random.random())))
        self.mean = self.mean * 0.5 + logs["loss"]
        optimizer = self.model.optimizer
        optimizer.learning_rate.assign(0.01 * (1 + self.seen[-1][1]) / (1 + float(self.mean[0]) + len(self.seen)))


CASES = {
    "one cycle, dropout": {"model": dropping},
    "early stopping": {"model": dropping, "early_stopping": True, "n_iter_no_change": 1, "epochs": 30},
    "momentum, decay": {"model": with_momentum},
    "Keras, early stopping": {
        "model": with_adam,
        "engine": "keras",
        "early_stopping": True,
        "n_iter_no_change": 1,
        "epochs": 30,
    },
    "Keras, augmentation": {"model": augmented, "engine": "keras"},
    "Keras, callbacks": {
        "model": with_adam,
        "engine": "keras",
        "callbacks": lambda: [Remembers(), keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=0.3)],
    },
}


def classifier(**settings):
    callbacks = settings.pop("callbacks", None)
    asked = {"epochs": 5, "batch_size": 32, "random_state": 4} | settings
    return ImageClassifier(callbacks=callbacks() if callbacks else None, **asked)


def weights_of(fitted):
    return [np.array(keras.ops.convert_to_numpy(weight.value)) for weight in fitted.model_.weights]


def assert_same(one, other):
    assert one.history_.metrics == other.history_.metrics
    assert one.n_iter_ == other.n_iter_
    for mine, its in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_array_equal(mine, its)
    np.testing.assert_array_equal(one.predict_proba(TABLE), other.predict_proba(TABLE))


@pytest.fixture
def killing(monkeypatch):
    """End the process, as it were, after some checkpoints were written; tell their names."""

    def after(count):
        written = []

        def write(folder, checkpoint):
            write_checkpoint(folder, checkpoint)
            written.append(checkpoint.name)
            if len(written) == count:
                raise Killed

        monkeypatch.setattr(keeping, "write_checkpoint", write)
        return written

    return after


@pytest.mark.parametrize("name", CASES)
def test_a_training_killed_again_and_again_ends_where_the_straight_one_ends(name, tmp_path, killing):
    straight = classifier(**CASES[name]).fit(TABLE)
    numpy = straight.engine_ == "numpy"
    assert numpy == ("engine" not in CASES[name]), straight.engine_reason_
    for _ in range(30):
        written = killing(2 if numpy else 3)
        found = classifier(**CASES[name])
        try:
            found.fit(TABLE, resume=tmp_path)
        except Killed:
            continue
        break
    assert_same(found, straight)
    assert found.n_resumed_ > 1 and len(written) < 3
    if "early stopping" in name:
        assert 2 < straight.n_iter_ < 30
        best = np.argmin(straight.history_["val_loss"])
        assert best < straight.n_iter_ - 1, "the best epoch is the last: its weights were not put back"
    for one, other in zip(found.callbacks or [], straight.callbacks or [], strict=True):
        assert getattr(one, "seen", None) == getattr(other, "seen", None)


@pytest.mark.parametrize("name", ["early stopping", "Keras, early stopping"])
def test_a_finished_training_is_taken_up_without_an_epoch(name, tmp_path, monkeypatch):
    first = classifier(**CASES[name]).fit(TABLE, resume=tmp_path)
    monkeypatch.setattr(trainer, "_step", None)
    monkeypatch.setattr(keras_loop.Rows, "batch", None if "Keras" not in name else keras_loop.Rows.batch)
    again = classifier(**CASES[name]).fit(TABLE, resume=tmp_path)
    assert_same(again, first)
    assert again.history_.seconds == first.history_.seconds
    assert again.n_resumed_ == first.n_iter_


def test_checkpoints_change_nothing_and_no_folder_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = classifier(model=dropping).fit(TABLE)
    assert os.listdir(tmp_path) == []
    assert_same(classifier(model=dropping).fit(TABLE, resume="kept"), plain)
    assert sorted(os.listdir("kept")) == [".lock", "epoch-0004", "epoch-0005"]


def test_without_a_seed_the_first_checkpoint_decides_everything(tmp_path, killing):
    settings = {"model": dropping, "random_state": None, "early_stopping": True}
    killing(1)
    with pytest.raises(Killed):
        classifier(**settings).fit(TABLE, resume=tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    killing(3)
    with pytest.raises(Killed):
        classifier(**settings).fit(TABLE, resume=tmp_path / "one")
    killing(0)
    one, other = (classifier(**settings).fit(TABLE, resume=tmp_path / name) for name in ("one", "other"))
    assert_same(one, other)


def signalling(monkeypatch, number, *steps):
    """Send this process a signal while the steps of these numbers are taken."""
    count, real = [], trainer._step

    def step(*arguments):
        count.append(None)
        if len(count) in steps:
            signal.raise_signal(number)
        return real(*arguments)

    monkeypatch.setattr(trainer, "_step", step)
    return count


SIGNALLED = CASES["early stopping"] | {"n_iter_no_change": 9, "epochs": 5}


@pytest.fixture(scope="module")
def undisturbed():
    """The training that each signal below disturbs."""
    return classifier(**SIGNALLED).fit(TABLE)  # 270 rows of 300: 9 steps an epoch


@pytest.mark.parametrize("step", [1, 4, 10, 11, 15, 50])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_step_and_loses_nothing(number, step, undisturbed, tmp_path, monkeypatch):
    count = signalling(monkeypatch, number, step)
    with sigterm_as_ctrl_c(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = classifier(**SIGNALLED).fit(TABLE, resume=tmp_path)
        except KeyboardInterrupt:
            assert number == signal.SIGTERM or step < 9
        else:
            assert step == 50 or (number == signal.SIGINT and step >= 9)  # there are 45 steps in all
            assert found.interrupted_ == ("" if step == 50 else "Ctrl-C")
    assert len(count) == min(step, 45)
    epoch, within = divmod(len(count), 9)
    newest = f"epoch-{epoch:04d}" + (f"-step-{within:04d}" if within else "")
    assert newest in os.listdir(tmp_path)
    monkeypatch.undo()
    assert_same(classifier(**SIGNALLED).fit(TABLE, resume=tmp_path), undisturbed)


def test_a_second_ctrl_c_does_not_wait_for_the_step(tmp_path, monkeypatch):
    real = trainer._step

    def step(*arguments):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return real(*arguments)

    monkeypatch.setattr(trainer, "_step", step)
    with pytest.raises(KeyboardInterrupt):
        classifier(model=dropping).fit(TABLE, resume=tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".lock", "epoch-0000"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_keras_ends_its_step_and_keeps_whole_epochs(tmp_path, monkeypatch):
    settings = CASES["Keras, early stopping"]
    straight = classifier(**settings).fit(TABLE)
    batches, real = [], keras_loop.Rows.batch

    def batch(rows, chosen):
        batches.append(len(chosen))
        if len(batches) == 14:  # in the second epoch
            signal.raise_signal(signal.SIGINT)
        return real(rows, chosen)

    monkeypatch.setattr(keras_loop.Rows, "batch", batch)
    with pytest.warns(UserWarning, match="Ctrl-C"):
        found = classifier(**settings).fit(TABLE, resume=tmp_path)
    assert found.n_iter_ == 1
    assert sorted(os.listdir(tmp_path)) == [".lock", "epoch-0000", "epoch-0001"]
    monkeypatch.undo()
    assert_same(classifier(**settings).fit(TABLE, resume=tmp_path), straight)


def test_an_epoch_that_the_users_callbacks_saw_is_kept_whole_only(tmp_path, monkeypatch):
    settings = {"model": dropping, "engine": "numpy", "callbacks": lambda: [keras.callbacks.Callback()]}
    signalling(monkeypatch, signal.SIGINT, 14)
    with pytest.warns(UserWarning, match="Ctrl-C"):
        classifier(**settings).fit(TABLE, resume=tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".lock", "epoch-0000", "epoch-0001"]


@pytest.mark.parametrize("engine", ["numpy", "keras"])
def test_a_training_that_goes_on_diverges_as_the_straight_one(engine, tmp_path, killing):
    def wild(n_features, n_classes):
        model = keras.Sequential([keras.Input((n_features,)), L.Dense(n_classes, activation="softmax")])
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([20], [1e-4, 1e38])  # 10 steps an epoch
        optimizer = keras.optimizers.SGD(schedule)
        model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
        return model

    settings = {"model": wild, "engine": engine, "epochs": 4}
    with pytest.warns(UserWarning, match="not finite in epoch 3"):
        straight = classifier(**settings).fit(TABLE)
    killing(3)
    with pytest.raises(Killed):
        classifier(**settings).fit(TABLE, resume=tmp_path)
    killing(0)
    with pytest.warns(UserWarning, match="not finite in epoch 3"):
        found = classifier(**settings).fit(TABLE, resume=tmp_path)
    assert_same(found, straight)


@pytest.fixture
def begun(tmp_path, killing):
    """A folder in which two epochs were trained."""
    killing(3)
    with pytest.raises(Killed):
        classifier(model=dropping).fit(TABLE, resume=tmp_path)
    killing(0)
    return tmp_path


def without_bias(n_features, n_classes):
    layers = [keras.Input((n_features,)), L.Dense(32, activation="tanh"), L.Dense(n_classes, activation="softmax")]
    return keras.Sequential(layers)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"epochs": 6}, "epochs"),
        ({"batch_size": 16}, "batch_size"),
        ({"engine": "keras"}, "engine"),
        ({"early_stopping": True}, "early_stopping"),
        ({"model__rate": 0.4}, r"model.*rate"),
        ({"model": with_momentum}, r"model.*optimizer"),
        ({"model": without_bias}, r"model.*layers"),
        ({"recipe": "document"}, "pixel_scale|model"),
    ],
    ids=["epochs", "batch size", "engine", "early stopping", "rate", "optimizer", "layers", "recipe"],
)
def test_another_setting_is_refused_by_name(begun, change, named):
    before = sorted(begun.rglob("*"))
    with pytest.raises(UsageError, match=rf"began with a different ({named})"):
        classifier(**({"model": dropping} | change)).fit(TABLE, resume=begun)
    assert sorted(begun.rglob("*")) == before


def test_other_rows_labels_or_weights_are_refused_by_name(begun):
    with pytest.raises(DataError, match=r"data\.rows differs"):
        classifier(model=dropping).fit(TABLE[:299], resume=begun)
    pixels, labels = TABLE.pixels.copy(), TABLE.labels
    pixels[17, 40] += 1
    for rows, weights in ((pixels, None), (TABLE.pixels, np.linspace(0.5, 1, 300))):
        with pytest.raises(DataError, match=r"data\.sha256 differs"):
            classifier(model=dropping).fit(rows, labels, sample_weight=weights, resume=begun)


def test_other_versions_are_told_and_the_training_goes_on(begun, monkeypatch):
    monkeypatch.setattr("convscope.training.facts.versions", lambda: {"numpy": "0.1"})
    with pytest.warns(UserWarning, match="the last bits may differ"):
        assert classifier(model=dropping).fit(TABLE, resume=begun).n_iter_ == 5


@pytest.mark.parametrize("damaged", [1, 2])
def test_a_damaged_checkpoint_costs_time_and_no_bit(begun, damaged):
    straight = classifier(model=dropping).fit(TABLE)
    for path in sorted(begun.glob("epoch-*"))[-damaged:]:
        (path / "state.safetensors").write_bytes(b"torn")
    with pytest.warns(UserWarning, match="is damaged"):
        found = classifier(model=dropping).fit(TABLE, resume=begun)
    assert found.n_resumed_ == 2 - damaged
    assert_same(found, straight)


def test_a_full_disk_ends_the_training_in_words_and_loses_no_epoch(tmp_path, monkeypatch):
    straight = classifier(model=dropping).fit(TABLE)
    calls, real = [], os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) > 13:  # five for a checkpoint: in the third
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"epoch-0002 cannot be written: No space left"):
        classifier(model=dropping).fit(TABLE, resume=tmp_path)
    monkeypatch.undo()
    found = classifier(model=dropping).fit(TABLE, resume=tmp_path)
    assert found.n_resumed_ == 1
    assert_same(found, straight)


def test_a_folder_has_one_training_at_a_time(tmp_path):
    refused = []

    class Second(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            with pytest.raises(RunError, match="is already in use"):
                classifier(model="linear").fit(TABLE, resume=tmp_path)
            refused.append(epoch)

    classifier(model=dropping, engine="numpy", epochs=2, callbacks=lambda: [Second()]).fit(TABLE, resume=tmp_path)
    assert refused == [0, 1]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        classifier(model=dropping).fit(TABLE, resume=tmp_path / "file")


def test_a_model_that_is_refused_later_leaves_the_checkpoints(begun):
    with pytest.raises(ModelError):
        classifier(model=lambda n_features, n_classes: "no model").fit(TABLE, resume=begun)
    assert len(list(begun.rglob("COMMIT.json"))) == 2


@pytest.mark.skipif(backend_name() != "jax", reason="one backend is enough")
def test_order_and_dropout_are_drawn_from_streams_of_their_own():
    order, dropout = (
        np.random.default_rng((7, 3, stream)).random(4) for stream in (keras_loop.ORDER, keras_loop.DROPOUT)
    )
    assert not np.array_equal(order, dropout)
