"""The layer list of the document's CNN, and sums that give the counts they explain."""

import pytest

from convscope import models
from convscope.tracing import list_layers


def test_the_documents_cnn_has_the_documents_shapes_and_counts():
    layers = list_layers(models.cnn((28, 28, 1), 10))
    assert [layer["output_shape"] for layer in layers] == [
        [28, 28, 1], [26, 26, 32], [13, 13, 32], [11, 11, 64], [5, 5, 64], [1600], [10],
    ]  # fmt: skip
    assert [layer["n_parameters"] for layer in layers] == [0, 320, 0, 18496, 0, 0, 16010]


@pytest.mark.parametrize(
    ("name", "shape"), [("cnn", (28, 28, 1)), ("cnn", (9, 12, 3)), ("mlp", (8, 8, 1)), ("linear", (2,))]
)
def test_each_sum_gives_the_count_of_keras(name, shape):
    for layer in list_layers(getattr(models, name)(shape, 10)):
        if layer["n_parameters"]:
            sum_ = layer["arithmetic"].replace("·", "*").replace(",", "")
            assert eval(sum_, {"__builtins__": {}}) == layer["n_parameters"]
