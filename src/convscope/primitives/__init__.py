"""The closed set of operations that every layer is lowered to: values forwards, gradients backwards, one value apart.

A primitive is one file, and knows everything about itself: shapes, forward, backward, how one number comes about, what
it depends on, and how ONNX writes it. The page knows each by the same name and settings.
"""

import pkgutil
from importlib import import_module

from convscope.primitives._primitive import PRIMITIVES, Apart, Pass, Primitive, Writer
from convscope.primitives.curves import CURVES, Curve
from convscope.primitives.graph import Graph, Node

__all__ = ["CURVES", "PRIMITIVES", "Apart", "Curve", "Graph", "Node", "Pass", "Primitive", "Writer"]

for _found in pkgutil.iter_modules(__path__):
    if not _found.name.startswith("_"):
        import_module(f"{__name__}.{_found.name}")
