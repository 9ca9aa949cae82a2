"""Watched trainings: the same numbers, looks at epochs and between, stop and wait, films that are kept and capped."""

import threading
import time

import numpy as np
import pytest

from convscope import ImageClassifier
from convscope.backend import keras
from convscope.datasets import load_parts
from convscope.engine.watching import Film, Look, Watcher
from convscope.errors import ModelError


@pytest.fixture(scope="module")
def rows():
    return load_parts("digits", progress=False)[0][:600]


class Seen:
    """Takes the place of the page."""

    def __call__(self, classifier, watcher, table):
        self.classifier, self.watcher, self.table = classifier, watcher, table
        self.finished = False
        return self.finish

    def finish(self):
        self.finished = True


def dropping(image_shape, n_classes):
    return keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def unknown(image_shape, n_classes):
    """Give a model with a layer that the fast loop does not know."""
    last = [keras.layers.Flatten(), keras.layers.Dense(n_classes, activation="softmax")]
    cube = [keras.layers.Reshape((4, 4, 4, 1)), keras.layers.Conv3D(2, 2)]
    return keras.Sequential([keras.Input((64,)), *cube, *last])


@pytest.mark.parametrize("engine", ["numpy", "keras"])
@pytest.mark.parametrize("model", ["mlp", "cnn", dropping])
def test_a_watched_training_ends_at_the_same_weights(rows, model, engine):
    settings = {"epochs": 2, "engine": engine, "random_state": 0}
    alone = ImageClassifier(model, **settings).fit(rows)
    watched = ImageClassifier(model, **settings).fit(rows, watch=Seen())
    for one, other in zip(alone.model_.get_weights(), watched.model_.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert alone.history_.metrics == watched.history_.metrics


@pytest.mark.parametrize("engine", ["numpy", "keras"])
def test_there_is_a_look_before_the_first_step_and_at_every_epoch(rows, engine):
    classifier = ImageClassifier("mlp", epochs=3, engine=engine, random_state=0).fit(rows, watch=Seen())
    looks = classifier.film_.looks
    assert (looks[0].step, looks[0].epoch) == (0, 0)
    assert {look.epoch for look in looks} == {0, 1, 2, 3}
    assert [look.step for look in looks] == sorted(look.step for look in looks)
    for last, weight in zip(looks[-1].weights, classifier.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(last, weight)
    assert looks[-1].loss < looks[0].loss
    assert set(looks[-1].gradients) == {weight.path for weight in classifier.model_.weights}
    assert classifier.film_.ended == "done"


def test_gradients_that_are_shown_are_those_of_the_loss(rows):
    """Along a weight's gradient the loss of the watched rows changes as a difference quotient says."""
    seen = Seen()
    classifier = ImageClassifier("mlp", epochs=1, random_state=0).fit(rows, watch=seen)
    loop = seen.watcher.loop
    x, targets = seen.watcher.inputs, seen.watcher.targets
    _, _, gradients = loop.examine(x, targets)
    place = int(np.argmax(np.abs(gradients[1])))
    changes = []
    for sign in (1, -1):
        loop.network.weights[1][place] += np.float32(sign * 1e-2)
        changes.append(float(np.mean(loop.examine(x, targets)[1])))
        loop.network.weights[1][place] -= np.float32(sign * 1e-2)
    assert (changes[0] - changes[1]) / 2e-2 == pytest.approx(gradients[1][place], rel=2e-2)
    shown = classifier.film_.looks[-1].gradients["mlp/hidden/bias"]
    assert shown == pytest.approx(float(np.sqrt(np.mean(np.square(gradients[1])))), rel=1e-5)


def test_a_layer_that_is_not_known_leaves_its_measures_out_and_keeps_the_rest(rows):
    look = ImageClassifier(unknown, epochs=1, random_state=0).fit(rows, watch=Seen()).film_.looks[-1]
    assert (look.loss, look.gradients) == (None, {})
    assert 0 < look.accuracy <= 1


@pytest.mark.parametrize("epochs_before", [0, 2])
def test_whoever_watches_learns_that_a_training_was_interrupted(rows, epochs_before):
    class Interrupts(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == epochs_before:
                raise KeyboardInterrupt

    told = []

    class Hears(Seen):
        def __call__(self, classifier, watcher, table):
            self.watcher = watcher
            watcher.listeners.append(lambda: told.append(watcher.film.ended))
            return super().__call__(classifier, watcher, table)

    seen = Hears()
    classifier = ImageClassifier("mlp", epochs=5, random_state=0, callbacks=[Interrupts()])
    with pytest.raises(KeyboardInterrupt) if epochs_before == 0 else pytest.warns(UserWarning, match="Ctrl-C"):
        classifier.fit(rows, watch=seen)
    assert (seen.watcher.film.ended, told[-1]) == ("stopped", "stopped")


def test_a_training_that_is_stopped_keeps_what_it_has_learned(rows):
    class Stops(Seen):
        def __call__(self, classifier, watcher, table):
            watcher.listeners.append(lambda: watcher.film.looks[-1].step >= 5 and watcher.stop())
            return super().__call__(classifier, watcher, table)

    classifier = ImageClassifier("mlp", epochs=500, random_state=0).fit(rows, watch=Stops())
    assert classifier.n_iter_ < 500
    assert classifier.film_.ended == "stopped"
    for last, weight in zip(classifier.film_.looks[-1].weights, classifier.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(last, weight)


@pytest.mark.parametrize("engine", ["numpy", "keras"])
def test_a_training_that_waits_goes_on_as_if_it_had_not(rows, engine):
    class Waits(Seen):
        def __call__(self, classifier, watcher, table):
            watcher.pause()

            def free():
                while watcher.film is None or len(watcher.film.looks) < 2:
                    time.sleep(0.01)
                time.sleep(0.1)
                self.n_looks = len(watcher.film.looks)
                watcher.go_on()

            threading.Thread(target=free, daemon=True).start()
            return super().__call__(classifier, watcher, table)

    settings = {"epochs": 2, "engine": engine, "random_state": 0}
    alone = ImageClassifier("mlp", **settings).fit(rows)
    waited = ImageClassifier("mlp", **settings).fit(rows, watch=Waits())
    for one, other in zip(alone.model_.get_weights(), waited.model_.get_weights(), strict=True):
        assert np.array_equal(one, other)


def look(step, n=1000):
    return Look(step, 0, 0.0, 1.0, 0.5, [0.5], {}, [np.full(n, step, np.float32)])


def test_a_film_never_holds_more_bytes_than_allowed_and_keeps_its_ends():
    film = Film(["w"], most_bytes=40_000)
    for step in range(500):
        film.add(look(step))
        assert film.n_bytes <= 40_000
        assert (film.looks[0].step, film.looks[-1].step) == (0, step)
    steps = np.array([one.step for one in film.looks])
    assert len(steps) >= 5
    assert np.diff(steps).max() <= 4 * max(1, int(np.median(np.diff(steps))))


def test_a_film_is_written_and_read_again(tmp_path):
    film = Film(["a/w"])
    for step in (0, 3):
        film.add(look(step))
    film.ended = "done"
    film.write(tmp_path / "film.safetensors")
    again = Film.read(tmp_path / "film.safetensors")
    assert [one.facts() for one in again.looks] == [one.facts() for one in film.looks]
    assert np.array_equal(again.looks[1].weights[0], film.looks[1].weights[0])
    assert again.ended == "done"


@pytest.mark.parametrize("content", [b"", b"\x00" * 20, b"not a film at all"])
def test_what_is_no_film_is_told(tmp_path, content):
    (tmp_path / "film").write_bytes(content)
    with pytest.raises(ModelError, match="not a recording"):
        Film.read(tmp_path / "film")


def test_a_model_of_ones_own_is_watched_through_keras(rows):
    from convscope.engine.keras_loop import Rows

    model = unknown((8, 8, 1), 10)
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = rows.pixels.astype(np.float32) / 16, rows.labels
    watcher = Watcher(Rows(x, y, None, lambda part: part), 10)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[watcher])
    assert watcher.film.looks[-1].epoch == 2
    assert watcher.film.looks[-1].accuracy > watcher.film.looks[0].accuracy
