"""Every kind of layer in the page, forwards and backwards, beside Python's graph of the same layer."""

import base64

import numpy as np
import pytest

from convscope.layers import Example, Making, kinds, lower
from convscope.page.export import MODULE
from convscope.page.nodes import page_graph
from convscope.primitives import Pass

pytestmark = pytest.mark.browser

EXAMPLES = [example for kind in kinds().values() for example in kind.examples]
TOLERANCE = 1e-5
COMPUTE = """async ([source, cases]) => {
  const page = await import("data:text/javascript;base64," + source);
  const tensor = ([shape, numbers]) => ({ shape, data: Float32Array.from(numbers) });
  return cases.map(({ graph, inputs, weights, slope }) => {
    const still = page.fold(graph, [...inputs.map(() => null), ...weights.map(tensor)]);
    const values = page.run(graph, inputs.map(tensor), still);
    const output = graph.outputs[0];
    const slopes = page.goBack(graph, values, new Map([[output, tensor(slope)]]));
    return [values[output], ...graph.sources.slice(0, inputs.length).map(number => slopes.get(number))]
      .map(one => one && [[...one.shape], Array.from(one.data)]);
  });
}"""


def name_of(number):
    example = EXAMPLES[number]
    return f"{example.kind}-{number}"


def config_of(example):
    settings = {
        name: {"class_name": value.kind, "config": config_of(value)} if isinstance(value, Example) else value
        for name, value in example.settings.items()
    }
    return {"name": "layer", **settings}


def written(values):
    return [list(values.shape), values.reshape(-1).tolist()]


class Case:
    """One example with random numbers: what Python's graph makes of them, and what the page is asked."""

    def __init__(self, number):
        example, rng = EXAMPLES[number], np.random.default_rng(number)
        making = Making()
        inputs = [making.input(shape) for shape in example.shapes]
        graph = making.graph
        graph.outputs = [lower(making, example.kind, config_of(example), *inputs).number]
        given = [
            rng.integers(0, example.whole, (1, *shape)).astype(np.float32)
            if example.whole
            else rng.normal(0, 1.5, (1, *shape)).astype(np.float32)
            for shape in example.shapes
        ]
        weights = [rng.normal(0, 0.5, weight.shape).astype(np.float32) for weight in making.weights]
        weights = [
            np.abs(values) + np.float32(0.5) if "variance" in weight.name else values
            for weight, values in zip(making.weights, weights, strict=True)
        ]
        values, backs = graph.forward([*given, *weights], Pass(False))
        output = values[graph.outputs[0]]
        slope = rng.normal(size=output.shape).astype(np.float32)
        slopes = graph.backward({graph.outputs[0]: slope}, backs)
        self.wanted = [output, *slopes[: len(given)]]
        self.asked = {
            "graph": page_graph(graph),
            "inputs": [written(values[0]) for values in given],
            "weights": [written(values) for values in weights],
            "slope": written(slope[0]),
        }


@pytest.fixture(scope="module")
def computed(browser):
    """Every case, computed by Python and by the built module in one empty page."""
    cases = [Case(number) for number in range(len(EXAMPLES))]
    page = browser.new_page()
    page.goto("about:blank")
    source = base64.b64encode(MODULE.read_bytes()).decode()
    found = page.evaluate(COMPUTE, [source, [case.asked for case in cases]])
    page.close()
    return list(zip([case.wanted for case in cases], found, strict=True))


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=name_of)
def test_it_is_computed_as_python_computes_it(computed, number):
    (wanted, *slopes), (found, *back) = computed[number]
    assert tuple(found[0]) == wanted.shape[1:]
    for python, page in ((wanted, found), *zip(slopes, back, strict=True)):
        if python is None:
            assert page is None
            continue
        numbers = python[0].reshape(-1)
        np.testing.assert_allclose(page[1], numbers, rtol=0, atol=TOLERANCE * max(1, np.abs(numbers).max()))
