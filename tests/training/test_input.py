"""Rows and labels in every form they may come in: taken where the meaning is plain, else refused with the repair."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from convscope.errors import ConvscopeError, DataError, LabelError, ModelError, ShapeError
from convscope.training import ImageClassifier, evaluate
from convscope.training._input import draw_rows
from convscope.training._labels import read_labels

LABELS = np.arange(24) % 3
IMAGES = (np.random.default_rng(0).integers(0, 60, (24, 4, 4)) + 90 * LABELS[:, None, None]).astype(np.uint8)
ROWS = IMAGES.reshape(24, 16)


def quick(**settings):
    return ImageClassifier("linear", **({"random_state": 0, "epochs": 1, "batch_size": 8} | settings))


@pytest.fixture(scope="module")
def classifier():
    return quick().fit(ROWS, LABELS)


@pytest.mark.parametrize("form", [lambda X: X, lambda X: X[..., None], lambda X: X.tolist()], ids=["3", "4", "list"])
def test_arrays_of_images_are_rows_that_know_their_shape(classifier, form):
    found = quick().fit(form(IMAGES), LABELS)
    assert found.image_shape_ == (4, 4, 1)
    np.testing.assert_array_equal(found.predict_proba(form(IMAGES)), classifier.predict_proba(ROWS))
    assert found.score(form(IMAGES), LABELS) == evaluate(found, form(IMAGES), LABELS).accuracy
    with pytest.raises(ShapeError, match="size that the classifier was trained on"):
        found.predict(IMAGES.reshape(24, 2, 8))
    with pytest.raises(ShapeError, match="warm_start can continue only with images of the same size"):
        found.set_params(warm_start=True).fit(IMAGES.reshape(24, 2, 8), LABELS)


@pytest.mark.parametrize("form", [lambda y: np.eye(3)[y], lambda y: pd.get_dummies(np.array(["a", "b", "c"])[y])])
def test_one_hot_labels_are_the_hot_column(form):
    found = quick(epochs=30).fit(ROWS, form(LABELS))
    assert found.classes_.tolist() in ([0, 1, 2], ["a", "b", "c"])
    assert found.score(ROWS, form(LABELS)) == evaluate(found, ROWS, form(LABELS)).accuracy > 0.5


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([3, 1], [3, 1]),
        (np.array([3, 1], object), [3, 1]),
        (pd.Categorical(["b c", "a"]), ["b c", "a"]),
        (pd.array([1, 2], "Int64"), [1, 2]),
        ([True, False], [True, False]),
        ([1.0, 2.0], [1.0, 2.0]),
    ],
    ids=str,
)
def test_labels_keep_their_kind(given, read):
    assert read_labels(given).tolist() == read


BAD_LABELS = {
    "None": ([None, 1, 2] * 8, "missing"),
    "NaN": ([np.nan, 1, 2] * 8, "missing"),
    "a category that is missing": (pd.Categorical([None, "a", "b"] * 8), "missing"),
    "two kinds": ([1, "a"] * 12, "several kinds"),
    "fractions": (LABELS + 0.5, "measurements"),
    "infinity": (np.where(LABELS == 1, np.inf, 0), "not finite"),
    "dates": (np.array(["2020-01-01", "2020-01-02"] * 12, "M8[D]"), "dates"),
    "bytes": (np.array([b"a", b"b"] * 12), "bytes"),
    "several hot": (np.ones((24, 3)), "not one-hot"),
    "shares": (np.full((24, 2), 0.5), "not one-hot"),
}


@pytest.mark.parametrize(("labels", "message"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_what_is_no_label_is_refused_by_fit_and_score_alike(classifier, labels, message):
    told = []
    for ask in (quick().fit, classifier.score, lambda X, y: evaluate(classifier, X, y)):
        with pytest.raises(LabelError, match=message) as caught:
            ask(ROWS, labels)
        told.append(str(caught.value))
    assert len(set(told)) == 1
    assert all(part in told[0] for part in ("Received: ", "Expected: ", "Repair: "))


BAD_ROWS = {
    "objects": ([[{}, {}]] * 4, "float"),
    "None": (None, "X is None"),
    "sparse": (scipy.sparse.csr_matrix(ROWS), "X.toarray()"),
    "NaN": (np.where(ROWS.max() == ROWS, np.nan, ROWS), "nan at"),
    "complex": (ROWS * 1j, "give real numbers"),
    "one row": (ROWS[0], "reshape"),
    "none": (ROWS[:0], "at least one row"),
    "text": (pd.DataFrame(ROWS).astype(object).replace(ROWS[0, 0], "a").to_numpy(), "leave out the columns of text"),
    "channels first": (np.zeros((24, 1, 8, 8)), "np.moveaxis"),
    "five axes": (np.zeros((24, 2, 2, 2, 2)), "dim 5"),
    "columns missing": (ROWS[:, :9], "9 features"),
    "one image": (IMAGES[0], r"X\[None\]"),
}


@pytest.mark.parametrize(("rows", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_what_are_no_rows_is_refused_with_the_repair(classifier, rows, message):
    with pytest.raises(DataError, match=message) as caught:
        classifier.predict(rows)
    assert all(part in str(caught.value) for part in ("Received: ", "Expected: ", "Repair: "))


def test_columns_in_another_order_are_refused_with_the_line_that_orders_them():
    frame = pd.DataFrame(ROWS).rename(columns=lambda number: f"pixel {number}")
    with pytest.raises(DataError, match=r"X\[list\(classifier.feature_names_in_\)\]"):
        quick().fit(frame, LABELS).predict(frame.iloc[:, ::-1])


def test_scoring_wants_one_label_per_row_of_the_kind_of_the_classes(classifier):
    for labels, message in (
        (None, "no labels"),
        (LABELS[:1], "the labels do not match"),
        (LABELS.astype(str), "types"),
    ):
        with pytest.raises(DataError, match=message):
            classifier.score(ROWS, labels)
    for weights in (-np.ones(24), np.full(24, np.nan), np.ones(3), np.zeros(24)):
        with pytest.raises(DataError, match="Repair: "):
            classifier.score(ROWS, LABELS, weights)
    assert classifier.score(ROWS, np.full(24, 77)) == 0  # a label that was never trained on is a mistake


def test_partial_fit_goes_on_with_the_classes_of_its_first_call():
    learning = quick().partial_fit(ROWS, LABELS, classes=[0, 1, 2])
    with pytest.raises(ModelError, match="only with the same classes"):
        learning.partial_fit(ROWS, LABELS, classes=[0, 1])
    with pytest.raises(ModelError, match="in its first call"):
        learning.partial_fit(ROWS, LABELS + 1)


def test_rows_drawn_by_chance_keep_a_rare_class():
    codes = np.zeros(1000, np.int64)
    codes[-1] = 1
    for seed in range(5):
        drawn = draw_rows(codes, np.arange(1000), 10, seed)
        assert len(set(drawn.tolist())) == 10
        assert 999 in drawn
    usual = np.sort(np.random.default_rng(3).choice(500, 10, replace=False))
    np.testing.assert_array_equal(draw_rows(codes, np.arange(500), 10, 3), usual)


def test_early_stopping_trains_on_a_class_with_one_row():
    labels = np.where(np.arange(24) == 5, 9, LABELS)
    found = quick(early_stopping=True, validation_fraction=0.3, epochs=2).fit(ROWS, labels)
    assert found.classes_.tolist() == [0, 1, 2, 9]


MASKED = np.ma.masked_less(np.arange(40.0).reshape(10, 4), 3)
FINE, SIDES = np.arange(40.0).reshape(10, 4), np.arange(10) % 2


@pytest.mark.parametrize(
    ("rows", "labels", "told"),
    [
        (MASKED, SIDES, r"X\.filled\(0\)"),
        (iter(FINE), SIDES, r"list\(X\)"),
        ("table.csv", SIDES, r"read_table\(X\)"),
        (FINE.view([(name, float) for name in "abcd"])[:, 0], SIDES, r"pandas\.DataFrame\(X\)"),
        (FINE.astype(str), SIDES, r"X\.astype\(float\)"),
        (FINE, iter(SIDES), r"list\(y\)"),
        (FINE, scipy.sparse.csr_matrix(np.eye(2)[SIDES]), r"y\.toarray\(\)"),
        (FINE, dict(enumerate(SIDES)), r"list\(y\.values\(\)\)"),
        (FINE, 1, "one label per row"),
        (FINE, np.ma.masked_equal(SIDES, 1), r"y\.filled"),
    ],
)
def test_what_is_no_array_is_refused_with_what_makes_one_of_it(rows, labels, told):
    with pytest.raises(ConvscopeError, match=told):
        ImageClassifier("linear").fit(rows, labels)
