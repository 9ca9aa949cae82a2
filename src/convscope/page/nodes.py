"""A layer's graph as the page reads it: JSON that names primitives, their settings and inputs."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from convscope.primitives import Graph
from convscope.records import LayerTrace

__all__ = ["page_graph", "page_weights"]


def page_graph(graph: Graph) -> dict[str, Any]:
    """Write a graph as JSON values; the body of a scan is a graph too.

    Returns
    -------
    described : dict
        ``values``, one for each value of the graph: its ``shape`` and whether it is ``static``; for a constant, its
        ``numbers``; for what a primitive gives, ``do`` (the primitive), ``settings``, ``inputs`` and ``part``.
        ``sources`` and ``outputs`` are numbers of values.

    Examples
    --------
    >>> from convscope.primitives import Graph
    >>> from convscope.primitives.contract import Contract
    >>> graph = Graph()
    >>> x, kernel = graph.source((2,)), graph.source((2, 1), static=True)
    >>> graph.outputs = [graph.put(Contract(letters="i,io->o"), x, kernel, part="sum")]
    >>> page_graph(graph)["values"][2]["do"]
    'contract'
    """
    values = [
        {"shape": list(shape), "static": bool(still)} for shape, still in zip(graph.shapes, graph.static, strict=True)
    ]
    for number, numbers in graph.constants.items():
        values[number]["numbers"] = numbers.reshape(-1).tolist()
    for value, node in zip(values, graph.nodes, strict=True):
        if node is not None:
            value |= {
                "do": node.do.name,
                "settings": {name: _plain(setting) for name, setting in node.do.settings.items()},
                "inputs": list(node.inputs),
                "part": node.part,
            }
    return {"values": values, "sources": list(graph.sources), "outputs": list(graph.outputs)}


def _plain(setting: Any) -> Any:
    return page_graph(setting) if isinstance(setting, Graph) else setting


def page_weights(layer: LayerTrace) -> dict[str, NDArray[Any]] | None:
    """Give a layer's weights in the order in which its graph takes them.

    Returns
    -------
    weights : dict of str to array, or None
        None where the layer has no graph, not the weights that it takes, or an activation of the user's.
    """
    graph = layer.graph
    if graph is None or not layer.function or graph.shapes[graph.outputs[0]] != layer.shape:
        return None
    wanted = [graph.shapes[number] for number in graph.sources[len(layer.inputs) :]]
    found = dict(list(layer.weights.items())[: len(wanted)])
    return found if [values.shape for values in found.values()] == wanted else None
