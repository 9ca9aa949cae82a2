"""A trained classifier as one ONNX file: from intensities as a table holds them to one probability per class.

What preprocessing does (dividing by ``pixel_scale``) and what follows the last layer (softmax, where the network gives
logits) is part of the graph, so that other programs need to know nothing but the file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import prod
from typing import Any

from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper

from convscope.errors import ModelError
from convscope.modelfiles.architecture import Architecture, plan
from convscope.modelfiles.modelfile import StoredModel, serialize_model
from convscope.modelfiles.onnx_writer import GraphWriter, write_graph

__all__ = ["INPUT", "OPSET", "OUTPUT", "onnx_model", "write_layers"]

OPSET = 20
IR_VERSION = 9
"""The oldest that knows this operator set, so that older runtimes read the file."""
INPUT, OUTPUT = "pixels", "probabilities"


def onnx_model(stored: StoredModel) -> ModelProto:
    """Write a classifier as an ONNX model.

    Parameters
    ----------
    stored : StoredModel

    Returns
    -------
    model : onnx.ModelProto
        Takes ``pixels``, float32 of shape (n_rows, n_features), intensities as in the table; gives ``probabilities``,
        float32 of shape (n_rows, n_classes). The classes are in its metadata, as JSON.

    Raises
    ------
    ModelError
        A layer cannot be written; the message names it.
    """
    config, arrays = serialize_model(stored.model)
    architecture = plan(config, shapes_only=False)
    graph = GraphWriter()
    value = graph.add("Div", INPUT, graph.constant(stored.pixel_scale))
    if len(architecture.input_shape) > 1:
        value = graph.add("Reshape", value, graph.whole(0, *architecture.input_shape))
    outputs = write_layers(graph, architecture, arrays, value)
    last = _probabilities(graph, outputs, architecture.output_shape, len(stored.classes), logits=stored.logits)
    n_features = prod(architecture.input_shape)
    graph.nodes[last].output[0] = OUTPUT
    made = helper.make_graph(
        graph.needed([last]),
        "convscope",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n_rows", n_features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n_rows", len(stored.classes)])],
        graph.initializers([last]),
    )
    model = helper.make_model(made, producer_name="convscope", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    helper.set_model_props(
        model,
        {
            "classes": json.dumps(stored.classes.tolist(), ensure_ascii=False),
            "image_shape": json.dumps(stored.image_shape),
            "intensities": f"0 to {stored.pixel_scale:g}" if stored.pixel_scale != 1 else "as in the table",
        },
    )
    checker.check_model(model, full_check=True)
    return model


def write_layers(graph: GraphWriter, architecture: Architecture, arrays: Sequence[NDArray[Any]], value: str) -> str:
    """Add all layers to a graph, and return the name of what they give.

    Parameters
    ----------
    graph : GraphWriter
    architecture : Architecture
    arrays : sequence of array
        One for each weight.
    value : str
        The name of the image.

    Raises
    ------
    ModelError
        A layer does something that ONNX has no operation for; the message names it.
    """
    if architecture.beyond:
        raise ModelError(
            f"{architecture.beyond[0]}, and cannot be written as ONNX.",
            repair="export the run as keras or zip, or train it without this setting",
        )
    known = {architecture.graph.sources[0]: value}
    for weight, array in zip(architecture.weights, arrays, strict=True):
        known[weight.number] = graph.keep(f"{weight.layer}/{weight.name}", array)
    return write_graph(graph, architecture.graph, known)[architecture.graph.outputs[0]]


def _probabilities(graph: GraphWriter, outputs: str, shape: tuple[int, ...], n_classes: int, *, logits: bool) -> str:
    """Make one probability per class of what the network gives, as `ImageClassifier.predict_proba` does."""
    if len(shape) != 1:
        raise ModelError("the network gives no list of numbers, and cannot be written as ONNX.", received=f"{shape}")
    zero = graph.constant(0.0)
    if shape[0] == 1:
        one = graph.constant(1.0)
        second = graph.add("Clip", graph.add("Sigmoid", outputs) if logits else outputs, zero, one)
        return graph.add("Concat", graph.add("Sub", one, second), second, axis=1)

    shares = graph.add("Softmax", outputs, axis=1) if logits else graph.add("Relu", outputs)
    if shape[0] > n_classes:
        shares = graph.add("Slice", shares, graph.whole(0), graph.whole(n_classes), graph.whole(1))
    total = graph.add("ReduceSum", shares, graph.whole(1))
    even = graph.constant(1.0 / n_classes)
    return graph.add("Where", graph.add("Greater", total, zero), graph.add("Div", shares, total), even)
