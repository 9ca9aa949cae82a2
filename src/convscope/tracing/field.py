"""Which pixels of the image one value can see: its receptive field, through branches too."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.primitives import Graph, Pass
from convscope.records import LayerTrace, Trace

__all__ = ["field_of", "reached", "strides_of"]

Pair = tuple[int, int]
Seen = NDArray[np.bool_]
IN_PLACE = ("add", "bend", "join", "multiply", "noise", "normalize", "softmax")


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
        the layer has no maps, or it is not known what a layer on the way does.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import models
    >>> from convscope.tracing import record_trace
    >>> field_of(record_trace(models.cnn((28, 28, 1), 10), np.ones((28, 28))), "conv2d_2", 5, 7)
    (range(10, 18), range(14, 22))
    """
    asked, (entrance, *others) = trace.layer(layer), trace.inputs
    if len(asked.shape) != 3 or trace.image.ndim != 3 or others or _puts_channels_first(asked):
        return None
    seen: dict[str, Seen] = {asked.name: np.zeros(asked.shape, bool)}
    seen[asked.name][row, column] = True
    for one in reversed(trace.layers):
        if one.name not in seen:
            continue
        if one.graph is None:
            return None
        for name, before in zip(one.inputs, reached(one.graph, seen.pop(one.name)), strict=True):
            seen[name] = seen.get(name, False) | before
    pixels = seen.get(entrance)
    if pixels is None or pixels.size != trace.image.size or not pixels.any():
        return None
    image: NDArray[Any] = pixels.reshape(trace.image.shape).max(axis=2)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return range(int(rows[0]), int(rows[-1]) + 1), range(int(columns[0]), int(columns[-1]) + 1)


def reached(graph: Graph, seen: Seen) -> list[Seen]:
    """Find the numbers that enter a layer and on which some of its output depends.

    Slopes of the layer's graph say so, with curves straight, maxima as means and weights of 1: no slope can be 0 by
    chance, and none cancels another.

    Parameters
    ----------
    graph : Graph
        Of one layer.
    seen : bool array
        Which numbers of the output are asked about.

    Returns
    -------
    before : list of bool array
        One for each input.
    """
    straight = graph.straight()
    entrances = tuple(number for number in graph.sources if not graph.static[number])
    shapes = [(1,) * (not graph.static[number]) + graph.shapes[number] for number in graph.sources]
    with np.errstate(all="ignore"):  # only where a slope is not 0 is asked, not how large it is
        _, backs = straight.forward([np.ones(shape, np.float32) for shape in shapes], Pass(False), entrances)
        slopes = straight.backward({graph.outputs[-1]: seen[None].astype(np.float32)}, backs)
    pairs = zip(graph.sources, slopes, strict=True)
    found = {number: slope for number, slope in pairs if number in entrances}
    return [
        np.zeros(graph.shapes[number], bool) if slope is None else np.asarray(slope[0] != 0)
        for number, slope in found.items()
    ]


def strides_of(layer: LayerTrace) -> Pair | None:
    """Say how far a map's values are apart, (down, right), in places of what enters; None where it has no such places.

    Parameters
    ----------
    layer : LayerTrace
    """
    if layer.graph is None or len(layer.shape) != 3:
        return None
    down, right = 1, 1
    graph = layer.graph
    for number, node in enumerate(graph.nodes):
        if node is None or graph.static[number]:
            continue
        do: Any = node.do
        covers = do.name == "pool" and do.window == graph.shapes[node.inputs[0]][:2]
        if do.name in ("convolve", "pool") and not covers:
            down, right = down * do.strides[0], right * do.strides[1]
        elif not (do.name in IN_PLACE or (do.name == "contract" and do.is_dense)):
            return None
    return down, right


def _puts_channels_first(layer: LayerTrace) -> bool:
    """Whether rows and columns are not the first axes of a layer's maps."""
    node = layer.graph.nodes[layer.graph.outputs[-1]] if layer.graph is not None else None
    return node is not None and node.do.name == "pick" and not node.part
