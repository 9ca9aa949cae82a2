"""A model and a table, made ready for the page: one file of weights, images and what to compare with.

The file is a safetensors file. Its ``__metadata__`` holds one entry, ``convscope``: a JSON object that says what the
arrays are. The page computes every value itself from the weights and each layer's
``graph``: a list of primitives, by their names and settings in `convscope.primitives`, as `convscope.page.nodes` writes
it. Its sources are the layer's inputs, then its weights. A layer without a graph comes as values.

=====================  ==========================================================================
``images``             (n_images, height, width, channels), intensities as in the table
``weights/I/NAME``     of layer I, as Keras has them
``reference/I``        the model's own numbers for the first image, at ``sample_places``
``values/I``           (n_images, ...): all values of a layer that has no graph
``answers/NAME``       label, prediction and probability of the first 10,000 rows
``four/I/...``         first-layer weights of network I of the experiment ``pixel_shuffle``, as pictures
``permutation``        the document's pixel order: place k shows pixel ``permutation[k]``
=====================  ==========================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import save

import convscope
from convscope.errors import ShapeError, UsageError
from convscope.insights.strongest_images import strongest_images
from convscope.layers import kinds
from convscope.page.nodes import page_graph, page_weights
from convscope.records import ExperimentResult, LayerTrace, Trace
from convscope.tables import PixelTable, Table, images_to_table, pixel_permutation
from convscope.tracing import Verification, record_activations, record_trace, verify
from convscope.wording import visible_values

__all__ = ["BUNDLE_SCHEMA", "SAMPLES", "Exhibit", "sample_places"]

BUNDLE_SCHEMA = "convscope.bundle/2"
SAMPLES = 256
LOOKED_AT = 500  # rows among which images are chosen
STRONGEST_OF = 2_000  # rows among which a channel's strongest are sought
MEASURED = 10_000  # rows that are counted in the confusion matrix
BATCH = 64

Arrays = dict[str, NDArray[Any]]


def sample_places(size: int, n_samples: int = SAMPLES) -> NDArray[np.int64]:
    """Spread places evenly over an array; all of them where it is small.

    Examples
    --------
    >>> sample_places(3).tolist(), sample_places(1000, 4).tolist()
    ([0, 1, 2], [0, 250, 500, 750])
    """
    taken = min(size, n_samples)
    return np.arange(taken) * size // max(taken, 1)


@dataclass(frozen=True)
class Exhibit:
    """What the page shows.

    Parameters
    ----------
    model : ImageClassifier or keras.Model
        Fitted or built, with one input.
    table : PixelTable, PointTable, DataFrame, or array of shape (n_images, height, width, channels)
        Rows as the classifier takes them; for a Keras model numbers as the model expects them, unless ``pixel_scale``
        says otherwise.
    title : str
    facts : mapping
        JSON values about the run, e.g. ``data`` and ``accuracy``.
    class_names : sequence of str, optional
    pixel_scale : float, optional
        What the table's numbers are divided by for a Keras model; a classifier knows its own.
    four : ExperimentResult, optional
        What the experiment ``pixel_shuffle`` measured, for a screen of its own.

    Raises
    ------
    UsageError
        The model has several inputs.
    ShapeError
        The images do not fit the model.

    Examples
    --------
    >>> from convscope import load_dataset, models
    >>> exhibit = Exhibit(models.mlp((8, 8, 1), 10), load_dataset("digits").images[:20], title="not trained")
    >>> len(exhibit.bundle()) > 1000
    True
    """

    model: Any
    table: Any
    title: str = "model"
    facts: Mapping[str, Any] = field(default_factory=dict)
    class_names: Sequence[str] = ()
    pixel_scale: float | None = None
    four: ExperimentResult | None = None

    def __post_init__(self) -> None:
        if len(getattr(self._network, "inputs", None) or [None]) > 1:
            raise UsageError(
                "the page shows models with one input.",
                received=f"{len(self._network.inputs)} inputs",
                repair="trace it with convscope.record_trace(model, [one, other])",
            )
        if not len(self.rows):
            raise ShapeError("there is no image to show.", received="a table without rows")

    @property
    def _network(self) -> Any:
        return getattr(self.model, "model_", self.model)

    @property
    def _is_classifier(self) -> bool:
        return self._network is not self.model

    @cached_property
    def rows(self) -> Table:
        """The table, whatever it came as."""
        if isinstance(self.table, Table):
            return self.table
        if isinstance(self.table, pd.DataFrame):
            return PixelTable.from_frame(self.table, getattr(self.model, "image_shape_", None))
        return images_to_table(self.table)

    @property
    def scale(self) -> float:
        """What intensities are divided by before they enter the model."""
        return float(self.model.pixel_scale_) if self._is_classifier else float(self.pixel_scale or 1.0)

    def inputs(self, rows: Any) -> NDArray[Any]:
        """Give rows as `record_trace` takes them for this model."""
        pixels: NDArray[Any] = self._pixels[rows]
        return pixels if self._is_classifier else pixels.astype(np.float32) / np.float32(self.scale)

    @cached_property
    def _pixels(self) -> NDArray[Any]:
        return self.rows.inputs

    @cached_property
    def _trace(self) -> Trace:
        return record_trace(self.model, self.inputs(self.chosen[0]))

    @property
    def traced(self) -> tuple[LayerTrace, ...]:
        """Each layer, for the first picture."""
        return self._trace.layers

    @cached_property
    def _checked(self) -> Verification:
        return verify(self._trace)

    @cached_property
    def _weights(self) -> list[dict[str, NDArray[Any]] | None]:
        """For each layer the weights that its graph takes, or None where the page cannot compute it."""
        return [page_weights(layer) for layer in self._trace.layers]

    @cached_property
    def _layers(self) -> list[dict[str, Any]]:
        found = []
        for layer, check, weights in zip(self._trace.layers, self._checked.layers, self._weights, strict=True):
            known = kinds().get(layer.kind)
            found.append(
                {
                    "name": layer.name,
                    "kind": layer.kind,
                    "words": known.words if known else "",
                    "inputs": list(layer.inputs),
                    "shape": list(layer.shape),
                    "n_parameters": layer.n_parameters,
                    "arithmetic": layer.arithmetic,
                    "graph": None if weights is None else page_graph(layer.graph),
                    "weights": list(weights or {}),
                    "function": layer.function,
                    "note": check.note or layer.note,
                    "rounding": check.rounding,
                    "known_fault": check.known_fault,
                }
            )
        return found

    @property
    def _given(self) -> list[int]:
        """Layers whose values the page cannot compute."""
        return [index for index, weights in enumerate(self._weights) if weights is None]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the classes in the order of the model's outputs, or their numbers; empty where it has no classes."""
        if self.class_names:
            return tuple(map(str, self.class_names))
        rows = self.rows
        known = dict(sorted(rows.names.items()))
        labels = self.model.classes_.tolist() if self._is_classifier else list(known)
        shape = record_trace(self.model, self.inputs(0)).layers[-1].shape
        n_outputs = prod(shape)
        names = tuple(str(known.get(label, label)) for label in labels)
        if len(names) == (2 if n_outputs == 1 else n_outputs):
            return names
        numbered = len(shape) == 1 and n_outputs > 1
        return tuple(map(str, range(n_outputs))) if numbered else ()

    @cached_property
    def chosen(self) -> list[int]:
        """Up to 30 rows: every class in turn, and mistakes among them."""
        return self.choose(30)

    def choose(self, n_images: int) -> list[int]:
        """Choose rows to show: every class in turn, then up to a fifth of mistakes."""
        rows = self.rows[: min(len(self.rows), LOOKED_AT)]
        if rows.labels is None or not self.names:
            return list(range(min(n_images, len(rows))))
        labels = [self._label(row) for row in range(len(rows))]
        wrong = [row for row, name in enumerate(self._predicted(len(rows))) if name != labels[row]][: n_images // 5]
        waiting = {name: [row for row, label in enumerate(labels) if label == name] for name in dict.fromkeys(labels)}
        right = [rank for group in waiting.values() for rank in enumerate(row for row in group if row not in wrong)]
        return [row for _, row in sorted(right)][: n_images - len(wrong)] + wrong

    def mistakes(self, most_bytes: int) -> list[int]:
        """List rows that are taken for something else, the surest mistakes first, as many as fit into so many bytes."""
        answers = self._answers() if most_bytes else {}
        if not answers:
            return []
        label, prediction, sure = (answers[f"answers/{name}"] for name in ("label", "prediction", "probability"))
        wrong = np.flatnonzero((label != prediction) & (label >= 0))
        layers = self._trace.layers
        one = 4 * (prod(self.picture_shape) + sum(layers[index].activation.size for index in self._given))
        return [int(row) for row in wrong[np.argsort(-sure[wrong], kind="stable")][: most_bytes // one]]

    def _predicted(self, n_rows: int) -> list[str]:
        return [self.names[index] for index in self._probabilities(n_rows).argmax(axis=1)]

    def _probabilities(self, n_rows: int) -> NDArray[Any]:
        """Predict the first rows: shape (n_rows, n_classes)."""
        found: NDArray[Any]
        if self._is_classifier:
            part = self.inputs(slice(0, n_rows))
            columns = getattr(self.model, "feature_names_in_", None)
            frame = pd.DataFrame(part.reshape(len(part), -1), columns=columns, copy=False)
            found = self.model.predict_proba(frame if columns is not None else frame.to_numpy())
        else:
            parts = [self.inputs(slice(at, min(at + BATCH, n_rows))) for at in range(0, n_rows, BATCH)]
            found = np.concatenate([list(record_activations(self.model, part).values())[-1] for part in parts])
        found = found.reshape(n_rows, -1)
        if found.shape[1] == 1:
            found = np.hstack([1 - found, found])
        return found

    def _answers(self) -> Arrays:
        """Give label, prediction and certainty of each of the first rows; nothing without labels."""
        if not self.names or self.rows.labels is None:
            return {}
        n_rows = min(len(self.rows), MEASURED)
        number = {name: index for index, name in enumerate(self.names)}
        _, first, place = np.unique(self.rows.labels[:n_rows], return_index=True, return_inverse=True)
        labels = np.array([number.get(str(self._label(row)), -1) for row in first.tolist()])[place]
        found = self._probabilities(n_rows)
        return {
            "answers/label": labels.astype(np.int32),
            "answers/prediction": found.argmax(axis=1).astype(np.int32),
            "answers/probability": found.max(axis=1).astype(np.float32),
        }

    def _label(self, row: int) -> str | None:
        rows = self.rows
        if rows.labels is None:
            return None
        label = rows.labels[row]
        if rows.class_names != tuple(map(str, rows.classes.tolist())):
            return rows.name_of(label)
        known = self.model.classes_.tolist() if self._is_classifier else rows.classes.tolist()
        position = known.index(label) if label in known else -1
        return self.names[position] if 0 <= position < len(self.names) else str(label)

    def bundle(
        self,
        n_images: int = 30,
        *,
        samples: int = SAMPLES,
        can_ask: bool = False,
        can_train: bool = False,
        film: bool = False,
        mistakes_bytes: int = 0,
    ) -> bytes:
        """Write everything that the page needs.

        Parameters
        ----------
        n_images : int
            Rows to hand over.
        samples : int
            Numbers of each layer for the page to compare itself with.
        can_ask : bool
            Whether the page may ask for other rows later.
        can_train : bool
            Whether Python trains more networks when the page asks for it.
        film : bool
            Whether there is a film of the training.
        mistakes_bytes : int
            How much may be added for pictures that are taken for something else, the surest mistakes first.
        """
        rows = self.chosen if n_images == 30 else self.choose(n_images)
        rows = [*rows, *(row for row in self.mistakes(mistakes_bytes) if row not in rows)]
        arrays, images = self._images(rows)
        for index, (layer, weights) in enumerate(zip(self._trace.layers, self._weights, strict=True)):
            arrays |= {f"weights/{index}/{name}": values for name, values in (weights or {}).items()}
            arrays[f"reference/{index}"] = layer.activation.reshape(-1)[sample_places(layer.activation.size, samples)]
        arrays |= self._answers()
        if self._image_shape:
            arrays["permutation"] = pixel_permutation(prod(self._image_shape)).astype(np.int32)
        first = next(iter(self._trace.inputs))
        document = {
            "title": self.title,
            "facts": dict(self.facts),
            "made_by": {"convscope": convscope.__version__, "backend": self._trace.backend},
            "class_names": list(self.names),
            "n_parameters": int(self._network.count_params()),
            "image_shape": self._image_shape,
            "pixel_scale": self.scale,
            "pixel_order": self.facts.get("pixel_order", "original"),
            "input": {"name": first, "shape": list(self._trace.inputs[first].shape)},
            "layers": self._layers,
            "images": images,
            "n_rows": len(self.rows) if can_ask else 0,
            "can_train": can_train,
            "film": film,
            "label_smoothing": _label_smoothing(self._network),
        }
        if self.four is not None:
            document["four"] = _four_networks(self.four)
            arrays |= _four_pictures(self.four)
        return _pack(document, arrays)

    @property
    def picture_shape(self) -> tuple[int, ...]:
        """Shape of one row as the page holds it: that of an image, or (n_features,)."""
        return tuple(self._pixels.shape[1:])

    @property
    def _image_shape(self) -> list[int] | None:
        return list(self.rows.image_shape) if self.rows.image_shape else None

    def row(self, row: int) -> bytes:
        """Hand over one more row of the table; the same format, with one image and no weights."""
        if not 0 <= row < len(self.rows):
            raise UsageError(
                f"there is no row {row:,}.", received=f"{row}", expected=f"0 to {len(self.rows) - 1:,} (counted from 0)"
            )
        arrays, images = self._images([row])
        return _pack({"images": images}, arrays)

    def strongest(self, layer: int, channel: int) -> bytes:
        """Find the rows that excite a channel most, as JSON: rows, values, windows, and how many rows were looked at.

        Raises
        ------
        UsageError
            There is no such layer or channel.
        """
        if not 0 <= layer < len(self._layers):
            raise UsageError(f"there is no layer {layer}.", expected=f"0 to {len(self._layers) - 1}")
        looked_at = self._pixels[:STRONGEST_OF]
        found = strongest_images(
            self.model, looked_at if self._is_classifier else self.inputs(slice(0, STRONGEST_OF)),
            self._layers[layer]["name"], channel,
        )  # fmt: skip
        answer = {
            "rows": found.rows.tolist(),
            "values": [float(value) for value in found.values],
            "windows": found.windows,
            "n_rows": len(looked_at),
        }
        return json.dumps(answer).encode("utf-8")

    def values(self, pixels: NDArray[Any]) -> bytes:
        """Compute, for an image that is not in the table, the layers that the page cannot."""
        image = np.asarray(pixels, np.float32).reshape(1, *self._pixels.shape[1:])
        return _pack({}, self._values(image if self._is_classifier else image / np.float32(self.scale)))

    def _images(self, rows: Sequence[int]) -> tuple[Arrays, list[dict[str, Any]]]:
        pixels = self._pixels[list(rows)]
        pixels = pixels if pixels.dtype == np.uint8 else pixels.astype(np.float32)
        images = [{"row": int(row), "label": self._label(row)} for row in rows]
        return {"images": pixels, **self._values(self.inputs(list(rows)))}, images

    def _values(self, images: NDArray[Any]) -> Arrays:
        if not self._given:
            return {}
        found = record_activations(self.model, images)
        return {f"values/{index}": found[self._layers[index]["name"]].astype(np.float32) for index in self._given}


def _label_smoothing(network: Any) -> float:
    """How far the loss of a training smooths its labels, from 0 to 1; 0 where nothing is known of it."""
    loss: Any = getattr(network, "loss", None)
    settings = loss.get_config() if hasattr(loss, "get_config") else {}
    return float(settings.get("label_smoothing") or 0.0)


def _four_networks(result: ExperimentResult) -> dict[str, Any]:
    sentences = [row["sentence"] for row in result.findings["answer"]]
    return {"settings": dict(result.settings), "networks": result.findings["networks"], "sentences": sentences}


def _four_pictures(result: ExperimentResult) -> Arrays:
    """Name the first-layer weights by the place of their network; those put back belong to the shuffled MLP."""
    found = {f"four/{index}/weights": weights for index, weights in enumerate(result.exhibits["weights"])}
    for index, network in enumerate(result.findings["networks"]):
        if (network["model"], network["pixel_order"]) == ("mlp", "shuffled"):
            found[f"four/{index}/restored"] = result.exhibits["restored"]
    return found


def _pack(document: Mapping[str, Any], arrays: Arrays) -> bytes:
    shown = visible_values({"schema": BUNDLE_SCHEMA, **document})
    text = json.dumps(shown, ensure_ascii=False, allow_nan=False)
    return bytes(save({name: _plain(values) for name, values in arrays.items()}, {"convscope": text}))


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Hold floats as float32; safetensors wants them in one piece."""
    kept = values if values.dtype in (np.uint8, np.int32) else values.astype(np.float32)
    return np.ascontiguousarray(kept)
