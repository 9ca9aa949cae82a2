"""Every kind of layer through every concern: a gap fails here."""

import inspect
import re
import zlib
from functools import cache, cached_property
from math import prod

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, checker, helper

from convscope.backend import backend_name, keras
from convscope.engine.keras_loop import Rows
from convscope.engine.lowering import lower_model
from convscope.engine.network import UnknownLayerError, read_network
from convscope.layers import Example, LoweringError, kinds
from convscope.modelfiles.architecture import plan
from convscope.modelfiles.modelcheck import check_model
from convscope.modelfiles.modelfile import StoredModel, read_model, write_model
from convscope.modelfiles.onnx_file import IR_VERSION, OPSET
from convscope.modelfiles.onnx_writer import GraphWriter, write_graph
from convscope.primitives import PRIMITIVES, Pass
from convscope.tracing import explain, record_trace, step, verify
from convscope.tracing.field import reached
from tests.engine.test_trainer import both, rows_for

L = keras.layers
EXAMPLES = [example for kind in kinds().values() for example in kind.examples]
pytestmark = pytest.mark.backend


def name_of(example):
    settings = ",".join(f"{key}={_short(value)}" for key, value in example.settings.items())
    return f"{example.kind}({settings}){'x'.join(map(str, example.shapes[0]))}"


def _short(value):
    return value.kind if isinstance(value, Example) else str(value).replace(" ", "")


def layer_of(example):
    settings = {
        key: layer_of(value) if isinstance(value, Example) else tuple(value) if isinstance(value, list) else value
        for key, value in example.settings.items()
    }
    if example.kind in ("Rescaling", "Normalization"):
        settings = example.settings
    return getattr(keras.layers, example.kind)(**settings, name="layer")


def model_of(example):
    inputs = [keras.Input(shape) for shape in example.shapes]
    layer = layer_of(example)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], called(layer, inputs))


def called(layer, inputs):
    """Call a layer with its inputs, as Keras wants them."""
    if type(layer).__name__ in ("MultiHeadAttention", "GroupedQueryAttention"):
        return layer(*inputs)
    return layer(inputs if len(inputs) > 1 else inputs[0])


def random_of(example):
    """A generator that is the same for an example wherever and whenever the test runs."""
    return np.random.default_rng(zlib.crc32(name_of(example).encode()))


class Case:
    """A kind's example as a model with random weights, three images, and what several tests ask of them."""

    def __init__(self, example):
        self.example, rng = example, random_of(example)
        self.model = model_of(example)
        for variable in self.model.weights:
            if "seed" not in variable.path:
                values = rng.normal(0, 0.5, variable.shape).astype("float32")
                variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values)
        if example.kind == "Normalization":
            self.model.get_layer("layer").finalize_state()
        if example.whole:
            self.images = [rng.integers(0, example.whole, (3, *shape)).astype("float32") for shape in example.shapes]
        else:
            self.images = [rng.normal(0, 1.5, (3, *shape)).astype("float32") for shape in example.shapes]

    @cached_property
    def lowered(self):
        return lower_model(self.model)

    @cached_property
    def sources(self):
        """The sources of the lowered model: images and weights, in its order."""
        known = dict(zip(self.lowered.inputs, self.images, strict=True))
        for number, variable in self.lowered.variables.items():
            known[number] = np.array(keras.ops.convert_to_numpy(variable.value), np.float32)
        return [known[number] for number in self.lowered.graph.sources]

    @cached_property
    def want(self):
        return outputs_of(self.model, self.images)

    @cached_property
    def trace(self):
        first = [image[0] for image in self.images]
        return record_trace(self.model, first if len(first) > 1 else first[0])


BACKENDS_OWN = {
    ("tensorflow", "Conv2D(filters=4,kernel_size=3,data_format=channels_first)3x7x6"): "has it on GPUs only",
    ("torch", "AveragePooling2D(pool_size=3,strides=2,padding=same)7x8x2"): "counts uneven padding (a fault of Keras)",
    ("torch", "Resizing(height=7,width=9,interpolation=lanczos3,data_format=channels_first)2x5x6"): "has no Lanczos",
    ("torch", "UpSampling2D(size=2,interpolation=bicubic)5x4x2"): "has another cubic curve than Keras' other backends",
}
"""What Keras itself cannot compute on a backend, or computes otherwise than on the others."""


@pytest.fixture(scope="module", params=EXAMPLES, ids=name_of)
def case(request):
    """One for all concerns: of module scope, so that pytest takes an example through all of them before the next."""
    if reason := BACKENDS_OWN.get((backend_name(), name_of(request.param))):
        pytest.skip(f"{backend_name()} {reason}")
    return Case(request.param)


def outputs_of(model, images):
    return keras.ops.convert_to_numpy(model(images if len(images) > 1 else images[0], training=False))


def test_every_kind_has_an_example_and_words():
    for name, kind in kinds().items():
        assert kind.examples, f"{name} needs an example"
        assert kind.words and not kind.words.endswith("."), name
        assert hasattr(keras.layers, name), name


def test_it_lowers_to_what_keras_computes(case):
    lowered, want = case.lowered, case.want
    values, _ = lowered.graph.forward(case.sources, Pass(False))
    found = values[lowered.output]
    assert found.dtype == np.float32
    assert lowered.graph.shapes[lowered.output] == want.shape[1:] == found.shape[1:]
    np.testing.assert_allclose(found, want, rtol=2e-5, atol=2e-5 * max(1, np.abs(want).max()))


def test_its_weights_are_keras_own(case):
    assert [id(variable) for variable in case.lowered.variables.values()] == [
        id(variable) for variable in case.model.weights if "seed" not in variable.path
    ]


def test_its_settings_are_declared(case):
    kind, layer = kinds()[case.example.kind], case.model.get_layer("layer")
    always = {"name", "trainable", "dtype", "activity_regularizer", "autocast"}
    known = set(kind.settings) | kind.also | always
    assert set(layer.get_config()) <= known
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(layer)).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    ours = {name: value for name, value in kind.settings.items() if name in defaults and name != "trainable"}
    for name, value in ours.items():
        theirs = tuple(defaults[name]) if isinstance(defaults[name], list) else defaults[name]
        same = theirs == value or (isinstance(theirs, tuple) and set(theirs) == {value})
        assert same or value is None or type(value) is object, (name, theirs, value)


def test_its_gradients_are_the_slopes(case):
    """Finite differences in float64, along a random direction of every source."""
    example, lowered, rng = case.example, case.lowered, random_of(case.example)
    sources = [value.astype(np.float64) for value in case.sources]
    values, backs = lowered.graph.forward(sources, Pass(False))
    weights = rng.normal(size=values[lowered.output].shape)
    slopes = lowered.graph.backward({lowered.output: weights}, backs)

    def total(number, step):
        moved = list(sources)
        moved[number] = moved[number] + step
        return float((lowered.graph.forward(moved, Pass(False))[0][lowered.output] * weights).sum())

    names = {number: variable.path for number, variable in lowered.variables.items()}
    fixed = {number for number, variable in lowered.variables.items() if not variable.trainable}
    for number, (source, value, slope) in enumerate(zip(lowered.graph.sources, sources, slopes, strict=True)):
        if example.whole and source in lowered.inputs:
            assert slope is None
            continue
        if source in fixed:
            continue
        direction = rng.normal(size=value.shape)
        step = 1e-6
        want = (total(number, step * direction) - total(number, -step * direction)) / (2 * step)
        found = 0.0 if slope is None else float((slope * direction).sum())
        scale = max(1.0, np.abs(slope).max() if slope is not None else 1.0)
        assert found == pytest.approx(want, abs=2e-3 * scale, rel=1e-3), names.get(source, "input")


def trained_model_of(example):
    """The layer in a network that classifies: its inputs are made of one row of numbers."""
    if example.whole or len(example.shapes) == 1:
        row = keras.Input(example.shapes[0])
        inputs = [row]
    else:
        row = keras.Input((8,))
        inputs = [L.Reshape(shape)(L.Dense(prod(shape), activation="tanh")(row)) for shape in example.shapes]
    y = called(layer_of(example), inputs)
    return keras.Model(row, L.Dense(4, activation="softmax")(L.Flatten()(y)))


DRAWING = ("dropout", "gaussian dropout", "gaussian", "alpha")


def test_it_trains_as_keras_does(case):
    example = case.example
    kinds_of_noise = {node.do.kind for node in case.lowered.graph.nodes if node and node.do.name == "noise"}
    if "varied" in kinds_of_noise or example.kind == "ActivityRegularization":
        with pytest.raises(UnknownLayerError, match="layer"):
            read_network(trained_model_of(example))
        return
    rng = random_of(example)
    keras.utils.set_random_seed(1)
    model = trained_model_of(example)
    rows = rows_for(model)
    if example.whole:
        rows = Rows(rng.integers(0, example.whole, rows.inputs.shape).astype(np.float32), *rows_parts(rows))
    start, ((ours, _), (theirs, _)) = both(lambda: model, rows, lambda: keras.optimizers.SGD(0.05))
    assert any(not np.array_equal(one, before) for one, before in zip(ours, start, strict=True))
    if kinds_of_noise & set(DRAWING) - {"none"} and example.kind != "MultiHeadAttention":
        return  # each engine draws its own
    for before, one, other in zip(start, ours, theirs, strict=True):
        size = float(np.abs(before - other).max())
        np.testing.assert_allclose(one, other, atol=2e-4 * size + 1e-6, rtol=2e-5)


def rows_parts(rows):
    return rows.targets, rows.weights, rows.prepare


def test_its_onnx_agrees(case):
    """By onnxruntime, from the graph; noise hands on."""
    lowered, out = case.lowered, GraphWriter()
    graph = lowered.graph
    known = {number: f"input_{place}" for place, number in enumerate(lowered.inputs)}
    for number, variable in lowered.variables.items():
        known[number] = out.keep(variable.path, np.array(keras.ops.convert_to_numpy(variable.value)))
    last = write_graph(out, graph, dict(known))[lowered.output]
    file = onnx_graph(
        out, last, [(known[number], graph.shapes[number]) for number in lowered.inputs], case.model.output_shape[1:]
    )
    session = onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [known[number] for number in lowered.inputs]
    found, want = session.run(None, dict(zip(names, case.images, strict=True)))[0], case.want
    np.testing.assert_allclose(found, want, rtol=2e-5, atol=2e-5 * max(1, np.abs(want).max()))


def onnx_graph(out, last, inputs, shape):
    """Make a checked file of what was written: a batch of any size goes in."""
    if last not in out.nodes:  # the layer hands on
        last = out.node("Identity", [last], {})
    typed = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *size]) for name, size in (*inputs, (last, shape))
    ]
    graph = helper.make_graph(out.needed([last]), "layer", typed[:-1], typed[-1:], out.initializers([last]))
    opset = helper.make_opsetid("", OPSET)
    made = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    checker.check_model(made, full_check=True)
    return made


def test_it_comes_back_from_a_file(case, tmp_path):
    """Written, checked without Keras, read: the file says the same shapes and weights, and computes the same."""
    example, images = case.example, case.images
    n_numbers = [int(np.prod(shape)) for shape in example.shapes]
    flat = keras.Input((sum(n_numbers),))
    column, parts = keras.layers.Reshape((sum(n_numbers), 1))(flat), []
    for place, (shape, n) in enumerate(zip(example.shapes, n_numbers, strict=True)):
        before = sum(n_numbers[:place])
        cut = keras.layers.Cropping1D((before, sum(n_numbers) - before - n))(column)
        parts.append(keras.layers.Reshape(shape)(cut))
    whole = keras.Model(flat, keras.layers.Flatten()(called(case.model.get_layer("layer"), parts)))
    n_outputs = whole.output_shape[1]
    write_model(
        tmp_path / "model",
        StoredModel(whole, np.arange(n_outputs), None, 1.0, False, [], {"recipe": "fast", "n_iter": 1}, {}, []),
    )
    checked = check_model(tmp_path / "model")
    planned = plan(checked.config)
    assert planned.output_shape == (n_outputs,)
    assert [weight.shape for weight in planned.weights] == [tuple(weight.shape) for weight in whole.weights]
    rows = np.concatenate([image.reshape(len(image), -1) for image in images], axis=1)
    known = dict(zip((weight.number for weight in planned.weights), checked.arrays, strict=True))
    graph = plan(checked.config, shapes_only=False).graph
    values, _ = graph.forward([known.get(number, rows) for number in graph.sources], Pass(False))
    want = outputs_of(whole, [rows])
    np.testing.assert_allclose(values[graph.outputs[0]], want, rtol=2e-5, atol=2e-5 * max(1, np.abs(want).max()))
    np.testing.assert_allclose(outputs_of(read_model(tmp_path / "model").model, [rows]), want, rtol=1e-6, atol=1e-6)


def some_place(rng, shape):
    return tuple(int(rng.integers(size)) for size in shape)


def test_a_trace_keeps_what_keras_computes_and_its_parts_agree(case):
    trace = case.trace
    layer = trace.layer("layer")
    np.testing.assert_allclose(layer.activation, case.want[0], rtol=1e-4, atol=1e-5)
    assert layer.graph is not None
    check = verify(trace).layers[-1]
    assert check.equal, check
    assert check.max_relative_difference is not None


def test_every_part_is_what_its_terms_make(case):
    trace, rng = case.trace, random_of(case.example)
    layer = trace.layer("layer")
    names = [part.name for part in layer.parts]
    assert len(set(names)) == len(names), "each part has a name of its own"
    for part in layer.parts:
        for _ in range(3):
            place = some_place(rng, part.values.shape)
            times, where = place[: len(part.steps)], place[len(part.steps) :]
            if len(where) > 3:
                continue
            one = step(trace, "layer", *where, part=part.name, time=times if part.steps else None)
            scale = max(1.0, abs(part.values[place]))
            assert one.value == pytest.approx(part.values[place], abs=1e-6 * scale), part.name
            assert one.abs_difference <= 1e-5 * scale, part.name
            assert_plain(explain(one), part.name)
            assert one.to_dict()["part"] == part.name


def test_every_value_is_what_its_last_step_makes(case):
    trace, rng = case.trace, random_of(case.example)
    layer = trace.layer("layer")
    for _ in range(5 if len(layer.shape) <= 3 else 0):
        place = some_place(rng, layer.shape)
        one = step(trace, "layer", *place)
        assert one.abs_difference <= 1e-5 * max(1.0, abs(one.model_value))
        own = {"input", *trace.inputs, *layer.weights, *(part.name for part in layer.parts), "a fixed number"}
        for term in one.terms:
            assert term.source.split(" at step ")[0] in own
        assert_plain(explain(one), "layer")


def assert_plain(sentence, name):
    """A learner reads no primitive's name; to add, and a softmax, are words of theirs."""
    assert sentence.endswith(".") and "  " not in sentence
    words = set(re.findall(r"[a-z_]+", sentence.lower().replace(name, "")))
    assert not words & (set(PRIMITIVES) - {"add", "softmax"}), sentence


@cache
def all_graphs():
    """The graph of every example, and those that its scans repeat."""
    graphs = [(name_of(example), lower_model(model_of(example)).graph) for example in EXAMPLES]
    for name, graph in graphs:  # grows while it is walked
        graphs += [(name, node.do.body) for node in graph.nodes if node and node.do.name == "scan"]
    return graphs


def test_what_is_computed_has_a_name_unless_it_only_hands_numbers_on():
    for name, graph in all_graphs():
        for number, node in enumerate(graph.nodes):
            if node and not graph.static[number]:
                assert node.part or node.do.name in ("pick", "noise", "join", "scan"), (name, node)


def test_a_change_moves_only_what_is_in_reach(case):
    """The straight graph's slopes contain everything that a perturbation of the input moves."""
    example, lowered, rng = case.example, case.lowered, random_of(case.example)
    graph = lowered.graph
    sources = [
        (value[:1] if source in lowered.inputs else value).astype(np.float64)
        for source, value in zip(graph.sources, case.sources, strict=True)
    ]
    place = some_place(rng, graph.shapes[lowered.output])
    seen = np.zeros(graph.shapes[lowered.output], bool)
    seen[place] = True
    before = graph.forward(sources, Pass(False))[0][lowered.output][(0, *place)]
    reaches = reached(graph, seen)
    assert any(reach.any() for reach in reaches)
    for number, reach in zip(lowered.inputs, reaches, strict=True):
        at = graph.sources.index(number)
        for spot in np.argwhere(~reach):
            moved = list(sources)
            moved[at] = sources[at].copy()
            moved[at][(0, *spot)] = (moved[at][(0, *spot)] + 1) % example.whole if example.whole else 7.5
            assert graph.forward(moved, Pass(False))[0][lowered.output][(0, *place)] == before


def test_every_primitive_is_used_by_some_layer():
    used = {node.do.name for _, graph in all_graphs() for node in graph.nodes if node}
    assert used >= set(PRIMITIVES)


def test_a_layer_of_no_kind_is_refused_by_name():
    inputs = keras.Input((4, 4, 4, 2))
    with pytest.raises(LoweringError, match="middle is a Conv3D"):
        lower_model(keras.Model(inputs, keras.layers.Conv3D(2, 2, name="middle")(inputs)))
