"""Every kind of layer, and what convscope does with it: read off the graphs of its examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from convscope.layers import Kind, kinds
from convscope.modelfiles.modelfile import LAYER_KINDS
from convscope.primitives import Graph, Primitive
from generate.markup import heading, table, words, write_page

__all__ = ["concerns", "write"]

YES, NO = "yes", "no"
COLUMNS = ("layer", "what it does", "made of", "trained here", "traced", "in files", "as ONNX", "on the page")


def write(folder: Path) -> None:
    """Write the page."""
    rows = [(f"``{name}``", words(kind.words), *concerns(kind).values()) for name, kind in sorted(kinds().items())]
    write_page(
        folder / "layers.rst",
        heading("Layers"),
        "Every kind of Keras layer that convscope knows. A layer is *made of* primitives; what is known of these is\n"
        "known of the layer. Layers that vary pictures are trained by Keras, and hand pictures on afterwards. Other\n"
        "kinds are trained by Keras; traces keep what they give, and files refuse them by name.\n",
        table(COLUMNS, rows),
    )


def concerns(kind: Kind) -> dict[str, str]:
    """Say what a kind is made of, and where it is known.

    Parameters
    ----------
    kind : Kind
    """
    found = [do for example in kind.examples for do in _primitives(example.lowered().graph)]
    told = all(do.name == "scan" or type(do).apart is not Primitive.apart for do in found)
    return {
        "made of": ", ".join(sorted({do.name.replace("_", " ") for do in found})),
        "trained here": YES if all(getattr(do, "kind", "") != "varied" for do in found) else NO,
        "traced": YES if told else NO,
        "in files": YES if kind.name in LAYER_KINDS else NO,
        "as ONNX": YES if all(type(do).onnx is not Primitive.onnx for do in found) else NO,
        "on the page": YES if told else NO,
    }


def _primitives(graph: Graph) -> Iterator[Primitive]:
    """List all uses of primitives, those in the bodies of loops too."""
    for node in graph.nodes:
        if node is not None:
            yield node.do
            if node.do.name == "scan":
                yield from _primitives(node.do.settings["body"])
