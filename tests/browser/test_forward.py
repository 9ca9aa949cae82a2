"""The page's own arithmetic against Keras and SciPy, in the browser that will run it."""

import base64
import itertools

import numpy as np
import pytest
from scipy.signal import correlate2d

from convscope import arithmetic
from convscope.arithmetic import output_size
from convscope.backend import keras
from convscope.course.filters import find_diagonal, find_horizontal
from convscope.engine.own_seeds import own_seeds
from convscope.errors import ShapeError
from convscope.page import Exhibit
from convscope.page.export import MODULE

pytestmark = pytest.mark.browser

layers = keras.layers
ACTIVATIONS = sorted(set(arithmetic.ACTIVATIONS) - {"swish"})
EVERYTHING = 10**9


@pytest.fixture(autouse=True)
def first_weights():
    """Draw the weights that ours replace without a program of JAX for each shape."""
    with own_seeds(0):
        yield


@pytest.fixture(scope="module")
def module(browser):
    """The built module, imported by an empty page."""
    page = browser.new_page()
    page.goto("about:blank")
    source = base64.b64encode(MODULE.read_bytes()).decode()
    page.evaluate(
        """async source => {
          const page = await import("data:text/javascript;base64," + source);
          const open = text => page.readBundle(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
          window.compare = text => page.compare(open(text));
          window.forward = (text, layer) => {
            const exhibit = open(text);
            return Array.from(page.forward(exhibit, exhibit.pictures[0]).layers.get(layer).activation.data);
          };
          window.judge = page.judgeFilter;
          window.size = page.outputSize;
        }""",
        source,
    )
    yield page
    page.close()


def bundle(model, image):
    return base64.b64encode(Exhibit(model, image[None].astype(np.float32)).bundle(samples=EVERYTHING)).decode()


def with_random_weights(model, rng):
    for weight in model.weights:
        values = rng.normal(0, 0.5, weight.shape).astype(np.float32)
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.path else values)
    return model


def agrees(module, model, image):
    found = module.evaluate("text => compare(text)", bundle(model, image))
    assert all(layer["compared"] for layer in found["layers"]), found["layers"]
    assert found["equal"] and found["largest"] <= 1e-5, [
        layer for layer in found["layers"] if layer["difference"] > 1e-5
    ]
    return len(found["layers"])


def random_convolution(rng, channels):
    kernel = tuple(int(side) for side in rng.integers(1, 6, 2))
    dilation = tuple(int(step) for step in rng.integers(1, 4, 2))
    strides = tuple(int(step) for step in rng.integers(1, 5, 2))
    if max(dilation) > 1:
        strides = (1, 1)
    groups = int(rng.choice([size for size in (1, 2, 3) if channels % size == 0]))
    return layers.Conv2D(
        groups * int(rng.integers(1, 4)),
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding=str(rng.choice(["valid", "same"])),
        groups=groups,
        use_bias=bool(rng.integers(2)),
        activation=str(rng.choice(["relu", "linear", "tanh"])),
    )


def random_depthwise(rng, channels):
    kind = layers.SeparableConv2D if rng.integers(2) else layers.DepthwiseConv2D
    count = {"filters": int(rng.integers(1, 5))} if kind is layers.SeparableConv2D else {}
    step = int(rng.integers(1, 4))
    return kind(
        kernel_size=tuple(int(side) for side in rng.integers(1, 5, 2)),
        strides=(step, step),
        padding=str(rng.choice(["valid", "same"])),
        depth_multiplier=int(rng.integers(1, 4)),
        **count,
    )


def random_pooling(rng, channels):
    kind = layers.MaxPooling2D if rng.integers(2) else layers.AveragePooling2D
    size, strides = (tuple(int(side) for side in rng.integers(1, 5, 2)) for _ in range(2))
    return kind(size, strides=strides, padding=str(rng.choice(["valid", "same"])))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("make", [random_convolution, random_depthwise, random_pooling])
def test_random_settings_agree_with_keras(module, make, seed):
    rng = np.random.default_rng(
        [seed, ["random_convolution", "random_depthwise", "random_pooling"].index(make.__name__)]
    )
    height, width = (int(side) for side in rng.integers(13, 20, 2))
    channels = int(rng.choice([1, 2, 3, 6]))
    inputs = keras.Input((height, width, channels))
    outputs = [make(rng, channels)(inputs) for _ in range(10)]
    image = rng.normal(size=(height, width, channels))
    assert agrees(module, with_random_weights(keras.Model(inputs, outputs), rng), image) == 10


@pytest.mark.parametrize("seed", range(4))
def test_sequences_agree_with_keras(module, seed):
    rng = np.random.default_rng(seed)
    length, channels = int(rng.integers(12, 20)), int(rng.integers(1, 4))
    inputs = keras.Input((1, length, channels))
    line = layers.Reshape((length, channels))(inputs)
    outputs = [
        layers.Conv1D(3, int(rng.integers(1, 5)), padding=padding, dilation_rate=int(rng.integers(1, 3)))(line)
        for padding in ("valid", "same", "causal")
    ]
    outputs += [kind(2, padding="same")(line) for kind in (layers.MaxPooling1D, layers.AveragePooling1D)]
    outputs += [layers.GlobalMaxPooling1D()(line), layers.ZeroPadding1D((2, 1))(line), layers.Dense(3)(line)]
    agrees(module, with_random_weights(keras.Model(inputs, outputs), rng), rng.normal(size=(1, length, channels)))


def test_every_activation_agrees_with_keras(module):
    rng = np.random.default_rng(0)
    inputs = keras.Input((5, 4, 6))
    outputs = [layers.Activation(name)(inputs) for name in ACTIVATIONS]
    outputs += [layers.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2)(inputs), layers.LeakyReLU(0.3)(inputs)]
    outputs += [layers.ELU(0.7)(inputs), layers.PReLU()(inputs), layers.PReLU(shared_axes=[1, 2])(inputs)]
    outputs += [layers.Softmax(axis=1)(inputs)]
    model = with_random_weights(keras.Model(inputs, outputs), rng)
    agrees(module, model, 3 * rng.normal(size=(5, 4, 6)))


def test_branches_and_what_only_moves_numbers_agree_with_keras(module):
    rng = np.random.default_rng(1)
    inputs = keras.Input((6, 7, 4))
    one, other = layers.Conv2D(4, 3, padding="same")(inputs), layers.BatchNormalization()(inputs)
    outputs = [
        layers.Add()([one, other, inputs]),
        *[layers.Concatenate(axis=axis)([one, other]) for axis in (1, 2, 3, -1)],
    ]
    outputs += [layers.ZeroPadding2D(((1, 2), (0, 3)))(one), layers.Rescaling(0.5, offset=[1.0, 2.0, 3.0, 4.0])(one)]
    outputs += [layers.Flatten()(one), layers.Reshape((7, 6, 4))(one), layers.Dropout(0.5)(one), layers.Dense(3)(one)]
    outputs += [layers.GlobalAveragePooling2D(keepdims=True)(one), layers.GlobalMaxPooling2D()(one)]
    agrees(module, with_random_weights(keras.Model(inputs, outputs), rng), rng.normal(size=(6, 7, 4)))


@pytest.mark.parametrize(("height", "width"), list(itertools.product([1, 2, 3, 4], repeat=2)))
def test_a_convolution_is_scipys_correlation(module, height, width):
    rng = np.random.default_rng([height, width])
    image, kernel = rng.normal(size=(9, 8)).astype(np.float32), rng.normal(size=(height, width)).astype(np.float32)
    model = keras.Sequential([keras.Input((9, 8, 1)), layers.Conv2D(1, (height, width), use_bias=False, name="it")])
    model.get_layer("it").set_weights([kernel[..., None, None]])
    found = module.evaluate("text => forward(text, 'it')", bundle(model, image[..., None]))
    np.testing.assert_allclose(found, correlate2d(image, kernel, "valid").reshape(-1), atol=1e-5)


def test_a_difference_is_seen_and_named(module):
    """Plant a mistake in the weights after Python computed its numbers."""
    rng = np.random.default_rng(2)
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(2, 3, name="first"), layers.Conv2D(2, 3, name="second")]
    )
    exhibit = Exhibit(model, rng.normal(size=(1, 6, 6, 1)).astype(np.float32))
    good = exhibit.bundle()
    exhibit._weights[1]["kernel"] = np.flip(exhibit._weights[1]["kernel"], (0, 1))
    for text, equal in ((good, True), (exhibit.bundle(), False)):
        found = module.evaluate("text => compare(text)", base64.b64encode(text).decode())
        assert found["equal"] is equal
        assert found["where"] == ("" if equal else "second")


def test_sizes_agree_with_the_arithmetic(module):
    rng = np.random.default_rng(3)
    for _ in range(300):
        size, window, stride, dilation, before, after = (int(rng.integers(low, high)) for low, high in
            ((1, 20), (1, 8), (1, 5), (1, 4), (0, 4), (0, 4)))  # fmt: skip
        side = {
            "input": size,
            "window": window,
            "stride": stride,
            "dilation": dilation,
            "before": before,
            "after": after,
        }
        found = module.evaluate("side => size(side)", {**side, "same": False})
        try:
            known = output_size(size, window, stride=stride, padding=(before, after), dilation_rate=dilation)
        except ShapeError:
            assert found["value"] == 0 and "does not fit" in found["impossible"]
        else:
            assert (found["value"], found["formula"]) == (known.value, known.arithmetic)


HORIZONTAL = [[[-0.5, -0.5], [0.5, 0.5]], [[0.5, 0.5], [-0.5, -0.5]], [[-1], [1]], [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]]
DIAGONAL = [[[1, -1], [-1, 1]], [[0, -1], [1, 0]], [[1, 0], [0, -1]], [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]]]
NEITHER = [[[-0.5, 0.5], [-0.5, 0.5]], [[0, 0], [1, 1]], [[1, 0], [0, 1]], [[0, 0], [0, 0]]]
LAPLACE = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]


def test_kernels_are_judged_as_the_exercise_says(module):
    judged = {
        name: [
            [module.evaluate("([kernel, name]) => judge(kernel, name).correct", [kernel, name]) for kernel in group]
            for group in (HORIZONTAL, DIAGONAL, [*NEITHER, LAPLACE])
        ]
        for name in ("horizontal", "diagonal")
    }
    assert judged["horizontal"] == [[True] * 4, [False] * 4, [False] * 5]
    assert judged["diagonal"][1:] == [[True] * 4, [False] * 5]
    assert judged["diagonal"][0] == [False] * 4


def test_of_625_small_kernels_24_find_horizontal_and_44_diagonal_edges(module):
    values = [-1, -0.5, 0, 0.5, 1]
    kernels = [[[a, b], [c, d]] for a, b, c, d in itertools.product(values, repeat=4)]
    for name, count in (("horizontal", 24), ("diagonal", 44)):
        found = module.evaluate(
            "([kernels, name]) => kernels.filter(one => judge(one, name).correct).length", [kernels, name]
        )
        assert found == count


def test_the_page_judges_every_filter_as_the_exercise_does(module):
    """One question, two homes: the kernel lab, and ``ex.horizontal_edges`` and ``ex.diagonal_edges``."""
    rng = np.random.default_rng(4)
    kernels = [rng.integers(-2, 3, tuple(rng.integers(1, 5, 2))).astype(float) for _ in range(300)]
    for kernel in kernels:
        kernel.flat[0] -= kernel.sum() * rng.integers(0, 2)
    for name, judge in (("horizontal", find_horizontal), ("diagonal", find_diagonal)):
        listed = [kernel.tolist() for kernel in kernels]
        found = module.evaluate("([kernels, name]) => kernels.map(one => judge(one, name).correct)", [listed, name])
        assert found == [bool(judge(kernel).correct) for kernel in kernels]
        assert 5 < sum(found) < 295
