"""The fast loop against Keras' own: gradients, steps, repeats; and which of the two trains what."""

import numpy as np
import pytest

from convscope import ImageClassifier
from convscope.backend import backend_name, keras
from convscope.datasets import load_table
from convscope.engine import keras_loop, rewriting, trainer
from convscope.engine._threads import n_threads
from convscope.engine.keras_loop import Rows
from convscope.engine.logits import LogitsTrainer, compile_settings
from convscope.engine.network import Pass, UnknownLayerError, read_network
from convscope.engine.trainer import read_loop
from convscope.errors import ModelError
from convscope.primitives import CURVES
from convscope.primitives import gradients as g

pytestmark = pytest.mark.backend

L = keras.layers
RATE = 1000.0  # one step so long that the weights' own rounding does not hide the gradient
IMAGE = (9, 8, 3)


def sequential(*layers, shape=IMAGE, units=4):
    return keras.Sequential([keras.Input(shape), *layers, L.Flatten(), L.Dense(units, activation="softmax")])


def branches():
    x = inputs = keras.Input(IMAGE)
    x = L.Conv2D(6, 3, padding="same", activation="tanh")(x)
    left = L.Conv2D(6, 1)(x)
    right = L.DepthwiseConv2D(3, padding="same")(x)
    x = L.Concatenate()([L.Add()([left, right, x]), L.MaxPooling2D(3, strides=1, padding="same")(x)])
    x = L.GlobalAveragePooling2D()(L.Activation("silu")(x))
    return keras.Model(inputs, L.Dense(4, activation="softmax")(x))


def shared():
    inputs = keras.Input(IMAGE)
    twice = L.Conv2D(3, 3, padding="same", activation="relu")
    x = twice(twice(inputs))
    return keras.Model(inputs, L.Dense(4, activation="softmax")(L.Flatten()(x)))


MODELS = {
    "dense": lambda: sequential(L.Flatten(), L.Dense(7, activation="relu")),
    "dense on maps": lambda: sequential(L.Dense(5, use_bias=False)),
    "convolution": lambda: sequential(L.Conv2D(5, (3, 2), activation="relu"), L.Conv2D(4, 2, use_bias=False)),
    "strides": lambda: sequential(L.Conv2D(5, 3, strides=(2, 3)), L.Conv2D(4, 2, padding="same", strides=2)),
    "dilation": lambda: sequential(L.Conv2D(5, 3, dilation_rate=(2, 1), padding="same"), L.Conv2D(2, 2)),
    "depthwise": lambda: sequential(L.Conv2D(4, 1), L.DepthwiseConv2D(3, depth_multiplier=2, strides=2)),
    "max pooling": lambda: sequential(L.Conv2D(5, 2), L.MaxPooling2D(2), L.Conv2D(3, 2)),
    "overlapping pooling": lambda: sequential(L.Conv2D(5, 2), L.MaxPooling2D(3, strides=2, padding="same")),
    "average pooling": lambda: sequential(L.Conv2D(5, 2), L.AveragePooling2D((2, 3), padding="same")),
    "winners": lambda: sequential(
        L.Conv2D(9, 2, padding="same", activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(8, 2, padding="same", activation="relu"), L.MaxPooling2D(2),
    ),
    "relu and pooling": lambda: sequential(L.Conv2D(5, 3, activation="relu"), L.MaxPooling2D(2), L.Conv2D(4, 2)),
    "global pooling": lambda: keras.Sequential(
        [keras.Input(IMAGE), L.Conv2D(5, 3), L.GlobalMaxPooling2D(), L.Dense(4, activation="softmax")]
    ),
    "batch normalization": lambda: sequential(L.Conv2D(5, 3), L.BatchNormalization(), L.ReLU(), L.Conv2D(4, 2)),
    "bare normalization": lambda: sequential(L.Conv2D(5, 3), L.BatchNormalization(scale=False, center=False)),
    "frozen": lambda: sequential(
        L.Conv2D(5, 3, trainable=False), L.BatchNormalization(trainable=False), L.Conv2D(2, 2)
    ),
    "rescaling": lambda: sequential(L.Rescaling(0.5, offset=-0.1), L.ZeroPadding2D(((1, 0), (2, 1))), L.Conv2D(5, 3)),
    "leaky": lambda: sequential(L.Conv2D(5, 3), L.LeakyReLU(negative_slope=0.1), L.Reshape((-1, 5)), L.Dense(3)),
    "softmax inside": lambda: sequential(L.Conv2D(5, 3, activation="softmax"), L.Conv2D(4, 2)),
    "softmax layer": lambda: keras.Sequential([keras.Input(IMAGE), L.Flatten(), L.Dense(4), L.Softmax()]),
    "branches": branches,
    "shared": shared,
    **{name: lambda name=name: sequential(L.Conv2D(4, 3, activation=name), L.Conv2D(3, 2)) for name in CURVES},
}  # fmt: skip
if backend_name() != "tensorflow":  # whose CPU kernels have no gradient for groups
    MODELS["groups"] = lambda: sequential(L.Conv2D(6, 1), L.Conv2D(4, 3, groups=2))


def random_model(seed):
    """Build a model of layers drawn by chance."""
    rng = np.random.default_rng(seed)
    activations = ["relu", "tanh", "elu", "sigmoid", "gelu", "linear"]

    def one(x):
        kind = rng.integers(6)
        if kind == 0:
            window, stride = (int(side) for side in rng.integers(1, 4, 2))
            name = str(rng.choice(activations))
            return L.Conv2D(int(rng.integers(2, 7)), window, strides=stride, padding="same", activation=name)(x)
        if kind == 1:
            return L.MaxPooling2D(2, strides=int(rng.integers(1, 3)), padding="same")(x)
        if kind == 2:
            return L.BatchNormalization()(x)
        if kind == 3:
            return L.Add()([x, L.Conv2D(x.shape[-1], 3, padding="same", activation="relu")(x)])
        if kind == 4:
            return L.Concatenate()([x, L.DepthwiseConv2D(2, padding="same")(x)])
        return L.AveragePooling2D(2, padding="same")(x)

    x = inputs = keras.Input((int(rng.integers(5, 11)), int(rng.integers(5, 11)), int(rng.integers(1, 4))))
    for _ in range(int(rng.integers(2, 6))):
        x = one(x)
    x = L.Dense(4, activation="softmax")(L.Flatten()(x))
    return keras.Model(inputs, x)


def rows_for(model, n_rows=12, n_classes=4, weights=None, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n_rows, *model.input_shape[1:])).astype(np.float32)
    labels = rng.integers(0, n_classes, n_rows).astype(np.int32)
    return Rows(inputs, labels, weights, lambda batch: batch)


def both(build, rows, optimizer, loss="sparse_categorical_crossentropy", epochs=1, batch_size=12, seed=3):
    """Train twins of a model in both loops, and return their weights before and after."""
    keras.utils.set_random_seed(seed)
    model = build()
    start = model.get_weights()
    found = []
    for engine in ("numpy", "keras"):
        model.set_weights(start)
        model.compile(loss=loss, optimizer=optimizer(), metrics=["accuracy"])
        fit = LogitsTrainer(model)
        run = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
        if engine == "numpy":
            history, _ = trainer.run_epochs(read_loop(fit, compile_settings(model)), fit, rows, **run)
        else:
            history, _ = keras_loop.run_epochs(fit, rows, **run)
        found.append((model.get_weights(), history.metrics))
    return start, found


def assert_same_gradients(build, rows, loss="sparse_categorical_crossentropy"):
    start, ((ours, measured), (theirs, expected)) = both(build, rows, lambda: keras.optimizers.SGD(RATE), loss)
    largest = max(float(np.abs(before - after).max()) for before, after in zip(start, theirs, strict=True))
    for before, one, other in zip(start, ours, theirs, strict=True):
        size = float(np.abs(before - other).max())
        # a bias before batch normalization has the gradient 0, and only the rounding of the others shows
        allowed = 1e-5 * size + 1e-6 * largest + 2e-7 * np.abs(before).max()
        assert np.abs(one - other).max() <= allowed, (one.shape, size)
    assert measured["loss"][0] == pytest.approx(expected["loss"][0], rel=1e-5)
    assert measured["accuracy"][0] == pytest.approx(expected["accuracy"][0], abs=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_keras_s_for_every_kind_of_layer(name):
    assert_same_gradients(MODELS[name], rows_for(MODELS[name]()))


@pytest.mark.parametrize("name", ["winners", "max pooling", "relu and pooling"])
def test_gradients_are_keras_s_without_numba(name, monkeypatch):
    monkeypatch.setattr(rewriting, "_fused", lambda: None)
    assert_same_gradients(MODELS[name], rows_for(MODELS[name]()))


@pytest.mark.parametrize("seed", range(12))
def test_gradients_are_keras_s_for_random_models(seed):
    assert_same_gradients(lambda: random_model(seed), rows_for(random_model(seed), seed=seed))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy",
                                  "mean_squared_error"])  # fmt: skip
def test_gradients_are_keras_s_for_every_loss(loss, weighted):
    binary = loss == "binary_crossentropy"

    def build():
        last = L.Dense(1, activation="sigmoid") if binary else L.Dense(4, activation="softmax")
        return keras.Sequential([keras.Input((6,)), L.Dense(5, activation="tanh"), last])

    rng = np.random.default_rng(1)
    rows = rows_for(build(), n_classes=2 if binary else 4)
    targets = rows.targets.astype(np.float32)[:, None] if binary else np.eye(4, dtype=np.float32)[rows.targets]
    weights = rng.random(12).astype(np.float32) if weighted else None
    chosen = rows.targets if loss.startswith("sparse") else targets
    assert_same_gradients(build, Rows(rows.inputs, chosen, weights, rows.prepare), loss)


@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_are_keras_s_with_smoothed_labels(weighted):
    build = MODELS["dense"]
    rows = rows_for(build(), weights=np.linspace(0, 2, 12, dtype=np.float32) if weighted else None)
    one_hot = Rows(rows.inputs, np.eye(4, dtype=np.float32)[rows.targets], rows.weights, rows.prepare)
    assert_same_gradients(build, one_hot, keras.losses.CategoricalCrossentropy(label_smoothing=0.1))


def test_smoothed_labels_of_single_units_are_refused():
    model = keras.Sequential([keras.Input((3,)), L.Dense(1, activation="sigmoid")])
    model.compile(optimizer="sgd", loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1), metrics=["accuracy"])
    with pytest.raises(UnknownLayerError, match="smooths the labels"):
        read_loop(LogitsTrainer(model), compile_settings(model))


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "momentum": lambda: keras.optimizers.SGD(0.02, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda: keras.optimizers.Adam(epsilon=1e-4),
    "adamw": lambda: keras.optimizers.AdamW(1e-3, weight_decay=0.05, epsilon=1e-4),
    "schedule": lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.5)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_both_engines_stay_together_for_50_steps(name):
    build = MODELS["relu and pooling"]
    rows = rows_for(build(), 200, seed=5)  # in no step are the two largest of a pooling window closer than rounding
    _, ((ours, _), (theirs, _)) = both(build, rows, OPTIMIZERS[name], epochs=5, batch_size=20)
    assert max(float(np.abs(one - other).max()) for one, other in zip(ours, theirs, strict=True)) < 1e-4


def test_the_moving_moments_follow_the_batches():
    build = MODELS["batch normalization"]
    start, ((ours, _), (theirs, _)) = both(build, rows_for(build(), 60), OPTIMIZERS["sgd"], epochs=2)
    assert any(not np.array_equal(one, before) for one, before in zip(ours[4:6], start[4:6], strict=True))
    assert max(float(np.abs(one - other).max()) for one, other in zip(ours, theirs, strict=True)) < 1e-4


@pytest.mark.parametrize("with_dropout", [False, True])
def test_the_number_of_threads_changes_no_bit(with_dropout):
    extra = [L.Dropout(0.3)] if with_dropout else []
    found = []
    for threads in (1, 2, 5):
        keras.utils.set_random_seed(1)
        model = sequential(L.Conv2D(32, 3, activation="relu"), *extra, L.Conv2D(32, 3), shape=(28, 28, 1))
        model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
        fit = LogitsTrainer(model)
        loop = read_loop(fit, compile_settings(model))
        rows = rows_for(model, 96)
        assert loop.size_part(rows, 96) < 48  # else there is nothing to do at once
        history, _ = trainer.run_epochs(loop, fit, rows, epochs=2, batch_size=96, seed=2, threads=threads)
        found.append((model.get_weights(), history.metrics))
    for weights, metrics in found[1:]:
        assert metrics == found[0][1]
        assert all(np.array_equal(one, other) for one, other in zip(weights, found[0][0], strict=True))


def test_dropout_drops_in_training_only_and_keeps_the_mean():
    model = sequential(L.Flatten(), L.Dropout(0.4))
    network = read_network(model)
    x = np.ones((500, *IMAGE), np.float32)
    (dropout,) = (node.do for node in network.graph.nodes if node and node.do.name == "noise")
    dropped = dropout.run([x.reshape(500, -1)], Pass(True, np.random.default_rng(0)))[0]
    assert set(np.unique(dropped).round(4)) == {0.0, np.float32(1 / 0.6).round(4)}
    assert dropped.mean() == pytest.approx(1, abs=0.01)
    assert np.array_equal(dropout.run([x], Pass(False))[0], x)


def numeric(function, x, step=1e-3):
    """Measure a gradient by small steps, in float64."""
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        found[place] = (function(moved[0]) - function(moved[1])) / (2 * step)
    return found


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 2), (0, 1))])
def test_a_convolution_s_back_is_its_derivative(padding):
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.normal(size=(2, 5, 4, 2)), rng.normal(size=(2, 3, 2, 3)), rng.normal(size=3)
    settings = {"strides": (2, 1), "padding": padding}
    y, back = g.convolution(x, kernel, bias, **settings)
    dy = rng.normal(size=y.shape)
    dx, (dkernel, dbias) = back(dy)

    def loss(*given):
        return (g.convolution(*given, **settings)[0] * dy).sum()

    assert np.allclose(dx, numeric(lambda v: loss(v, kernel, bias), x), atol=1e-6)
    assert np.allclose(dkernel, numeric(lambda v: loss(x, v, bias), kernel), atol=1e-6)
    assert np.allclose(dbias, numeric(lambda v: loss(x, kernel, v), bias), atol=1e-6)


@pytest.mark.parametrize("name", [*CURVES, "softmax"])
def test_an_activation_s_back_is_its_derivative(name):
    x = np.random.default_rng(0).normal(size=(3, 5)) * 2
    dy = np.random.default_rng(1).normal(size=x.shape)
    found = g.activation(x, name)[1](dy)[0]
    assert np.allclose(found, numeric(lambda v: (g.activation(v, name)[0] * dy).sum(), x, 1e-5), atol=1e-4)


UNKNOWN = {
    "a Conv3D": lambda: keras.Sequential([keras.Input((4, 4, 4, 2)), L.Conv3D(3, 2), L.Flatten(), L.Dense(3)]),
    "has stateful=True": lambda: keras.Sequential([keras.Input((8, 2), 4), L.LSTM(3, stateful=True), L.Dense(3)]),
    "varies pictures": lambda: sequential(L.RandomFlip()),
    "kernel regularizer": lambda: sequential(L.Dense(3, kernel_regularizer="l2")),
    "kernel constraint": lambda: sequential(L.Dense(3, kernel_constraint="unit_norm")),
    "activation of its own": lambda: sequential(L.Dense(3, activation=lambda x: x * 2)),
    "activity regularizer": lambda: sequential(L.ActivityRegularization(l2=0.1)),
    "normalizes the batch at each step": lambda: keras.Sequential(
        [keras.Input((4, 3)), L.TimeDistributed(L.BatchNormalization()), L.Flatten(), L.Dense(3)]
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_refused_with_its_reason(name):
    with pytest.raises(UnknownLayerError, match=name.removeprefix("an ").removeprefix("a ")):
        read_network(UNKNOWN[name]())


def test_the_engine_is_chosen_said_and_can_be_forced():
    table = load_table("digits")[:200]
    fits = {
        engine: ImageClassifier("mlp", engine=engine, epochs=1, random_state=0).fit(table)
        for engine in ("auto", "numpy", "keras")
    }
    assert [fit.engine_ for fit in fits.values()] == ["numpy", "numpy", "keras"]
    assert all(fit.engine_reason_ == "" for fit in fits.values())
    assert np.allclose(fits["numpy"].predict_proba(table), fits["keras"].predict_proba(table), atol=1e-3)
    cubes = [
        keras.Input((64,)),
        L.Reshape((4, 4, 4, 1)),
        L.Conv3D(2, 2),
        L.Flatten(),
        L.Dense(10, activation="softmax"),
    ]
    found = ImageClassifier(keras.Sequential(cubes), epochs=1).fit(table)
    assert found.engine_ == "keras" and "Conv3D" in found.engine_reason_
    with pytest.raises(ModelError, match="Conv3D"):
        ImageClassifier(keras.Sequential(cubes), epochs=1, engine="numpy").fit(table)
    seen = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    assert ImageClassifier("mlp", epochs=1, callbacks=[seen]).fit(table).engine_ == "keras"


def test_a_callback_sees_the_weights_of_the_epoch_that_has_ended():
    table, norms = load_table("digits")[:200], []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            norms.append(float(np.abs(self.model.get_weights()[0]).sum()))

    fit = ImageClassifier("mlp", epochs=3, callbacks=[Look()], engine="numpy", random_state=0).fit(table)
    assert len(set(norms)) == 3
    assert norms[-1] == pytest.approx(float(np.abs(fit.model_.get_weights()[0]).sum()))


COMPILED = {
    "the optimizer is a RMSprop": {"optimizer": "rmsprop"},
    "the optimizer uses clipnorm": {"optimizer": lambda: keras.optimizers.Adam(clipnorm=1.0)},
    "ignores a class": {"loss": lambda: keras.losses.SparseCategoricalCrossentropy(ignore_class=1)},
    "its loss is kl_divergence": {"loss": "kl_divergence"},
    "something other than accuracy": {"metrics": ["accuracy", "mae"]},
    "weighted": {"weighted_metrics": ["accuracy"]},
    "expects logits": {"loss": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
}


@pytest.mark.parametrize("reason", COMPILED)
def test_a_setting_that_is_not_known_is_refused_with_its_reason(reason):
    given = {name: value() if callable(value) else value for name, value in COMPILED[reason].items()}
    model = sequential(L.Flatten())
    model.compile(**({"optimizer": "adam", "loss": "sparse_categorical_crossentropy"} | given))
    with pytest.raises(UnknownLayerError, match=reason):
        fit = LogitsTrainer(model)
        read_loop(fit, compile_settings(model))


@pytest.mark.parametrize("limit", [0.0, 0.5])
def test_the_middle_of_a_logit_is_0_and_of_a_probability_0_5(limit):
    model = keras.Sequential([keras.Input((3,)), L.Dense(1)])
    loss, metric = keras.losses.BinaryCrossentropy(from_logits=True), keras.metrics.BinaryAccuracy(threshold=limit)
    model.compile(optimizer="sgd", loss=loss, metrics=[metric])
    if limit:
        with pytest.raises(UnknownLayerError, match="accuracy"):
            read_loop(LogitsTrainer(model), compile_settings(model))
    else:
        assert read_loop(LogitsTrainer(model), compile_settings(model)).takes_logits


@pytest.mark.parametrize("epoch", [0, 2])
def test_an_interrupt_costs_at_most_one_epoch(epoch):
    table = load_table("digits")[:200]

    class Stop(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.epochs_begun == epoch + 1 and batch == 1:
                raise KeyboardInterrupt

        epochs_begun = 0

        def on_epoch_begin(self, number, logs=None):
            self.epochs_begun += 1

    fit = ImageClassifier("mlp", engine="numpy", epochs=5, callbacks=[Stop()], random_state=0)
    if not epoch:
        with pytest.raises(KeyboardInterrupt):
            fit.fit(table)
        return
    with pytest.warns(UserWarning, match="Ctrl-C"):
        fit.fit(table)
    whole = ImageClassifier("mlp", engine="numpy", epochs=5, random_state=0).fit(table)
    assert fit.n_iter_ == epoch and fit.interrupted_ == "Ctrl-C"
    assert fit.history_.metrics["loss"] == pytest.approx(whole.history_.metrics["loss"][:epoch], rel=0.2)


def test_a_diverging_fit_is_told():
    table = load_table("digits")[:200]
    wild = keras.Sequential([keras.Input((64,)), L.Dense(10, activation="softmax")])
    wild.compile(optimizer=keras.optimizers.SGD(1e38), loss="sparse_categorical_crossentropy")
    with pytest.raises(ModelError, match="diverged"):
        ImageClassifier(wild, engine="numpy", epochs=2).fit(table)


def test_cores_are_shared_with_other_fits(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert n_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1000")
    most = n_threads()
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert n_threads() == most >= 1
