"""What scikit-learn asks of a classifier, checked by scikit-learn itself and by hand."""

import gc
import pickle
import subprocess
import sys
import textwrap

import numpy as np
import psutil
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

from convscope.backend import keras
from convscope.errors import UsageError
from convscope.training import ImageClassifier

EXCUSED = {
    "check_sample_weight_equivalence_on_dense_data": "a weight is not a repeated row where rows come in batches; "
    "scikit-learn excuses SGDClassifier for the same reason"
}
MODEL_MATTERS = ("one_label", "classifiers_classes", "fit2d_1feature", "methods_subset", "in_init", "constructible")


def small(n_features, n_classes, *, units=4, learning_rate=0.05):
    """A compiled model: what users bring."""
    layers = [keras.layers.Dense(units, activation="relu"), keras.layers.Dense(n_classes, activation="softmax")]
    model = keras.Sequential([keras.Input((n_features,)), *layers])
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


def quick(model="linear", **settings):
    return ImageClassifier(model, **({"random_state": 0, "epochs": 3, "batch_size": 20} | settings))


@pytest.mark.filterwarnings("ignore")
def test_every_check_of_scikit_learn_passes_but_the_excused_one():
    found = check_estimator(ImageClassifier("mlp"), expected_failed_checks=EXCUSED, on_fail=None)
    status = {result["check_name"]: result["status"] for result in found}
    assert len(status) > 40
    assert [name for name, outcome in status.items() if outcome == "failed"] == []
    assert [name for name, outcome in status.items() if outcome == "xfail"] == list(EXCUSED)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", ["cnn", "points_mlp", "linear"])
def test_the_other_models_pass_the_checks_that_depend_on_the_model(model):
    for estimator, check in estimator_checks_generator(ImageClassifier(model)):
        if any(words in check.func.__name__ for words in MODEL_MATTERS):
            check(estimator)


def test_the_constructor_only_stores():
    classifier = ImageClassifier("no such model", epochs=-3, recipe="none", model__units=3)
    assert classifier.get_params()["epochs"] == -3
    assert not [name for name in vars(classifier) if name.endswith("_") and not name.startswith("_")]


def test_the_builder_s_parameters_are_listed_set_and_cloned():
    classifier = ImageClassifier("mlp", model__units=5)
    assert classifier.get_params()["model__units"] == 5
    assert classifier.get_params()["model__activation"] == "relu"
    assert clone(classifier).set_params(model__activation="tanh").get_params()["model__units"] == 5
    assert "model__hidden" in ImageClassifier("points_mlp").get_params()
    assert not [name for name in ImageClassifier("linear").get_params() if name.startswith("model__")]


def test_a_parameter_that_the_builder_does_not_take_is_refused_with_the_nearest_name(stripes):
    with pytest.raises(UsageError, match="did you mean 'model__units'"):
        ImageClassifier("mlp").set_params(model__unit=3)
    with pytest.raises(UsageError, match="model__unit"):
        ImageClassifier("mlp", model__unit=3).fit(*stripes)


def test_a_grid_trains_as_many_epochs_as_it_says_in_two_processes(stripes):
    grid = GridSearchCV(quick(small), {"epochs": [7], "model__units": [3, 4]}, cv=2, n_jobs=2).fit(*stripes)
    assert grid.best_estimator_.n_iter_ == 7
    assert grid.best_estimator_.model_.layers[0].units == grid.best_params_["model__units"]
    assert np.isfinite(grid.cv_results_["mean_test_score"]).all()


def test_a_pipeline_and_cross_validation_work(stripes):
    pixels, labels = stripes
    scores = cross_val_score(
        make_pipeline(StandardScaler(), quick("mlp", epochs=30)), pixels.astype(float), labels, cv=2
    )
    assert scores.min() > 0.8


def test_a_compiled_keras_model_can_be_cloned_and_searched(stripes):
    classifier = quick(small(16, 3))
    assert clone(classifier).model is classifier.model
    scores = cross_val_score(classifier, *stripes, cv=2, n_jobs=2)
    assert np.isfinite(scores).all()


def test_weights_are_routed(stripes):
    pixels, labels = stripes
    weights = np.where(labels == 2, 1e-6, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = make_pipeline(quick("mlp", epochs=30).set_fit_request(sample_weight=True))
        routed.fit(pixels, labels, sample_weight=weights)
        assert 2 not in routed.predict(pixels)
        assert clone(routed)[-1].get_metadata_routing().fit.requests == {"sample_weight": True}


def test_a_seed_gives_the_same_weights_whatever_was_built_before():
    """JAX keeps compiled programs, and two programs for the same weights may round differently."""
    code = textwrap.dedent("""
        import hashlib, sys
        import numpy as np
        from convscope import ImageClassifier
        from convscope.backend import keras
        if sys.argv[1:]:
            keras.Sequential([keras.Input((64,)), keras.layers.Dense(64), keras.layers.Dense(2)])
        rows = np.random.default_rng(0).integers(0, 256, (40, 64))
        trained = ImageClassifier("mlp", epochs=1, random_state=0).fit(rows, np.arange(40) % 2)
        print(hashlib.sha256(b"".join(weight.tobytes() for weight in trained.model_.get_weights())).hexdigest())
    """)
    alone, after = (
        subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        for words in ([], ["another model"])
    )
    assert alone.stdout == after.stdout != ""


@pytest.mark.parametrize("model", ["cnn", small])
def test_a_pickle_predicts_the_same_and_can_train_on(stripes, model):
    classifier = quick(model, warm_start=True).fit(*stripes)
    copy = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copy.predict_proba(stripes[0]), classifier.predict_proba(stripes[0]))
    assert copy.history_ == classifier.history_
    assert copy.model_.loss == classifier.model_.loss or model == "cnn"
    copy.fit(*stripes)


def test_thirty_fits_grow_memory_by_less_than_50_mb(stripes):
    process = psutil.Process()
    quick("mlp", epochs=1).fit(*stripes).predict(stripes[0])
    gc.collect()
    before = process.memory_info().rss
    for _ in range(30):
        quick("mlp", epochs=1).fit(*stripes).predict(stripes[0])
    assert (process.memory_info().rss - before) / 1e6 < 50
