"""Which pixels of the image one value can see: its receptive field, through branches too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convscope.arithmetic import Geometry, receptive_field
from convscope.records import LayerTrace, Trace

__all__ = ["IN_PLACE", "SLIDING", "field_of"]

Pair = tuple[int, int]
Seen = tuple[frozenset[int], frozenset[int]]
SLIDING = ("convolution", "depthwise_convolution", "separable_convolution", "pooling")
IN_PLACE = ("activation", "add", "batch_normalization", "identity", "concatenate", "dense", "prelu", "rescaling")


def field_of(trace: Trace, layer: str, row: int, column: int) -> tuple[range, range] | None:
    """Bound the rows and columns of the image that a value of a map depends on.

    Parameters
    ----------
    trace : Trace
    layer : str
        A layer with maps.
    row, column : int
        Where in the map, 0-based.

    Returns
    -------
    rows, columns : range, or None
        Of the image, clipped at its border and at every layer's padding on the way; over all branches. None where
        the layer has no maps, or something on the way has no places.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> from convscope.tracing import record_trace
    >>> field_of(record_trace(models.cnn((28, 28, 1), 10), np.ones((28, 28))), "conv2d_2", 5, 7)
    (range(10, 18), range(14, 22))
    """
    wanted: dict[str, Seen] = {layer: (frozenset([row]), frozenset([column]))}
    found: Seen = frozenset(), frozenset()
    for one in reversed(trace.layers):
        if one.name not in wanted:
            continue
        if len(one.shape) != 3:
            return None
        if _is_the_image(trace, one):
            found = _joined(found, wanted[one.name])
            continue
        before = _before(trace, one, wanted[one.name])
        if before is None:
            return None
        for name in one.inputs:
            wanted[name] = _joined(wanted.get(name, (frozenset(), frozenset())), before)
    rows, columns = _joined(found, wanted.get("input", (frozenset(), frozenset())))
    if not rows or not columns or ("input" in wanted and trace["input"].ndim != 3):
        return None
    return range(min(rows), max(rows) + 1), range(min(columns), max(columns) + 1)


def _is_the_image(trace: Trace, layer: LayerTrace) -> bool:
    """Say whether a layer puts the pixels of a row back in their places."""
    return layer.operation == "reshape" and layer.inputs == ("input",) and layer.shape == trace.image.shape


def _joined(one: Seen, other: Seen) -> Seen:
    return one[0] | other[0], one[1] | other[1]


def _before(trace: Trace, layer: LayerTrace, seen: Seen) -> Seen | None:
    """Give the places of a layer's inputs that its own places depend on."""
    source = trace[layer.inputs[0]]
    if source.ndim != 3:
        return None
    if layer.operation in IN_PLACE:
        return seen
    if layer.operation == "zero_padding":
        (top, _), (left, _) = layer.settings["padding"]
        return _inside(seen[0], top, source.shape[0]), _inside(seen[1], left, source.shape[1])
    if layer.operation not in SLIDING:
        return None
    size = source.shape[0], source.shape[1]
    fields = [receptive_field([_geometry(layer)], unit, size) for unit in _diagonal(seen)]
    rows, columns = (
        frozenset(place for field in fields for place in getattr(field, name)) for name in ("rows", "columns")
    )
    return rows, columns


def _diagonal(seen: Seen) -> Iterator[Pair]:
    """Pair rows and columns so that each comes at least once; the two axes do not depend on each other."""
    rows, columns = sorted(seen[0]), sorted(seen[1])
    for index in range(max(len(rows), len(columns)) if rows and columns else 0):
        yield rows[min(index, len(rows) - 1)], columns[min(index, len(columns) - 1)]


def _inside(places: frozenset[int], before: int, length: int) -> frozenset[int]:
    return frozenset(place - before for place in places if 0 <= place - before < length)


def _geometry(layer: LayerTrace) -> Geometry:
    settings = layer.settings
    if layer.operation == "pooling":
        return Geometry(_pair(settings["pool_size"]), _pair(settings["strides"]), settings["padding"])
    kernel = next(values for name, values in layer.weights.items() if name in ("kernel", "depthwise_kernel"))
    dilation = _pair(settings["dilation_rate"])
    return Geometry(_pair(kernel.shape[:2]), _pair(settings["strides"]), settings["padding"], dilation)


def _pair(values: Sequence[int]) -> Pair:
    return int(values[0]), int(values[1])
