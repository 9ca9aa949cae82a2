"""A fit changes nothing that others share, and nothing that others do changes a fit."""

import gc
import os
import random
import subprocess
import sys
import textwrap
import threading
import warnings

import joblib
import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from threadpoolctl import threadpool_info

from convscope import ImageClassifier
from convscope.backend import backend_name, keras
from convscope.engine._drawing import uniform
from convscope.engine.own_seeds import own_seeds

L = keras.layers
PIXELS, LABELS = np.random.default_rng(0).integers(0, 256, (60, 64)), np.arange(60) % 3


def dropping(n_features, n_classes):
    layers = [L.Dense(8, activation="relu"), L.Dropout(0.4), L.Dense(n_classes, activation="softmax")]
    return keras.Sequential([keras.Input((n_features,)), *layers])


def seeding(n_features, n_classes):
    keras.utils.set_random_seed(2)
    return dropping(n_features, n_classes)


def predictions(model, engine, **settings):
    found = ImageClassifier(model, engine=engine, epochs=1, random_state=3, **settings).fit(PIXELS, LABELS)
    return found.predict_proba(PIXELS)


def at_once(function, n=3):
    found = []
    threads = [threading.Thread(target=lambda: found.append(function())) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


CASES = [("cnn", "numpy"), (dropping, "numpy"), (dropping, "keras"), (seeding, "keras")]


@pytest.mark.parametrize(("model", "engine"), CASES)
def test_fits_in_three_threads_are_the_serial_one_bit_for_bit(model, engine):
    serial = predictions(model, engine)
    found = at_once(lambda: predictions(model, engine))
    assert len(found) == 3 and all(np.array_equal(one, serial) for one in found)


def test_cross_validation_in_threads_gives_the_serial_figures():
    classifier = ImageClassifier("mlp", random_state=3, epochs=2)
    serial = cross_val_score(classifier, PIXELS, LABELS, cv=3)
    with joblib.parallel_backend("threading"):
        assert cross_val_score(classifier, PIXELS, LABELS, cv=3, n_jobs=3).tolist() == serial.tolist()


@pytest.mark.parametrize("engine", ["numpy", "keras"])
def test_who_draws_while_a_fit_runs_neither_disturbs_it_nor_is_disturbed(engine):
    alone, drawn, is_over = predictions(dropping, engine), [], threading.Event()
    before = random.getstate(), np.random.get_state()

    def draw():
        while not is_over.wait(0.001):
            drawn.append((random.random(), np.random.random()))

    try:
        random.seed(11)
        np.random.seed(11)
        thread = threading.Thread(target=draw)
        thread.start()
        found = predictions(dropping, engine)
        is_over.set()
        thread.join()
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
    assert np.array_equal(found, alone)
    mine, its = random.Random(11), np.random.RandomState(11)
    assert drawn and drawn == [(mine.random(), its.random_sample()) for _ in drawn]


def world():
    """What a process has one of, and a fit might touch."""
    return {
        "random": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),
        "filters": list(warnings.filters),
        "gc": gc.isenabled(),
        "environment": dict(os.environ),
        "BLAS": [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"],
        "generators of Keras": (
            keras.src.random.seed_generator.python_random is random,
            keras.src.utils.rng_utils.random is random,
        ),
    }


@pytest.mark.parametrize("model", [dropping, seeding])
def test_fits_leave_the_process_as_it_was(model):
    predictions("mlp", "numpy")  # what is imported late is imported now
    frozen = gc.get_freeze_count()
    before = world()
    at_once(lambda: predictions(model, "numpy"))
    predictions(model, "keras", callbacks=[keras.callbacks.TerminateOnNaN()])
    assert gc.get_freeze_count() <= frozen  # what was frozen may have been let go
    assert world() == before


def test_what_builders_seed_is_put_back_in_whatever_order_they_end():
    before = random.getstate(), np.random.get_state()[1].tolist()
    one, other = own_seeds(1), own_seeds(2)
    one.__enter__()
    keras.utils.set_random_seed(5)
    second = threading.Thread(target=lambda: (other.__enter__(), keras.utils.set_random_seed(6)))
    second.start()
    second.join()
    one.__exit__(None, None, None)
    other.__exit__(None, None, None)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


def test_importing_and_fitting_replace_and_register_nothing():
    code = textwrap.dedent("""
        import atexit, gc, os, sys, threading, warnings
        import numpy as np
        environment, filters = dict(os.environ), list(warnings.filters)
        registered, register = [], atexit.register
        atexit.register = lambda function, *given: registered.append(function) or register(function, *given)
        from convscope import ImageClassifier
        import jax, scipy.stats
        uniform, option, seen = jax.random.uniform, "jax_disable_most_optimizations", []
        over = threading.Event()
        def look():
            while not over.wait(0.001):
                seen.append(jax.random.uniform is uniform and not jax.config.read(option) and gc.isenabled())
        thread = threading.Thread(target=look)
        thread.start()
        ImageClassifier("mlp", epochs=1).fit(np.random.default_rng(0).random((40, 64)), np.arange(40) % 2)
        over.set(); thread.join()
        assert seen and all(seen), "changed while it was fitted"
        assert type(sys.modules["scipy.stats"]).__name__ == "module"
        assert dict(os.environ) == environment
        assert gc.freeze not in registered
        assert not [one for one in registered if str(one.__module__).startswith("convscope")], registered
        assert gc.get_freeze_count() == 0
    """)
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(backend_name() != "jax", reason="the numbers are JAX's")
@pytest.mark.parametrize("shape", [(1,), (5, 13), (3, 3, 32, 64), (0, 4)])
def test_uniform_numbers_are_those_that_jax_draws(shape):
    import jax

    key = jax.numpy.array([12345, 0], dtype="uint32")
    own = uniform(shape, -0.25, 0.5, 12345)  # widths of two's powers: no sum depends on how it is rounded
    drawn = np.asarray(jax.random.uniform(key, shape, minval=-0.25, maxval=0.5))
    assert own.shape == shape and own.dtype == np.float32
    np.testing.assert_allclose(own, drawn, rtol=0, atol=3e-8)


def test_seeds_are_the_thread_s_own_and_a_builder_may_seed_them():
    with own_seeds(5) as seeds:
        expected = random.Random(5)
        assert keras.random.SeedGenerator().state.value[0] == expected.randint(1, 10**9)
        others = at_once(lambda: keras.src.random.seed_generator.python_random.randint.__self__, n=1)
        assert others != [seeds] and keras.src.random.seed_generator.python_random.randint.__self__ is seeds
        with own_seeds(6):
            pass
        assert keras.random.SeedGenerator().state.value[0] == expected.randint(1, 10**9)
        keras.utils.set_random_seed(9)
        assert keras.random.SeedGenerator().state.value[0] == random.Random(9).randint(1, 10**9)
