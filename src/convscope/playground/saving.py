"""A network that was trained in the page, as a run like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from convscope.backend import keras
from convscope.errors import UsageError
from convscope.limits import MOST_NETWORK_BYTES
from convscope.modelfiles.modelfile import StoredModel, write_model
from convscope.runs import Run, create_run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import PointTable, hash_tables, mark_rows, write_table
from convscope.training import ImageClassifier, evaluate

__all__ = ["NETWORK_SCHEMA", "save_network"]

NETWORK_SCHEMA = "convscope.playground/1"
MOST_POINTS = 50_000
MOST_UNITS, MOST_LAYERS = 32, 13

Finite = Annotated[float, Field(allow_inf_nan=False)]
Point = tuple[Finite, Finite, Finite]
Array = NDArray[np.float64]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Score(_Closed):
    loss: float | None
    accuracy: float | None


class _Moment(_Closed):
    pass_: int = Field(alias="pass", ge=0)
    train: _Score
    test: _Score


class _Layer(_Closed):
    units: int = Field(ge=1, le=MOST_UNITS)
    activation: Literal["tanh", "relu", "sigmoid", "linear", "softmax"]
    kernel: list[Finite] = Field(max_length=MOST_UNITS**2)
    bias: list[Finite] = Field(max_length=MOST_UNITS)


class _Settings(_Closed):
    features: list[Literal["x", "y", "xSquared", "ySquared", "xTimesY", "sinX", "sinY"]] = Field(min_length=1)
    seed: str = Field(max_length=200)


class _Network(_Closed):
    """What the page sends: a closed form, with numbers that are finite and sizes that are small."""

    schema_: Literal["convscope.playground/1"] = Field(alias="schema")
    title: str = Field(max_length=200)
    settings: _Settings
    class_names: list[Annotated[str, Field(max_length=100)]] = Field(min_length=2, max_length=10)
    layers: list[_Layer] = Field(min_length=1, max_length=MOST_LAYERS)
    train: list[Point] = Field(min_length=1, max_length=MOST_POINTS)
    test: list[Point] = Field(max_length=MOST_POINTS)
    moments: list[_Moment] = Field(min_length=1, max_length=MOST_POINTS)


FEATURES: dict[str, tuple[str, Callable[[Array, Array], Array]]] = {
    "x": ("x1", lambda x, y: x),
    "y": ("x2", lambda x, y: y),
    "xSquared": ("x1_squared", lambda x, y: x * x),
    "ySquared": ("x2_squared", lambda x, y: y * y),
    "xTimesY": ("x1_times_x2", lambda x, y: x * y),
    "sinX": ("sin_x1", lambda x, y: np.sin(x)),
    "sinY": ("sin_x2", lambda x, y: np.sin(y)),
}


def save_network(document: bytes, out: str | Path | None = None) -> Run:
    """Write a network of the page's playground as a run, which works with every command.

    Its rows, with one column for each feature that the network was given, lie beside it as ``points.csv``.

    Parameters
    ----------
    document : bytes
        JSON as the page writes it, schema "convscope.playground/1".
    out : path, optional
        The run folder; a new one under the folder of all runs if left out.

    Returns
    -------
    run : Run

    Raises
    ------
    UsageError
        The document is no such network; the message names the first thing that is wrong.
    RunError
        The folder holds something already.

    Examples
    --------
    >>> import json
    >>> layer = {"units": 1, "activation": "sigmoid", "kernel": [0.5, -0.5], "bias": [0.0]}
    >>> score = {"loss": 0.4, "accuracy": 1.0}
    >>> document = {
    ...     "schema": "convscope.playground/1",
    ...     "title": "two points",
    ...     "settings": {"features": ["x", "y"], "seed": "0.5"},
    ...     "class_names": ["blue", "red"],
    ...     "layers": [layer],
    ...     "train": [[1.0, -1.0, 1.0], [-1.0, 1.0, 0.0]],
    ...     "test": [[2.0, -1.0, 1.0]],
    ...     "moments": [{"pass": 1, "train": score, "test": score}],
    ... }
    >>> save_network(json.dumps(document).encode()).record()["accuracy"]
    1.0
    """
    network = _read(document)
    table = _table(network)
    run = create_run("playground", out)
    points = run.path / "points.csv"
    write_table(table, points)
    write_model(run.model_path, _stored(network, table))
    classifier = ImageClassifier.load(run.model_path)
    measured = evaluate(classifier, table.part("test" if network.test else "train"))
    facts = {
        "model": "playground",
        "data": str(points),
        "pixel_order": "original",
        "recipe": "playground",
        "seed": network.settings.seed,
        "n_train": len(network.train),
        "n_test": len(network.test),
    }
    marks = mark_rows(table.part("train"))
    save_training(run, TrainedModel(classifier, measured, facts, data_hash=hash_tables(table), seconds=0.0, rows=marks))
    return run


def _read(document: bytes) -> _Network:
    if len(document) > MOST_NETWORK_BYTES:
        raise UsageError("this is too large for a network of the playground.", received=f"{len(document):,} bytes")
    try:
        network = _Network.model_validate_json(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise UsageError(
            f"this is not a network of the playground: {place}: {first['msg']}.",
            expected=f"JSON that the page wrote, schema {NETWORK_SCHEMA!r}",
        ) from None
    sizes = [len(network.settings.features), *(layer.units for layer in network.layers)]
    for number, (layer, inputs) in enumerate(zip(network.layers, sizes, strict=False), start=1):
        if len(layer.kernel) != inputs * layer.units or len(layer.bias) != layer.units:
            raise UsageError(
                f"the weights of layer {number} do not fit its units.",
                received=f"{len(layer.kernel)} weights, {len(layer.bias)} biases",
                expected=f"{inputs * layer.units} and {layer.units}",
            )
    classes = len(network.class_names)
    if sizes[-1] != (1 if classes == 2 else classes):
        raise UsageError("the outputs do not fit the classes.", received=f"{sizes[-1]} outputs, {classes} classes")
    if any(not label.is_integer() or not 0 <= label < classes for *_, label in [*network.train, *network.test]):
        raise UsageError("a point has a label that is not a valid class.", expected=f"0 to {classes - 1}")
    return network


def _table(network: _Network) -> PointTable:
    rows = np.array([*network.train, *network.test], np.float64)
    names = [FEATURES[name][0] for name in network.settings.features]
    features = np.column_stack([FEATURES[name][1](rows[:, 0], rows[:, 1]) for name in network.settings.features])
    split = np.where(np.arange(len(rows)) < len(network.train), "train", "test").astype(object)
    labels = np.array(network.class_names, dtype=object)[rows[:, 2].astype(int)]
    return PointTable(features, tuple(names), labels, split, source=network.title)


def _stored(network: _Network, table: PointTable) -> StoredModel:
    moments = network.moments
    scores = {"loss": [one.train.loss for one in moments], "val_loss": [one.test.loss for one in moments]}
    scores |= {"accuracy": [one.train.accuracy for one in moments]}
    scores |= {"val_accuracy": [one.test.accuracy for one in moments]}
    order = np.argsort(network.class_names, kind="stable")
    return StoredModel(
        model=_keras_model(network, order),
        classes=np.array(network.class_names, dtype=object)[order],
        image_shape=None,
        pixel_scale=1.0,
        logits=False,
        feature_names=list(table.feature_names),
        settings={"recipe": "document", "n_iter": moments[-1].pass_, "engine": "page"},
        history={name: [float("nan") if one is None else one for one in values] for name, values in scores.items()},
        seconds=[0.0] * len(moments),
    )


def _keras_model(network: _Network, order: NDArray[np.int64]) -> Any:
    """Build the same network in Keras, its outputs in the order of the sorted classes.

    An output tanh(s) that is compared with 0 becomes sigmoid(2 s), compared with one half: the same decision, since
    (1 + tanh s) / 2 = sigmoid(2 s).
    """
    kinds = [layer.activation for layer in network.layers]
    arrays = [(np.array(layer.kernel).reshape(-1, layer.units), np.array(layer.bias)) for layer in network.layers]
    kernel, bias = arrays[-1]
    if kinds[-1] == "tanh":
        kinds[-1], kernel, bias = "sigmoid", 2 * kernel, 2 * bias
    arrays[-1] = _in_order(kernel, bias, order)
    names = [*(f"hidden_{number}" for number in range(1, len(kinds))), "output"]
    dense = [
        keras.layers.Dense(len(array[1]), activation=kind, name=name)
        for array, kind, name in zip(arrays, kinds, names, strict=True)
    ]
    model = keras.Sequential([keras.Input((len(network.settings.features),)), *dense], name="playground")
    for layer, array in zip(dense, arrays, strict=True):
        layer.set_weights(list(array))
    return model


def _in_order(kernel: NDArray[Any], bias: NDArray[Any], order: Sequence[int] | NDArray[np.int64]) -> tuple[Any, Any]:
    if len(bias) > 1:
        return kernel[:, order], bias[order]
    return (kernel, bias) if order[0] == 0 else (-kernel, -bias)
