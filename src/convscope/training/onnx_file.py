"""A trained classifier as one ONNX file: from intensities as a table holds them to one probability per class.

What preprocessing does (dividing by ``pixel_scale``) and what follows the last layer (softmax, where the network gives
logits) is part of the graph, so that other programs need to know nothing but the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper

from convscope.errors import ModelError
from convscope.training._onnx_layers import Graph, translate
from convscope.training.architecture import Architecture, plan
from convscope.training.modelfile import StoredModel, serialize_model

__all__ = ["INPUT", "OPSET", "OUTPUT", "onnx_model"]

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
    architecture = plan(config)
    graph = Graph()
    value = graph.add("Div", INPUT, graph.constant(np.float32(stored.pixel_scale)))
    if len(architecture.input_shape) > 1:
        value = graph.add("Reshape", value, graph.whole(0, *architecture.input_shape))
    outputs = _through(graph, architecture, arrays, value)
    _probabilities(graph, outputs, architecture.output_shape, len(stored.classes), logits=stored.logits)
    n_features = prod(architecture.input_shape)
    made = helper.make_graph(
        graph.nodes,
        "convscope",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n_rows", n_features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n_rows", len(stored.classes)])],
        graph.constants,
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


def _through(graph: Graph, architecture: Architecture, arrays: Sequence[NDArray[Any]], value: str) -> str:
    """Add every call of every layer; the image has number 0."""
    kept: Mapping[Any, NDArray[Any]] = dict(zip(architecture.weights, arrays, strict=True))
    names = [value]
    for call in architecture.calls:
        inputs = [graph.constant(one) if isinstance(one, float) else names[one] for one in call.inputs]
        weights = {weight.name: kept[weight] for weight in call.weights}
        names.append(translate(graph, call, inputs, weights))
    return names[architecture.output]


def _probabilities(graph: Graph, outputs: str, shape: tuple[int, ...], n_classes: int, *, logits: bool) -> None:
    """Make one probability per class of what the network gives, as `ImageClassifier.predict_proba` does."""
    if len(shape) != 1:
        raise ModelError("the network gives no list of numbers, and cannot be written as ONNX.", received=f"{shape}")
    zero = graph.constant(0.0)
    if shape[0] == 1:
        one = graph.constant(1.0)
        second = graph.add("Clip", graph.add("Sigmoid", outputs) if logits else outputs, zero, one)
        graph.add("Concat", graph.add("Sub", one, second), second, axis=1)
    else:
        shares = graph.add("Softmax", outputs, axis=1) if logits else graph.add("Relu", outputs)
        if shape[0] > n_classes:
            shares = graph.add("Slice", shares, graph.whole(0), graph.whole(n_classes), graph.whole(1))
        total = graph.add("ReduceSum", shares, graph.whole(1))
        even = graph.constant(1.0 / n_classes)
        graph.add("Where", graph.add("Greater", total, zero), graph.add("Div", shares, total), even)
    graph.nodes[-1].output[0] = OUTPUT
