"""The exercises: right answers in every form, wrong ones with their own words, and no answer that breaks a check."""

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from convscope.arithmetic.worked import KERNEL, PICTURE
from convscope.backend import keras
from convscope.course import Status, ex
from convscope.course.answers import literal, read_shape
from convscope.course.exercises import catalogue
from convscope.course.exercises.convolve_by_hand import answer_of
from convscope.course.filters import find_diagonal, find_horizontal

layers = keras.layers
NAMES = catalogue.names()
RIGHT = [[2, 2, 3], [1, 2, 1], [1, 1, 0]]


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_is_whole(name):
    exercise = getattr(ex, name)
    assert exercise.name == name
    assert (exercise.title and exercise.prompt and exercise.explanation) or exercise.kind == "unscored"
    assert exercise.kind in ("unscored",) or len(exercise.hints) == 2
    assert (exercise.kind == "text") == bool(exercise.rubric)
    assert catalogue.summary(name).startswith(exercise.number)


def test_every_question_of_the_lab_is_there():
    numbers = [getattr(ex, name).number for name in NAMES]
    assert len(numbers) == len(set(numbers))
    first = {"R1", "A-q1", "A-q2", "A-q3", "A-q4", "GA-0", "GA-1a", "GA-1b", "GA-1c", "GA-2a", "GA-2b", "GA-2c"}
    second = {"GA-3a", "GA-3b", "GA-3c", "B-q1", "B-q2", "B-q3", "B-m1", "B-q4", "B-v1", "B-q5"}
    lab = first | second | {"GB-1", "GB-2a", "GB-2b", "GB-3", "X-1x1", "X-28x28"}
    assert lab <= set(numbers)
    assert all(getattr(ex, name).optional for name in NAMES if getattr(ex, name).number not in lab)


@pytest.mark.parametrize("name", [name for name in NAMES if getattr(ex, name).reference])
def test_the_reference_is_taken(name):
    exercise = getattr(ex, name)
    expected = Status.correct if exercise.kind in ("literal", "code") else Status.recorded
    assert exercise.check(exercise.reference()).status is expected


@pytest.mark.parametrize("name", NAMES)
def test_what_was_not_filled_in_is_not_attempted(name):
    exercise = getattr(ex, name)
    for answer in (..., None, "...", "", "FILLME", [...], [[1, ...]], {"depend": ...}):
        assert exercise.check(answer).status is Status.unattempted
    names = {}
    exec(exercise.starter, names)
    given = next(value for key, value in names.items() if not key.startswith("__"))
    assert exercise.check(given).status is Status.unattempted


class Hostile:
    """An object that fails whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    __array__ = __len__ = __iter__ = __str__ = __repr__ = __eq__ = __hash__ = lambda self, *_: 1 / 0


ODD = [
    *(Hostile(), object(), float("nan"), [[float("inf")]], -1, 10**400, True, type, Ellipsis.__class__),
    *("x" * 50_000, b"bytes", "(" * 9000, "__import__('os').system('true')", ["(" * 9000]),
    *({1: 2}, {"a": []}, {1, 2}, [[1, 2], [3]], [object()], [[1j]], [[]], ([],)),
    *(lambda *_: 1 / 0, lambda *_: "no", print),
    *(np.zeros((2, 2, 2, 2)), np.array(["a"]), np.zeros((300, 300))),
]


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_raises_or_takes_long_or_is_right_by_accident(name, within_cpu_seconds):
    exercise = getattr(ex, name)
    for answer in ODD:
        with within_cpu_seconds(1):
            result = exercise.check(answer)
        allowed = {Status.error, Status.incorrect, Status.unattempted}
        allowed |= {Status.recorded} if exercise.kind in ("text", "unscored") else set()
        assert result.status in allowed, (name, result)


@pytest.mark.parametrize("name", [name for name in NAMES if getattr(ex, name).kind == "literal"])
def test_a_check_never_says_the_expected_value(name):
    exercise = getattr(ex, name)
    for answer in [*ODD, 3, [[1]], [[0, 0, 0]] * 3, {"depend": "maybe", "any order": "no"}, "9 x 9"]:
        said = str(exercise.check(answer))
        for secret in ("34,826", "34826", "784", "[[2", "64 × 64", "26, 26"):
            assert secret not in said


FORMS = {
    "lists": RIGHT,
    "tuples": tuple(map(tuple, RIGHT)),
    "array": np.array(RIGHT),
    "floats": np.array(RIGHT, np.float32),
    "objects": np.array(RIGHT, object),
    "frame": pd.DataFrame(RIGHT),
    "text": "[[2, 2, 3], [1, 2, 1], [1, 1, 0]]",
    "rows of text": "2 2 3\n1 2 1\n1 1 0",
    "as Keras gives it": np.array(RIGHT).reshape(1, 3, 3, 1),
    "tensor": keras.ops.convert_to_tensor(np.array(RIGHT, np.float32)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_right_grid_is_right(form):
    assert ex.convolve_by_hand.check(FORMS[form])


@pytest.mark.parametrize(
    ("answer", "misconception"),
    [
        ([[2, 2, 2], [2, 2, 2], [1, 1, 0]], "flipped"),
        ([[2, 3, 3], [2, 3, 2], [2, 1, 0]], "window sum"),
        ([[2, 3], [1, 0]], "stride 2"),
        (np.array(RIGHT) / 4, "divided"),
        (answer_of(PICTURE, KERNEL, padding="same"), "padded"),
        (np.ravel(RIGHT), "shape"),
        ([[1, 2], [3, 4]], "size"),
        ([[0] * 3] * 3, ""),
    ],
)
def test_a_wrong_grid_is_told_its_own_reason(answer, misconception):
    result = ex.convolve_by_hand.check(answer)
    assert result.status is Status.incorrect and result.misconception == misconception


@pytest.mark.parametrize("seed", range(20))
def test_a_variant_has_its_own_answer_and_knows_its_mistakes(seed):
    variant = ex.convolve_by_hand.variant(seed)
    assert variant.check(variant.reference())
    assert variant.prompt == ex.convolve_by_hand.variant(seed).prompt
    assert not variant.check(RIGHT) or variant.prompt == ex.convolve_by_hand.prompt
    assert len({ex.convolve_by_hand.variant(other).prompt for other in range(30)}) > 25


@pytest.mark.parametrize(
    ("name", "answer", "correct"),
    [
        ("input_size", 784, True), ("input_size", (28, 28), True), ("input_size", "28x28", True),
        ("input_size", "28*28", True),
        ("input_size", (None, 784), True), ("input_size", "784 pixels", True), ("input_size", 785, False),
        ("input_size", 60000, False), ("input_size", 50240, False), ("input_size", 64, False),
        ("output_size", {"taller input": (4, 3), "wider filter": [3, 2]}, True),
        ("output_size", {"taller input": "+1", "wider filter": "−1"}, True),
        ("output_size", {"taller input": 1, "wider filter": "one less"}, True),
        ("output_size", {"taller input": "+1", "wider filter": "+1"}, False),
        ("output_size", lambda h, w, kh, kw: (h - kh + 1, w - kw + 1), True),
        ("output_size", lambda h, w, kh, kw: (h - kh, w - kw), False),
        ("order_of_positions", {"depend": "No", "any order": "YES "}, True),
        ("order_of_positions", {"depend": "yes", "any order": "yes"}, False),
        ("explainer_input", "64 x 64 x 3", True), ("explainer_input", (62, 62), False),
        ("explainer_channels", "10", True), ("explainer_channels", 3, False), ("explainer_channels", 30, False),
        ("two_channels", [[3, 2, 3], [1, 3, 1], [1, 1, 1]], True), ("two_channels", RIGHT, False),
        ("stride_two", [[2, 3], [1, 0]], True), ("stride_two", [[2, 3], [1, 1], [1, 0]], False),
        ("stride_two", [[2, 2, 3], [1, 1, 0]], False),
        ("default_strides", {"default": [[1, 1], [1, 0]], "strides 1": [[1, 1, 1], [1, 1, 1], [1, 1, 0]]}, True),
        ("default_strides", {"default": [[1, 1, 1], [1, 1, 1], [1, 1, 0]], "strides 1": [[1, 1], [1, 0]]}, False),
        ("layer_shapes", ["26x26x32", "13x13x32", "11x11x64", "5x5x64", "1600", "10"], True),
        ("layer_shapes", [(None, 28, 28, 1), (26, 26, 32), (13, 13, 32), (11, 11, 64), (6, 6, 64), 2304, 10], False),
        ("parameter_counts", [0, 320, 0, 18496, 0, 0, 16010], True), ("parameter_counts", 34_826.0, True),
        ("parameter_counts", "34826", True), ("parameter_counts", 34720, False), ("parameter_counts", 50890, False),
        ("convolution_function", lambda x, k: answer_of(x, k), True),
        ("convolution_function", lambda x, k: answer_of(x, k[::-1, ::-1]), False),
        ("convolution_function", lambda x, k: np.zeros((3, 3)), False),
    ],
)  # fmt: skip
def test_right_and_wrong_answers(name, answer, correct):
    result = getattr(ex, name).check(answer)
    assert result.status is (Status.correct if correct else Status.incorrect), result


SOBEL, PREWITT = [[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[1] * 3, [0] * 3, [-1] * 3]
HORIZONTAL = [[[-0.5, -0.5], [0.5, 0.5]], [[9, 9], [-9, -9]], [[-1], [1]], SOBEL, PREWITT]
DIAGONAL_SOBEL, DIAGONAL_LINE = [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]]
DIAGONAL = [[[1, -1], [-1, 1]], [[0, -1], [1, 0]], [[1, 0], [0, -1]], DIAGONAL_SOBEL, DIAGONAL_LINE]
LAPLACE, VERTICAL = [[0, 1, 0], [1, -4, 1], [0, 1, 0]], [[-0.5, 0.5], [-0.5, 0.5]]
NEITHER = [[[0, 0], [1, 1]], [[1, 0], [0, 1]], [[1, 1], [1, 1]], LAPLACE, VERTICAL, [[0, 0], [0, 0]]]


def test_filters_are_judged_by_what_they_do():
    assert all(ex.horizontal_edges.check(kernel) for kernel in HORIZONTAL)
    assert all(ex.diagonal_edges.check(kernel) for kernel in DIAGONAL)
    assert not any(ex.horizontal_edges.check(kernel) for kernel in DIAGONAL + NEITHER)
    assert not any(ex.diagonal_edges.check(kernel) for kernel in HORIZONTAL + NEITHER)
    assert "vertical one" in ex.horizontal_edges.check([[-0.5, 0.5], [-0.5, 0.5]]).message
    assert "Canny" in ex.horizontal_edges.check(lambda image: image).message


def test_of_625_small_filters_24_find_horizontal_and_44_diagonal_edges():
    kernels = [np.reshape(values, (2, 2)) for values in itertools.product([-1, -0.5, 0, 0.5, 1], repeat=4)]
    assert sum(bool(find_horizontal(kernel).correct) for kernel in kernels) == 24
    assert sum(bool(find_diagonal(kernel).correct) for kernel in kernels) == 44


def dense(*units, activation="relu", last=(1, "sigmoid")):
    inner = [layers.Dense(size, activation=activation) for size in units]
    return keras.Sequential([keras.Input((2,)), *inner, layers.Dense(last[0], activation=last[1])])


@pytest.mark.parametrize(
    ("model", "correct"),
    [
        (lambda: dense(10, 5, 5), True), (lambda: dense(10, 5, 5, last=(2, "softmax")), True),
        (lambda: dense(5, 5, 10), False),
        (lambda: dense(10, 5, 5, 5), False), (lambda: dense(10, 5, 5, activation=None), False),
        (lambda: dense(10, 5, 5, last=(1, "linear")), False), (lambda: dense(10, 10, 10), False),
    ],
)  # fmt: skip
def test_the_three_inner_layers_are_read_off_the_model(model, correct):
    assert bool(ex.three_inner_layers.check(model())) is correct


def cnn(window, pooling=True, depth=2):
    blocks = []
    for filters in (32, 64)[:depth]:
        blocks += [layers.Conv2D(filters, window, activation="relu"), *([layers.MaxPooling2D(2)] if pooling else [])]
    return keras.Sequential(
        [keras.Input((28, 28, 1)), *blocks, layers.Flatten(), layers.Dense(10, activation="softmax")]
    )


def test_windows_and_counts_are_read_off_the_model():
    assert ex.one_by_one_kernels.check(cnn(1)) and not ex.one_by_one_kernels.check(cnn(3))
    assert ex.whole_image_kernel.check(cnn(28, pooling=False, depth=1)) and not ex.whole_image_kernel.check(cnn(3))
    assert ex.parameter_counts.check(cnn(3)) and not ex.parameter_counts.check(cnn(1))
    assert cnn(1).count_params() == 33_546 and cnn(28, pooling=False, depth=1).count_params() == 25_450


def predictions(accuracy, labels, seed=0):
    wrong = np.random.default_rng(seed).random(len(labels)) > accuracy
    return np.where(wrong, (labels + 1) % 10, labels)


def shuffled_answer(**changes):
    labels = np.arange(2000) % 10
    columns = [f"{row}x{column}" for row in range(1, 5) for column in range(1, 5)]
    mixed = list(np.random.default_rng(0).permutation(columns))
    answer = {"labels": labels, "original": predictions(0.98, labels), "shuffled": predictions(0.93, labels)}
    return {**answer, "train columns": mixed, "test columns": mixed, **changes}


def test_the_shuffled_cnn_is_judged_by_its_predictions():
    labels = np.arange(2000) % 10
    columns = [f"{row}x{column}" for row in range(1, 5) for column in range(1, 5)]
    assert ex.cnn_on_shuffled.check(shuffled_answer())
    for change, misconception in (
        ({"train columns": columns, "test columns": columns}, "not shuffled"),
        ({"test columns": columns}, "two permutations"),
        ({"shuffled": predictions(0.1, labels)}, "chance"),
        ({"shuffled": predictions(0.98, labels)}, "no loss"),
    ):
        assert ex.cnn_on_shuffled.check(shuffled_answer(**change)).misconception == misconception
    few = {
        "labels": labels[:300],
        "original": predictions(0.92, labels[:300]),
        "shuffled": predictions(0.92, labels[:300]),
    }
    assert "within chance" in ex.cnn_on_shuffled.check(shuffled_answer(**few)).message
    assert ex.cnn_on_fashion.check({"labels": labels, "predictions": predictions(0.88, labels)})
    assert not ex.cnn_on_fashion.check({"labels": labels, "predictions": predictions(0.99, labels)})
    assert not ex.cnn_on_fashion.check({"labels": labels, "predictions": predictions(0.3, labels)})


def test_a_rule_for_five_and_six_is_scored_and_an_idea_is_recorded():
    labels = np.where(np.arange(400) % 2, 5, 6)
    rule = np.where(np.random.default_rng(0).random(400) < 0.9, labels, 11 - labels)
    assert ex.five_or_six.check({"predictions": rule, "labels": labels})
    assert not ex.five_or_six.check({"predictions": np.full(400, 5), "labels": labels})
    assert ex.five_or_six.check("ink at the lower left").status is Status.recorded


def test_the_icebreaker_keeps_nothing():
    assert "Ada" not in repr(ex.icebreaker.check("I am Ada"))


def test_a_result_reads_well_and_shows_no_markup_of_the_answer():
    result = ex.convolve_by_hand.check(RIGHT)
    assert str(result).startswith("✓ Correct.") and result
    assert "<script>" not in ex.convolve_by_hand.check("<script>alert(1)</script>")._repr_html_()


def test_hints_grow_and_the_solution_is_only_given_when_asked():
    exercise = ex.convolve_by_hand
    assert exercise.hint() != exercise.hint(2) == exercise.hint(99)
    assert exercise.solution()


@pytest.mark.parametrize(("text", "value"), [("1,000", 1000), ("3.5", 3.5), ("9" * 5000, "9" * 5000), ("{}", {})])
def test_text_is_read_as_a_literal_or_stays_text(text, value):
    assert literal(text) == value


@pytest.mark.parametrize("text", ["3 x 3", "3×3", "(3, 3)", "[3,3]", "3 by 3", "None, 3, 3"])
def test_a_shape_is_read_however_it_is_written(text):
    assert read_shape(text) == (3, 3)


def test_checks_load_neither_keras_nor_charts():
    code = "import sys; from convscope.course import ex; ex.convolve_by_hand.check([[1]]); print(*sorted(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"keras", "jax", "altair", "starlette", "sklearn", "pandas"} & set(found)
